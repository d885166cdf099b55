//! A stack of another project is left alone, although it has the name that we ask for.

use std::collections::BTreeMap;

use stack_aws::{Answer, AwsError, DestroyOptions, destroy};
use test_support::ScriptedCloud;

use crate::steps::{Recorder, STACK, connect, deploy_plan, destroy_options, kind, plan, template};

fn tags(project: &str, suffix: &str) -> BTreeMap<String, String> {
    [("stack:project", project), ("stack:environment", "dev"), ("stack:suffix", suffix)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

async fn cloud_with(tags: BTreeMap<String, String>) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        world.add_stack(STACK, "CREATE_COMPLETE", &template());
        world.stack(STACK).unwrap().tags = tags;
    });
    cloud
}

fn assert_foreign(error: &AwsError, calls: &[String]) {
    assert_eq!(
        error.to_string(),
        "stack `avatars-alice` in eu-central-1 belongs to project `avatars-alice`, environment `dev`, not to project \
         `avatars`, environment `dev`, suffix `alice`"
    );
    assert_eq!(calls, ["DescribeStacks"]);
}

#[tokio::test]
async fn a_stack_of_another_project_is_neither_deployed_nor_destroyed() {
    let cloud = cloud_with(tags("avatars-alice", "")).await;
    let mut host = Recorder::answering(Answer::Yes);
    let mut ours = plan(&template());
    ours.tags = tags("avatars", "alice");
    let error = deploy_plan(&cloud, &ours, &mut host).await.unwrap_err();
    assert_foreign(&error, &cloud.take_calls());
    let options = DestroyOptions { tags: ours.tags.clone(), ..destroy_options() };
    let error = destroy(&connect(&cloud, 5).await, STACK, &options, &mut host).await.unwrap_err();
    assert_foreign(&error, &cloud.take_calls());
    assert!(host.questions.is_empty());
}

#[tokio::test]
async fn our_own_stack_and_one_without_our_tags_are_worked_on() {
    for there in [tags("avatars", "alice"), BTreeMap::new()] {
        let cloud = cloud_with(there).await;
        let mut host = Recorder::answering(Answer::Yes);
        let mut ours = plan(&template());
        ours.tags = tags("avatars", "alice");
        deploy_plan(&cloud, &ours, &mut host).await.unwrap();
        let options = DestroyOptions { tags: ours.tags.clone(), ..destroy_options() };
        let outcome = destroy(&connect(&cloud, 5).await, STACK, &options, &mut host).await.unwrap();
        assert_eq!(kind(&outcome), "destroyed");
    }
}

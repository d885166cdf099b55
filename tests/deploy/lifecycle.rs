//! What a stack goes through in its life, beyond one deployment: what users of other deployers count on as well.

use serde_json::json;
use stack_aws::{Answer, Outcome};
use test_support::ScriptedCloud;

use crate::steps::{
    ARTIFACT_BUCKET, Recorder, STACK, deploy_plan, deployed, destroy_options, destroyed, kind, plan, template,
};

#[tokio::test]
async fn a_template_that_no_call_holds_goes_through_the_bucket_and_changes_nothing_again() {
    let cloud = ScriptedCloud::start().await;
    let mut large = template();
    large["Resources"]["Alerts"]["Metadata"] = json!({ "notes": "x".repeat(60_000) });
    assert_eq!(kind(&deployed(&cloud, &large).await.0), "deployed");
    let objects = cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects.keys().cloned().collect::<Vec<_>>());
    assert!(objects.len() == 1 && objects[0].starts_with("templates/"), "{objects:?}");
    let (outcome, host) = deployed(&cloud, &large).await;
    assert_eq!((kind(&outcome), host.questions.len()), ("no-changes".to_owned(), 0));
    // It can be changed and taken away like any other.
    large["Resources"]["Alerts"]["Properties"]["DisplayName"] = "other".into();
    assert_eq!(kind(&deployed(&cloud, &large).await.0), "deployed");
    assert_eq!(kind(&destroyed(&cloud, &destroy_options()).await.0), "destroyed");
}

#[tokio::test]
async fn without_a_change_nothing_is_asked_and_the_outputs_are_told() {
    let cloud = ScriptedCloud::start().await;
    deployed(&cloud, &template()).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = deploy_plan(&cloud, &plan(&template()), &mut host).await.unwrap();
    let Outcome::NoChanges { outputs, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(outputs["SiteUrl"], "https://site.example");
    assert!(host.questions.is_empty());
}

#[tokio::test]
async fn another_tag_is_an_update() {
    let cloud = ScriptedCloud::start().await;
    deployed(&cloud, &template()).await;
    let mut tagged = plan(&template());
    tagged.tags.insert("team".to_owned(), "pictures".to_owned());
    let mut host = Recorder::answering(Answer::Yes);
    assert_eq!(kind(&deploy_plan(&cloud, &tagged, &mut host).await.unwrap()), "deployed");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().tags["team"].clone()), "pictures");
    assert_eq!(kind(&deploy_plan(&cloud, &tagged, &mut host).await.unwrap()), "no-changes");
}

#[tokio::test]
async fn another_value_of_a_parameter_is_an_update() {
    let cloud = ScriptedCloud::start().await;
    let mut text = template();
    text["Parameters"] = json!({ "Name": { "Type": "String", "Default": "alerts" } });
    text["Resources"]["Alerts"]["Properties"]["DisplayName"] = json!({ "Ref": "Name" });
    let mut wanted = plan(&text);
    wanted.parameters.insert("Name".to_owned(), "one".to_owned());
    let mut host = Recorder::answering(Answer::Yes);
    assert_eq!(kind(&deploy_plan(&cloud, &wanted, &mut host).await.unwrap()), "deployed");
    assert_eq!(kind(&deploy_plan(&cloud, &wanted, &mut host).await.unwrap()), "no-changes");
    wanted.parameters.insert("Name".to_owned(), "two".to_owned());
    assert_eq!(kind(&deploy_plan(&cloud, &wanted, &mut host).await.unwrap()), "deployed");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().parameters["Name"].clone()), "two");
}

#[tokio::test]
async fn two_environments_deploy_and_go_side_by_side() {
    let cloud = ScriptedCloud::start().await;
    let mut text = template();
    for (id, name) in [("Site", "avatars-bob-site"), ("Uploads", "avatars-bob-uploads")] {
        text["Resources"][id]["Properties"]["BucketName"] = name.into();
    }
    let mut other = plan(&text);
    "avatars-bob".clone_into(&mut other.stack_name);
    let (mut one, mut two) = (Recorder::answering(Answer::Yes), Recorder::answering(Answer::Yes));
    let mine = plan(&template());
    let ends = tokio::join!(deploy_plan(&cloud, &mine, &mut one), deploy_plan(&cloud, &other, &mut two));
    assert_eq!((kind(&ends.0.unwrap()), kind(&ends.1.unwrap())), ("deployed".to_owned(), "deployed".to_owned()));
    assert_eq!(kind(&destroyed(&cloud, &destroy_options()).await.0), "destroyed");
    let left = cloud.world(|world| (world.stack("avatars-bob").is_some(), world.buckets.len()));
    assert_eq!(left, (true, 2));
}

#[tokio::test]
async fn a_deployment_that_fails_ends_by_itself_and_can_be_mended() {
    let cloud = ScriptedCloud::start().await;
    deployed(&cloud, &template()).await;
    let mut next = template();
    next["Resources"]["Alerts"]["Properties"]["DisplayName"] = "other".into();
    cloud.world(|world| world.failing.insert("Alerts".to_owned(), "no".to_owned()));
    assert_eq!(kind(&deployed(&cloud, &next).await.0), "rolled-back");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().status.clone()), "UPDATE_ROLLBACK_COMPLETE");
    cloud.world(|world| world.failing.clear());
    assert_eq!(kind(&deployed(&cloud, &next).await.0), "deployed");
}

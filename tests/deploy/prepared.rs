//! `stack deploy --no-execute`: the change set stands, and nothing else has changed.

use std::path::Path;

use serde_json::json;
use stack_aws::{Answer, DeployOptions, Outcome, StackStatus, deploy};
use stack_plan::Plan;
use test_support::ScriptedCloud;

use crate::companions::{EDGE, plan_with_companion};
use crate::steps::{
    ARTIFACT_BUCKET, Recorder, STACK, connect, deploy_options, deployed, kind, plan, plan_with_function, template,
};

fn only_prepared() -> DeployOptions {
    DeployOptions { prepare_only: true, ..deploy_options() }
}

/// Prepares with a host that would say no to every change set.
async fn prepare(cloud: &ScriptedCloud, plan: &Plan) -> Outcome {
    let mut host = Recorder::answering(Answer::No);
    let aws = connect(cloud, 5).await;
    let outcome = deploy(&aws, plan, &[], Path::new("."), &only_prepared(), &mut host).await.unwrap();
    assert!(host.questions.is_empty(), "{:?}", host.questions);
    outcome
}

#[tokio::test]
async fn a_first_change_set_stands_in_an_empty_stack_that_destroy_takes_away() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (plan, built) = plan_with_function(directory.path());
    let aws = connect(&cloud, 5).await;
    let mut host = Recorder::answering(Answer::No);
    let outcome = deploy(&aws, &plan, &built, directory.path(), &only_prepared(), &mut host).await.unwrap();
    let Outcome::ChangeSetLeft { stack, change_set, execute, discard } = outcome else { panic!("{outcome:?}") };
    assert_eq!(change_set.changes.len(), 4);
    let (status, left) = cloud.world(|world| {
        let stack = world.stack(STACK).unwrap();
        (stack.status.clone(), stack.change_sets.iter().map(|set| set.id.clone()).collect::<Vec<_>>())
    });
    assert_eq!((status.as_str(), left), ("REVIEW_IN_PROGRESS", vec![change_set.id.clone()]));
    assert_eq!(stack.id, change_set.stack_id);
    // What it needs is there when somebody executes it.
    assert_eq!(cloud.world(|world| world.buckets[ARTIFACT_BUCKET].objects.len()), 1);
    assert_eq!(cloud.world(|world| world.executions), 0);
    let endpoint = cloud.endpoint();
    assert_eq!(
        execute,
        [
            format!(
                "aws cloudformation execute-change-set --stack-name {STACK} --region eu-central-1 --endpoint-url {endpoint} \
                 --change-set-name {}",
                change_set.id
            ),
            "stack attach -e dev --suffix alice".to_owned(),
            "stack deploy -e dev --suffix alice".to_owned(),
        ]
    );
    assert_eq!(discard, "stack destroy -e dev --suffix alice");
}

#[tokio::test]
async fn a_change_set_of_an_update_stands_until_the_next_deployment() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "UPDATE_COMPLETE", &json!({"Resources": {}})));
    let outcome = prepare(&cloud, &plan(&template())).await;
    let Outcome::ChangeSetLeft { change_set, execute, discard, .. } = outcome else { panic!("{outcome:?}") };
    assert!(execute[0].ends_with(&format!("--change-set-name {} --no-disable-rollback", change_set.id)), "{execute:?}");
    assert!(discard.starts_with("aws cloudformation delete-change-set "), "{discard}");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().status.clone()), "UPDATE_COMPLETE");

    let (outcome, _) = deployed(&cloud, &template()).await;
    let Outcome::Deployed { change_set: other, .. } = outcome else { panic!("{outcome:?}") };
    assert_ne!(other.id, change_set.id);
    assert_eq!(cloud.world(|world| world.executed.clone()), [other.id]);
    let left = cloud.world(|world| {
        let sets = &world.stack(STACK).unwrap().change_sets;
        sets.iter().filter(|set| set.execution_status == "AVAILABLE").count()
    });
    assert_eq!(left, 0, "an execution takes the other change sets away");
}

#[tokio::test]
async fn what_is_up_to_date_is_left_as_it_is() {
    let cloud = ScriptedCloud::start().await;
    let mut plan = plan(&template());
    plan.environment.protect = true;
    plan.contents.push(stack_plan::plan::Contents {
        bucket: "site".to_owned(),
        bucket_name: "avatars-alice-site".to_owned(),
        source: "not-there".to_owned(),
        prefix: String::new(),
        cache_control: None,
        files: Vec::new(),
        delete_removed: true,
    });
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &template()));
    assert_eq!(kind(&prepare(&cloud, &plan).await), "no-changes");
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate"]);
    assert!(!cloud.world(|world| world.stack(STACK).unwrap().protected));
}

#[tokio::test]
async fn remains_of_a_first_creation_are_not_deleted() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "ROLLBACK_COMPLETE", &template()));
    let outcome = prepare(&cloud, &plan(&template())).await;
    let Outcome::NeedsRollback { status, next, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::RollbackComplete);
    assert_eq!(next, ["stack destroy -e dev --suffix alice", "stack deploy -e dev --suffix alice --no-execute"]);
    assert_eq!(cloud.take_calls(), ["DescribeStacks"]);
}

#[tokio::test]
async fn a_companion_is_executed_before_the_main_stack_can_be_prepared() {
    let cloud = ScriptedCloud::start().await;
    let outcome = prepare(&cloud, &plan_with_companion()).await;
    let Outcome::ChangeSetLeft { stack, execute, discard, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(stack.name, EDGE);
    assert!(execute[0].contains("--region us-east-1"), "{execute:?}");
    assert_eq!(execute[1..], ["stack deploy -e dev --suffix alice --no-execute"]);
    assert!(discard.starts_with(&format!("aws cloudformation delete-stack --stack-name {EDGE}")), "{discard}");
    assert!(cloud.world(|world| world.stack(STACK).is_none()));
}

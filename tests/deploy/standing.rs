//! How stacks stand: the state, the last operation with its cause, and the stacks of a project.

use stack_aws::{Aws, DeployDecision, StackStatus, last_operation, project_stacks, state, status};
use test_support::{Fault, ScriptedCloud};

use crate::steps::{STACK, connect, deployed, template};

async fn aws(cloud: &ScriptedCloud) -> Aws {
    connect(cloud, 5).await
}

#[tokio::test]
async fn the_next_command_is_what_deploy_decides_by() {
    for status in StackStatus::ALL.iter().copied() {
        if status == StackStatus::DeleteComplete {
            continue;
        }
        let cloud = ScriptedCloud::start().await;
        cloud.world(|world| world.add_stack(STACK, status.as_str(), &template()));
        let state = state(&aws(&cloud).await, STACK, "-e dev").await.unwrap();
        assert_eq!(state.deploy, StackStatus::deploy_decision(Some(status)), "{status}");
        let next = &state.next[0];
        let expected = match state.deploy {
            DeployDecision::Create | DeployDecision::Update | DeployDecision::DeleteThenCreate => "stack deploy -e dev",
            DeployDecision::Busy => "stack attach -e dev",
            DeployDecision::NeedsRollback if status == StackStatus::ImportRollbackFailed => "stack events -e dev",
            DeployDecision::NeedsRollback => "stack rollback -e dev",
            DeployDecision::NeedsDestroy => "stack destroy -e dev",
        };
        assert!(next.starts_with(expected), "{status}: {next}");
    }
    let cloud = ScriptedCloud::start().await;
    let nothing = state(&aws(&cloud).await, STACK, "").await.unwrap();
    assert_eq!((nothing.stack, nothing.next), (None, vec!["stack deploy".to_owned()]));
}

#[tokio::test]
async fn the_last_operation_is_told_from_its_beginning_with_its_cause() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &serde_json::json!({"Resources": {}})));
    cloud.world(|world| world.failing.insert("Site".to_owned(), "the name is taken".to_owned()));
    deployed(&cloud, &template()).await;
    let aws = aws(&cloud).await;
    let stack = status(&aws, STACK).await.unwrap().unwrap().reference;
    let operation = last_operation(&aws, &stack).await.unwrap();
    assert_eq!(operation.began_as, Some(StackStatus::UpdateInProgress));
    assert_eq!(operation.ended_as, Some(StackStatus::UpdateRollbackComplete));
    assert_eq!(operation.events[0].status, "UPDATE_IN_PROGRESS", "not what was before");
    assert_eq!(operation.events.last().unwrap().status, "UPDATE_ROLLBACK_COMPLETE");
    let cause = operation.cause.unwrap();
    assert_eq!((cause.logical_id.as_str(), cause.reason.as_str()), ("Site", "the name is taken"));
    assert!(operation.others.is_empty(), "cancelled ones are no failures");
}

#[tokio::test]
async fn a_project_has_the_stacks_that_its_tags_name() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        for (name, project) in [("b-one", "b"), ("a-two", "a"), ("a-one", "a"), ("foreign", "")] {
            world.add_stack(name, "CREATE_COMPLETE", &template());
            if !project.is_empty() {
                world.stack(name).unwrap().tags.insert("stack:project".to_owned(), project.to_owned());
            }
        }
        world.add_stack("a-gone", "DELETE_COMPLETE", &template());
    });
    cloud.fault(1, Fault::CutInTheMiddle);
    let stacks = project_stacks(&aws(&cloud).await, "a").await.unwrap();
    let names: Vec<&str> = stacks.iter().map(|stack| stack.reference.name.as_str()).collect();
    assert_eq!(names, ["a-one", "a-two"]);
    assert_eq!(stacks[0].created.as_deref(), Some("2026-11-21T00:00:00Z"));
    // Two a page, and the page that was cut once more.
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "DescribeStacks", "DescribeStacks"]);
}

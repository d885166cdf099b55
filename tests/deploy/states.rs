//! Every state of a stack times `deploy` and `destroy`, as the table in docs/deploying.md says.

use stack_aws::StackStatus;
use test_support::ScriptedCloud;

use crate::steps::{STACK, deployed, destroy_options, destroyed, kind, template};

/// Status, outcome of `deploy` with a changed template, outcome of `destroy`.
const TABLE: [(&str, &str, &str); 24] = [
    ("(absent)", "deployed", "absent"),
    ("REVIEW_IN_PROGRESS", "deployed", "destroyed"),
    ("CREATE_IN_PROGRESS", "busy", "busy"),
    ("CREATE_FAILED", "needs-rollback", "destroyed"),
    ("CREATE_COMPLETE", "deployed", "destroyed"),
    ("ROLLBACK_IN_PROGRESS", "busy", "busy"),
    ("ROLLBACK_FAILED", "needs-rollback", "destroyed"),
    ("ROLLBACK_COMPLETE", "deployed", "destroyed"),
    ("DELETE_IN_PROGRESS", "busy", "destroyed"),
    ("DELETE_FAILED", "needs-rollback", "destroyed"),
    ("DELETE_COMPLETE", "deployed", "absent"),
    ("UPDATE_IN_PROGRESS", "busy", "busy"),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "busy", "busy"),
    ("UPDATE_COMPLETE", "deployed", "destroyed"),
    ("UPDATE_FAILED", "needs-rollback", "destroyed"),
    ("UPDATE_ROLLBACK_IN_PROGRESS", "busy", "busy"),
    ("UPDATE_ROLLBACK_FAILED", "needs-rollback", "destroyed"),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "busy", "busy"),
    ("UPDATE_ROLLBACK_COMPLETE", "deployed", "destroyed"),
    ("IMPORT_IN_PROGRESS", "busy", "busy"),
    ("IMPORT_COMPLETE", "deployed", "destroyed"),
    ("IMPORT_ROLLBACK_IN_PROGRESS", "busy", "busy"),
    ("IMPORT_ROLLBACK_FAILED", "needs-rollback", "destroyed"),
    ("IMPORT_ROLLBACK_COMPLETE", "deployed", "destroyed"),
];

async fn cloud_in(status: &str) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    let mut before = template();
    before["Resources"]["Alerts"]["Properties"]["DisplayName"] = "before".into();
    if status == "(absent)" {
        return cloud;
    }
    cloud.world(|world| {
        let id = world.add_stack(STACK, status, &before);
        let stack = world.stack(&id).unwrap();
        match status {
            // A shell has neither template nor resources.
            "REVIEW_IN_PROGRESS" => {
                stack.template.clear();
                stack.resources.clear();
            }
            "DELETE_IN_PROGRESS" => {
                let mut end = stack.events[0].clone();
                "event-end".clone_into(&mut end.id);
                "DELETE_COMPLETE".clone_into(&mut end.status);
                // Three polls long, as only two events a poll are revealed.
                for number in 0..4 {
                    let mut event = end.clone();
                    event.id = format!("event-deleted-{number}");
                    "AWS::SNS::Topic".clone_into(&mut event.resource_type);
                    stack.pending.push_back(event);
                }
                stack.pending.push_back(end);
            }
            _ => {}
        }
    });
    cloud
}

#[tokio::test]
async fn every_state_has_its_deploy() {
    for (status, expected, _) in TABLE {
        let cloud = cloud_in(status).await;
        let (outcome, _) = deployed(&cloud, &template()).await;
        assert_eq!(kind(&outcome), expected, "{status}: {outcome:?}");
        let changed = cloud.world(|world| world.executions);
        assert_eq!(changed, u32::from(expected == "deployed"), "{status}");
    }
}

#[tokio::test]
async fn every_state_has_its_destroy() {
    for (status, _, expected) in TABLE {
        let cloud = cloud_in(status).await;
        let (outcome, _) = destroyed(&cloud, &destroy_options()).await;
        assert_eq!(kind(&outcome), expected, "{status}: {outcome:?}");
        if expected == "destroyed" {
            assert!(cloud.world(|world| world.stack(STACK).is_none()), "{status}");
        }
    }
}

#[test]
fn the_table_has_every_state() {
    let names: Vec<&str> = TABLE.iter().skip(1).map(|row| row.0).collect();
    let all: Vec<&str> = StackStatus::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(names, all);
}

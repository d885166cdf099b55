//! Every state of a stack times `deploy` and `destroy`, as the table in docs/deploying.md says; and the whole table of
//! docs/states.md, made of what the code decides by.

use std::fmt::Write as _;

use stack_aws::{DeployDecision, DestroyDecision, DiffDecision, DriftDecision, RollbackDecision, StackStatus};
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

/// The row of docs/states.md; `None` is a stack that does not exist.
fn row(status: Option<StackStatus>) -> [&'static str; 9] {
    let deploy = StackStatus::deploy_decision(status);
    let is_busy = status.is_some_and(StackStatus::is_in_progress);
    let is_stuck = matches!(deploy, DeployDecision::NeedsRollback | DeployDecision::NeedsDestroy);
    // By name, a deleted stack does not exist.
    let exists = status.filter(|status| *status != StackStatus::DeleteComplete);
    [
        match deploy {
            DeployDecision::Create => "creates",
            DeployDecision::Update => "updates",
            DeployDecision::DeleteThenCreate => "deletes, creates",
            DeployDecision::Busy => "exit 4",
            DeployDecision::NeedsRollback => "exit 1: roll back first",
            DeployDecision::NeedsDestroy => "exit 1: destroy first",
        },
        match exists.map(StackStatus::diff_decision) {
            None | Some(DiffDecision::Nothing) => "with nothing",
            Some(DiffDecision::Compare) => "compares",
        },
        match StackStatus::destroy_decision(status) {
            DestroyDecision::Absent => "nothing to do",
            DestroyDecision::Delete => "deletes",
            DestroyDecision::Follow => "follows",
            DestroyDecision::Busy => "exit 4",
        },
        match StackStatus::drift_decision(status) {
            DriftDecision::Absent => "exit 1: nothing to look at",
            DriftDecision::Detect => "detects",
            DriftDecision::Busy => "exit 4",
            DriftDecision::Refuse => "exit 1: not whole",
        },
        match exists {
            None => "nothing to do",
            Some(_) if is_busy => "follows",
            Some(_) if is_stuck => "exit 1: nothing runs",
            Some(_) => "nothing runs",
        },
        match exists {
            None => "nothing to do",
            Some(StackStatus::UpdateInProgress) => "cancels",
            Some(_) if is_busy => "exit 4",
            Some(_) if is_stuck => "exit 1: nothing runs",
            Some(_) => "nothing runs",
        },
        match exists.map(StackStatus::rollback_decision) {
            None => "nothing to do",
            Some(RollbackDecision::RollBack) => "rolls back",
            Some(RollbackDecision::Continue) => "goes on rolling back",
            Some(RollbackDecision::Busy) => "exit 4",
            Some(RollbackDecision::Idle) => "nothing to take back",
            Some(RollbackDecision::Refuse) => "exit 1: destroy first",
        },
        match deploy {
            DeployDecision::Busy => "exit 4",
            _ if is_stuck || exists.is_none() => "exit 1",
            _ => "exit 0",
        },
        "prints",
    ]
}

fn page() -> String {
    let mut text = include_str!("states_head.md").to_owned();
    let columns = ["deploy", "diff", "destroy", "drift", "attach", "cancel", "rollback", "status", "logs"];
    let _ = writeln!(text, "| state | {} |", columns.map(|column| format!("`{column}`")).join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(columns.len()));
    let _ = writeln!(text, "| no such stack | {} |", row(None).join(" | "));
    for status in StackStatus::ALL {
        let _ = writeln!(text, "| `{status}` | {} |", row(Some(*status)).join(" | "));
    }
    text + &crate::change_sets::table()
}

/// `STACK_WRITE_DOCS=1` writes the page.
#[test]
fn the_page_of_states_is_what_the_code_decides() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/states.md");
    if std::env::var_os("STACK_WRITE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page(), "write it with STACK_WRITE_DOCS=1");
}

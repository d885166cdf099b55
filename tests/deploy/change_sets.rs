//! Every state of a change set that `deploy` asked for: what it does, by test, and as the second table of docs/states.md.

use std::fmt::Write as _;

use serde_json::Value;
use stack_aws::{Answer, ChangeSetDecision, ChangeSetStatus, ExecutionStatus, Outcome};
use test_support::ScriptedCloud;

use crate::steps::{Recorder, STACK, deploy_plan, deployed, kind, plan, template};

const NOTHING: &str = "No updates are to be performed.";
const OTHER: &str = "Transform failed with: it is broken";

const DEPLOYED: &str = "deployed";
const NONE: &str = "no-changes";
const REFUSED: &str = "change-set-refused";
const AGAIN: &str = "change-set-obsolete";
const BUSY: &str = "busy";

/// Status, reason, and the outcome of an update for each execution status in the order of [`ExecutionStatus::ALL`].
const TABLE: [(&str, &str, [&str; 6]); 9] = [
    // It is looked at again, and is complete then.
    ("CREATE_PENDING", "", [DEPLOYED, DEPLOYED, BUSY, AGAIN, AGAIN, AGAIN]),
    ("CREATE_IN_PROGRESS", "", [DEPLOYED, DEPLOYED, BUSY, AGAIN, AGAIN, AGAIN]),
    ("CREATE_COMPLETE", "", [REFUSED, DEPLOYED, BUSY, AGAIN, AGAIN, AGAIN]),
    ("FAILED", NOTHING, [NONE, NONE, BUSY, AGAIN, AGAIN, AGAIN]),
    ("FAILED", OTHER, [REFUSED, REFUSED, BUSY, AGAIN, AGAIN, AGAIN]),
    ("DELETE_PENDING", "", [AGAIN, AGAIN, BUSY, AGAIN, AGAIN, AGAIN]),
    ("DELETE_IN_PROGRESS", "", [AGAIN, AGAIN, BUSY, AGAIN, AGAIN, AGAIN]),
    ("DELETE_COMPLETE", "", [AGAIN, AGAIN, BUSY, AGAIN, AGAIN, AGAIN]),
    ("DELETE_FAILED", "", [AGAIN, AGAIN, BUSY, AGAIN, AGAIN, AGAIN]),
];

/// A cloud with the stack as it was before, or without it, where the first look at the change set finds this.
async fn cloud_with(is_update: bool, state: [&str; 3]) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    let mut before = template();
    before["Resources"]["Alerts"]["Properties"]["DisplayName"] = Value::from("before");
    cloud.world(|world| {
        if is_update {
            world.add_stack(STACK, "CREATE_COMPLETE", &before);
        }
        world.change_set_states.push_back(state.map(str::to_owned));
    });
    cloud
}

#[tokio::test]
async fn every_state_of_a_change_set_has_its_deploy() {
    let mut cells = 0;
    for is_update in [true, false] {
        for (status, reason, outcomes) in TABLE {
            for (execution, expected) in ExecutionStatus::ALL.iter().zip(outcomes) {
                let cell = format!("{status} {execution} {reason} (update: {is_update})");
                let cloud = cloud_with(is_update, [status, execution.as_str(), reason]).await;
                let (outcome, host) = deployed(&cloud, &template()).await;
                // A stack that does not exist is not as the plan says because a template has nothing to create.
                let expected = if expected == NONE && !is_update { REFUSED } else { expected };
                assert_eq!(kind(&outcome), expected, "{cell}: {outcome:?}");
                assert_eq!(host.questions.len(), usize::from(expected == DEPLOYED), "{cell}");
                assert_eq!(cloud.world(|world| world.executions), u32::from(expected == DEPLOYED), "{cell}");
                assert_left(&cloud, is_update, expected, *execution, &cell);
                cells += 1;
            }
        }
    }
    println!("{cells} cells of change sets");
}

/// A change set that will not be executed is gone, and with it the shell that it made; one that somebody executes is left alone.
fn assert_left(cloud: &ScriptedCloud, is_update: bool, outcome: &str, execution: ExecutionStatus, cell: &str) {
    use ExecutionStatus::{ExecuteComplete, ExecuteFailed, ExecuteInProgress};
    let is_taken = matches!(execution, ExecuteInProgress | ExecuteComplete | ExecuteFailed);
    let waiting = cloud.world(|world| {
        let sets = world.stack(STACK).map(|stack| stack.change_sets.clone())?;
        Some(sets.iter().filter(|set| set.execution_status == "AVAILABLE").count())
    });
    let expected = match (is_taken, outcome == DEPLOYED || is_update) {
        (true, _) => Some(1),
        (false, true) => Some(0),
        (false, false) => None,
    };
    assert_eq!(waiting, expected, "{cell}");
    if is_taken {
        let deletions = cloud.take_calls().into_iter().filter(|call| call.starts_with("Delete")).count();
        assert_eq!(deletions, 0, "{cell}");
    }
}

#[tokio::test]
async fn findings_of_the_validation_are_told() {
    for is_update in [true, false] {
        let reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]";
        let cloud = cloud_with(is_update, ["FAILED", "UNAVAILABLE", reason]).await;
        let finding = ["Site", "NAME_CONFLICT_VALIDATION", "/Resources/Site", "the name is taken"].map(str::to_owned);
        cloud.world(|world| world.findings.push(finding));
        let Outcome::ChangeSetRefused { reason: told, findings, .. } = deployed(&cloud, &template()).await.0 else {
            panic!("not refused")
        };
        assert_eq!(told, reason);
        assert_eq!((findings[0].logical_id.as_deref(), &*findings[0].reason), (Some("Site"), "the name is taken"));
    }
}

/// The shell of a first deployment became the stack of somebody else, who executed a change set of his own in it.
#[tokio::test]
async fn a_shell_that_somebody_made_a_stack_of_is_not_deleted() {
    struct Meanwhile(ScriptedCloud);
    impl stack_aws::Host for Meanwhile {
        fn event(&mut self, _event: stack_plan::Event) {}
        fn approve(&mut self, _question: &stack_aws::Question) -> Answer {
            self.0.world(|world| {
                let stack = world.stack(STACK).unwrap();
                "CREATE_COMPLETE".clone_into(&mut stack.status);
                stack.change_sets.clear();
            });
            Answer::No
        }
    }
    let cloud = ScriptedCloud::start().await;
    let aws = crate::steps::connect(&cloud, 5).await;
    let mut host = Meanwhile(cloud.clone());
    let directory = std::path::Path::new(".");
    let options = crate::steps::deploy_options();
    let outcome = stack_aws::deploy(&aws, &plan(&template()), &[], directory, &options, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "declined");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().status.clone()), "CREATE_COMPLETE");
}

/// Executing another change set of the stack deletes ours.
#[tokio::test]
async fn a_change_set_that_is_gone_is_obsolete() {
    struct Deleting(ScriptedCloud);
    impl stack_aws::Host for Deleting {
        fn event(&mut self, _event: stack_plan::Event) {}
        fn approve(&mut self, _question: &stack_aws::Question) -> Answer {
            self.0.world(|world| world.stack(STACK).unwrap().change_sets.clear());
            Answer::Yes
        }
    }
    let cloud = cloud_with(true, ["CREATE_COMPLETE", "AVAILABLE", ""]).await;
    let aws = crate::steps::connect(&cloud, 5).await;
    let mut host = Deleting(cloud.clone());
    let directory = std::path::Path::new(".");
    let options = crate::steps::deploy_options();
    let outcome = stack_aws::deploy(&aws, &plan(&template()), &[], directory, &options, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "change-set-obsolete");
    // The next run finds the stack as it is, and deploys.
    let mut host = Recorder::answering(Answer::Yes);
    assert_eq!(kind(&deploy_plan(&cloud, &plan(&template()), &mut host).await.unwrap()), "deployed");
}

fn word(decision: ChangeSetDecision) -> &'static str {
    match decision {
        ChangeSetDecision::Wait => "looks again",
        ChangeSetDecision::Ask => "asks, executes",
        ChangeSetDecision::NoChanges => "no change",
        ChangeSetDecision::Refused => "exit 1: refused",
        ChangeSetDecision::Obsolete | ChangeSetDecision::Withdrawn => "exit 1: run again",
        ChangeSetDecision::Busy => "exit 4",
        ChangeSetDecision::Executed => "exit 1: run again, left alone",
    }
}

/// The second table of docs/states.md.
pub(crate) fn table() -> String {
    let mut text = include_str!("change_sets_head.md").to_owned();
    let columns: Vec<String> = ExecutionStatus::ALL.iter().map(|execution| format!("`{execution}`")).collect();
    let _ = writeln!(text, "| status | {} |", columns.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(columns.len()));
    for status in ChangeSetStatus::ALL {
        let failed = *status == ChangeSetStatus::Failed;
        let rows = if failed { [true, false].as_slice() } else { [false].as_slice() };
        for &is_empty in rows {
            let words = ExecutionStatus::ALL
                .iter()
                .map(|execution| word(ChangeSetDecision::of(Some(*status), Some(*execution), is_empty)));
            let note = match (failed, is_empty) {
                (true, true) => ", nothing would change",
                (true, false) => ", any other reason",
                (false, _) => "",
            };
            let _ = writeln!(text, "| `{status}`{note} | {} |", words.collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

#[test]
fn the_table_has_every_state_of_a_change_set() {
    let mut names: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    names.dedup();
    let all: Vec<&str> = ChangeSetStatus::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(names, all);
}

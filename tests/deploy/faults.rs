//! A fault at every call: the command converges, and nothing happens twice.

use std::path::Path;

use serde_json::Value;
use stack_aws::{Answer, DeployOptions, OperationOptions, Outcome, deploy, destroy, revert_drift};
use test_support::{Fault, ScriptedCloud};

use crate::companions::{EDGE, destroy_both, plan_with_companion};
use crate::steps::{
    ARTIFACT_BUCKET, POLLING, Recorder, STACK, connect, deploy_options, deploy_plan, destroy_options, kind, plan,
    plan_with_function, template,
};

/// More than any scenario makes; each ends when a fault no longer finds a call.
const MOST_CALLS: usize = 60;

/// Code that a function has not got yet.
const NEW_CODE: &[u8] = b"another zip";

fn new_hash() -> String {
    hex::encode(<sha2::Sha256 as sha2::Digest>::digest(NEW_CODE))
}

/// What a command does to a cloud of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    FirstDeploy,
    Update,
    Destroy,
    /// A first deployment with a companion in another region.
    FirstDeployOfBoth,
    DestroyOfBoth,
    /// An update of a protected stack that takes a bucket away, as its user agreed to.
    ProtectedUpdate,
    /// Two resources that drifted are brought back.
    Revert,
    /// A function gets other code.
    HotSwap,
}

impl Scenario {
    async fn cloud(self) -> ScriptedCloud {
        let cloud = ScriptedCloud::start().await;
        if self == Self::DestroyOfBoth {
            Box::pin(deploy_plan(&cloud, &plan_with_companion(), &mut Recorder::answering(Answer::Yes))).await.unwrap();
            cloud.world(|world| world.executions = 0);
            cloud.take_calls().clear();
        }
        if self == Self::ProtectedUpdate {
            let mut before = template();
            before["Resources"]["Old"] = serde_json::json!({"Type": "AWS::S3::Bucket"});
            cloud.world(|world| {
                world.add_stack(STACK, "CREATE_COMPLETE", &before);
                world.stack(STACK).unwrap().protected = true;
            });
        }
        if self == Self::Revert {
            cloud.world(|world| {
                world.add_stack(STACK, "CREATE_COMPLETE", &template());
                for (logical_id, status) in [("Alerts", "MODIFIED"), ("Site", "DELETED")] {
                    world.drifts.insert(logical_id.to_owned(), (status.to_owned(), Vec::new()));
                }
            });
        }
        if self == Self::HotSwap {
            let directory = tempfile::tempdir().unwrap();
            let (plan, built) = plan_with_function(directory.path());
            let mut host = Recorder::answering(Answer::Yes);
            let aws = connect(&cloud, 5).await;
            Box::pin(deploy(&aws, &plan, &built, directory.path(), &deploy_options(), &mut host)).await.unwrap();
            cloud.world(|world| world.executions = 0);
            cloud.take_calls().clear();
        }
        if matches!(self, Self::Update | Self::Destroy) {
            let mut before = template();
            before["Resources"]["Alerts"]["Properties"]["DisplayName"] = Value::from("before");
            cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &before));
        }
        cloud
    }

    /// Runs the command once; `attempts` 1 dies of its first fault.
    async fn run(self, cloud: &ScriptedCloud, directory: &Path, attempts: u32) -> Result<Outcome, String> {
        let aws = connect(cloud, attempts).await;
        let mut host = Recorder::answering(Answer::Yes);
        let outcome = match self {
            Self::FirstDeploy => {
                let (plan, built) = plan_with_function(directory);
                deploy(&aws, &plan, &built, directory, &deploy_options(), &mut host).await
            }
            Self::Update => deploy(&aws, &plan(&template()), &[], directory, &deploy_options(), &mut host).await,
            Self::Destroy => destroy(&aws, STACK, &destroy_options(), &mut host).await,
            Self::FirstDeployOfBoth => {
                deploy(&aws, &plan_with_companion(), &[], directory, &deploy_options(), &mut host).await
            }
            Self::DestroyOfBoth => destroy(&aws, STACK, &destroy_both(), &mut host).await,
            Self::ProtectedUpdate => {
                let mut plan = plan(&template());
                plan.environment.protect = true;
                deploy(&aws, &plan, &[], directory, &deploy_options(), &mut host).await
            }
            Self::Revert => {
                let options = OperationOptions { polling: Some(POLLING), ..OperationOptions::default() };
                revert_drift(&aws, STACK, false, &options, &mut host).await
            }
            Self::HotSwap => {
                let (plan, mut built) = plan_with_function(directory);
                std::fs::write(&built[0].file, NEW_CODE).unwrap();
                built[0].sha256 = new_hash();
                let options = DeployOptions { hot_swap: true, ..deploy_options() };
                deploy(&aws, &plan, &built, directory, &options, &mut host).await
            }
        };
        outcome.map_err(|error| error.to_string())
    }

    /// What is wrong with the cloud after the command has done its work.
    fn fault_of(self, cloud: &ScriptedCloud) -> Option<String> {
        cloud.world(|world| {
            let executions = world.executions;
            let unexecuted: usize = world
                .stacks
                .iter()
                .flat_map(|stack| &stack.change_sets)
                .filter(|set| set.execution_status == "AVAILABLE")
                .count();
            let alive: Vec<String> = world
                .stacks
                .iter()
                .filter(|stack| [STACK, EDGE].contains(&&*stack.name))
                .map(|stack| stack.status.clone())
                .collect();
            let expected = match self {
                Self::FirstDeploy => (1, vec!["CREATE_COMPLETE".to_owned()]),
                Self::Destroy => (0, vec!["DELETE_COMPLETE".to_owned()]),
                Self::FirstDeployOfBoth => (2, vec!["CREATE_COMPLETE".to_owned(); 2]),
                Self::DestroyOfBoth => (0, vec!["DELETE_COMPLETE".to_owned(); 2]),
                Self::Update | Self::ProtectedUpdate | Self::Revert => (1, vec!["UPDATE_COMPLETE".to_owned()]),
                Self::HotSwap => (0, vec!["CREATE_COMPLETE".to_owned()]),
            };
            if (executions, &alive) != (expected.0, &expected.1) {
                return Some(format!("{executions} executions, stacks {alive:?}"));
            }
            if unexecuted > 0 {
                return Some(format!("{unexecuted} change sets left"));
            }
            if self == Self::ProtectedUpdate {
                let stack = world.stack(STACK)?;
                let is_let_go = stack.policies_at_execution.last().is_some_and(|policy| policy.contains("/Old"));
                let is_guarded = stack.policy.contains("Update:Delete") && !stack.policy.contains("/Old");
                if !is_let_go || !is_guarded {
                    return Some(format!("guarded by {}", stack.policy));
                }
            }
            if self == Self::Revert && !world.drifts.is_empty() {
                return Some("something is still drifted".to_owned());
            }
            if self == Self::HotSwap {
                let code = world.swapped.get("avatars-alice-resize");
                let is_noted =
                    world.buckets[ARTIFACT_BUCKET].objects.keys().any(|key| key.starts_with(".hot-swapped/"));
                if !code.is_some_and(|key| key.contains(&new_hash())) || !is_noted {
                    return Some(format!("runs {code:?}, noted: {is_noted}"));
                }
            }
            if self == Self::FirstDeploy
                && world.buckets.get(ARTIFACT_BUCKET).is_none_or(|bucket| bucket.objects.len() != 1)
            {
                return Some("the zip is not in the artifact bucket".to_owned());
            }
            None
        })
    }
}

/// Every fault at every call, survived by the SDK's retries or by looking at the state.
async fn survives_every_fault(scenario: Scenario, forgets_tokens: bool) {
    let directory = tempfile::tempdir().unwrap();
    let (mut cases, mut failures) = (0, Vec::new());
    for fault in Fault::ALL {
        for call in 1..MOST_CALLS {
            let cloud = Box::pin(scenario.cloud()).await;
            cloud.world(|world| world.forgets_tokens = forgets_tokens);
            cloud.fault(call, fault);
            let outcome = scenario.run(&cloud, directory.path(), 5).await;
            if cloud.take_calls().len() < call {
                break;
            }
            cases += 1;
            let destroys = matches!(scenario, Scenario::Destroy | Scenario::DestroyOfBoth);
            let expected = match scenario {
                _ if destroys => "destroyed",
                Scenario::Revert => "drift-reverted",
                Scenario::HotSwap => "hot-swapped",
                _ => "deployed",
            };
            let wrong = match &outcome {
                Ok(outcome) if kind(outcome) == expected => scenario.fault_of(&cloud),
                Ok(outcome) => Some(kind(outcome)),
                Err(error) => Some(error.clone()),
            };
            failures.extend(wrong.map(|wrong| format!("{fault:?} at call {call}: {wrong}")));
        }
    }
    println!("{scenario:?}: {}/{cases} faults survived", cases - failures.len());
    assert!(cases > 30, "only {cases} cases");
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The process dies before or after every call; the same command, run again until nobody is busy, converges.
async fn survives_every_death(scenario: Scenario) {
    let directory = tempfile::tempdir().unwrap();
    let (mut cases, mut failures) = (0, Vec::new());
    for fault in [Fault::CutBefore, Fault::AnswerLost] {
        for call in 1..MOST_CALLS {
            let cloud = Box::pin(scenario.cloud()).await;
            cloud.fault(call, fault);
            let first = scenario.run(&cloud, directory.path(), 1).await;
            if cloud.take_calls().len() < call {
                break;
            }
            cases += 1;
            if first.is_ok() {
                // A call whose failure the command tolerates.
                failures.extend(scenario.fault_of(&cloud).map(|wrong| format!("{fault:?} at {call}: {wrong}")));
                continue;
            }
            let mut last = first;
            for _ in 0..20 {
                last = scenario.run(&cloud, directory.path(), 5).await;
                if last.as_ref().is_ok_and(|outcome| kind(outcome) != "busy") {
                    break;
                }
            }
            let is_done = last.as_ref().is_ok_and(|outcome| {
                ["deployed", "no-changes", "destroyed", "absent", "drift-reverted", "hot-swapped"]
                    .contains(&kind(outcome).as_str())
            });
            let wrong = if is_done { scenario.fault_of(&cloud) } else { Some(format!("{last:?}")) };
            failures.extend(wrong.map(|wrong| format!("died at call {call} ({fault:?}): {wrong}")));
        }
    }
    println!("{scenario:?}: {}/{cases} deaths survived", cases - failures.len());
    assert!(cases > 10, "only {cases} cases");
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn a_first_deploy_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::FirstDeploy, false).await;
}

#[tokio::test]
async fn an_update_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::Update, false).await;
}

#[tokio::test]
async fn an_update_survives_every_fault_where_tokens_are_not_remembered() {
    survives_every_fault(Scenario::Update, true).await;
}

#[tokio::test]
async fn a_destroy_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::Destroy, false).await;
}

#[tokio::test]
async fn a_first_deploy_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::FirstDeploy).await;
}

#[tokio::test]
async fn an_update_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::Update).await;
}

#[tokio::test]
async fn a_destroy_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::Destroy).await;
}

#[tokio::test]
async fn a_first_deploy_with_a_companion_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::FirstDeployOfBoth, false).await;
}

#[tokio::test]
async fn a_first_deploy_with_a_companion_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::FirstDeployOfBoth).await;
}

#[tokio::test]
async fn a_destroy_with_a_companion_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::DestroyOfBoth).await;
}

#[tokio::test]
async fn an_update_of_a_protected_stack_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::ProtectedUpdate, false).await;
}

#[tokio::test]
async fn an_update_of_a_protected_stack_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::ProtectedUpdate).await;
}

#[tokio::test]
async fn a_revert_of_drift_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::Revert, false).await;
}

#[tokio::test]
async fn a_revert_of_drift_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::Revert).await;
}

#[tokio::test]
async fn a_hot_swap_survives_every_fault_at_every_call() {
    survives_every_fault(Scenario::HotSwap, false).await;
}

#[tokio::test]
async fn a_hot_swap_that_died_anywhere_is_finished_by_the_next() {
    survives_every_death(Scenario::HotSwap).await;
}

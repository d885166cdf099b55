//! Drift: what is asked, what is told, and what is never told as in sync.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stack_aws::{Answer, DriftOutcome, OperationOptions, Outcome, Question, StackStatus, drift, revert_drift};
use test_support::{Fault, ScriptedCloud};

use crate::steps::{POLLING, Recorder, STACK, connect, kind, template};

async fn cloud_in(status: &str) -> ScriptedCloud {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| {
        world.add_stack(STACK, status, &template());
        let drift = |status: &str| (status.to_owned(), Vec::new());
        let difference = ["NOT_EQUAL", "/DisplayName", "alerts", "other"].map(str::to_owned);
        let added = ["ADD", "/Tags/0", "null", "{\"Key\":\"a\"}"].map(str::to_owned);
        world.drifts.insert("Alerts".to_owned(), ("MODIFIED".to_owned(), vec![difference, added]));
        world.drifts.insert("Site".to_owned(), drift("DELETED"));
        world.drifts.insert("Uploads".to_owned(), drift("IN_SYNC"));
    });
    cloud
}

async fn looked(cloud: &ScriptedCloud) -> DriftOutcome {
    drift(&connect(cloud, 5).await, STACK, &BTreeMap::new()).await.unwrap()
}

/// Status of each resource by logical id.
fn statuses(outcome: &DriftOutcome) -> Vec<String> {
    let value = serde_json::to_value(outcome).unwrap();
    let resources = value["resources"].as_array().unwrap().iter();
    resources.map(|one| format!("{} {}", one["logical_id"], one["status"]).replace('"', "")).collect()
}

#[tokio::test]
async fn every_property_is_told_over_all_pages() {
    let cloud = cloud_in("UPDATE_COMPLETE").await;
    let outcome = looked(&cloud).await;
    assert_eq!(statuses(&outcome), ["Alerts modified", "Site deleted", "Uploads in-sync"]);
    let value = serde_json::to_value(&outcome).unwrap();
    assert_eq!(
        value["resources"][0]["differences"],
        json!([
            {"path": "/DisplayName", "kind": "not-equal", "expected": "alerts", "actual": "other"},
            {"path": "/Tags/0", "kind": "added", "expected": Value::Null, "actual": "{\"Key\":\"a\"}"},
        ])
    );
    assert_eq!(
        cloud.take_calls(),
        [
            "DescribeStacks",
            "DetectStackDrift",
            "DescribeStackDriftDetectionStatus",
            "DescribeStackDriftDetectionStatus",
            "DescribeStackDriftDetectionStatus",
            "DescribeStackResourceDrifts",
            "DescribeStackResourceDrifts",
            "ListStackResources",
        ]
    );
}

#[tokio::test]
async fn what_was_not_compared_is_never_in_sync() {
    let cloud = cloud_in("CREATE_COMPLETE").await;
    cloud.world(|world| {
        // Not told of at all, as types without drift detection are.
        world.drifts.remove("Alerts");
        world.drifts.insert("Site".to_owned(), ("UNSUPPORTED".to_owned(), Vec::new()));
        world.drifts.insert("Uploads".to_owned(), ("UNKNOWN".to_owned(), Vec::new()));
    });
    let outcome = looked(&cloud).await;
    assert_eq!(statuses(&outcome), ["Alerts not-checked", "Site unsupported", "Uploads unknown"]);
    let DriftOutcome::Detected(drift) = outcome else { panic!("{outcome:?}") };
    assert_eq!((drift.drifted().count(), drift.unverified().count()), (0, 3));
}

#[tokio::test]
async fn a_detection_that_fails_says_why() {
    let cloud = cloud_in("CREATE_COMPLETE").await;
    cloud.world(|world| world.detection_fails = Some("Uploads cannot be read".to_owned()));
    let DriftOutcome::Detected(drift) = looked(&cloud).await else { panic!("no detection") };
    assert_eq!(drift.failure.as_deref(), Some("Uploads cannot be read"));
    assert_eq!(drift.drifted().count(), 2, "what was found is told");
}

#[tokio::test]
async fn every_state_has_its_drift() {
    for status in StackStatus::ALL {
        let outcome = looked(&cloud_in(status.as_str()).await).await;
        let found = serde_json::to_value(&outcome).unwrap()["drift"].as_str().unwrap().to_owned();
        let expected = match status.as_str() {
            "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => "absent",
            name if name.ends_with("_IN_PROGRESS") => "busy",
            "UPDATE_ROLLBACK_FAILED" => "detected",
            name if name.ends_with("_FAILED") || name == "ROLLBACK_COMPLETE" => "refused",
            _ => "detected",
        };
        assert_eq!(found, expected, "{status}");
    }
    let nothing = ScriptedCloud::start().await;
    assert!(matches!(looked(&nothing).await, DriftOutcome::Absent { .. }));
}

#[tokio::test]
async fn a_detection_of_somebody_else_is_waited_for() {
    let cloud = cloud_in("CREATE_COMPLETE").await;
    cloud.world(|world| world.foreign_detections = 3);
    assert!(matches!(looked(&cloud).await, DriftOutcome::Detected(_)));
    let begun = cloud.take_calls().iter().filter(|call| *call == "DetectStackDrift").count();
    assert_eq!(begun, 4);
}

#[tokio::test]
async fn a_look_survives_every_fault_at_every_call() {
    let mut cases = 0;
    for fault in Fault::ALL {
        for call in 1.. {
            let cloud = cloud_in("CREATE_COMPLETE").await;
            cloud.fault(call, fault);
            let outcome = looked(&cloud).await;
            if cloud.take_calls().len() < call {
                break;
            }
            cases += 1;
            assert_eq!(statuses(&outcome), ["Alerts modified", "Site deleted", "Uploads in-sync"], "{fault:?} {call}");
        }
    }
    assert!(cases > 40, "only {cases} cases");
}

#[tokio::test]
async fn the_stack_of_another_project_is_refused() {
    let cloud = cloud_in("CREATE_COMPLETE").await;
    let tag = |project: &str| BTreeMap::from([("stack:project".to_owned(), project.to_owned())]);
    cloud.world(|world| world.stack(STACK).unwrap().tags = tag("theirs"));
    let refused = drift(&connect(&cloud, 5).await, STACK, &tag("ours")).await.unwrap_err();
    assert!(refused.to_string().contains("belongs to project `theirs`"), "{refused}");
}

async fn reverted(cloud: &ScriptedCloud, answer: Answer) -> (Outcome, Recorder) {
    let options = OperationOptions { polling: Some(POLLING), ..OperationOptions::default() };
    let mut host = Recorder::answering(answer);
    let outcome = revert_drift(&connect(cloud, 5).await, STACK, false, &options, &mut host).await.unwrap();
    (outcome, host)
}

#[tokio::test]
async fn drift_is_taken_back_by_a_change_set_that_is_shown() {
    let cloud = cloud_in("UPDATE_COMPLETE").await;
    let (outcome, host) = reverted(&cloud, Answer::Yes).await;
    let Outcome::DriftReverted { change_set: Some(change_set), .. } = &outcome else { panic!("{outcome:?}") };
    let changes: Vec<String> =
        change_set.changes.iter().map(|change| format!("{:?} {}", change.action, change.logical_id)).collect();
    assert_eq!(changes, ["Modify Alerts", "Add Site"]);
    assert_eq!(host.questions, [Question::ExecuteChangeSet(change_set.clone())]);
    assert_eq!(cloud.world(|world| world.executed.clone()), std::slice::from_ref(&change_set.id));
    // The template is that of before, and its parameters are.
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().template.clone()), template().to_string());
    // Nothing is left to take back.
    let (again, host) = reverted(&cloud, Answer::Yes).await;
    assert!(matches!(again, Outcome::DriftReverted { change_set: None, .. }), "{again:?}");
    assert!(host.questions.is_empty());
}

#[tokio::test]
async fn drift_that_is_not_to_be_taken_back_stays() {
    let cloud = cloud_in("UPDATE_COMPLETE").await;
    let (outcome, _) = reverted(&cloud, Answer::No).await;
    assert_eq!(kind(&outcome), "declined");
    assert_eq!(cloud.world(|world| (world.executions, world.stack(STACK).unwrap().change_sets.len())), (0, 0));
}

#[tokio::test]
async fn a_revert_that_fails_says_how_to_look_again() {
    let cloud = cloud_in("UPDATE_COMPLETE").await;
    cloud.world(|world| world.failing.insert("Alerts".to_owned(), "denied".to_owned()));
    let (outcome, _) = reverted(&cloud, Answer::Yes).await;
    let Outcome::RolledBack { next, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(next, &["stack drift"]);
}

#[tokio::test]
async fn drift_is_taken_back_of_a_stack_that_is_whole() {
    for (status, outcome) in [
        ("UPDATE_IN_PROGRESS", "busy"),
        ("UPDATE_ROLLBACK_FAILED", "needs-rollback"),
        ("ROLLBACK_COMPLETE", "absent"),
        ("REVIEW_IN_PROGRESS", "absent"),
    ] {
        let cloud = cloud_in(status).await;
        assert_eq!(kind(&reverted(&cloud, Answer::Yes).await.0), outcome, "{status}");
        assert_eq!(cloud.world(|world| world.executions), 0, "{status}");
    }
}

//! `attach`, `cancel`, `rollback` and `gc`.

use std::process::Stdio;

use test_support::scripted_cloudformation::{Object, World};
use test_support::{Fault, ScriptedCloud, TestProject, eventually};

use super::{CHANGED, PROJECT, STACK_NAME, assert_outcome, command, deployed, run};
use crate::STACK;

/// The cloud right after an update began whose process was killed.
async fn updating(prepare: impl FnOnce(&mut World)) -> World {
    let mut before = deployed().await;
    prepare(&mut before);
    begun(&before, (CHANGED, &["deploy", "--yes"]), "ExecuteChangeSet").await
}

/// The cloud right after the call that begins the operation of a command, whose process was killed at it.
async fn begun(before: &World, (project, arguments): (&str, &[&str]), order: &str) -> World {
    let project = TestProject::new(STACK, project);
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.clone_from(before));
    let _ = run(&project, &cloud, arguments);
    let call = cloud.take_calls().iter().position(|name| name == order).unwrap() + 1;

    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.clone_from(before));
    cloud.fault(call, Fault::AnswerWithheld);
    let mut child = command(&project, &cloud, arguments).stderr(Stdio::null()).spawn().unwrap();
    eventually("the order", async || (cloud.calls() == call).then_some(())).await;
    child.kill().unwrap();
    child.wait().unwrap();
    cloud.world(|world| world.clone())
}

fn in_state(world: &World, status: &str) -> World {
    let mut world = world.clone();
    status.clone_into(&mut world.stack(STACK_NAME).unwrap().status);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_followed_to_its_end() {
    let running = updating(|_| {}).await;
    assert_outcome("attach_settled", CHANGED, &running, &["attach"], 0).await;
    let failing = updating(|world| {
        world.failing.insert("NewsTopic".to_owned(), "no (HandlerErrorCode: AccessDenied)".to_owned());
    })
    .await;
    assert_outcome("attach_rolled_back", CHANGED, &failing, &["attach"], 1).await;
    let going = begun(&deployed().await, (PROJECT, &["destroy", "--yes"]), "DeleteStack").await;
    assert_outcome("attach_destroyed", PROJECT, &going, &["attach"], 0).await;
    assert_outcome("destroy_followed", PROJECT, &going, &["destroy", "--yes"], 0).await;
    assert_outcome("attach_idle", PROJECT, &deployed().await, &["attach"], 0).await;
    assert_outcome("attach_absent", PROJECT, &World::default(), &["attach"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_cancelled_or_goes_on() {
    let running = updating(|_| {}).await;
    assert_outcome("cancel_settled", CHANGED, &running, &["cancel"], 0).await;
    let fails = updating(|world| world.rollback_fails = true).await;
    assert_outcome("cancel_stuck", CHANGED, &fails, &["cancel"], 1).await;
    let before = deployed().await;
    assert_outcome(
        "cancel_too_late",
        PROJECT,
        &in_state(&before, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        &["cancel"],
        4,
    )
    .await;
    assert_outcome("cancel_idle", PROJECT, &before, &["cancel"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_taken_back() {
    let before = deployed().await;
    assert_outcome("rollback_settled", PROJECT, &in_state(&before, "UPDATE_FAILED"), &["rollback"], 0).await;
    let stuck = in_state(&before, "UPDATE_ROLLBACK_FAILED");
    let skip = ["rollback", "--skip", "AlertsTopic"];
    assert_outcome("rollback_skipped", PROJECT, &stuck, &skip, 0).await;
    let mut fails = stuck;
    fails.rollback_fails = true;
    assert_outcome("rollback_stuck", PROJECT, &fails, &["rollback"], 1).await;
    assert_outcome("rollback_nothing_to_skip", PROJECT, &before, &skip, 1).await;
    assert_outcome("rollback_impossible", PROJECT, &in_state(&before, "DELETE_FAILED"), &["rollback"], 1).await;
    assert_outcome("rollback_busy", PROJECT, &in_state(&before, "UPDATE_IN_PROGRESS"), &["rollback"], 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_listed_or_deleted() {
    let before = deployed().await;
    let collect = ["gc", "--older-than", "0s", "--yes"];
    assert_outcome("gc_no_bucket", PROJECT, &before, &collect, 0).await;
    let mut full = before;
    let bucket = full.buckets.entry("stack-artifacts-123456789012-eu-central-1".to_owned()).or_default();
    bucket.objects.insert("functions/0123.zip".to_owned(), Object { bytes: vec![0; 2048], ..Object::default() });
    assert_outcome("gc_deleted", PROJECT, &full, &collect, 0).await;
    assert_outcome("gc_listed", PROJECT, &full, &["gc", "--older-than", "0s", "--dry-run"], 0).await;
    let mut busy = in_state(&full, "UPDATE_IN_PROGRESS");
    let parameters = &mut busy.stack(STACK_NAME).unwrap().parameters;
    parameters.insert("ArtifactBucket".to_owned(), "stack-artifacts-123456789012-eu-central-1".to_owned());
    assert_outcome("gc_busy", PROJECT, &busy, &collect, 4).await;
}

//! `diff`, `drift`, `status`, `ls`, `outputs`, `events`, `logs`, `invoke` and `migrate`.

use test_support::scripted_cloudformation::World;

use super::{CHANGED, PROJECT, STACK_NAME, assert_outcome, deployed};

/// One function to ask, and one that runs migrations.
const FUNCTIONS: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one, removal: destroy }
buckets:
  files: { contents: { source: ./migrations, prefix: migrations/ } }
functions:
  resize: { package: resize }
  migrate:
    package: migrate
    environment: { MIGRATIONS_BUCKET: \"{{bucket.files.name}}\", MIGRATIONS_PREFIX: migrations/ }
    access: { read: bucket.files }
";

fn in_state(world: &World, status: &str) -> World {
    let mut world = world.clone();
    status.clone_into(&mut world.stack(STACK_NAME).unwrap().status);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_told() {
    let before = deployed().await;
    assert_outcome("diff_everything", PROJECT, &World::default(), &["diff"], 2).await;
    assert_outcome("diff_something", CHANGED, &before, &["diff"], 2).await;
    assert_outcome("diff_nothing", PROJECT, &before, &["diff"], 0).await;
    assert_outcome("diff_while_it_is_updated", CHANGED, &in_state(&before, "UPDATE_IN_PROGRESS"), &["diff"], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_drifted_is_told() {
    let before = deployed().await;
    assert_outcome("drift_absent", PROJECT, &World::default(), &["drift"], 1).await;
    assert_outcome("drift_busy", PROJECT, &in_state(&before, "UPDATE_IN_PROGRESS"), &["drift"], 4).await;
    assert_outcome("drift_not_whole", PROJECT, &in_state(&before, "DELETE_FAILED"), &["drift"], 1).await;
    let mut world = before;
    world.drifts.insert("FilesBucket".to_owned(), ("IN_SYNC".to_owned(), Vec::new()));
    assert_outcome("drift_in_sync", PROJECT, &world, &["drift"], 0).await;
    let difference = ["NOT_EQUAL", "/DisplayName", "alerts", "alarms"].map(str::to_owned);
    world.drifts.insert("AlertsTopic".to_owned(), ("MODIFIED".to_owned(), vec![difference]));
    assert_outcome("drift_modified", PROJECT, &world, &["drift"], 2).await;
    world.detection_fails = Some("Failed to detect drift on resource [AlertsTopic]".to_owned());
    assert_outcome("drift_failed", PROJECT, &world, &["drift"], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_stack_stands_is_told() {
    let before = deployed().await;
    assert_outcome("status_absent", PROJECT, &World::default(), &["status"], 1).await;
    assert_outcome("status_complete", PROJECT, &before, &["status"], 0).await;
    assert_outcome("status_busy", PROJECT, &in_state(&before, "UPDATE_IN_PROGRESS"), &["status"], 4).await;
    assert_outcome("status_stuck", PROJECT, &in_state(&before, "UPDATE_ROLLBACK_FAILED"), &["status"], 1).await;
    assert_outcome("ls_none", PROJECT, &World::default(), &["ls"], 0).await;
    assert_outcome("ls_one", PROJECT, &before, &["ls"], 0).await;
    assert_outcome("outputs_all", PROJECT, &before, &["outputs"], 0).await;
    assert_outcome("outputs_one", PROJECT, &before, &["outputs", "Files"], 0).await;
    assert_outcome("outputs_unknown", PROJECT, &before, &["outputs", "File"], 1).await;
    assert_outcome("outputs_absent", PROJECT, &World::default(), &["outputs"], 1).await;
    assert_outcome("events_of_a_creation", PROJECT, &before, &["events"], 0).await;
    assert_outcome("events_absent", PROJECT, &World::default(), &["events"], 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_functions_say_is_told() {
    let mut world = World::default();
    assert_outcome("logs_none", FUNCTIONS, &world, &["logs", "resize"], 0).await;
    world.log_lines = vec![(1_795_000_000_000, "START\n".to_owned()), (1_795_000_000_250, "it is done".to_owned())];
    assert_outcome("logs_two", FUNCTIONS, &world, &["logs", "resize"], 0).await;

    assert_outcome("invoke_absent", FUNCTIONS, &world, &["invoke", "resize"], 1).await;
    world.invocation = Some(["", "U1RBUlQKRU5E", "{\"done\":true}"].map(str::to_owned));
    assert_outcome("invoke_answered", FUNCTIONS, &world, &["invoke", "resize", "{\"a\":1}"], 0).await;
    let failure = "{\"errorType\":\"Poison\",\"errorMessage\":\"it is no picture\"}";
    world.invocation = Some(["Unhandled", "", failure].map(str::to_owned));
    assert_outcome("invoke_failed", FUNCTIONS, &world, &["invoke", "resize"], 1).await;
    assert_outcome("migrate_failed", FUNCTIONS, &world, &["migrate", "up"], 1).await;

    let recorded = "\"recorded_at\":\"2026-11-21 00:00:00\"";
    let migrations = format!(
        "[{{\"version\":1,\"name\":\"users\",\"state\":\"applied\",{recorded}}},{{\"version\":2,\"name\":\"avatars\",\"state\":\"pending\",\"recorded_at\":null}}]"
    );
    let answer = |steps: &str| {
        let payload = format!("{{\"steps\":{steps},\"migrations\":{migrations}}}");
        Some([String::new(), String::new(), payload])
    };
    world.invocation = answer("[]");
    assert_outcome("migrate_status", FUNCTIONS, &world, &["migrate", "status"], 0).await;
    world.invocation = answer("[{\"version\":1,\"name\":\"users\",\"direction\":\"up\"}]");
    assert_outcome("migrate_up", FUNCTIONS, &world, &["migrate", "up"], 0).await;
    world.invocation = answer("[{\"version\":2,\"name\":\"avatars\",\"direction\":\"down\"}]");
    assert_outcome("migrate_down", FUNCTIONS, &world, &["migrate", "down", "--yes"], 0).await;
}

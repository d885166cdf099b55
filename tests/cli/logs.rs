//! `stack logs` against a local cloud in which functions have written something.

use std::time::{SystemTime, UNIX_EPOCH};

use test_support::{Background, Clients, RunningCloud, TestProject};

use crate::{SMALL, STACK, assert_run};

const PROJECT: &str = "\
stack: small
region: eu-central-1
environments: { dev: { suffix: one } }
functions:
  resize: { package: resize }
  notify: { package: notify }
";

fn milliseconds_ago(ago: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap() - ago
}

async fn write(clients: &Clients, function: &str, lines: &[(i64, &str)]) {
    let group = format!("/aws/lambda/small-one-{function}");
    let lines: Vec<(i64, &str)> = lines.iter().map(|(ago, line)| (milliseconds_ago(*ago), *line)).collect();
    clients.write_log(&group, &lines).await;
}

/// The lines without their times.
fn messages(stdout: &str) -> Vec<&str> {
    stdout.lines().map(|line| line.split_once(' ').unwrap().1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_all_functions_come_in_order_and_are_chosen() {
    let project = TestProject::new(STACK, PROJECT);
    let cloud = RunningCloud::start(&project);
    assert_run!("logs_none", &project, &["logs", "--local"]);
    let clients = Clients::new(cloud.url(), "eu-central-1");
    write(&clients, "resize", &[(3_600_000, "long ago"), (4_000, "one"), (2_000, "three failed")]).await;
    write(&clients, "notify", &[(3_000, "two"), (1_000, "four")]).await;

    let all = project.succeed(&["logs", "--local"]).stdout;
    let expected = [
        "small-one-resize | one",
        "small-one-notify | two",
        "small-one-resize | three failed",
        "small-one-notify | four",
    ];
    assert_eq!(messages(&all), expected);
    let one = project.succeed(&["logs", "--local", "resize", "--since", "2h", "--filter", "o"]).stdout;
    assert_eq!(messages(&one), ["small-one-resize | long ago", "small-one-resize | one"]);
    let json = project.succeed(&["logs", "--local", "--filter", "failed", "--json"]).stdout;
    let line: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&line["event"], &line["message"]), (&"log-line".into(), &"three failed".into()));
    assert_eq!(json.lines().count(), 2, "{json}");

    let mut following = Background::start(&mut project.command(&["logs", "--local", "-f"]));
    following.wait_for("what was there", |line| line.ends_with("| four").then_some(()));
    write(&clients, "resize", &[(0, "five")]).await;
    following.wait_for("what is new", |line| line.ends_with("| five").then_some(()));
}

#[test]
fn wrong_arguments_are_named() {
    let project = TestProject::new(STACK, PROJECT);
    assert_run!("logs_function_unknown", &project, &["logs", "resise"]);
    assert_run!("logs_since_wrong", &project, &["logs", "--since", "yesterday"]);
    let without = TestProject::new(STACK, SMALL);
    assert_run!("logs_no_functions", &without, &["logs"]);
}

//! Each way in which a command ends, as people and programs read it: the binary against a scripted cloud, whole and word for word.
//!
mod changes;
mod looks;
mod moments;
mod operations;

use std::process::Command;

use test_support::scripted_cloudformation::World;
use test_support::{Run, ScriptedCloud, TestProject};

use crate::{STACK, whole};

const STACK_NAME: &str = "small-one";

/// A bucket and a topic, and functions for the commands that ask one.
const PROJECT: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one, removal: destroy }
  prod: {}
buckets:
  files: {}
topics:
  alerts: {}
outputs:
  Files: \"{{bucket.files.name}}\"
";

/// The same with another topic.
const CHANGED: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one, removal: destroy }
  prod: {}
buckets:
  files: {}
topics:
  news: {}
outputs:
  Files: \"{{bucket.files.name}}\"
";

fn run(project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]) -> Run {
    Run::of(&mut command(project, cloud, arguments))
}

fn command(project: &TestProject, cloud: &ScriptedCloud, arguments: &[&str]) -> Command {
    let fixed = ["--endpoint-url", cloud.endpoint(), "--account", "123456789012"];
    let arguments: Vec<&str> = arguments.iter().chain(&fixed).copied().collect();
    let mut command = project.command(&arguments);
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

/// The cloud after the project was deployed.
async fn deployed() -> World {
    let cloud = ScriptedCloud::start().await;
    let run = run(&TestProject::new(STACK, PROJECT), &cloud, &["deploy", "--yes"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    cloud.world(|world| {
        world.settle();
        world.clone()
    })
}

/// A command in both voices, each in a cloud of its own that is like `world`, under the name of the snapshot.
async fn assert_outcome(name: &str, project: &str, world: &World, arguments: &[&str], code: i32) {
    let project = TestProject::new(STACK, project);
    let mut voices = Vec::new();
    for voice in [None, Some("--json")] {
        let cloud = ScriptedCloud::start().await;
        cloud.world(|own| own.clone_from(world));
        let arguments: Vec<&str> = arguments.iter().copied().chain(voice).collect();
        let run = run(&project, &cloud, &arguments);
        let text = format!("$ stack {}\n{}", arguments.join(" "), whole(&run, &project));
        voices.push(text.replace(cloud.endpoint(), "[endpoint]"));
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
    }
    assert_voices(name, &voices);
}

/// What was said in both voices, against the snapshot of this name.
fn assert_voices(name: &str, voices: &[String]) {
    insta::with_settings!({
        omit_expression => true,
        prepend_module_to_snapshot => false,
        snapshot_path => "../snapshots/outcomes",
        filters => vec![
            ("[0-9a-f]{32}", "[attempt]"),
            ("event-[0-9]+", "event-[number]"),
            (r"(stack|changeSet)/([^/\s]+)/[0-9]+", "$1/$2/[number]"),
            (r"[0-9]+ (second|minute|hour|day|month|year)s?\b", "[age]"),
            ("AGE +UPDATED", "AGE  UPDATED"),
        ],
    }, {
        insta::assert_snapshot!(name, voices.join("\n"));
    });
}

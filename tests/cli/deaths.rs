//! The process is killed while it waits for each of its calls, before the call took effect and after it: the same command, run
//! again, finishes the work, and leaves nothing that an undisturbed run would not have left.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use test_support::scripted_cloudformation::World;
use test_support::{Fault, Run, ScriptedCloud, TestProject, say, wait::PATIENCE};

use crate::STACK;

/// A function, so that there is an artifact; contents under a distribution, so that there is
/// work after the stack.
const PROJECT: &str = "\
stack: small
region: eu-central-1
environments:
  dev: { suffix: one, removal: destroy }
functions:
  resize: { package: resize, environment: { NAME: \"{{bucket.site.name}}\" }, access: { read: bucket.site } }
buckets:
  site: { contents: ./site }
distributions:
  site: { origin: bucket.site, invalidate: [\"/*\"] }
";

/// Stands in for cargo-lambda: what it compiles lies ready, and it lists that as cargo lists sources.
const COMPILER: &str = "\
#!/bin/sh
set -eu
while [ $# -gt 0 ]; do
  case $1 in
    --lambda-dir) into=$2 ;;
    --bin) name=$2 ;;
  esac
  shift
done
mkdir -p \"$into/$name\" target/x86_64-unknown-linux-gnu/lambda
cp compiled \"$into/$name/bootstrap\"
echo \"$name: $PWD/compiled\" > \"target/x86_64-unknown-linux-gnu/lambda/$name.d\"
";

/// More calls than any command here makes; each scenario ends when a command makes no further one.
const MOST_CALLS: usize = 100;

/// What a command does to a cloud of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    FirstDeploy,
    Update,
    Destroy,
}

/// One scenario: the project, the cloud before the command, and what an undisturbed run makes of it.
struct Bench {
    arguments: &'static [&'static str],
    project: TestProject,
    before: World,
    undisturbed: Traces,
}

/// What a command leaves behind in a cloud, in words that can be told apart.
type Traces = BTreeSet<String>;

fn traces(world: &World) -> Traces {
    let mut traces = Traces::from([format!("{} executions", world.executions)]);
    for stack in world.stacks.iter().filter(|stack| stack.status != "DELETE_COMPLETE") {
        let name = &stack.name;
        let template: Value = serde_json::from_str(&stack.template).unwrap_or_default();
        traces.insert(format!("{name} is in {}", stack.status));
        traces.insert(format!("{name} has the template {template}"));
        traces.insert(format!("{name} has the parameters {:?}", stack.parameters));
        let resources = stack.resources.iter();
        traces.extend(resources.map(|(id, resource)| format!("{name} has {id} {}", resource.physical_id)));
        let waiting = stack.change_sets.iter().filter(|set| set.execution_status != "EXECUTE_COMPLETE");
        traces.extend(waiting.map(|set| format!("{name} has a change set that waits, {}", set.execution_status)));
    }
    // Once or more often: what counts is that it was told.
    traces.extend(world.invalidations.iter().map(|distribution| format!("{distribution} was told to forget")));
    for (name, bucket) in &world.buckets {
        traces.insert(format!("there is a bucket {name}"));
        let objects = bucket.objects.iter();
        traces.extend(objects.map(|(key, object)| format!("there is {name}/{key}, {}", hex(&object.bytes))));
    }
    traces
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Bench {
    async fn new(scenario: Scenario) -> Self {
        let project = TestProject::new(STACK, PROJECT);
        project.write("Cargo.toml", "[package]\nname = \"resize\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.write("src/main.rs", "fn main() {}\n").write("bin/cargo-lambda", COMPILER);
        let compiler = project.directory().join("bin/cargo-lambda");
        std::fs::set_permissions(compiler, std::fs::Permissions::from_mode(0o755)).unwrap();
        let deploy = ["deploy", "--allow", "broadening"].as_slice();
        let arguments = if scenario == Scenario::Destroy { ["destroy", "--empty"].as_slice() } else { deploy };
        let mut bench = Self { arguments, project, before: World::default(), undisturbed: Traces::new() };
        bench.write_sources("one");
        let cloud = ScriptedCloud::start().await;
        if scenario != Scenario::FirstDeploy {
            let run = Run::of(&mut bench.command(deploy, &cloud));
            assert_eq!(run.code, Some(0), "{run:?}");
            bench.before = cloud.world(|world| {
                world.executions = 0;
                world.invalidations.clear();
                world.clone()
            });
            bench.write_sources("two");
        }
        let run = bench.run(&cloud);
        assert_eq!(run.code, Some(0), "{run:?}");
        bench.undisturbed = cloud.world(|world| traces(world));
        bench
    }

    /// Another binary, another page, another file beside it, and another template.
    fn write_sources(&self, version: &str) {
        let mut binary = b"\x7fELF\x02\x01".to_vec();
        binary.resize(18, 0);
        binary.extend([0x3e, 0]);
        binary.extend(version.as_bytes());
        self.project.write("compiled", binary).write("site/index.html", version);
        let _ = std::fs::remove_dir_all(self.project.directory().join("site/files"));
        self.project.write(format!("site/files/{version}.txt"), version);
        self.project
            .write("stack.yaml", PROJECT.replace("environment: { ", &format!("environment: {{ VERSION: {version}, ")));
    }

    fn command(&self, arguments: &[&str], cloud: &ScriptedCloud) -> Command {
        let fixed = ["--endpoint-url", cloud.endpoint(), "--account", "123456789012", "--yes", "--json"];
        let arguments: Vec<&str> = arguments.iter().chain(&fixed).copied().collect();
        let mut command = self.project.command(&arguments);
        let own = self.project.directory().join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories = std::iter::once(own).chain(std::env::split_paths(&path));
        let path: OsString = std::env::join_paths(directories).unwrap();
        command.env("PATH", path).env("CARGO_TARGET_DIR", self.project.directory().join("target"));
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }

    fn run(&self, cloud: &ScriptedCloud) -> Run {
        Run::of(&mut self.command(self.arguments, cloud))
    }

    /// Starts the command and kills it at its call of this number. False when it made fewer calls and is done.
    async fn is_killed_at(&self, cloud: &ScriptedCloud, call: usize, fault: Fault) -> bool {
        let _ = cloud.take_calls();
        cloud.fault(call, fault);
        let mut command = self.command(self.arguments, cloud);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        for _ in 0..PATIENCE.as_millis() {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{status} before call {call}");
                return false;
            }
            if cloud.calls() >= call {
                // SIGKILL: nothing of the process gets to run any more.
                child.kill().unwrap();
                child.wait().unwrap();
                return true;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("call {call} was never made");
    }

    /// What is wrong after the command was run again until nothing stood in its way.
    fn finished(&self, cloud: &ScriptedCloud) -> Result<(), String> {
        for _ in 0..3 {
            let run = self.run(cloud);
            match run.code {
                Some(0) => {
                    let traces = cloud.world(|world| {
                        world.settle();
                        traces(world)
                    });
                    let differing: Vec<&String> = traces.symmetric_difference(&self.undisturbed).collect();
                    return if differing.is_empty() { Ok(()) } else { Err(format!("{differing:#?}")) };
                }
                // What the killed one ordered still runs: that is told truthfully, and then it ends.
                Some(4) if cloud.world(|world| world.stacks.iter().any(|stack| !stack.pending.is_empty())) => {
                    cloud.world(World::settle);
                }
                _ => return Err(format!("{run:?}")),
            }
        }
        Err("it never ends".to_owned())
    }
}

async fn survives_every_kill(scenario: Scenario) {
    let bench = Bench::new(scenario).await;
    let (mut cases, mut failures) = (0, Vec::new());
    for fault in [Fault::NeverAnswered, Fault::AnswerWithheld] {
        for call in 1..MOST_CALLS {
            let cloud = ScriptedCloud::start().await;
            cloud.world(|world| world.clone_from(&bench.before));
            if !bench.is_killed_at(&cloud, call, fault).await {
                break;
            }
            cases += 1;
            let name = cloud.take_calls().pop().unwrap_or_default();
            let finished = bench.finished(&cloud);
            failures.extend(finished.err().map(|wrong| format!("killed at {name}, call {call} ({fault:?}): {wrong}")));
        }
    }
    say(&format!("{scenario:?}: {}/{cases} kills survived", cases - failures.len()));
    assert!(cases > 10, "only {cases} cases");
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_deploy_that_is_killed_anywhere_is_finished_by_the_next() {
    survives_every_kill(Scenario::FirstDeploy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_is_killed_anywhere_is_finished_by_the_next() {
    survives_every_kill(Scenario::Update).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroy_that_is_killed_anywhere_is_finished_by_the_next() {
    survives_every_kill(Scenario::Destroy).await;
}

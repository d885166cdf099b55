//! Two processes at once on one stack, as two jobs of CI are: what `tests/deploy/races.rs` shows of two clients in one process.
//!
//! Each process has a cloud address of its own, and a seed decides whose call is served next: the same seed, the same race.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;
use test_support::race::{Contender, End, faults};
use test_support::scripted_cloudformation::World;
use test_support::{Run, ScriptedCloud, TestProject, say};

use crate::STACK;

const STACK_NAME: &str = "small-one";

/// Races of each pair; there are six.
const SEEDS: u64 = 34;

/// What a process is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    /// A deployment with a topic of this display name, and with a bucket or without.
    Deploy(&'static str, bool),
    Destroy,
}

impl Job {
    fn project(self) -> TestProject {
        let (name, buckets) = match self {
            Self::Deploy(name, true) => (name, "buckets: { files: {} }\n"),
            Self::Deploy(name, false) => (name, ""),
            Self::Destroy => ("any", ""),
        };
        let text = format!(
            "stack: small\nregion: eu-central-1\nenvironments: {{ dev: {{ suffix: one, removal: destroy }} }}\n{buckets}\
             topics: {{ alerts: {{ display_name: {name} }} }}\n"
        );
        TestProject::new(STACK, &text)
    }

    /// What must hold of it afterwards.
    fn contender(self, project: &TestProject) -> Contender {
        if self == Self::Destroy {
            return Contender::Destroy;
        }
        let rendered = project.succeed(&["render", "--format", "json", "--account", "123456789012"]);
        Contender::Deploy(rendered.json())
    }

    async fn run(self, project: &TestProject, cloud: &ScriptedCloud) -> End {
        let arguments: &[&str] = match self {
            Self::Deploy(..) => &["deploy", "--yes", "--allow", "delete,replace"],
            Self::Destroy => &["destroy", "--yes"],
        };
        let fixed = ["--json", "--endpoint-url", cloud.endpoint(), "--account", "123456789012"];
        let arguments: Vec<&str> = arguments.iter().chain(&fixed).copied().collect();
        let mut command = project.command(&arguments);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
        end_of(&Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// How a run ended, as it says.
fn end_of(run: &Run) -> End {
    let lines: Vec<Value> = run.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let approved = lines.iter().filter(|line| line["event"] == "approved" && line["question"] == "execute-change-set");
    let approved = approved.filter_map(|line| line["id"].as_str().map(str::to_owned)).collect();
    let outcome = lines.last().map(|report| report["outcome"].clone()).unwrap_or_default();
    let kind = outcome["outcome"].as_str().map_or_else(|| run.stderr.clone(), str::to_owned);
    let id = outcome["change_set"]["id"].as_str().map(str::to_owned);
    End { deployed: id.filter(|_| kind == "deployed"), kind, approved }
}

/// The cloud after somebody deployed before the two.
async fn deployed(job: Job) -> World {
    let cloud = ScriptedCloud::start().await;
    let end = job.run(&job.project(), &cloud).await;
    assert_eq!(end.kind, "deployed");
    cloud.world(|world| {
        world.settle();
        world.executed.clear();
        world.executions = 0;
        world.clone()
    })
}

/// Every seed, and how often the two ended in which way.
async fn no_race_harms(name: &str, before: Option<Job>, jobs: [Job; 2]) {
    let projects = jobs.map(Job::project);
    let contenders = [0, 1].map(|door| jobs[door].contender(&projects[door]));
    let before = match before {
        Some(job) => deployed(job).await,
        None => World::default(),
    };
    let mut ends_seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in 0..SEEDS {
        let ([first, second], gate) = ScriptedCloud::start_for_two(seed).await;
        first.world(|world| world.clone_from(&before));
        let contend = async |door: usize, cloud: &ScriptedCloud| {
            let end = jobs[door].run(&projects[door], cloud).await;
            gate.leave(door);
            end
        };
        let (one, other) = tokio::join!(contend(0, &first), contend(1, &second));
        let ends = [one, other];
        let kinds = ends.each_ref().map(|end| end.kind.clone());
        let wrong = first.world(|world| faults(&contenders, &ends, STACK_NAME, world));
        if !wrong.is_empty() {
            failures.push(format!("seed {seed}: {kinds:?}: {}", wrong.join("; ")));
        }
        *ends_seen.entry(kinds.join(" and ")).or_default() += 1;
    }
    let harmless = SEEDS - failures.len() as u64;
    say(&format!("{name}: {harmless}/{SEEDS} races of processes without harm: {ends_seen:?}"));
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(ends_seen.len() > 1, "no race at all");
}

const BEFORE: Job = Job::Deploy("before", true);
const ONE: Job = Job::Deploy("one", true);
const OTHER: Job = Job::Deploy("other", false);

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_deploy_the_same_first_make_one_stack() {
    no_race_harms("two equal first deploys", None, [ONE, ONE]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_deploy_first_none_is_lost() {
    no_race_harms("two first deploys", None, [ONE, OTHER]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_update_none_is_lost() {
    no_race_harms("two updates", Some(BEFORE), [ONE, OTHER]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_update_and_destroy_leave_all_or_nothing() {
    no_race_harms("update and destroy", Some(BEFORE), [ONE, Job::Destroy]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_deploy_first_and_destroy_leave_all_or_nothing() {
    no_race_harms("first deploy and destroy", None, [ONE, Job::Destroy]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_destroy_one_does() {
    no_race_harms("two destroys", Some(BEFORE), [Job::Destroy, Job::Destroy]).await;
}

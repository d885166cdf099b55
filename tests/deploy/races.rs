//! Two commands at once on one stack: no update is lost, no change set runs but the one that was approved and only while it is
//! up to date, and whoever came second says so.
//!
//! Each command has a cloud address of its own, and a seed decides whose call is served next: the same seed, the same race.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stack_aws::{Answer, Aws, CallLimits, Outcome, Question, Target, deploy, destroy};
use test_support::ScriptedCloud;
use test_support::scripted_cloudformation::{REGION, World};

use crate::steps::{Recorder, STACK, deploy_options, destroy_options, kind, limits, plan, template};

/// Races of each pair; there are six.
const SEEDS: u64 = 50;

/// One of the two commands.
#[derive(Debug, Clone)]
enum Command {
    Deploy(Value),
    Destroy,
}

/// How a command ended, and the change sets that it was allowed to execute.
#[derive(Debug)]
struct End {
    outcome: Result<Outcome, String>,
    approved: BTreeSet<String>,
}

impl Command {
    async fn run(&self, cloud: &ScriptedCloud) -> End {
        let target = Target {
            region: REGION.to_owned(),
            profile: None,
            endpoint_url: Some(cloud.endpoint().to_owned()),
            local: true,
        };
        // A call may wait for its turn as long as the other command takes.
        let limits =
            CallLimits { attempt: CallLimits::default().attempt, read: CallLimits::default().read, ..limits(5) };
        let aws = Aws::connect_with(&target, limits).await.unwrap();
        let mut host = Recorder::answering(Answer::Yes);
        let outcome = match self {
            Self::Deploy(template) => {
                deploy(&aws, &plan(template), &[], Path::new("."), &deploy_options(), &mut host).await
            }
            Self::Destroy => destroy(&aws, STACK, &destroy_options(), &mut host).await,
        };
        let approved = host.questions.iter().filter_map(|question| match question {
            Question::ExecuteChangeSet(change_set) => Some(change_set.id.clone()),
            _ => None,
        });
        End { outcome: outcome.map_err(|error| error.to_string()), approved: approved.collect() }
    }

    /// Ends that are the truth for somebody who was not alone.
    fn permits(&self, kind: &str, is_destroyed: bool) -> bool {
        match self {
            Self::Deploy(_) if kind == "deleted-meanwhile" => is_destroyed,
            Self::Deploy(_) => ["deployed", "no-changes", "busy", "change-set-obsolete"].contains(&kind),
            Self::Destroy => ["destroyed", "absent", "busy"].contains(&kind),
        }
    }
}

impl End {
    fn kind(&self) -> String {
        self.outcome.as_ref().map_or_else(Clone::clone, kind)
    }

    fn deployed(&self) -> Option<&String> {
        match &self.outcome {
            Ok(Outcome::Deployed { change_set, .. }) => Some(&change_set.id),
            _ => None,
        }
    }
}

/// What is wrong after a race.
fn faults(commands: &[Command; 2], ends: &[End; 2], world: &mut World) -> Vec<String> {
    let mut faults = Vec::new();
    let mut hold = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let executed: BTreeSet<&String> = world.executed.iter().collect();
    hold(executed.len() == world.executed.len(), "a change set was executed twice");
    hold(world.obsolete_executions == 0, "an obsolete change set was executed");
    let is_destroyed = ends.iter().any(|end| matches!(end.outcome, Ok(Outcome::Destroyed { .. })));
    for (command, end) in commands.iter().zip(ends) {
        hold(command.permits(&end.kind(), is_destroyed), "a command ends in another way");
        match end.deployed() {
            Some(id) => hold(end.approved.contains(id) && executed.contains(id), "what is deployed was not executed"),
            // A creation can be deleted under the eyes of who watches it.
            None => hold(
                is_destroyed || end.approved.iter().all(|id| !executed.contains(id)),
                "a command does not tell that it executed",
            ),
        }
    }
    hold(world.executed.iter().all(|id| ends.iter().any(|end| end.approved.contains(id))), "nobody approved it");
    let last = world.executed.last().cloned();
    let stack = world.stack(STACK).cloned();
    let unfinished = |text: &str| text.ends_with("_IN_PROGRESS");
    hold(stack.as_ref().is_none_or(|stack| !unfinished(&stack.status)), "a shell or an operation is left");
    if let Some(stack) = &stack {
        let waiting = stack.change_sets.iter().filter(|set| set.execution_status == "AVAILABLE").count();
        hold(waiting == 0, "a change set is left");
        let template: Value = serde_json::from_str(&stack.template).unwrap();
        let winner = commands.iter().zip(ends).find(|(_, end)| last.is_some() && end.deployed() == last.as_ref());
        if let Some((Command::Deploy(wanted), _)) = winner {
            hold(template == *wanted, "the last update is lost");
        }
    }
    let resources = stack.map(|stack| stack.resources).unwrap_or_default();
    let owned: BTreeSet<&String> = resources
        .values()
        .filter(|resource| resource.kind == "AWS::S3::Bucket")
        .map(|resource| &resource.physical_id)
        .collect();
    hold(owned == world.buckets.keys().collect(), "there are other buckets than the stack's");
    faults
}

/// Every seed, and how often the two ended in which way.
async fn no_race_harms(name: &str, before: Option<Value>, commands: [Command; 2]) {
    let mut ends_seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in 0..SEEDS {
        let ([first, second], gate) = ScriptedCloud::start_for_two(seed).await;
        if let Some(before) = &before {
            first.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", before));
        }
        let run = async |door: usize, cloud: &ScriptedCloud| {
            let end = commands[door].run(cloud).await;
            gate.leave(door);
            end
        };
        let (one, other) = tokio::join!(run(0, &first), run(1, &second));
        let ends = [one, other];
        let kinds = ends.each_ref().map(End::kind);
        let wrong = first.world(|world| faults(&commands, &ends, world));
        if !wrong.is_empty() {
            failures.push(format!("seed {seed}: {kinds:?}: {}", wrong.join("; ")));
        }
        *ends_seen.entry(kinds.join(" and ")).or_default() += 1;
    }
    let harmless = SEEDS - failures.len() as u64;
    println!("{name}: {harmless}/{SEEDS} races without harm: {ends_seen:?}");
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(ends_seen.len() > 1, "no race at all");
}

fn named(display_name: &str) -> Value {
    let mut template = template();
    template["Resources"]["Alerts"]["Properties"]["DisplayName"] = display_name.into();
    template
}

/// The same without one bucket: who loses it by mistake is seen.
fn without_uploads(display_name: &str) -> Value {
    let mut template = named(display_name);
    template["Resources"].as_object_mut().unwrap().remove("Uploads");
    template
}

#[tokio::test]
async fn two_first_deploys_of_one_template_are_one_creation() {
    let commands = [Command::Deploy(template()), Command::Deploy(template())];
    Box::pin(no_race_harms("two equal first deploys", None, commands)).await;
}

#[tokio::test]
async fn of_two_first_deploys_none_is_lost() {
    let commands = [Command::Deploy(named("one")), Command::Deploy(without_uploads("other"))];
    Box::pin(no_race_harms("two first deploys", None, commands)).await;
}

#[tokio::test]
async fn of_two_updates_none_is_lost_and_no_obsolete_change_set_runs() {
    let commands = [Command::Deploy(named("one")), Command::Deploy(without_uploads("other"))];
    Box::pin(no_race_harms("two updates", Some(named("before")), commands)).await;
}

#[tokio::test]
async fn an_update_and_a_destroy_leave_all_or_nothing() {
    let commands = [Command::Deploy(named("one")), Command::Destroy];
    Box::pin(no_race_harms("update and destroy", Some(named("before")), commands)).await;
}

#[tokio::test]
async fn a_first_deploy_and_a_destroy_leave_all_or_nothing() {
    let commands = [Command::Deploy(named("one")), Command::Destroy];
    Box::pin(no_race_harms("first deploy and destroy", None, commands)).await;
}

#[tokio::test]
async fn of_two_destroys_one_destroys() {
    let commands = [Command::Destroy, Command::Destroy];
    Box::pin(no_race_harms("two destroys", Some(named("before")), commands)).await;
}

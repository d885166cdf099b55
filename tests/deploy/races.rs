//! Two commands at once on one stack: no update is lost, no change set runs but the one that was approved and only while it is
//! up to date, and whoever came second says so.
//!
//! Each command has a cloud address of its own, and a seed decides whose call is served next: the same seed, the same race.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use stack_aws::{Answer, Aws, CallLimits, Outcome, Question, Target, deploy, destroy};
use test_support::ScriptedCloud;
use test_support::race::{Contender, End, faults};
use test_support::scripted_cloudformation::REGION;

use crate::steps::{Recorder, STACK, deploy_options, destroy_options, kind, limits, plan, template};

/// Races of each pair; there are six.
const SEEDS: u64 = 50;

/// One of the two commands, run.
async fn run(contender: &Contender, cloud: &ScriptedCloud) -> End {
    let target = Target {
        region: REGION.to_owned(),
        profile: None,
        endpoint_url: Some(cloud.endpoint().to_owned()),
        local: true,
    };
    // A call may wait for its turn as long as the other command takes.
    let limits = CallLimits { attempt: CallLimits::default().attempt, read: CallLimits::default().read, ..limits(5) };
    let aws = Aws::connect_with(&target, limits).await.unwrap();
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = match contender {
        Contender::Deploy(template) => {
            deploy(&aws, &plan(template), &[], Path::new("."), &deploy_options(), &mut host).await
        }
        Contender::Destroy => destroy(&aws, STACK, &destroy_options(), &mut host).await,
    };
    let approved = host.questions.iter().filter_map(|question| match question {
        Question::ExecuteChangeSet(change_set) => Some(change_set.id.clone()),
        _ => None,
    });
    End {
        approved: approved.collect(),
        deployed: match &outcome {
            Ok(Outcome::Deployed { change_set, .. }) => Some(change_set.id.clone()),
            _ => None,
        },
        kind: outcome.as_ref().map_or_else(ToString::to_string, kind),
    }
}

/// Every seed, and how often the two ended in which way.
async fn no_race_harms(name: &str, before: Option<Value>, contenders: [Contender; 2]) {
    let mut ends_seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut failures = Vec::new();
    for seed in 0..SEEDS {
        let ([first, second], gate) = ScriptedCloud::start_for_two(seed).await;
        if let Some(before) = &before {
            first.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", before));
        }
        let contend = async |door: usize, cloud: &ScriptedCloud| {
            let end = run(&contenders[door], cloud).await;
            gate.leave(door);
            end
        };
        let (one, other) = tokio::join!(contend(0, &first), contend(1, &second));
        let ends = [one, other];
        let kinds = ends.each_ref().map(|end| end.kind.clone());
        let wrong = first.world(|world| faults(&contenders, &ends, STACK, world));
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
    let contenders = [Contender::Deploy(template()), Contender::Deploy(template())];
    Box::pin(no_race_harms("two equal first deploys", None, contenders)).await;
}

#[tokio::test]
async fn of_two_first_deploys_none_is_lost() {
    let contenders = [Contender::Deploy(named("one")), Contender::Deploy(without_uploads("other"))];
    Box::pin(no_race_harms("two first deploys", None, contenders)).await;
}

#[tokio::test]
async fn of_two_updates_none_is_lost_and_no_obsolete_change_set_runs() {
    let contenders = [Contender::Deploy(named("one")), Contender::Deploy(without_uploads("other"))];
    Box::pin(no_race_harms("two updates", Some(named("before")), contenders)).await;
}

#[tokio::test]
async fn an_update_and_a_destroy_leave_all_or_nothing() {
    let contenders = [Contender::Deploy(named("one")), Contender::Destroy];
    Box::pin(no_race_harms("update and destroy", Some(named("before")), contenders)).await;
}

#[tokio::test]
async fn a_first_deploy_and_a_destroy_leave_all_or_nothing() {
    let contenders = [Contender::Deploy(named("one")), Contender::Destroy];
    Box::pin(no_race_harms("first deploy and destroy", None, contenders)).await;
}

#[tokio::test]
async fn of_two_destroys_one_destroys() {
    let contenders = [Contender::Destroy, Contender::Destroy];
    Box::pin(no_race_harms("two destroys", Some(named("before")), contenders)).await;
}

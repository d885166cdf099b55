//! `stack diff --out` and `stack deploy --plan`: what was reviewed is deployed, or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stack_aws::{
    Answer, DeployOptions, Outcome, PlanChange, Question, SAVED_PLAN_VERSION, SavedPlan, SavedStack, StackVersion,
    deploy, save_plan,
};
use stack_plan::{Event, Plan};
use test_support::ScriptedCloud;

use crate::companions::plan_with_companion;
use crate::steps::{Recorder, STACK, connect, deploy_options, deployed, kind, plan, plan_with_function, template};

fn named(name: &str) -> Value {
    let mut text = template();
    text["Resources"]["Alerts"]["Properties"]["DisplayName"] = json!(name);
    text
}

async fn saved(cloud: &ScriptedCloud, plan: &Plan) -> SavedPlan {
    let saved = save_plan(&connect(cloud, 5).await, plan, &[]).await.unwrap();
    // As it comes back from its file.
    serde_json::from_str(&serde_json::to_string(&saved).unwrap()).unwrap()
}

async fn deploy_saved(cloud: &ScriptedCloud, plan: &Plan, saved: SavedPlan, host: &mut dyn stack_aws::Host) -> Outcome {
    let options = DeployOptions { plan: Some(saved), ..deploy_options() };
    deploy(&connect(cloud, 5).await, plan, &[], Path::new("."), &options, host).await.unwrap()
}

/// What a refused plan names, `what` alone.
fn stale(outcome: Outcome) -> Vec<String> {
    let Outcome::PlanStale { changes, .. } = outcome else { panic!("{outcome:?}") };
    changes.into_iter().map(|change| change.what).collect()
}

#[tokio::test]
async fn a_plan_is_deployed_once() {
    let cloud = ScriptedCloud::start().await;
    for plan in [plan(&template()), plan(&named("other")), plan(&named("third"))] {
        let saved = saved(&cloud, &plan).await;
        let mut host = Recorder::answering(Answer::Yes);
        let outcome = deploy_saved(&cloud, &plan, saved.clone(), &mut host).await;
        assert_eq!(kind(&outcome), "deployed");
        // The stack that it was for is another one now.
        cloud.take_calls().clear();
        let outcome = deploy_saved(&cloud, &plan, saved, &mut host).await;
        assert!(stale(outcome).contains(&"last update".to_owned()));
        assert_eq!(cloud.take_calls(), ["DescribeStacks"]);
    }
}

#[tokio::test]
async fn a_project_that_changed_is_refused_with_what_changed() {
    let cloud = ScriptedCloud::start().await;
    let mut planned = plan(&template());
    let saved = saved(&cloud, &planned).await;
    planned.tags.insert("team".to_owned(), "b".to_owned());
    planned.environment.suffix = "bob".to_owned();
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy_saved(&cloud, &planned, saved.clone(), &mut host).await;
    assert_eq!(stale(outcome), ["suffix", "tag team"]);
    let outcome = deploy_saved(&cloud, &plan(&named("other")), saved, &mut host).await;
    assert_eq!(stale(outcome), ["template"]);
    assert!(host.questions.is_empty());
    assert!(cloud.world(|world| world.stacks.is_empty()));
}

#[tokio::test]
async fn other_code_is_refused_and_secrets_are_not_written() {
    let cloud = ScriptedCloud::start().await;
    let directory = tempfile::tempdir().unwrap();
    let (mut planned, mut built) = plan_with_function(directory.path());
    let mut text = serde_json::to_value(&planned.template).unwrap();
    text["Parameters"]["Password"] = json!({"Type": "String", "NoEcho": true});
    planned.template = stack_plan::Template::parse(&text.to_string()).unwrap();
    planned.parameters.insert("Password".to_owned(), "hunter2".to_owned());
    let aws = connect(&cloud, 5).await;
    let saved = save_plan(&aws, &planned, &built).await.unwrap();
    assert!(!serde_json::to_string(&saved).unwrap().contains("hunter2"));
    built[0].sha256 = "0".repeat(64);
    let options = DeployOptions { plan: Some(saved), ..deploy_options() };
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy(&aws, &planned, &built, directory.path(), &options, &mut host).await.unwrap();
    assert_eq!(stale(outcome), ["parameter ResizeCodeKey"]);
}

#[tokio::test]
async fn a_stack_that_somebody_deployed_or_made_again_is_refused() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &named("before")));
    let planned = plan(&template());
    let before = saved(&cloud, &planned).await;
    deployed(&cloud, &named("somebody's")).await;
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy_saved(&cloud, &planned, before.clone(), &mut host).await;
    assert_eq!(stale(outcome), ["status", "last update"]);
    cloud.world(|world| {
        "DELETE_COMPLETE".clone_into(&mut world.stack(STACK).unwrap().status);
        world.add_stack(STACK, "CREATE_COMPLETE", &named("before"));
    });
    assert_eq!(stale(deploy_saved(&cloud, &planned, before, &mut host).await), ["stack"]);
    assert_eq!(cloud.world(|world| world.executions), 1);
}

#[tokio::test]
async fn a_stack_that_changes_while_the_change_set_is_made_is_refused() {
    /// Somebody else's update, seen when the template is read: after the plan was found to be so.
    struct Meanwhile(ScriptedCloud, Recorder);
    impl stack_aws::Host for Meanwhile {
        fn event(&mut self, event: Event) {
            if matches!(event, Event::ArtifactBucketCreated { .. }) {
                self.0.world(|world| world.stack(STACK).unwrap().updates += 1);
            }
            self.1.event(event);
        }
        fn approve(&mut self, question: &Question) -> Answer {
            self.1.approve(question)
        }
    }
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.add_stack(STACK, "CREATE_COMPLETE", &named("before")));
    let directory = tempfile::tempdir().unwrap();
    let (planned, built) = plan_with_function(directory.path());
    let aws = connect(&cloud, 5).await;
    let options = DeployOptions { plan: Some(save_plan(&aws, &planned, &built).await.unwrap()), ..deploy_options() };
    let mut host = Meanwhile(cloud.clone(), Recorder::answering(Answer::Yes));
    let outcome = deploy(&aws, &planned, &built, directory.path(), &options, &mut host).await.unwrap();
    assert_eq!(kind(&outcome), "change-set-obsolete");
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().change_sets.len()), 0);
}

#[tokio::test]
async fn companions_are_in_the_plan() {
    let cloud = ScriptedCloud::start().await;
    let plan = plan_with_companion();
    let saved = saved(&cloud, &plan).await;
    assert_eq!(
        saved.stacks.iter().map(|stack| stack.region.as_str()).collect::<Vec<_>>(),
        ["eu-central-1", "us-east-1"]
    );
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = deploy_saved(&cloud, &plan, saved, &mut host).await;
    assert_eq!(kind(&outcome), "deployed");
}

fn small_plan() -> SavedPlan {
    SavedPlan {
        plan_version: SAVED_PLAN_VERSION,
        environment: "dev".to_owned(),
        suffix: "alice".to_owned(),
        account: "123456789012".to_owned(),
        stacks: vec![SavedStack {
            stack_name: "s".to_owned(),
            region: "eu-central-1".to_owned(),
            template_sha256: "ab".to_owned(),
            parameters: BTreeMap::from([("Size".to_owned(), "1".to_owned())]),
            tags: BTreeMap::new(),
            options: BTreeMap::new(),
            found: None,
        }],
    }
}

fn told(change: &PlanChange) -> String {
    let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let stack = change.stack_name.as_deref().unwrap_or("*");
    format!("{stack} {}: {} {}", change.what, of(&change.planned), of(&change.now))
}

#[test]
fn every_difference_is_named() {
    let (old, mut new) = (small_plan(), small_plan());
    assert_eq!(old.changes(&new), []);
    new.suffix = "bob".to_owned();
    new.stacks[0].template_sha256 = "cd".to_owned();
    new.stacks[0].parameters = BTreeMap::from([("Name".to_owned(), "x".to_owned())]);
    let version = StackVersion { id: "arn:s".to_owned(), status: "CREATE_COMPLETE".to_owned(), updated: None };
    new.stacks[0].found = Some(version);
    let edge = SavedStack { stack_name: "edge".to_owned(), region: "us-east-1".to_owned(), ..old.stacks[0].clone() };
    new.stacks.push(edge);
    let changes: Vec<String> = old.changes(&new).iter().map(told).collect();
    assert_eq!(
        changes,
        [
            "* suffix: alice bob",
            "s template: sha256:ab sha256:cd",
            "s parameter Name: - x",
            "s parameter Size: 1 -",
            "s stack: - arn:s",
            "s status: - CREATE_COMPLETE",
            "edge region: - us-east-1",
        ]
    );
}

#[test]
fn a_file_with_something_unknown_in_it_is_no_plan() {
    let text = serde_json::to_string(&small_plan()).unwrap();
    let other = text.replacen('{', "{\"more\":1,", 1);
    assert!(serde_json::from_str::<SavedPlan>(&other).is_err(), "what is not known may matter");
}

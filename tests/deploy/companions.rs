//! Companions: stacks in other regions that come before the main one and go after it.

use serde_json::{Value, json};
use stack_aws::{Answer, CompanionStack, DestroyOptions, Operation, Outcome, Question, destroy};
use stack_plan::plan::Companion;
use stack_plan::{Event, Plan, Template};
use test_support::ScriptedCloud;

use crate::steps::{Recorder, STACK, connect, deploy_plan, destroy_options, kind, plan, template};

pub(crate) const EDGE: &str = "avatars-alice-edge-eu-central-1";

fn certificate() -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Certificate": {"Type": "AWS::CertificateManager::Certificate", "Properties": {"DomainName": "a.example"}}
        },
        "Outputs": {"SiteCertificate": {"Value": {"Ref": "Certificate"}}}
    })
}

/// A main stack whose topic needs what its companion gives.
pub(crate) fn plan_with_companion() -> Plan {
    let mut text = template();
    text["Parameters"] = json!({"SiteCertificate": {"Type": "String"}});
    text["Resources"]["Alerts"]["Properties"]["DisplayName"] = json!({"Ref": "SiteCertificate"});
    let mut plan = plan(&text);
    plan.companions.push(Companion {
        region: "us-east-1".to_owned(),
        stack_name: EDGE.to_owned(),
        template: Template::parse(&certificate().to_string()).unwrap(),
        outputs: vec!["SiteCertificate".to_owned()],
        origins: std::collections::BTreeMap::default(),
    });
    plan.tags.insert("stack:project".to_owned(), "avatars".to_owned());
    plan
}

async fn run(cloud: &ScriptedCloud, plan: &Plan, answer: Answer) -> (Outcome, Recorder) {
    let mut host = Recorder::answering(answer);
    let outcome = deploy_plan(cloud, plan, &mut host).await.unwrap();
    (outcome, host)
}

#[tokio::test]
async fn a_companion_comes_first_in_its_region_and_gives_its_outputs() {
    let cloud = ScriptedCloud::start().await;
    let plan = plan_with_companion();
    let (outcome, host) = run(&cloud, &plan, Answer::Yes).await;
    let Outcome::Deployed { companions, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(companions.len(), 1);
    assert_eq!((&*companions[0].region, companions[0].operation), ("us-east-1", Some(Operation::Created)));
    let asked: Vec<&str> = host
        .questions
        .iter()
        .map(|question| match question {
            Question::ExecuteChangeSet(change_set) => change_set.stack_name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [EDGE, STACK]);
    cloud.world(|world| {
        let edge = world.stack(EDGE).unwrap().clone();
        assert!(edge.id.starts_with("arn:aws:cloudformation:us-east-1:"), "{}", edge.id);
        assert_eq!(edge.tags, plan.tags);
        let main = world.stack(STACK).unwrap();
        assert!(main.id.starts_with("arn:aws:cloudformation:eu-central-1:"), "{}", main.id);
        assert_eq!(main.parameters["SiteCertificate"], edge.resources["Certificate"].physical_id);
    });
    // Every event says whose it is, and the main stack's come last.
    let mut told: Vec<&str> = host
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Stack(event) => Some(event.stack_name.as_str()),
            Event::ChangeSetCreated { stack_name, .. } => Some(stack_name.as_str()),
            _ => None,
        })
        .collect();
    told.dedup();
    assert_eq!(told, [EDGE, STACK]);

    // Nothing changed: two calls for each stack, each in its region.
    cloud.take_calls().clear();
    let (outcome, host) = run(&cloud, &plan, Answer::No).await;
    let Outcome::NoChanges { companions, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(companions[0].operation, None);
    assert!(host.questions.is_empty());
    assert_eq!(
        cloud.take_calls(),
        ["DescribeStacks", "us-east-1 DescribeStacks", "us-east-1 GetTemplate", "GetTemplate"]
    );
}

#[tokio::test]
async fn another_companion_is_a_changed_parameter_of_the_main_stack() {
    let cloud = ScriptedCloud::start().await;
    let mut plan = plan_with_companion();
    run(&cloud, &plan, Answer::Yes).await;
    plan.companions[0].template.outputs["SiteCertificate"].value = json!("arn:another");
    plan.companions[0].template.resources["Certificate"].properties["DomainName"] = json!("b.example");
    let (outcome, _) = run(&cloud, &plan, Answer::Yes).await;
    let Outcome::Deployed { companions, change_set, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(companions[0].operation, Some(Operation::Updated));
    let changed: Vec<&str> = change_set.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(changed, ["Alerts"]);
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().parameters["SiteCertificate"].clone()), "arn:another");
}

#[tokio::test]
async fn a_companion_that_fails_keeps_the_main_stack_as_it_is() {
    let cloud = ScriptedCloud::start().await;
    cloud.world(|world| world.failing.insert("Certificate".to_owned(), "no such zone".to_owned()));
    let (outcome, _) = run(&cloud, &plan_with_companion(), Answer::Yes).await;
    let Outcome::RolledBack { stack, cause, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!((&*stack.name, &*cause.as_ref().unwrap().reason), (EDGE, "no such zone"));
    assert!(cloud.world(|world| world.stack(STACK).is_none()));

    // The next run deletes the remains and goes on to the main stack.
    cloud.world(|world| world.failing.clear());
    assert_eq!(kind(&run(&cloud, &plan_with_companion(), Answer::Yes).await.0), "deployed");
}

#[tokio::test]
async fn a_declined_companion_leaves_nothing() {
    let cloud = ScriptedCloud::start().await;
    let (outcome, host) = run(&cloud, &plan_with_companion(), Answer::No).await;
    assert_eq!(kind(&outcome), "declined");
    assert_eq!(host.questions.len(), 1);
    assert!(cloud.world(|world| world.stack(EDGE).is_none() && world.stack(STACK).is_none()));
}

#[tokio::test]
async fn a_declined_main_stack_tells_that_its_companion_is_there() {
    struct First(Recorder);
    impl stack_aws::Host for First {
        fn event(&mut self, event: Event) {
            self.0.event(event);
        }
        fn approve(&mut self, question: &Question) -> Answer {
            self.0.approve(question);
            if self.0.questions.len() == 1 { Answer::Yes } else { Answer::No }
        }
    }
    let cloud = ScriptedCloud::start().await;
    let mut host = First(Recorder::answering(Answer::Yes));
    let outcome = stack_aws::deploy(
        &connect(&cloud, 5).await,
        &plan_with_companion(),
        &[],
        std::path::Path::new("."),
        &crate::steps::deploy_options(),
        &mut host,
    )
    .await
    .unwrap();
    let Outcome::Declined { companions, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(companions[0].stack.name, EDGE);
    assert!(cloud.world(|world| world.stack(EDGE).is_some() && world.stack(STACK).is_none()));
}

#[tokio::test]
async fn a_busy_companion_stops_everything_before_it_begins() {
    let cloud = ScriptedCloud::start().await;
    let plan = plan_with_companion();
    run(&cloud, &plan, Answer::Yes).await;
    let executions = cloud.world(|world| {
        "UPDATE_IN_PROGRESS".clone_into(&mut world.stack(EDGE).unwrap().status);
        world.executions
    });
    let (outcome, _) = run(&cloud, &plan, Answer::Yes).await;
    let Outcome::Busy { stack, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(stack.name, EDGE);
    assert_eq!(cloud.world(|world| world.executions), executions);
}

#[tokio::test]
async fn a_stuck_companion_is_led_out_without_the_main_stack() {
    let cloud = ScriptedCloud::start().await;
    let plan = plan_with_companion();
    run(&cloud, &plan, Answer::Yes).await;
    cloud.world(|world| "DELETE_FAILED".clone_into(&mut world.stack(EDGE).unwrap().status));
    let (outcome, _) = run(&cloud, &plan, Answer::Yes).await;
    let Outcome::NeedsRollback { next, .. } = &outcome else { panic!("{outcome:?}") };
    let delete = format!("aws cloudformation delete-stack --stack-name {EDGE} --region us-east-1");
    assert!(next[0].starts_with(&delete), "{next:?}");
    assert_eq!(next[1], "stack deploy -e dev --suffix alice");
}

pub(crate) fn destroy_both() -> DestroyOptions {
    let companion = CompanionStack { region: "us-east-1".to_owned(), stack_name: EDGE.to_owned() };
    DestroyOptions { companions: vec![companion], ..destroy_options() }
}

#[tokio::test]
async fn a_companion_goes_after_the_main_stack() {
    let cloud = ScriptedCloud::start().await;
    run(&cloud, &plan_with_companion(), Answer::Yes).await;
    cloud.take_calls().clear();
    let mut host = Recorder::answering(Answer::Yes);
    let outcome = destroy(&connect(&cloud, 5).await, STACK, &destroy_both(), &mut host).await.unwrap();
    let Outcome::Destroyed { stack, companions, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!((&*stack.name, companions), (STACK, &destroy_both().companions));
    let Question::DestroyStack(plan) = &host.questions[0] else { panic!("{:?}", host.questions) };
    assert_eq!(plan.companions[0].goes[0].logical_id, "Certificate");
    assert_eq!(host.questions.len(), 1);
    let calls = cloud.take_calls();
    let place = |name: &str| calls.iter().position(|call| call == name).unwrap();
    assert!(place("DeleteStack") < place("us-east-1 DeleteStack"), "{calls:?}");
    assert!(cloud.world(|world| world.stack(EDGE).is_none() && world.stack(STACK).is_none()));
}

#[tokio::test]
async fn a_companion_that_was_left_behind_goes_with_the_next_destroy() {
    let cloud = ScriptedCloud::start().await;
    run(&cloud, &plan_with_companion(), Answer::Yes).await;
    let mut host = Recorder::answering(Answer::Yes);
    let aws = connect(&cloud, 5).await;
    destroy(&aws, STACK, &destroy_options(), &mut host).await.unwrap();
    assert!(cloud.world(|world| world.stack(EDGE).is_some()));
    let outcome = destroy(&aws, STACK, &destroy_both(), &mut host).await.unwrap();
    let Outcome::Destroyed { stack, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(stack.name, EDGE);
    assert_eq!(kind(&destroy(&aws, STACK, &destroy_both(), &mut host).await.unwrap()), "absent");
}

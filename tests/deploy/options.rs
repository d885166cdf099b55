//! What CloudFormation is told beside the template: role, topics, alarms, and the policy that guards data.

use std::path::Path;

use serde_json::{Value, json};
use stack_aws::{Answer, DeployOptions, DestroyOptions, Outcome};
use stack_plan::{Event, Plan, StackOptions, Watcher};
use test_support::ScriptedCloud;
use test_support::scripted_cloudformation::Options;

use crate::steps::{
    Recorder, STACK, connect, deploy_options, deploy_plan, destroy_options, destroyed, kind, plan, template,
};

const ROLE: &str = "arn:aws:iam::123456789012:role/deployer";

fn watcher(arn: &str, own: Option<&str>) -> Watcher {
    Watcher { arn: arn.to_owned(), logical_id: own.map(str::to_owned) }
}

fn with_options(options: StackOptions) -> Plan {
    Plan { options, ..plan(&template()) }
}

async fn deploy(cloud: &ScriptedCloud, plan: &Plan) -> Outcome {
    deploy_plan(cloud, plan, &mut Recorder::answering(Answer::Yes)).await.unwrap()
}

fn options_of(cloud: &ScriptedCloud) -> Options {
    cloud.world(|world| world.stack(STACK).unwrap().options.clone())
}

#[tokio::test]
async fn role_topics_and_alarms_are_told_and_a_change_of_them_alone_is_deployed() {
    let cloud = ScriptedCloud::start().await;
    let options = StackOptions {
        role_arn: Some(ROLE.to_owned()),
        notifications: vec![watcher("arn:t:ops", None), watcher("arn:t:own", Some("Alerts"))],
        rollback_alarms: vec![watcher("arn:a:one", None)],
        monitoring_minutes: 5,
    };
    let mut plan = with_options(options);
    deploy(&cloud, &plan).await;
    let told = options_of(&cloud);
    assert_eq!(told.role, ROLE);
    // Its own topic was not there when the operation began.
    assert_eq!(told.notifications, ["arn:t:ops"]);
    assert_eq!((told.alarms.as_slice(), told.minutes.as_str()), (&["arn:a:one".to_owned()][..], "5"));

    // It is from the next one on, although nothing else changes; then there is nothing to do.
    assert_eq!(kind(&deploy(&cloud, &plan).await), "deployed");
    assert_eq!(options_of(&cloud).notifications, ["arn:t:ops", "arn:t:own"]);
    assert_eq!(kind(&deploy(&cloud, &plan).await), "no-changes");

    // What the project names no more goes; a role cannot, CloudFormation keeps it.
    plan.options = StackOptions::default();
    assert_eq!(kind(&deploy(&cloud, &plan).await), "deployed");
    let told = options_of(&cloud);
    assert_eq!((told.notifications.len(), told.alarms.len(), told.role.as_str()), (0, 0, ROLE));
}

#[tokio::test]
async fn a_project_without_options_says_nothing_of_them() {
    let cloud = ScriptedCloud::start().await;
    deploy(&cloud, &plan(&template())).await;
    assert_eq!(options_of(&cloud), Options::default());
}

#[tokio::test]
async fn express_mode_is_told_and_rollback_with_it_where_it_is_asked_for() {
    let cloud = ScriptedCloud::start().await;
    let mut changed = template();
    changed["Resources"]["Alerts"]["Properties"]["DisplayName"] = "other".into();
    for (express, text, mode) in [(true, template(), "EXPRESS"), (true, changed, "EXPRESS"), (false, template(), "")] {
        let options = DeployOptions { express, ..deploy_options() };
        let mut host = Recorder::answering(Answer::Yes);
        let aws = connect(&cloud, 5).await;
        let outcome = stack_aws::deploy(&aws, &plan(&text), &[], Path::new("."), &options, &mut host).await.unwrap();
        assert_eq!(kind(&outcome), "deployed", "{outcome:?}");
        let told = cloud.world(|world| world.stack(STACK).unwrap().change_sets.last().unwrap().mode.clone());
        assert_eq!(told, mode);
    }
}

#[tokio::test]
async fn a_destruction_uses_the_role() {
    let cloud = ScriptedCloud::start().await;
    deploy(&cloud, &plan(&template())).await;
    let options = DestroyOptions { role_arn: Some(ROLE.to_owned()), ..destroy_options() };
    let id = cloud.world(|world| world.stack(STACK).unwrap().id.clone());
    assert_eq!(kind(&destroyed(&cloud, &options).await.0), "destroyed");
    assert_eq!(cloud.world(|world| world.stack(&id).unwrap().options.role.clone()), ROLE);
}

fn protected(template: &Value) -> Plan {
    let mut plan = plan(template);
    plan.environment.protect = true;
    plan
}

fn guard_of(policy: &str) -> Value {
    serde_json::from_str::<Value>(policy).unwrap()["Statement"][1].clone()
}

#[tokio::test]
async fn data_of_a_protected_stack_is_guarded_but_for_what_was_agreed_to() {
    let cloud = ScriptedCloud::start().await;
    deploy(&cloud, &protected(&template())).await;
    let policy = cloud.world(|world| world.stack(STACK).unwrap().policy.clone());
    let guard = guard_of(&policy);
    assert_eq!(guard["Action"], json!(["Update:Replace", "Update:Delete"]));
    assert_eq!(guard["Condition"]["StringEquals"]["ResourceType"], json!(["AWS::S3::Bucket"]));

    // A deployment without a change asks once whether it is still there.
    let _ = cloud.take_calls();
    deploy(&cloud, &protected(&template())).await;
    assert_eq!(cloud.take_calls(), ["DescribeStacks", "GetTemplate", "GetStackPolicy"]);

    // A bucket goes, and its user agreed: only it is let go, and afterwards nothing is.
    let mut without = template();
    without["Resources"].as_object_mut().unwrap().remove("Site");
    assert_eq!(kind(&deploy(&cloud, &protected(&without)).await), "deployed");
    let stack = cloud.world(|world| world.stack(STACK).unwrap().clone());
    assert_eq!(guard_of(stack.policies_at_execution.last().unwrap())["NotResource"], json!(["LogicalResourceId/Site"]));
    assert_eq!(guard_of(&stack.policy)["Resource"], "*");
}

#[tokio::test]
async fn what_was_let_go_is_guarded_again_after_a_failure() {
    let cloud = ScriptedCloud::start().await;
    deploy(&cloud, &protected(&template())).await;
    let mut next = template();
    next["Resources"].as_object_mut().unwrap().remove("Site");
    next["Resources"]["Alerts"]["Properties"]["DisplayName"] = "other".into();
    cloud.world(|world| world.failing.insert("Alerts".to_owned(), "no".to_owned()));
    assert_eq!(kind(&deploy(&cloud, &protected(&next)).await), "rolled-back");
    let stack = cloud.world(|world| world.stack(STACK).unwrap().clone());
    assert_eq!(guard_of(stack.policies_at_execution.last().unwrap())["NotResource"], json!(["LogicalResourceId/Site"]));
    assert_eq!(guard_of(&stack.policy)["Resource"], "*");
}

#[tokio::test]
async fn a_policy_of_somebody_else_is_left_alone() {
    let cloud = ScriptedCloud::start().await;
    let foreign = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}]});
    deploy(&cloud, &plan(&template())).await;
    cloud.world(|world| world.stack(STACK).unwrap().policy = foreign.to_string());
    let mut host = Recorder::answering(Answer::Yes);
    deploy_plan(&cloud, &protected(&template()), &mut host).await.unwrap();
    assert_eq!(cloud.world(|world| world.stack(STACK).unwrap().policy.clone()), foreign.to_string());
    let is_told = |event: &Event| matches!(event, Event::Notice { code: "foreign-stack-policy", .. });
    assert!(host.events.iter().any(is_told));
}

#[tokio::test]
async fn an_unprotected_stack_has_no_policy() {
    let cloud = ScriptedCloud::start().await;
    deploy(&cloud, &plan(&template())).await;
    assert!(cloud.world(|world| world.stack(STACK).unwrap().policy.is_empty()));
}

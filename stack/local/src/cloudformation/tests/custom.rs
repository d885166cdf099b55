use http_body_util::Full;
use serde_json::{Value, json};

use super::*;
use crate::cloudformation::signals;

const TEMPLATE: &str = r"
Resources:
  Maker: {Type: AWS::SNS::Topic, Properties: {TopicName: maker}}
  Made: {Type: 'Custom::Thing', Properties: {ServiceToken: !Ref Maker, Size: 7}}
  Uses: {Type: 'Test::Fault::Thing', Properties: {Name: uses, Value: !Sub '${Made} ${Made.Colour}'}}
";

/// Sends `PUT` to a path and gives the status of the answer.
async fn put(world: &World, path: &str, body: &Value) -> u16 {
    let body = Full::new(bytes::Bytes::from(body.to_string())).map_err(|never| match never {});
    let request = http::Request::put(path).body(body.boxed_unsync()).unwrap();
    signals::handle(&world.cloud, request).await.status().as_u16()
}

/// Waits until somebody asks a maker, and answers.
async fn reply(world: &World, body: &Value) -> String {
    loop {
        if let Some(path) = world.cloud.cloudformation.signals.waiting().pop() {
            assert_eq!(put(world, &path, body).await, 200);
            return path;
        }
        tokio::task::yield_now().await;
    }
}

fn made(id: &str, colour: &str) -> Value {
    json!({"Status": "SUCCESS", "PhysicalResourceId": id, "Data": {"Colour": colour}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_maker_makes_changes_replaces_and_removes() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", TEMPLATE)]).await;
    let path = reply(&world, &made("one", "red")).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE", "{:#?}", world.events());
    assert_eq!(world.value("uses"), "one red");
    // An address takes one answer.
    assert_eq!(put(&world, &path, &made("one", "red")).await, 403);

    // Another physical id: the old one is asked to go once the update is decided.
    let larger = TEMPLATE.replace("Size: 7", "Size: 8");
    world.ok("UpdateStack", &[("StackName", "s"), ("TemplateBody", &larger)]).await;
    reply(&world, &made("two", "blue")).await;
    reply(&world, &json!({"Status": "SUCCESS", "PhysicalResourceId": "one"})).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "UPDATE_COMPLETE", "{:#?}", world.events());
    assert_eq!(world.value("uses"), "two blue");

    world.ok("DeleteStack", &[("StackName", "s")]).await;
    reply(&world, &json!({"Status": "FAILED", "Reason": "not today"})).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "DELETE_FAILED");
    let refusal = "Made DELETE_FAILED Received response status [FAILED] from custom resource. Message returned: not today (RequestId: ";
    assert!(world.events().iter().any(|event| event.starts_with(refusal)), "{:#?}", world.events());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_maker_that_fails_is_asked_to_clean_up() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", TEMPLATE)]).await;
    reply(&world, &json!({"Status": "FAILED", "Reason": "no paint", "PhysicalResourceId": "half"})).await;
    reply(&world, &json!({"Status": "SUCCESS"})).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let events = world.events();
    assert!(events.contains(&"Made DELETE_COMPLETE".to_owned()), "{events:#?}");
    let silent = TEMPLATE.replace("Size: 7", "ServiceTimeout: 0");
    let fields = [("StackName", "t"), ("TemplateBody", silent.as_str())];
    world.ok("CreateStack", &fields).await;
    world.settle().await;
    assert_eq!(world.status("t").await, "ROLLBACK_COMPLETE");
}

const WAITING: &str = r"
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '3600', Count: 2}}
Outputs: {Data: {Value: !GetAtt Wait.Data}}
";

/// The path of the handle's address, once it is there.
async fn handle_path(world: &World) -> String {
    loop {
        let url = world.cloud.cloudformation.store.read(|state| {
            let stack = state.stacks.values().next_back().unwrap();
            // The wait condition is being made by then.
            stack.resources.get("Wait")?.physical_id.as_ref()?;
            stack.resources.get("Handle")?.physical_id.clone()
        });
        if let Some(url) = url {
            return url.trim_start_matches(&world.cloud.url).to_owned();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_condition_waits_for_its_signals() {
    let world = World::new();
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", WAITING)]).await;
    let path = handle_path(&world).await;
    let signal = |id: &str, status: &str| json!({"Status": status, "UniqueId": id, "Reason": "because", "Data": "d"});
    assert_eq!(put(&world, &path, &signal("a", "SUCCESS")).await, 200);
    // The same one again counts once.
    assert_eq!(put(&world, &path, &signal("a", "SUCCESS")).await, 200);
    assert_eq!(put(&world, &path, &json!({"Status": "MAYBE", "UniqueId": "x"})).await, 400);
    assert_eq!(world.status("s").await, "CREATE_IN_PROGRESS");
    let by_name = [("StackName", "s"), ("LogicalResourceId", "Wait"), ("UniqueId", "b"), ("Status", "SUCCESS")];
    world.ok("SignalResource", &by_name).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let output = world.ok("DescribeStacks", &[("StackName", "s")]).await.field("OutputValue");
    assert_eq!(output, r#"{"a":"d","b":""}"#);
    world.ok("DeleteStack", &[("StackName", "s")]).await;
    world.settle().await;
    assert_eq!(put(&world, &path, &signal("c", "SUCCESS")).await, 403);

    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", WAITING)]).await;
    let path = handle_path(&world).await;
    put(&world, &path, &signal("a", "FAILURE")).await;
    world.settle().await;
    assert_eq!(world.status("s").await, "ROLLBACK_COMPLETE");
    let events = world.events();
    let failed = "Wait CREATE_FAILED WaitCondition received failed message: 'because' for uniqueId: a";
    assert!(events.contains(&failed.to_owned()), "{events:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_policy_waits_for_signals_too() {
    let world = World::new();
    let template =
        things(&[("A", "Properties: {Name: a}, CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT1H}}")]);
    world.ok("CreateStack", &[("StackName", "s"), ("TemplateBody", &template)]).await;
    let fields = [("StackName", "s"), ("LogicalResourceId", "A"), ("UniqueId", "i-1"), ("Status", "SUCCESS")];
    while world.call("SignalResource", &fields).await.status != 200 {
        tokio::task::yield_now().await;
    }
    world.settle().await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    assert!(world.refused("SignalResource", &fields).await.contains("is not waiting for signals"));
}

//! Events on their way to targets, in one process.

use std::sync::Arc;

use serde_json::{Value, json};

use super::rules::RuleInput;
use super::{Bus, DEFAULT_BUS};
use crate::cloud::Cloud;
use crate::iam::Principal;
use crate::settings::Settings;

const GROUP: &str = "/aws/events/seen";

/// A cloud with a log group that `events.amazonaws.com` may write into.
fn cloud() -> Arc<Cloud> {
    let cloud = Arc::new(Cloud::open(&Settings::default(), "http://127.0.0.1:4566".to_owned()).unwrap());
    cloud.resume();
    cloud.logs.create_group(GROUP, None, std::collections::BTreeMap::new()).unwrap();
    let policy = json!({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "logs:PutLogEvents",
        "Resource": format!("{}:*", group_arn()),
    }]});
    cloud.logs.put_policy("events", &policy.to_string()).unwrap();
    cloud
}

fn group_arn() -> String {
    crate::logs::group_arn("us-east-1", GROUP)
}

fn rule(cloud: &Arc<Cloud>, bus: &str, name: &str, pattern: &Value, target: Value) {
    let fields = json!({"EventPattern": pattern, "EventBusName": bus});
    cloud.events.put_rule(cloud, RuleInput::read(&fields, name).unwrap()).unwrap();
    let failed = cloud.events.put_targets(bus, name, &[target]).unwrap();
    assert!(failed.is_empty());
}

fn put(cloud: &Arc<Cloud>, bus: &str, detail: &Value) {
    let entry = json!({"Source": "test", "DetailType": "Tested", "Detail": detail.to_string(), "EventBusName": bus});
    let answer = super::entries::put(cloud, &Principal::root(), &json!({ "Entries": [entry] })).unwrap();
    assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
}

/// The messages of the group, once there are as many.
async fn seen(cloud: &Arc<Cloud>, count: usize) -> Vec<String> {
    loop {
        let messages: Vec<String> = cloud.logs.tail(GROUP, 100).into_iter().map(|event| event.message).collect();
        if messages.len() >= count {
            return messages;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_matching_event_reaches_a_log_group() {
    let cloud = cloud();
    let target = json!({"Id": "g", "Arn": group_arn(), "InputPath": "$.detail"});
    rule(&cloud, DEFAULT_BUS, "r", &json!({"source": ["test"], "detail": {"n": [{"numeric": [">", 1]}]}}), target);
    put(&cloud, DEFAULT_BUS, &json!({"n": 1}));
    put(&cloud, DEFAULT_BUS, &json!({"n": 2}));
    assert_eq!(seen(&cloud, 1).await, [r#"{"n":2}"#]);
}

#[tokio::test]
async fn an_event_goes_over_buses_and_not_in_circles() {
    let cloud = cloud();
    for bus in ["one", "two"] {
        cloud.events.create_bus(bus, Bus::default()).unwrap();
    }
    let any = json!({"source": ["test"]});
    let bus_arn = |name: &str| super::buses::bus_arn("us-east-1", name);
    rule(&cloud, "one", "on", &any, json!({"Id": "b", "Arn": bus_arn("two")}));
    rule(&cloud, "two", "back", &any, json!({"Id": "b", "Arn": bus_arn("one")}));
    rule(&cloud, "two", "seen", &any, json!({"Id": "g", "Arn": group_arn(), "InputPath": "$.detail"}));
    put(&cloud, "one", &json!({"n": 1}));
    // One, two, one, two, one, two: five hops, three of them to the second bus.
    assert_eq!(seen(&cloud, 3).await.len(), 3);
}

#[tokio::test]
async fn a_group_without_a_policy_gets_nothing() {
    let cloud = cloud();
    cloud.logs.delete_policy("events").unwrap();
    let refused = cloud.logs.deliver(&group_arn(), "events.amazonaws.com", "arn:rule", "x").unwrap_err();
    assert_eq!(refused.code, "AccessDenied");
    assert!(refused.message.contains("AWS::Logs::ResourcePolicy"), "{}", refused.message);
}

#[tokio::test]
async fn what_a_bucket_tells_has_the_fields_of_aws() {
    let cloud = cloud();
    let target = json!({"Id": "g", "Arn": group_arn()});
    rule(&cloud, DEFAULT_BUS, "r", &json!({"source": ["aws.s3"]}), target);
    cloud.events.put(&cloud, "aws.s3", "Object Created", &["arn:aws:s3:::b".to_owned()], json!({"a": 1}));
    let event: Value = serde_json::from_str(&seen(&cloud, 1).await[0]).unwrap();
    let names: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(names, ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]);
}

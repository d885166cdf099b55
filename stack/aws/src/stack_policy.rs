//! The stack policy of a protected stack: no update replaces or deletes what holds data, unless that was agreed to.
//!
//! Termination protection keeps a stack from being deleted, and not a table from leaving it. A stack policy does, for every
//! caller. Once one is set it cannot be taken away, only be replaced, so a policy that somebody else wrote is left alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stack_plan::Template;

use crate::connect::Aws;
use crate::error::{Result, failed};
use crate::outcome::StackReference;
use crate::risk::holds_data;

/// What no update does to a resource that holds data.
const DENIED: [&str; 2] = ["Update:Replace", "Update:Delete"];

/// The policy that guards data of the resources in these templates, but for the ones named; nothing when none holds data.
pub(crate) fn policy(before: Option<&Value>, after: &Template, lifted: &[&str]) -> Option<String> {
    let deployed = before.and_then(|template| template.get("Resources")).and_then(Value::as_object);
    let deployed = deployed.into_iter().flatten().filter_map(|(_, resource)| resource.get("Type")?.as_str());
    let wanted = after.resources.values().map(|resource| resource.resource_type.as_str());
    let types: BTreeSet<&str> = deployed.chain(wanted).filter(|name| holds_data(name)).collect();
    if types.is_empty() {
        return None;
    }
    let mut guard = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": DENIED,
        "Condition": { "StringEquals": { "ResourceType": types } },
    });
    if lifted.is_empty() {
        guard["Resource"] = "*".into();
    } else {
        let lifted: BTreeSet<String> = lifted.iter().map(|id| format!("LogicalResourceId/{id}")).collect();
        guard["NotResource"] = json!(lifted);
    }
    let rest = json!({ "Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*" });
    Some(json!({ "Statement": [rest, guard] }).to_string())
}

/// Gives the stack this policy, where it has none, or another one that a deployment wrote. False where somebody else's is left
/// alone.
pub(crate) async fn ensure(aws: &Aws, stack: &StackReference, policy: &str) -> Result<bool> {
    let answer = aws.cloudformation.get_stack_policy().stack_name(&stack.id).send().await;
    let answer = answer.map_err(failed("CloudFormation", "GetStackPolicy"))?;
    let current = answer.stack_policy_body.filter(|text| !text.is_empty());
    if current.as_deref().is_some_and(|current| is_same(current, policy)) {
        return Ok(true);
    }
    if current.as_deref().is_some_and(|current| !is_ours(current)) {
        return Ok(false);
    }
    aws.cloudformation
        .set_stack_policy()
        .stack_name(&stack.id)
        .stack_policy_body(policy)
        .send()
        .await
        .map_err(failed("CloudFormation", "SetStackPolicy"))?;
    Ok(true)
}

fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}

/// True for what [`policy`] makes.
fn is_ours(policy: &str) -> bool {
    serde_json::from_str::<Value>(policy).is_ok_and(|policy| {
        let statements = policy["Statement"].as_array().map_or(&[][..], Vec::as_slice);
        matches!(statements, [_, guard] if guard["Action"] == json!(DENIED)
            && guard["Condition"]["StringEquals"]["ResourceType"].is_array())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(types: &[&str]) -> Template {
        let resources: serde_json::Map<String, Value> =
            types.iter().enumerate().map(|(at, name)| (format!("R{at}"), json!({ "Type": name }))).collect();
        Template::parse(&json!({ "Resources": resources }).to_string()).unwrap()
    }

    #[test]
    fn data_is_guarded_before_and_after_a_deployment() {
        assert_eq!(policy(None, &template(&["AWS::SNS::Topic"]), &[]), None);
        let before = json!({ "Resources": { "Old": { "Type": "AWS::DynamoDB::Table" } } });
        let text = policy(Some(&before), &template(&["AWS::S3::Bucket"]), &[]).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value["Statement"][1]["Condition"]["StringEquals"]["ResourceType"],
            json!(["AWS::DynamoDB::Table", "AWS::S3::Bucket"])
        );
        assert_eq!(value["Statement"][1]["Resource"], "*");
        let lifted = policy(Some(&before), &Template::default(), &["Old"]).unwrap();
        let value: Value = serde_json::from_str(&lifted).unwrap();
        assert_eq!(value["Statement"][1]["NotResource"], json!(["LogicalResourceId/Old"]));
    }

    #[test]
    fn only_our_own_policy_is_replaced() {
        let ours = policy(None, &template(&["AWS::S3::Bucket"]), &["B"]).unwrap();
        assert!(is_ours(&ours) && is_same(&ours, &ours));
        let foreign =
            json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*" }] });
        assert!(!is_ours(&foreign.to_string()));
        assert!(!is_ours("not json") && !is_same("not json", "not json"));
    }
}

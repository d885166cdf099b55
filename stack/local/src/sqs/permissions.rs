//! Statements of a queue's policy by label, as `AddPermission` and `RemovePermission` have it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Queue;
use super::api::Asked;
use super::errors::{invalid, missing};
use crate::wire::ServiceError;
use crate::wire::properties::{reference_list, text};

pub(super) fn add_permission(asked: &Asked<'_>) -> Result<(), ServiceError> {
    let queue = asked.queue("sqs:AddPermission")?;
    let label = asked.require("Label")?;
    let accounts = reference_list(asked.input, "AWSAccountIds");
    let actions = reference_list(asked.input, "Actions");
    if accounts.is_empty() || actions.is_empty() {
        return Err(missing(if accounts.is_empty() { "AWSAccountIds" } else { "Actions" }));
    }
    let mut policy = queue.policy().unwrap_or_else(
        || json!({"Version": "2012-10-17", "Id": format!("{}/SQSDefaultPolicy", queue.arn()), "Statement": []}),
    );
    let principals: Vec<String> = accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = actions.iter().map(|action| format!("SQS:{action}")).collect();
    let statement = json!({"Sid": label, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": actions, "Resource": queue.arn()});
    let mut statements: Vec<Value> = crate::iam::resource_policy::statements(&policy).cloned().collect();
    if statements.iter().any(|statement| text(statement, "Sid") == Some(label)) {
        return Err(invalid("Label", label, "Already exists."));
    }
    statements.push(statement);
    policy["Statement"] = Value::Array(statements);
    set_policy(asked, &queue, &policy.to_string())
}

pub(super) fn remove_permission(asked: &Asked<'_>) -> Result<(), ServiceError> {
    let queue = asked.queue("sqs:RemovePermission")?;
    let label = asked.require("Label")?;
    let mut policy = queue.policy().unwrap_or_default();
    let mut statements: Vec<Value> = crate::iam::resource_policy::statements(&policy).cloned().collect();
    let before = statements.len();
    statements.retain(|statement| text(statement, "Sid") != Some(label));
    if statements.len() == before {
        return Err(invalid("Label", label, "can't find label on existing policy."));
    }
    if statements.is_empty() {
        return set_policy(asked, &queue, "");
    }
    policy["Statement"] = Value::Array(statements);
    set_policy(asked, &queue, &policy.to_string())
}

fn set_policy(asked: &Asked<'_>, queue: &Queue, policy: &str) -> Result<(), ServiceError> {
    let attributes = BTreeMap::from([("Policy".to_owned(), policy.to_owned())]);
    asked.cloud.sqs.set_attributes(&queue.name, &attributes)
}

//! Calling the function of a mapping, and what its role may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::mapping::{Mapping, invalid};
use crate::cloud::Cloud;
use crate::iam::Access;
use crate::lambda::Reference;
use crate::lambda::function::Configuration;
use crate::lambda::payload::{Outcome, REQUEST_LIMIT};
use crate::lambda::trace::Trace;
use crate::wire::ServiceError;

/// Bytes that the records of an event may have together, with room for what is around them.
pub(super) const EVENT_BYTES: usize = REQUEST_LIMIT - 4096;

/// The version of a function that an ARN names.
pub(super) fn configuration(cloud: &Cloud, function_arn: &str) -> Result<Configuration, ServiceError> {
    let reference = Reference::parse(function_arn);
    cloud
        .lambda
        .configuration(&reference.name, reference.qualifier.as_deref())
        .ok_or_else(|| invalid(format!("Function does not exist: {function_arn}")))
}

/// Refuses when the function's role may not read the source.
pub(super) fn check_role(cloud: &Cloud, configuration: &Configuration, source_arn: &str) -> Result<(), ServiceError> {
    let is_queue = source_arn.starts_with("arn:aws:sqs:");
    let (service, actions): (_, &[&str]) = if is_queue {
        ("SQS", &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    } else {
        ("DynamoDB", &["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"])
    };
    let principal = cloud.iam.session_principal(&configuration.role, &configuration.name);
    let policy = if is_queue { cloud.sqs.queue(source_arn).and_then(|queue| queue.policy()) } else { None };
    for action in actions {
        let access = Access { resource_policy: policy.as_ref(), ..Access::new(action, source_arn) };
        if cloud.iam.authorize(&principal, &access).is_err() {
            let name = action.split(':').nth(1).unwrap_or_default();
            return Err(invalid(format!(
                "The provided execution role does not have permissions to call {name} on {service}: allow {} {action} on {source_arn}",
                configuration.role
            )));
        }
    }
    Ok(())
}

/// Calls the function with records. `trace` is the header that came with the first of them.
pub(super) async fn call(
    cloud: &Arc<Cloud>,
    mapping: &Mapping,
    records: &[Value],
    trace: Option<&str>,
) -> Result<Outcome, ServiceError> {
    let payload = serde_json::json!({ "Records": records });
    run(cloud, &mapping.function_arn, &payload, Trace::continue_from(trace)?).await
}

/// Calls a function for a service and waits for its answer.
///
/// # Errors
/// The function is not there, or too many invocations run.
pub(crate) async fn call_once(
    cloud: &Arc<Cloud>,
    function_arn: &str,
    payload: &Value,
) -> Result<Outcome, ServiceError> {
    run(cloud, function_arn, payload, Trace::continue_from(None)?).await
}

async fn run(cloud: &Arc<Cloud>, function_arn: &str, payload: &Value, trace: Trace) -> Result<Outcome, ServiceError> {
    let configuration = configuration(cloud, function_arn)?;
    let request_id = uuid::Uuid::new_v4().to_string();
    cloud.lambda.run(cloud, &configuration, payload.to_string().into(), &request_id, &trace).await
}

/// The ids of records that a function says it could not process. `None`: its answer makes no sense, so all failed.
pub(super) fn failures(mapping: &Mapping, answer: &[u8], ids: &[&str]) -> Option<BTreeSet<String>> {
    if !mapping.reports_item_failures {
        return Some(BTreeSet::new());
    }
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let list = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Some(BTreeSet::new()),
        Some(list) => list.as_array()?,
    };
    let named: Option<BTreeSet<String>> = list
        .iter()
        .map(|failure| {
            failure.get("itemIdentifier").and_then(Value::as_str).filter(|id| ids.contains(id)).map(str::to_owned)
        })
        .collect();
    named
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_names_the_records_that_failed() {
        let input = json!({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:jobs", "FunctionResponseTypes": ["ReportBatchItemFailures"]});
        let mut mapping = Mapping::create("arn".to_owned(), &input).unwrap();
        let ids = ["a", "b"];
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        for (answer, expected) in [
            ("null", some(&[])),
            ("", some(&[])),
            (r#"{"batchItemFailures":null}"#, some(&[])),
            (r#"{"batchItemFailures":[]}"#, some(&[])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, some(&["b"])),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, None),
            (r#"{"batchItemFailures":[{"itemIdentifier":"c"}]}"#, None),
            (r#"{"batchItemFailures":[{"id":"a"}]}"#, None),
            (r#"{"batchItemFailures":"a"}"#, None),
        ] {
            assert_eq!(failures(&mapping, answer.as_bytes(), &ids), expected, "{answer}");
        }
        mapping.reports_item_failures = false;
        assert_eq!(failures(&mapping, br#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, &ids), some(&[]));
    }
}

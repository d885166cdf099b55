//! Where results of asynchronous invocations go, dead letters, and records that an event source gave up.
//!
//! The function hands them over in its own name: its role must be allowed to.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::function::Configuration;
use super::payload::FunctionError;
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::iam::Access;
use crate::sqs::Outgoing;
use crate::sqs::message::Attribute;
use crate::wire::ServiceError;

/// Characters of an error message that a dead letter repeats.
const MESSAGE_LIMIT: usize = 1024;

/// A payload that no attempt could process.
pub(super) struct DeadLetter<'a> {
    pub(super) payload: &'a Bytes,
    pub(super) request_id: &'a str,
    /// Absent when the function was never run.
    pub(super) error: Option<&'a FunctionError>,
}

/// Sends a message (JSON) to a destination: a topic, a queue, a function or an event bus.
///
/// # Errors
/// The role may not, or the destination refuses.
pub(super) async fn tell(
    cloud: &Arc<Cloud>,
    configuration: &Configuration,
    destination: &str,
    message: &str,
) -> Result<(), ServiceError> {
    let outgoing = Outgoing { body: message.to_owned(), ..Outgoing::default() };
    hand_over(cloud, configuration, destination, outgoing).await
}

/// Sends a payload as it was to the dead-letter topic or queue, with what is known of its failure as attributes.
///
/// # Errors
/// As [`tell`].
pub(super) async fn bury(
    cloud: &Arc<Cloud>,
    configuration: &Configuration,
    target: &str,
    letter: &DeadLetter<'_>,
) -> Result<(), ServiceError> {
    let attribute = |data_type: &str, value: String| Attribute { data_type: data_type.to_owned(), value };
    let mut attributes = BTreeMap::from([
        ("ErrorCode".to_owned(), attribute("Number", "200".to_owned())),
        ("RequestID".to_owned(), attribute("String", letter.request_id.to_owned())),
    ]);
    let message = letter.error.and_then(|error| {
        let error: Value = serde_json::from_slice(&error.payload).ok()?;
        Some(error["errorMessage"].as_str()?.chars().take(MESSAGE_LIMIT).collect::<String>())
    });
    if let Some(message) = message.filter(|message| !message.is_empty()) {
        attributes.insert("ErrorMessage".to_owned(), attribute("String", message));
    }
    let body = String::from_utf8_lossy(letter.payload).into_owned();
    hand_over(cloud, configuration, target, Outgoing { body, attributes, ..Outgoing::default() }).await
}

async fn hand_over(
    cloud: &Arc<Cloud>,
    configuration: &Configuration,
    target: &str,
    outgoing: Outgoing,
) -> Result<(), ServiceError> {
    let service = target.split(':').nth(2).unwrap_or_default();
    let action = match service {
        "sns" => "sns:Publish",
        "sqs" => "sqs:SendMessage",
        "lambda" => "lambda:InvokeFunction",
        "events" => "events:PutEvents",
        _ => {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!("`{target}` is not the ARN of a topic, a queue, a function or an event bus"),
            ));
        }
    };
    let principal = cloud.iam.session_principal(&configuration.role, &configuration.name);
    let policy = cloud.sqs.queue(target).filter(|_| service == "sqs").and_then(|queue| queue.policy());
    let access = Access { resource_policy: policy.as_ref(), ..Access::new(action, target) };
    cloud.iam.authorize(&principal, &access)?;
    match service {
        "sns" => cloud.sns.publish(cloud, target, None, &outgoing.body).await.map(drop),
        "sqs" => cloud.sqs.put(target, outgoing).map(drop),
        "lambda" => Box::pin(cloud.lambda.invoke_event(cloud, target, outgoing.body.into())).await,
        _ => {
            let record: Value = serde_json::from_str(&outgoing.body).unwrap_or_default();
            let succeeded = record["requestContext"]["condition"] == "Success";
            let kind = if succeeded { "Success" } else { "Failure" };
            let subject = format!("Lambda Function Invocation Result - {kind}");
            let sender = Sender { service: "lambda.amazonaws.com", source_arn: &configuration.arn };
            cloud.deliver(sender, target, Delivery { body: &outgoing.body, subject: Some(&subject) }).await
        }
    }
}

//! Subscription filters: lines that functions get.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::filter::Filter;
use super::{Logs, group_arn, no_group, now};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::wire::ServiceError;

/// Subscription filters of one group, as on AWS.
const FILTERS: usize = 2;

/// In whose name functions are called.
const SERVICE: &str = "logs.amazonaws.com";

/// A subscription filter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SubscriptionFilter {
    pub(super) name: String,
    pub(super) pattern: String,
    pub(super) destination: String,
    /// Milliseconds since 1970.
    pub(super) created: i64,
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

fn source_arn(cloud: &Cloud, group: &str) -> String {
    format!("{}:*", group_arn(&cloud.region, group))
}

impl SubscriptionFilter {
    /// As the API shows it.
    pub(super) fn show(&self, group: &str) -> Value {
        json!({
            "filterName": self.name,
            "logGroupName": group,
            "filterPattern": self.pattern,
            "destinationArn": self.destination,
            "distribution": "ByLogStream",
            "creationTime": self.created,
        })
    }

    /// Sends the lines that match. Returns at once.
    pub(super) fn apply(&self, cloud: &Arc<Cloud>, group: &str, stream: &str, first_id: u64, events: &[(i64, String)]) {
        let Ok(filter) = Filter::parse(&self.pattern) else { return };
        let ids = first_id..;
        let lines: Vec<Value> = ids
            .zip(events)
            .filter(|(_, (_, message))| filter.matches(message))
            .map(|(id, (time, message))| json!({"id": format!("{id:056}"), "timestamp": time, "message": message}))
            .collect();
        // Lines may come from threads that belong to no runtime; they are not sent.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if lines.is_empty() {
            return;
        }
        let message = json!({
            "messageType": "DATA_MESSAGE",
            "owner": cloud.account,
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [self.name],
            "logEvents": lines,
        });
        let Some(data) = zipped(&message.to_string()) else { return };
        let body = json!({"awslogs": {"data": data}}).to_string();
        let (cloud, destination, source) = (Arc::clone(cloud), self.destination.clone(), source_arn(cloud, group));
        runtime.spawn(async move {
            let sender = Sender { service: SERVICE, source_arn: &source };
            if let Err(error) = cloud.deliver(sender, &destination, Delivery { body: &body, subject: None }).await {
                tracing::warn!(
                    destination,
                    code = error.code,
                    message = error.message,
                    "lines of a subscription are lost"
                );
            }
        });
    }
}

/// Gzip, in base64.
fn zipped(text: &str) -> Option<String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).ok()?;
    Some(base64::engine::general_purpose::STANDARD.encode(encoder.finish().ok()?))
}

impl Logs {
    /// Adds a subscription filter to a group, in place of the one with its name.
    pub(super) fn put_subscription(
        &self,
        cloud: &Cloud,
        group: &str,
        name: &str,
        pattern: &str,
        destination: &str,
    ) -> Result<(), ServiceError> {
        self.group(group).ok_or_else(no_group)?;
        Filter::parse(pattern)?;
        if name.is_empty() || name.len() > 512 || name.contains([':', '*']) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{name}' at 'filterName' failed to satisfy constraint: Member must have 1 to 512 characters and satisfy regular expression pattern: [^:*]*"
            )));
        }
        if !destination.starts_with("arn:aws:lambda:") {
            return Err(invalid(format!(
                "the local cloud brings lines of logs to functions only, not to `{destination}`"
            )));
        }
        if !cloud.lambda.allows_invoke(destination, SERVICE, &source_arn(cloud, group), &cloud.account) {
            return Err(invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
            ));
        }
        self.groups.change(|groups| {
            let group = groups.get_mut(group).ok_or_else(no_group)?;
            group.subscriptions.retain(|old| old.name != name);
            if group.subscriptions.len() >= FILTERS {
                return Err(ServiceError::bad_request("LimitExceededException", "Resource limit exceeded."));
            }
            group.subscriptions.push(SubscriptionFilter {
                name: name.to_owned(),
                pattern: pattern.to_owned(),
                destination: destination.to_owned(),
                created: now(),
            });
            Ok(())
        })
    }

    /// Takes a subscription filter from a group.
    pub(super) fn delete_subscription(&self, group: &str, name: &str) -> Result<(), ServiceError> {
        self.groups.change(|groups| {
            let group = groups.get_mut(group).ok_or_else(no_group)?;
            let count = group.subscriptions.len();
            group.subscriptions.retain(|filter| filter.name != name);
            if group.subscriptions.len() == count {
                return Err(ServiceError::bad_request(
                    "ResourceNotFoundException",
                    "The specified subscription filter does not exist.",
                ));
            }
            Ok(())
        })
    }
}

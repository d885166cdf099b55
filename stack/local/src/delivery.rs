//! What one service hands to a resource of another: a bucket's event to a function, a rule's to a queue, an alarm to a topic.
//!
//! The sender acts in its own name for one of its resources, so the target's policy is asked, as on AWS.

use std::sync::Arc;

use http::StatusCode;

use crate::cloud::Cloud;
use crate::sqs::Outgoing;
use crate::wire::ServiceError;

/// A service that acts for one of its resources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// Service principal, for example `events.amazonaws.com`.
    pub(crate) service: &'a str,
    /// ARN of the resource that it acts for: the rule, the bucket, the topic.
    pub(crate) source_arn: &'a str,
}

/// What is handed over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// Payload of a function, body of a message.
    pub(crate) body: &'a str,
    /// Subject of a message to a topic, detail type of an event.
    pub(crate) subject: Option<&'a str>,
}

impl Cloud {
    /// Whether a target is there and its policy lets the sender in: what services ask before they keep a configuration.
    pub(crate) fn lets_in(&self, sender: Sender<'_>, target: &str) -> bool {
        match target.split(':').nth(2) {
            Some("lambda") => self.lambda.allows_invoke(target, sender.service, sender.source_arn, &self.account),
            Some("sns") => self.sns.allows_publish(target, sender.service, sender.source_arn, &self.account),
            Some("sqs") => self.sqs.allows_send(target, sender.service, sender.source_arn, &self.account),
            _ => false,
        }
    }

    /// Hands something to the bus, function, log group, topic or queue with this ARN. Functions are called asynchronously.
    ///
    /// # Errors
    /// The target does not exist, is of a kind that takes no deliveries, or its policy does not let the sender in.
    pub(crate) async fn deliver(
        self: &Arc<Self>,
        sender: Sender<'_>,
        target: &str,
        delivery: Delivery<'_>,
    ) -> Result<(), ServiceError> {
        match target.split(':').nth(2) {
            Some("events") => self.events.put_on_bus(self, sender, target, delivery),
            Some("lambda") => {
                if !self.lambda.allows_invoke(target, sender.service, sender.source_arn, &self.account) {
                    return Err(refused(sender, target, "add a Lambda permission for it"));
                }
                self.lambda.invoke_event(self, target, delivery.body.to_owned().into()).await
            }
            Some("logs") => self.logs.deliver(target, sender.service, sender.source_arn, delivery.body),
            Some("sns") => {
                if !self.sns.allows_publish(target, sender.service, sender.source_arn, &self.account) {
                    return Err(refused(sender, target, "allow it sns:Publish in the topic's policy"));
                }
                self.sns.publish(self, target, delivery.subject, delivery.body).await.map(drop)
            }
            Some("sqs") => {
                if !self.sqs.allows_send(target, sender.service, sender.source_arn, &self.account) {
                    return Err(refused(sender, target, "allow it sqs:SendMessage in the queue's policy"));
                }
                let outgoing = Outgoing { body: delivery.body.to_owned(), ..Outgoing::default() };
                self.sqs.put(target, outgoing).map(drop)
            }
            _ => Err(ServiceError::bad_request(
                "InvalidParameterException",
                format!("`{target}` is not the ARN of a function, a topic or a queue, nothing can be delivered to it"),
            )),
        }
    }
}

fn refused(sender: Sender<'_>, target: &str, help: &str) -> ServiceError {
    ServiceError::new(
        StatusCode::FORBIDDEN,
        "AccessDenied",
        format!("the policy of {target} does not let {} in for {}: {help}", sender.service, sender.source_arn),
    )
}

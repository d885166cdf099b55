//! `NotificationARNs`: the topics that get every event of a stack.
//!
//! The lines of a message and its subject are those of messages that AWS sent. Documented by AWS are the number of topics and
//! that an empty list removes them. Unchecked against AWS: the words in which a topic that does not exist is refused, that
//! the topics come back to what they were with a rollback, and that a change of them alone is one.

use std::sync::Arc;

use super::CloudFormation;
use super::clock;
use super::input::{Call, constraint, invalid};
use super::model::StackEvent;
use super::store::Store;
use crate::cloud::Cloud;
use crate::wire::ServiceError;

const SUBJECT: &str = "AWS CloudFormation Notification";

/// Topics that a stack may have.
const TOPICS: usize = 5;

/// An event that topics have not been told of yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notice {
    pub(super) topics: Vec<String>,
    pub(super) event: StackEvent,
}

/// The topics that a request asks for; `None` when it does not speak of them, and the stack keeps those that it has.
pub(super) fn requested(call: &Call<'_>) -> Result<Option<Vec<String>>, ServiceError> {
    let topics = call.form.list("NotificationARNs");
    if topics.is_empty() && call.form.get("NotificationARNs").is_none() {
        return Ok(None);
    }
    checked(call.cloud, topics).map(Some)
}

/// The topics, if there are not too many and all exist.
pub(super) fn checked(cloud: &Cloud, topics: Vec<String>) -> Result<Vec<String>, ServiceError> {
    if topics.len() > TOPICS {
        return Err(constraint(
            "notificationARNs",
            &format!("{} topics", topics.len()),
            &format!("Member must have length less than or equal to {TOPICS}"),
        ));
    }
    match topics.iter().find(|topic| !cloud.sns.has_topic(topic)) {
        Some(topic) => Err(invalid(format!("Invalid notification ARN {topic}: the topic does not exist"))),
        None => Ok(topics),
    }
}

impl CloudFormation {
    /// Tells the topics of a stack what happened since they were told last.
    pub(super) fn notify(&self, cloud: &Arc<Cloud>, stack_id: &str) {
        for (topic, message) in untold(&self.store, &cloud.account, stack_id) {
            if let Err(error) = cloud.sns.publish_now(cloud, &topic, Some(SUBJECT), &message) {
                // The operation goes on: a topic that was removed meanwhile is nothing that could be taken back.
                tracing::warn!(topic, error = error.message, "an event of a stack could not be published");
            }
        }
    }
}

/// Topics and messages, oldest first; they are told from here on.
fn untold(store: &Store, account: &str, stack_id: &str) -> Vec<(String, String)> {
    store.write(|state| {
        let Some(stack) = state.stacks.get_mut(stack_id) else { return Vec::new() };
        let notices = std::mem::take(&mut stack.untold);
        notices
            .into_iter()
            .flat_map(|notice| {
                let message = message(account, &stack.id, &stack.name, &notice.event);
                notice.topics.into_iter().map(move |topic| (topic, message.clone()))
            })
            .collect()
    })
}

/// An event as text. What is acted for here is always the account itself.
fn message(account: &str, stack_id: &str, stack_name: &str, event: &StackEvent) -> String {
    let at = clock::format(event.at);
    let fields = [
        ("StackId", stack_id),
        ("Timestamp", &at),
        ("EventId", &event.id),
        ("LogicalResourceId", &event.logical_id),
        ("Namespace", account),
        ("PhysicalResourceId", &event.physical_id),
        ("PrincipalId", account),
        ("ResourceProperties", event.properties.as_deref().unwrap_or("null")),
        ("ResourceStatus", &event.status),
        ("ResourceStatusReason", event.reason.as_deref().unwrap_or_default()),
        ("ResourceType", &event.resource_type),
        ("StackName", stack_name),
        ("ClientRequestToken", event.token.as_deref().unwrap_or("null")),
    ];
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_lines_of_aws() {
        let event = StackEvent {
            id: "T-CREATE_COMPLETE-1".to_owned(),
            at: 1_795_229_165_123,
            logical_id: "T".to_owned(),
            physical_id: "arn:aws:sns:eu-central-1:000000000000:t".to_owned(),
            resource_type: "AWS::SNS::Topic".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
            properties: Some("{\"TopicName\":\"t\"}".to_owned()),
            token: None,
            operation: None,
        };
        insta::assert_snapshot!(message("000000000000", "arn:aws:cloudformation:::stack/s/1", "s", &event));
    }
}

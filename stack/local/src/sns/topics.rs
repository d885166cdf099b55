//! Topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Sns, Topic};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Attributes that a client may set.
const SETTABLE: [&str; 7] =
    ["DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig", "ArchivePolicy"];

/// `InvalidParameter`, status 400.
pub(super) fn invalid(message: impl std::fmt::Display) -> ServiceError {
    ServiceError::bad_request("InvalidParameter", format!("Invalid parameter: {message}"))
}

impl Sns {
    /// A topic by ARN.
    pub(super) fn topic(&self, arn: &str) -> Result<Topic, ServiceError> {
        self.store.read(|state| state.topics.get(arn).cloned()).ok_or_else(no_topic)
    }

    /// All topics by ARN.
    pub(crate) fn topics(&self) -> Vec<Topic> {
        self.store.read(|state| state.topics.values().cloned().collect())
    }

    /// Makes a topic. One of that name with the same attributes is given back as it is.
    pub(super) fn create_topic(
        &self,
        region: &str,
        name: &str,
        attributes: BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<Topic, ServiceError> {
        // An extension would be compared without case; the suffix of a FIFO topic is not one.
        if name.as_bytes().ends_with(b".fifo") || attributes.get("FifoTopic").is_some_and(|fifo| fifo == "true") {
            return Err(invalid("FifoTopic Reason: the local cloud has no FIFO topics"));
        }
        if name.is_empty()
            || name.len() > 256
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return Err(invalid("Topic Name"));
        }
        for (attribute, value) in &attributes {
            check_attribute(attribute, value)?;
        }
        let arn = format!("arn:aws:sns:{region}:{DEFAULT_ACCOUNT}:{name}");
        self.store.change(|state| {
            if let Some(topic) = state.topics.get(&arn) {
                if attributes.iter().any(|(attribute, value)| topic.attributes.get(attribute) != Some(value)) {
                    return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
                }
                return Ok(topic.clone());
            }
            let topic = Topic { arn: arn.clone(), name: name.to_owned(), attributes, tags };
            state.topics.insert(arn, topic.clone());
            Ok(topic)
        })
    }

    /// Removes a topic and its subscriptions; absent already is fine.
    pub(super) fn delete_topic(&self, arn: &str) -> Result<(), ServiceError> {
        self.store.change(|state| {
            state.topics.remove(arn);
            state.subscriptions.retain(|_, subscription| subscription.topic_arn != arn);
            Ok(())
        })
    }

    /// Changes a topic in place.
    pub(super) fn change_topic(&self, arn: &str, change: impl FnOnce(&mut Topic)) -> Result<(), ServiceError> {
        self.store.change(|state| {
            change(state.topics.get_mut(arn).ok_or_else(no_topic)?);
            Ok(())
        })
    }

    /// Sets an attribute; an empty value goes back to the default.
    pub(super) fn set_topic_attribute(&self, arn: &str, name: &str, value: &str) -> Result<(), ServiceError> {
        check_attribute(name, value)?;
        self.change_topic(arn, |topic| {
            if value.is_empty() {
                topic.attributes.remove(name);
            } else {
                topic.attributes.insert(name.to_owned(), value.to_owned());
            }
        })
    }

    /// All attributes of a topic, defaults included.
    pub(super) fn topic_attributes(&self, arn: &str) -> Result<BTreeMap<String, String>, ServiceError> {
        let topic = self.topic(arn)?;
        let subscriptions = self.subscriptions_of(arn);
        let confirmed = subscriptions.iter().filter(|subscription| subscription.confirmed).count();
        let mut attributes = BTreeMap::from([
            ("DisplayName".to_owned(), String::new()),
            ("EffectiveDeliveryPolicy".to_owned(), delivery_policy().to_string()),
            ("Owner".to_owned(), DEFAULT_ACCOUNT.to_owned()),
            ("Policy".to_owned(), default_policy(arn).to_string()),
            ("SubscriptionsConfirmed".to_owned(), confirmed.to_string()),
            ("SubscriptionsDeleted".to_owned(), "0".to_owned()),
            ("SubscriptionsPending".to_owned(), (subscriptions.len() - confirmed).to_string()),
            ("TopicArn".to_owned(), arn.to_owned()),
        ]);
        attributes.extend(topic.attributes);
        Ok(attributes)
    }
}

fn check_attribute(name: &str, value: &str) -> Result<(), ServiceError> {
    if !SETTABLE.contains(&name) {
        return Err(invalid("AttributeName"));
    }
    let fits = match name {
        "SignatureVersion" => matches!(value, "1" | "2" | ""),
        "Policy" | "DeliveryPolicy" => {
            value.is_empty() || serde_json::from_str::<Value>(value).is_ok_and(|value| value.is_object())
        }
        "DisplayName" => value.len() <= 100,
        _ => true,
    };
    if fits { Ok(()) } else { Err(invalid(format!("{name} Reason: `{value}` is not a valid value"))) }
}

/// The account itself may do everything with its topics.
pub(super) fn default_policy(arn: &str) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": DEFAULT_ACCOUNT}},
        }],
    })
}

fn delivery_policy() -> Value {
    json!({"http": {"defaultHealthyRetryPolicy": {"numRetries": super::delivery::RETRY_DELAYS.len()}}})
}

pub(super) fn no_topic() -> ServiceError {
    ServiceError::not_found("NotFound", "Topic does not exist")
}

//! Subscriptions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::topics::{invalid, no_topic};
use super::{Sns, Subscription, filter};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Attributes that a client may set.
const SETTABLE: [&str; 6] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];

impl Sns {
    /// The subscriptions of a topic.
    pub(super) fn subscriptions_of(&self, topic_arn: &str) -> Vec<Subscription> {
        self.subscriptions().into_iter().filter(|subscription| subscription.topic_arn == topic_arn).collect()
    }

    /// All subscriptions by ARN.
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.store.read(|state| state.subscriptions.values().cloned().collect())
    }

    /// A subscription by ARN.
    pub(super) fn subscription(&self, arn: &str) -> Result<Subscription, ServiceError> {
        self.store.read(|state| state.subscriptions.get(arn).cloned()).ok_or_else(no_subscription)
    }

    /// Makes a subscription; the same endpoint gets the one that it has. The flag says whether it is new.
    pub(super) fn subscribe(
        &self,
        topic_arn: &str,
        protocol: &str,
        endpoint: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<(Subscription, bool), ServiceError> {
        check_endpoint(protocol, endpoint)?;
        let scope = attributes.get("FilterPolicyScope").cloned();
        for (name, value) in &attributes {
            check_attribute(name, value, scope.as_deref())?;
        }
        self.store.change(|state| {
            if !state.topics.contains_key(topic_arn) {
                return Err(no_topic());
            }
            let same = state.subscriptions.values().find(|subscription| {
                subscription.topic_arn == topic_arn
                    && subscription.protocol == protocol
                    && subscription.endpoint == endpoint
            });
            if let Some(same) = same {
                return Ok((same.clone(), false));
            }
            let subscription = Subscription {
                arn: format!("{topic_arn}:{}", uuid::Uuid::new_v4()),
                topic_arn: topic_arn.to_owned(),
                protocol: protocol.to_owned(),
                endpoint: endpoint.to_owned(),
                confirmed: matches!(protocol, "lambda" | "sqs"),
                token: format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()),
                attributes,
            };
            state.subscriptions.insert(subscription.arn.clone(), subscription.clone());
            Ok((subscription, true))
        })
    }

    /// Confirms the subscription of a topic that has this token.
    pub(super) fn confirm(&self, topic_arn: &str, token: &str) -> Result<Subscription, ServiceError> {
        self.store.change(|state| {
            if !state.topics.contains_key(topic_arn) {
                return Err(no_topic());
            }
            let subscription = state
                .subscriptions
                .values_mut()
                .find(|subscription| subscription.topic_arn == topic_arn && subscription.token == token);
            let subscription = subscription.ok_or_else(|| invalid("Token"))?;
            subscription.confirmed = true;
            Ok(subscription.clone())
        })
    }

    /// Removes a subscription; absent already is fine.
    pub(super) fn unsubscribe(&self, arn: &str) -> Result<(), ServiceError> {
        if !arn.starts_with("arn:") || arn.split(':').count() != 7 {
            return Err(invalid("SubscriptionId"));
        }
        self.store.change(|state| {
            state.subscriptions.remove(arn);
            Ok(())
        })
    }

    /// Sets attributes; an empty value goes back to the default.
    pub(super) fn set_subscription_attributes(
        &self,
        arn: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), ServiceError> {
        self.store.change(|state| {
            let subscription = state.subscriptions.get_mut(arn).ok_or_else(no_subscription)?;
            let scope =
                attributes.get("FilterPolicyScope").or(subscription.attributes.get("FilterPolicyScope")).cloned();
            for (name, value) in attributes {
                check_attribute(name, value, scope.as_deref())?;
                if value.is_empty() {
                    subscription.attributes.remove(name);
                } else {
                    subscription.attributes.insert(name.clone(), value.clone());
                }
            }
            Ok(())
        })
    }
}

impl Subscription {
    /// Whether the endpoint gets the message alone, without the envelope.
    pub(super) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true"))
    }

    /// All attributes, defaults included.
    pub(super) fn all_attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::from([
            ("ConfirmationWasAuthenticated".to_owned(), (self.protocol == "lambda").to_string()),
            ("Endpoint".to_owned(), self.endpoint.clone()),
            ("Owner".to_owned(), DEFAULT_ACCOUNT.to_owned()),
            ("PendingConfirmation".to_owned(), (!self.confirmed).to_string()),
            ("Protocol".to_owned(), self.protocol.clone()),
            ("RawMessageDelivery".to_owned(), "false".to_owned()),
            ("SubscriptionArn".to_owned(), self.arn.clone()),
            ("SubscriptionPrincipal".to_owned(), format!("arn:aws:iam::{DEFAULT_ACCOUNT}:root")),
            ("TopicArn".to_owned(), self.topic_arn.clone()),
        ]);
        if self.attributes.contains_key("FilterPolicy") {
            attributes.insert("FilterPolicyScope".to_owned(), "MessageAttributes".to_owned());
        }
        attributes.extend(self.attributes.clone());
        attributes
    }
}

fn check_endpoint(protocol: &str, endpoint: &str) -> Result<(), ServiceError> {
    let fits = match protocol {
        "http" => endpoint.starts_with("http://"),
        "https" => endpoint.starts_with("https://"),
        "lambda" => endpoint.starts_with("arn:aws:lambda:") && endpoint.contains(":function:"),
        "email" | "email-json" => endpoint.contains('@'),
        "sqs" => endpoint.starts_with("arn:aws:sqs:"),
        "sms" | "firehose" | "application" => {
            return Err(invalid(format!(
                "Protocol Reason: the local cloud does not deliver to `{protocol}` endpoints"
            )));
        }
        other => return Err(invalid(format!("Amazon SNS does not support this protocol string: {other}"))),
    };
    if !fits {
        return Err(invalid("Endpoint must match the specified protocol"));
    }
    if protocol.starts_with("http") && endpoint.parse::<http::Uri>().is_err() {
        return Err(invalid(format!("Endpoint Reason: `{endpoint}` is not a URL")));
    }
    Ok(())
}

fn check_attribute(name: &str, value: &str, scope: Option<&str>) -> Result<(), ServiceError> {
    if !SETTABLE.contains(&name) {
        return Err(invalid("AttributeName"));
    }
    match name {
        "FilterPolicy" if !value.is_empty() => filter::check(value, scope == Some("MessageBody")),
        "FilterPolicyScope" if !matches!(value, "MessageAttributes" | "MessageBody" | "") => Err(invalid(format!(
            "FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        ))),
        "RawMessageDelivery" if !["true", "false", ""].contains(&value.to_ascii_lowercase().as_str()) => Err(invalid(
            format!("Attributes Reason: RawMessageDelivery: Invalid value [{value}]. Must be true or false."),
        )),
        "RedrivePolicy" if !value.is_empty() && !names_a_queue(value) => {
            Err(invalid("RedrivePolicy: deadLetterTargetArn is not the ARN of an SQS queue."))
        }
        "DeliveryPolicy" if !value.is_empty() && serde_json::from_str::<Value>(value).is_err() => {
            Err(invalid(format!("{name}: failed to parse JSON.")))
        }
        _ => Ok(()),
    }
}

fn names_a_queue(policy: &str) -> bool {
    let policy: Option<Value> = serde_json::from_str(policy).ok();
    let queue = policy.as_ref().and_then(|policy| policy["deadLetterTargetArn"].as_str());
    queue.is_some_and(|queue| queue.starts_with("arn:aws:sqs:"))
}

fn no_subscription() -> ServiceError {
    ServiceError::not_found("NotFound", "Subscription does not exist")
}

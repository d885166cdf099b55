//! What is published, and how each kind of subscriber gets it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::topics::invalid;
use super::{Subscription, Topic};
use crate::sqs::message::Attribute;
use crate::wire::{ServiceError, percent_encode};

/// Greatest message in bytes.
const MESSAGE_LIMIT: usize = 262_144;

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageAttribute {
    /// `String`, `Number`, `Binary`, `String.Array`, or one of these with a label.
    pub(super) data_type: String,
    /// Text; of a binary attribute, its base64.
    pub(super) value: String,
}

/// A published message.
#[derive(Debug, Clone)]
pub(super) struct Publication {
    pub(super) id: String,
    pub(super) subject: Option<String>,
    pub(super) message: String,
    /// With `MessageStructure=json`: the message by protocol.
    pub(super) by_protocol: Option<Map<String, Value>>,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    /// `2026-11-21T02:46:05.123Z`.
    pub(super) timestamp: String,
}

/// How a message is signed and where what it links to is found.
pub(super) struct Stamp<'a> {
    /// `1` or `2`.
    pub(super) version: &'a str,
    /// `http://127.0.0.1:PORT`.
    pub(super) url: &'a str,
}

impl Publication {
    pub(super) fn new(subject: Option<&str>, message: &str) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            subject: subject.map(str::to_owned),
            message: message.to_owned(),
            by_protocol: None,
            attributes: BTreeMap::new(),
            timestamp: timestamp(),
        }
    }

    /// Refuses what SNS would not take.
    pub(super) fn check(&self) -> Result<(), ServiceError> {
        if self.message.is_empty() {
            return Err(invalid("Empty message"));
        }
        let attributes: usize =
            self.attributes.iter().map(|(name, one)| name.len() + one.data_type.len() + one.value.len()).sum();
        if self.message.len() + attributes > MESSAGE_LIMIT {
            return Err(invalid("Message too long"));
        }
        let subject_fits = |subject: &String| {
            !subject.is_empty() && subject.chars().count() <= 100 && !subject.chars().any(char::is_control)
        };
        if !self.subject.as_ref().is_none_or(subject_fits) {
            return Err(invalid("Subject"));
        }
        for (name, attribute) in &self.attributes {
            let kind = attribute.data_type.split('.').next().unwrap_or_default();
            let number = kind != "Number" || attribute.value.parse::<f64>().is_ok_and(f64::is_finite);
            if !matches!(kind, "String" | "Number" | "Binary") || attribute.value.is_empty() || !number {
                return Err(ServiceError::bad_request(
                    "ParameterValueInvalid",
                    format!(
                        "The message attribute '{name}' has an invalid message attribute type or value: `{}`",
                        attribute.data_type
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The text for a protocol.
    pub(super) fn text(&self, protocol: &str) -> &str {
        let own = |name: &str| self.by_protocol.as_ref()?.get(name)?.as_str();
        own(protocol).or_else(|| own("default")).unwrap_or(&self.message)
    }

    /// The attributes as filter policies see them.
    pub(super) fn filter_values(&self) -> Map<String, Value> {
        let value = |attribute: &MessageAttribute| match attribute.data_type.split('.').next() {
            Some("Number") => attribute.value.parse::<f64>().ok().map(|number| json!(number)),
            Some("String") if attribute.data_type == "String.Array" => serde_json::from_str(&attribute.value).ok(),
            Some("String") => Some(json!(attribute.value)),
            _ => None,
        };
        self.attributes.iter().filter_map(|(name, attribute)| Some((name.clone(), value(attribute)?))).collect()
    }

    /// The attributes as a queue gets them with a raw message.
    pub(super) fn queue_attributes(&self) -> BTreeMap<String, Attribute> {
        let attribute =
            |one: &MessageAttribute| Attribute { data_type: one.data_type.clone(), value: one.value.clone() };
        self.attributes.iter().map(|(name, one)| (name.clone(), attribute(one))).collect()
    }

    fn attribute_map(&self) -> Value {
        let show = |(name, one): (&String, &MessageAttribute)| {
            (name.clone(), json!({"Type": one.data_type, "Value": one.value}))
        };
        Value::Object(self.attributes.iter().map(show).collect())
    }

    /// The envelope for an HTTP endpoint; `sign` signs a text.
    pub(super) fn notification(
        &self,
        topic: &Topic,
        subscription: &Subscription,
        stamp: &Stamp<'_>,
        sign: impl FnOnce(&str) -> String,
    ) -> Value {
        let message = self.text(&subscription.protocol);
        let mut fields = vec![("Message", message), ("MessageId", &self.id)];
        if let Some(subject) = &self.subject {
            fields.push(("Subject", subject));
        }
        fields.extend([("Timestamp", self.timestamp.as_str()), ("TopicArn", &topic.arn), ("Type", "Notification")]);
        let mut envelope = json!({"Type": "Notification", "MessageId": self.id, "TopicArn": topic.arn});
        if let Some(subject) = &self.subject {
            envelope["Subject"] = json!(subject);
        }
        envelope["Message"] = json!(message);
        envelope["Timestamp"] = json!(self.timestamp);
        envelope["SignatureVersion"] = json!(stamp.version);
        envelope["Signature"] = json!(sign(&signed_text(&fields)));
        envelope["SigningCertURL"] = json!(stamp.certificate_url());
        envelope["UnsubscribeURL"] = json!(stamp.unsubscribe_url(&subscription.arn));
        if !self.attributes.is_empty() {
            envelope["MessageAttributes"] = self.attribute_map();
        }
        envelope
    }

    /// The event for a function, in which three fields have other names and `Subject` and attributes are always there.
    pub(super) fn event(&self, envelope: &Value, subscription: &Subscription) -> Value {
        let mut sns = envelope.clone();
        if let Some(fields) = sns.as_object_mut() {
            for (old, new) in [("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")] {
                if let Some(value) = fields.shift_remove(old) {
                    fields.insert(new.to_owned(), value);
                }
            }
            fields.entry("Subject").or_insert(Value::Null);
            fields.insert("MessageAttributes".to_owned(), self.attribute_map());
        }
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": sns,
        }]})
    }
}

/// What an HTTP endpoint gets before anything else: it shows that it wants messages by visiting `SubscribeURL`.
pub(super) fn confirmation(subscription: &Subscription, stamp: &Stamp<'_>, sign: impl FnOnce(&str) -> String) -> Value {
    let id = uuid::Uuid::new_v4().to_string();
    let topic = &subscription.topic_arn;
    let message = format!(
        "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
    );
    let url = confirmation_url(subscription, stamp);
    let timestamp = timestamp();
    let signature = sign(&signed_text(&[
        ("Message", &message),
        ("MessageId", &id),
        ("SubscribeURL", &url),
        ("Timestamp", &timestamp),
        ("Token", &subscription.token),
        ("TopicArn", topic),
        ("Type", "SubscriptionConfirmation"),
    ]));
    json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": id,
        "Token": subscription.token,
        "TopicArn": topic,
        "Message": message,
        "SubscribeURL": url,
        "Timestamp": timestamp,
        "SignatureVersion": stamp.version,
        "Signature": signature,
        "SigningCertURL": stamp.certificate_url(),
    })
}

/// The link that confirms a subscription.
pub(super) fn confirmation_url(subscription: &Subscription, stamp: &Stamp<'_>) -> String {
    format!(
        "{}/?Action=ConfirmSubscription&TopicArn={}&Token={}",
        stamp.url,
        percent_encode(&subscription.topic_arn, ":"),
        subscription.token
    )
}

impl Stamp<'_> {
    fn certificate_url(&self) -> String {
        format!("{}{}", self.url, super::signer::CERTIFICATE_PATH)
    }

    pub(super) fn unsubscribe_url(&self, arn: &str) -> String {
        format!("{}/?Action=Unsubscribe&SubscriptionArn={}", self.url, percent_encode(arn, ":"))
    }
}

/// Names and values, each on a line, in the order of the names.
fn signed_text(fields: &[(&str, &str)]) -> String {
    fields.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]).collect()
}

fn timestamp() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}

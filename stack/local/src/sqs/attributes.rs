//! What may be set on a queue, and what holds where nothing is set.

use serde_json::Value;

use super::Queue;
use super::errors::{invalid_attribute, invalid_value};
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// Attributes that every queue has, with the least, the greatest and the usual value.
const NUMBERS: [(&str, i64, i64, i64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
    ("MaximumMessageSize", 1024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// Attributes that only FIFO queues have.
pub(super) const FIFO_ONLY: [&str; 3] = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];

/// Attributes that are told, not set.
pub(super) const TOLD: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// All attributes that can be set.
pub(super) const SETTABLE: [&str; 15] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    /// ARN of a queue.
    pub(super) target: String,
    pub(super) max_receives: u32,
}

/// Refuses an attribute that SQS does not have, or a value that it cannot have. `fifo` says which kind of queue it is for.
pub(super) fn check(name: &str, value: &str, fifo: bool) -> Result<(), ServiceError> {
    if !SETTABLE.contains(&name) {
        return Err(ServiceError::bad_request("InvalidAttributeName", format!("Unknown Attribute {name}.")));
    }
    if !fifo && (FIFO_ONLY.contains(&name) || (name == "FifoQueue" && value == "true")) {
        return Err(if name == "FifoQueue" {
            invalid_value(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
            )
        } else {
            ServiceError::bad_request(
                "InvalidAttributeName",
                format!("You can specify the {name} only when FifoQueue is set to true."),
            )
        });
    }
    if value.is_empty() && matches!(name, "Policy" | "RedrivePolicy" | "RedriveAllowPolicy" | "KmsMasterKeyId") {
        return Ok(());
    }
    let fits = match name {
        "FifoQueue" | "SqsManagedSseEnabled" | "ContentBasedDeduplication" => matches!(value, "true" | "false"),
        "DeduplicationScope" => matches!(value, "queue" | "messageGroup"),
        "FifoThroughputLimit" => matches!(value, "perQueue" | "perMessageGroupId"),
        "Policy" => {
            let policy = serde_json::from_str::<Value>(value).ok();
            policy.is_some_and(|policy| stack_plan::policy::Document::parse(&policy).is_ok())
        }
        "RedriveAllowPolicy" => RedriveAllow::parse(value).is_some(),
        "RedrivePolicy" => return parse_redrive(value).map(drop),
        "KmsMasterKeyId" => true,
        _ => {
            let number = value.parse::<i64>().ok();
            let bounds = NUMBERS.iter().find(|(number, ..)| *number == name);
            number.zip(bounds).is_some_and(|(number, (_, least, most, _))| (*least..=*most).contains(&number))
        }
    };
    if fits { Ok(()) } else { Err(invalid_attribute(name)) }
}

/// Reads a `RedrivePolicy`.
pub(super) fn parse_redrive(policy: &str) -> Result<Redrive, ServiceError> {
    let refuse = |why: &str| super::errors::invalid("RedrivePolicy", policy, why);
    let value: Value = serde_json::from_str(policy).map_err(|_| refuse("Redrive policy is not a valid JSON map."))?;
    let target = text(&value, "deadLetterTargetArn")
        .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
    let count = value
        .get("maxReceiveCount")
        .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount."))?;
    let count = as_integer(count).and_then(|count| u32::try_from(count).ok());
    let max_receives = count
        .filter(|count| (1..=1000).contains(count))
        .ok_or_else(|| refuse("Invalid value for maxReceiveCount. Valid values are integers from 1 to 1000."))?;
    Ok(Redrive { target: target.to_owned(), max_receives })
}

/// Which queues may send their dead letters to a queue.
pub(super) enum RedriveAllow {
    All,
    Nobody,
    /// ARNs.
    Sources(Vec<String>),
}

impl RedriveAllow {
    /// Reads a `RedriveAllowPolicy`; `None` for one that SQS would refuse.
    pub(super) fn parse(policy: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(policy).ok()?;
        let sources = value.get("sourceQueueArns");
        match (text(&value, "redrivePermission")?, sources) {
            ("allowAll", None) => Some(Self::All),
            ("denyAll", None) => Some(Self::Nobody),
            ("byQueue", Some(Value::Array(arns))) if (1..=10).contains(&arns.len()) => {
                let arns: Option<Vec<String>> = arns.iter().map(|arn| arn.as_str().map(str::to_owned)).collect();
                arns.map(Self::Sources)
            }
            _ => None,
        }
    }
}

impl Queue {
    /// A number that is set or usual; 0 for an attribute that is no number.
    pub(super) fn number(&self, name: &str) -> i64 {
        let set = self.attributes.get(name).and_then(|value| value.parse().ok());
        set.unwrap_or_else(|| usual(name).unwrap_or_default())
    }

    /// Where its dead letters go.
    pub(super) fn redrive(&self) -> Option<Redrive> {
        self.attributes.get("RedrivePolicy").and_then(|policy| parse_redrive(policy).ok())
    }

    /// Whether it takes the dead letters of the queue with this ARN.
    pub(super) fn takes_dead_letters_of(&self, source: &str) -> bool {
        match self.attributes.get("RedriveAllowPolicy").and_then(|policy| RedriveAllow::parse(policy)) {
            None | Some(RedriveAllow::All) => true,
            Some(RedriveAllow::Nobody) => false,
            Some(RedriveAllow::Sources(arns)) => arns.iter().any(|arn| arn == source),
        }
    }

    /// Whether an attribute is `true`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|value| value == "true")
    }
}

/// What an attribute is when nobody set it; `None` for those that are absent then.
fn usual(name: &str) -> Option<i64> {
    NUMBERS.iter().find(|(number, ..)| *number == name).map(|(.., usual)| *usual)
}

/// The value that holds where nothing is set, as text.
pub(super) fn default_value(name: &str, fifo: bool) -> Option<String> {
    match name {
        "SqsManagedSseEnabled" => Some("true".to_owned()),
        "ContentBasedDeduplication" if fifo => Some("false".to_owned()),
        "DeduplicationScope" if fifo => Some("queue".to_owned()),
        "FifoThroughputLimit" if fifo => Some("perQueue".to_owned()),
        "KmsDataKeyReusePeriodSeconds" => None,
        _ => usual(name).map(|number| number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_held_to_the_limits_of_sqs() {
        for (name, value, fifo, code) in [
            ("VisibilityTimeout", "0", false, ""),
            ("VisibilityTimeout", "43201", false, "InvalidAttributeValue"),
            ("VisibilityTimeout", "soon", false, "InvalidAttributeValue"),
            ("MaximumMessageSize", "1048576", false, ""),
            ("MaximumMessageSize", "1023", false, "InvalidAttributeValue"),
            ("Shape", "round", false, "InvalidAttributeName"),
            ("FifoQueue", "true", false, "InvalidParameterValueException"),
            ("FifoQueue", "true", true, ""),
            ("ContentBasedDeduplication", "true", false, "InvalidAttributeName"),
            ("ContentBasedDeduplication", "yes", true, "InvalidAttributeValue"),
            ("Policy", "", false, ""),
            ("Policy", "{", false, "InvalidAttributeValue"),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"byQueue"}"#, false, "InvalidAttributeValue"),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#, false, ""),
            ("RedrivePolicy", r#"{"maxReceiveCount":1}"#, false, "InvalidParameterValueException"),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"a","maxReceiveCount":"3"}"#, false, ""),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"a","maxReceiveCount":0}"#,
                false,
                "InvalidParameterValueException",
            ),
        ] {
            let found = check(name, value, fifo).map_or_else(|error| error.code, |()| String::new());
            assert_eq!(found, code, "{name} {value}");
        }
    }
}

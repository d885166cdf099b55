//! What a message is, what SQS takes as one, and the digests that clients check it with.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::errors::invalid_value;
use crate::wire::ServiceError;

/// Attributes that a message may have.
const ATTRIBUTE_LIMIT: usize = 10;

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    /// `String`, `Number`, `Binary`, or one of these with a label (`Number.float`).
    pub(crate) data_type: String,
    /// Text; of a binary attribute, its base64.
    pub(crate) value: String,
}

impl Attribute {
    pub(crate) fn is_binary(&self) -> bool {
        self.data_type == "Binary" || self.data_type.starts_with("Binary.")
    }

    /// The bytes that count against limits and in digests.
    fn bytes(&self) -> Vec<u8> {
        if self.is_binary() {
            STANDARD.decode(&self.value).unwrap_or_default()
        } else {
            self.value.clone().into_bytes()
        }
    }
}

/// A message that somebody sends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outgoing {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// `AWSTraceHeader`.
    pub(crate) trace_header: Option<String>,
    /// Seconds; absent for the queue's own delay.
    pub(crate) delay: Option<i64>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
    /// User id of the sender, empty for a service.
    pub(crate) sender: String,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// Place in the order of arrival; grows over all queues.
    pub(crate) sequence: u64,
    pub(crate) id: String,
    pub(crate) body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: BTreeMap<String, Attribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_header: Option<String>,
    pub(crate) sender: String,
    /// Milliseconds since 1970.
    pub(crate) sent: i64,
    /// Milliseconds since 1970; before that nobody receives it.
    pub(crate) visible_at: i64,
    /// How often it was received.
    pub(crate) received: u32,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_received: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deduplication: Option<String>,
    /// ARN of the queue that gave it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter_source: Option<String>,
}

impl Message {
    /// What a receiver deletes it with: good for this receive of this message in this queue.
    pub(crate) fn receipt(&self, queue: &str) -> String {
        STANDARD.encode(format!("{queue} {} {} {}", self.sequence, self.received, self.id))
    }

    /// MD5 of the body.
    pub(crate) fn digest(&self) -> String {
        digest(&self.body)
    }

    /// MD5 of all attributes; `None` where there are none.
    pub(crate) fn attribute_digest(&self) -> Option<String> {
        digest_attributes(self.attributes.iter().map(|(name, attribute)| (name.as_str(), attribute)))
    }

    /// `SequenceNumber` of a FIFO queue: 20 digits.
    pub(crate) fn sequence_number(&self) -> String {
        format!("18{:018}", self.sequence % 1_000_000_000_000_000_000)
    }
}

/// A receipt handle, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) queue: String,
    pub(super) sequence: u64,
    pub(super) received: u32,
}

impl Receipt {
    /// Reads a handle; `None` for a text that is none.
    pub(super) fn parse(handle: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
        let mut parts = text.split(' ');
        let receipt = Self {
            queue: parts.next()?.to_owned(),
            sequence: parts.next()?.parse().ok()?,
            received: parts.next()?.parse().ok()?,
        };
        parts.next()?;
        parts.next().is_none().then_some(receipt)
    }
}

/// The size of a message as limits count it: body, and names, types and values of attributes, in bytes.
pub(super) fn size(outgoing: &Outgoing) -> usize {
    let attributes: usize = outgoing
        .attributes
        .iter()
        .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.bytes().len())
        .sum();
    outgoing.body.len() + attributes
}

/// Refuses a body or attributes that no queue takes.
pub(super) fn check(outgoing: &Outgoing) -> Result<(), ServiceError> {
    if outgoing.body.is_empty() {
        return Err(super::errors::missing("MessageBody"));
    }
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    if !outgoing.body.chars().all(allowed) {
        return Err(ServiceError::bad_request(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    if outgoing.attributes.len() > ATTRIBUTE_LIMIT {
        return Err(invalid_value(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTE_LIMIT}].",
            outgoing.attributes.len()
        )));
    }
    outgoing.attributes.iter().try_for_each(|(name, attribute)| check_attribute(name, attribute))
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), ServiceError> {
    let named = !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !["aws.", "amazon."].iter().any(|start| name.to_ascii_lowercase().starts_with(start));
    if !named {
        return Err(invalid_value(format!(
            "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
        )));
    }
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    if !matches!(kind, "String" | "Number" | "Binary") {
        return Err(invalid_value(format!(
            "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
        )));
    }
    if attribute.value.is_empty() {
        let kind = kind.to_ascii_lowercase();
        return Err(invalid_value(format!(
            "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        )));
    }
    if kind == "Number" && !attribute.value.trim().parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(invalid_value(format!("Can't cast the value of message (user) attribute '{name}' to a number.")));
    }
    if kind == "Binary" && STANDARD.decode(&attribute.value).is_err() {
        return Err(invalid_value(format!("The value of message (user) attribute '{name}' is not base64.")));
    }
    Ok(())
}

/// MD5 of a text, hexadecimal.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

/// MD5 of attributes as SQS defines it: in the order of names, each of name, type and value after its length, with a byte between
/// type and value that tells text from bytes. `None` where there are none.
pub(super) fn digest_attributes<'a>(attributes: impl Iterator<Item = (&'a str, &'a Attribute)>) -> Option<String> {
    let mut sorted: Vec<_> = attributes.collect();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_by_key(|(name, _)| *name);
    let mut hash = Md5::new();
    let measured = |hash: &mut Md5, bytes: &[u8]| {
        hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(bytes);
    };
    for (name, attribute) in sorted {
        measured(&mut hash, name.as_bytes());
        measured(&mut hash, attribute.data_type.as_bytes());
        hash.update([if attribute.is_binary() { 2 } else { 1 }]);
        measured(&mut hash, &attribute.bytes());
    }
    Some(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(data_type: &str, value: &str) -> Attribute {
        Attribute { data_type: data_type.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn digests_are_those_that_clients_compute() {
        assert_eq!(digest("hello"), "5d41402abc4b2a76b9719d911017c592");
        let (one, two) = (attribute("String", "value"), attribute("Binary", "AAE="));
        // Spelled out once, so that the order and the lengths are seen.
        let mut spelled = Vec::new();
        for (name, kind, mark, value) in [("a", "Binary", 2, &b"\x00\x01"[..]), ("b", "String", 1, b"value")] {
            for (before, bytes) in [(None, name.as_bytes()), (None, kind.as_bytes()), (Some(mark), value)] {
                spelled.extend(before);
                spelled.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
                spelled.extend(bytes);
            }
        }
        assert_eq!(digest_attributes([("b", &one), ("a", &two)].into_iter()), Some(hex::encode(Md5::digest(&spelled))));
        assert_eq!(digest_attributes(std::iter::empty()), None);
    }

    #[test]
    fn what_no_queue_takes_is_refused() {
        let with = |name: &str, one: Attribute| Outgoing {
            body: "x".to_owned(),
            attributes: BTreeMap::from([(name.to_owned(), one)]),
            ..Outgoing::default()
        };
        for (outgoing, code) in [
            (with("n", attribute("Number", "1e3")), ""),
            (with("n", attribute("Number.float", "one")), "InvalidParameterValueException"),
            (with("n", attribute("Text", "one")), "InvalidParameterValueException"),
            (with("n", attribute("String", "")), "InvalidParameterValueException"),
            (with("AWS.n", attribute("String", "x")), "InvalidParameterValueException"),
            (with("n", attribute("Binary", "?")), "InvalidParameterValueException"),
            (Outgoing::default(), "MissingRequiredParameterException"),
            (Outgoing { body: "\u{1}".to_owned(), ..Outgoing::default() }, "InvalidMessageContents"),
            (Outgoing { body: "\u{1f600}\t".to_owned(), ..Outgoing::default() }, ""),
        ] {
            let found = check(&outgoing).map_or_else(|error| error.code, |()| String::new());
            assert_eq!(found, code, "{outgoing:?}");
        }
    }

    #[test]
    fn a_receipt_is_read_back() {
        let message = Message {
            sequence: 7,
            id: "i".to_owned(),
            body: String::new(),
            attributes: BTreeMap::new(),
            trace_header: None,
            sender: String::new(),
            sent: 0,
            visible_at: 0,
            received: 2,
            first_received: None,
            group: None,
            deduplication: None,
            dead_letter_source: None,
        };
        let receipt = Receipt::parse(&message.receipt("jobs")).unwrap();
        assert_eq!(receipt, Receipt { queue: "jobs".to_owned(), sequence: 7, received: 2 });
        for wrong in ["", "x", "bm8=", "?"] {
            assert_eq!(Receipt::parse(wrong), None, "{wrong}");
        }
    }
}

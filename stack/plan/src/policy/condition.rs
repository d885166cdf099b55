//! Conditions of statements.

use std::net::IpAddr;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::decide::Request;
use super::document::{DocumentError, texts};
use super::pattern::{Filled, arn_like};

/// One condition: an operator, a key, and the values that it names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    quantifier: Quantifier,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    key: String,
    expected: Vec<String>,
}

/// How the several values of a request's key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    String,
    StringIgnoreCase,
    StringLike,
    Number(Order),
    Date(Order),
    Boolean,
    Binary,
    Address,
    Arn,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, actual: &T, expected: &T) -> bool {
        match self {
            Self::Equal => actual == expected,
            Self::Less => actual < expected,
            Self::LessOrEqual => actual <= expected,
            Self::Greater => actual > expected,
            Self::GreaterOrEqual => actual >= expected,
        }
    }
}

/// Reads the `Condition` of a statement.
pub(super) fn read_conditions(block: &Value) -> Result<Vec<Condition>, DocumentError> {
    let operators = block.as_object().ok_or(DocumentError::Condition)?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        for (key, expected) in keys.as_object().ok_or(DocumentError::Condition)? {
            conditions.push(Condition::new(operator, key, texts(expected, "Condition")?)?);
        }
    }
    Ok(conditions)
}

impl Condition {
    fn new(operator: &str, key: &str, expected: Vec<String>) -> Result<Self, DocumentError> {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAllValues", name)) => (Quantifier::All, name),
            Some(("ForAnyValue", name)) => (Quantifier::Any, name),
            _ => (Quantifier::One, operator),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (comparison, negated) = match name {
            "StringEquals" => (Comparison::String, false),
            "StringNotEquals" => (Comparison::String, true),
            "StringEqualsIgnoreCase" => (Comparison::StringIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Comparison::StringIgnoreCase, true),
            "StringLike" => (Comparison::StringLike, false),
            "StringNotLike" => (Comparison::StringLike, true),
            "NumericEquals" => (Comparison::Number(Order::Equal), false),
            "NumericNotEquals" => (Comparison::Number(Order::Equal), true),
            "NumericLessThan" => (Comparison::Number(Order::Less), false),
            "NumericLessThanEquals" => (Comparison::Number(Order::LessOrEqual), false),
            "NumericGreaterThan" => (Comparison::Number(Order::Greater), false),
            "NumericGreaterThanEquals" => (Comparison::Number(Order::GreaterOrEqual), false),
            "DateEquals" => (Comparison::Date(Order::Equal), false),
            "DateNotEquals" => (Comparison::Date(Order::Equal), true),
            "DateLessThan" => (Comparison::Date(Order::Less), false),
            "DateLessThanEquals" => (Comparison::Date(Order::LessOrEqual), false),
            "DateGreaterThan" => (Comparison::Date(Order::Greater), false),
            "DateGreaterThanEquals" => (Comparison::Date(Order::GreaterOrEqual), false),
            "Bool" => (Comparison::Boolean, false),
            "BinaryEquals" => (Comparison::Binary, false),
            "IpAddress" => (Comparison::Address, false),
            "NotIpAddress" => (Comparison::Address, true),
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "Null" if quantifier == Quantifier::One && !if_exists => (Comparison::Null, false),
            _ => return Err(DocumentError::Operator(operator.to_owned())),
        };
        Ok(Self { quantifier, comparison, negated, if_exists, key: key.to_owned(), expected })
    }

    /// Whether the condition holds for a request.
    pub(super) fn holds(&self, request: &Request<'_>) -> bool {
        let actual = request.values(&self.key);
        if self.comparison == Comparison::Null {
            let is_absent = if actual.is_none() { "true" } else { "false" };
            return self.expected.iter().any(|expected| expected.eq_ignore_ascii_case(is_absent));
        }
        let Some(actual) = actual else {
            // A negation holds of what is not there, and so does a claim about all of nothing.
            return match self.quantifier {
                Quantifier::One => self.negated || self.if_exists,
                Quantifier::All => true,
                Quantifier::Any => self.if_exists,
            };
        };
        let fits = |actual: &String| {
            self.expected.iter().any(|expected| self.compare(expected, actual, request)) != self.negated
        };
        match self.quantifier {
            Quantifier::All => actual.iter().all(fits),
            // A key of several values wants a quantifier; without one, a negation must hold of all of them.
            Quantifier::One if self.negated => actual.iter().all(fits),
            Quantifier::Any | Quantifier::One => actual.iter().any(fits),
        }
    }

    fn compare(&self, expected: &str, actual: &str, request: &Request<'_>) -> bool {
        let filled = || Filled::new(expected, request);
        match self.comparison {
            Comparison::String => filled().is_some_and(|expected| expected.literal() == actual),
            Comparison::StringIgnoreCase => {
                filled().is_some_and(|expected| expected.literal().to_lowercase() == actual.to_lowercase())
            }
            Comparison::StringLike => filled().is_some_and(|expected| expected.matches(actual)),
            Comparison::Arn => filled().is_some_and(|expected| arn_like(&expected.literal(), actual)),
            Comparison::Number(order) => both(expected, actual, |text| text.trim().parse::<f64>().ok())
                .is_some_and(|(expected, actual)| order.holds(&actual, &expected)),
            Comparison::Date(order) => {
                both(expected, actual, instant).is_some_and(|(expected, actual)| order.holds(&actual, &expected))
            }
            Comparison::Boolean => expected.eq_ignore_ascii_case(actual),
            Comparison::Binary => expected == actual,
            Comparison::Address => is_in_network(expected, actual),
            // Asks about the key, never about a value of it.
            Comparison::Null => false,
        }
    }
}

fn both<T>(expected: &str, actual: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
    Some((read(expected)?, read(actual)?))
}

/// A time as RFC 3339, as a date alone, or as seconds since 1970.
pub(crate) fn instant(text: &str) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse::<i64>() {
        return OffsetDateTime::from_unix_timestamp(seconds).ok();
    }
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    OffsetDateTime::parse(&whole, &Rfc3339).ok()
}

/// `203.0.113.0/24` or a single address; of the same family only.
fn is_in_network(network: &str, address: &str) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let (Ok(base), Ok(address), Some(length)) = (base.parse::<IpAddr>(), address.parse::<IpAddr>(), length) else {
        return false;
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            let length = if network.contains('/') { length } else { 32 };
            let mask = |bits: u32| bits.checked_shr(32 - length.min(32)).unwrap_or(0);
            length <= 32 && mask(base.to_bits()) == mask(address.to_bits())
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            let mask = |bits: u128| bits.checked_shr(128 - length.min(128)).unwrap_or(0);
            length <= 128 && mask(base.to_bits()) == mask(address.to_bits())
        }
        _ => false,
    }
}

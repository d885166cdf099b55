//! The section of parameters: types, constraints, defaults.

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::scalar::{describe, text};
use super::sections::name_form;
use super::{Checker, SchemaFault};

const KEYS: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// Types besides `String`, `Number` and lists of them.
const AWS_TYPES: [&str; 11] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
];

fn is_parameter_type(name: &str) -> bool {
    let is_scalar = |name: &str| matches!(name, "String" | "Number") || AWS_TYPES.contains(&name);
    let inner =
        name.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|name| name.strip_suffix('>')).unwrap_or(name);
    if inner == "CommaDelimitedList" {
        return true;
    }
    let item = inner.strip_prefix("List<").and_then(|name| name.strip_suffix('>'));
    is_scalar(item.unwrap_or(inner))
        && item != Some("AWS::EC2::KeyPair::KeyName")
        && item != Some("AWS::SSM::Parameter::Name")
}

/// Constraints that the type does not have.
fn constraints(kind: &str, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
    let senseless: &[&str] = match kind {
        "Number" => &["AllowedPattern", "MinLength", "MaxLength"],
        _ => &["MinValue", "MaxValue"],
    };
    for key in senseless.iter().filter(|key| fields.contains_key(**key) && kind != "List<Number>") {
        found.push(
            &at.key(key),
            SchemaFault::ExcludedProperty { name: (*key).to_owned(), with: format!("Type: {kind}") },
        );
    }
}

impl Checker<'_> {
    pub(super) fn parameter_section(&self, found: &mut Found) {
        let root = At::path("/Parameters");
        for (name, parameter) in self.parameters {
            let at = root.key(name);
            if name.starts_with("Fn::") {
                continue;
            }
            name_form(name, "Parameter", &at, found);
            match parameter.as_object() {
                Some(fields) => self.parameter(fields, &at, found),
                None => found.push(
                    &at,
                    SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(parameter) },
                ),
            }
            if self.resources.contains_key(name) {
                found.say(&At::path("/Resources").key(name), format!("`{name}` is the name of a parameter, too"));
            }
        }
    }

    fn parameter(&self, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        for (key, value) in fields {
            let at = at.key(key);
            if !KEYS.contains(&key.as_str()) {
                let known = KEYS.iter().map(|name| (*name).to_owned()).collect();
                found.push(&at, SchemaFault::UnsupportedProperty { name: key.clone(), known });
                continue;
            }
            let (expected, is_fine) = match key.as_str() {
                "AllowedValues" => {
                    for (index, allowed) in value.as_array().into_iter().flatten().enumerate() {
                        if allowed.is_object() || allowed.is_array() {
                            let fault =
                                SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(allowed) };
                            found.push(&at.index(index), fault);
                        }
                    }
                    ("a list", value.is_array())
                }
                "MaxLength" | "MinLength" => ("an integer", text(value).parse::<u64>().is_ok()),
                "MaxValue" | "MinValue" => ("a number", text(value).parse::<f64>().is_ok()),
                "NoEcho" => ("a boolean", matches!(text(value).to_ascii_lowercase().as_str(), "true" | "false")),
                _ => ("a string", !value.is_object() && !value.is_array()),
            };
            if !is_fine {
                found.push(&at, SchemaFault::TypeMismatch { expected: expected.to_owned(), found: describe(value) });
            }
        }
        let Some(kind) = fields.get("Type").filter(|kind| !kind.is_null()) else {
            return found.push(at, SchemaFault::MissingProperty { name: "Type".to_owned() });
        };
        let Some(kind) = kind.as_str() else { return };
        if !is_parameter_type(kind) {
            let allowed = ["String", "Number", "CommaDelimitedList", "List<Number>", "List<String>"];
            let allowed = allowed.iter().chain(AWS_TYPES.iter()).map(|name| (*name).to_owned()).collect();
            return found.push(&at.key("Type"), SchemaFault::NotAllowed { value: kind.to_owned(), allowed });
        }
        constraints(kind, fields, at, found);
        if let Some(default) = fields.get("Default") {
            let is_list = kind.contains("List");
            let whole = text(default);
            let values: Vec<&str> = if is_list { whole.split(',').map(str::trim).collect() } else { vec![&whole] };
            for value in values {
                self.default_value(kind, value, fields, &at.key("Default"), found);
            }
        }
    }

    fn default_value(&self, kind: &str, value: &str, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let number = |key: &str| fields.get(key).and_then(|bound| text(bound).parse::<f64>().ok());
        if let Some(allowed) = fields.get("AllowedValues").and_then(Value::as_array)
            && !allowed.is_empty()
            && !allowed.iter().any(|allowed| text(allowed) == value)
        {
            let allowed = allowed.iter().map(text).collect();
            found.push(at, SchemaFault::NotAllowed { value: value.to_owned(), allowed });
        }
        // A path of the SSM parameter stands here, not its value.
        if let Some(pattern) = fields.get("AllowedPattern").and_then(Value::as_str)
            && !self.matches(&format!("^(?:{pattern})"), value)
        {
            found.push(at, SchemaFault::PatternMismatch { value: value.to_owned(), pattern: pattern.to_owned() });
        }
        if kind.contains("Number") && !kind.starts_with("AWS::SSM::") {
            match value.parse::<f64>() {
                Err(_) => {
                    found.push(
                        at,
                        SchemaFault::TypeMismatch { expected: "a number".to_owned(), found: format!("`{value}`") },
                    );
                }
                Ok(default) => {
                    if number("MinValue").is_some_and(|least| default < least)
                        || number("MaxValue").is_some_and(|most| default > most)
                    {
                        let bound = "between MinValue and MaxValue".to_owned();
                        found.push(at, SchemaFault::OutOfRange { value: value.to_owned(), bound });
                    }
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a default has at most 4,096 bytes")]
        let length = value.chars().count() as f64;
        for (key, words, is_broken) in [
            ("MinLength", "at least", number("MinLength").is_some_and(|least| length < least)),
            ("MaxLength", "at most", number("MaxLength").is_some_and(|most| length > most)),
        ] {
            if is_broken && !kind.contains("List") {
                let bound = format!("{words} {}", fields.get(key).map(text).unwrap_or_default());
                found.push(at, SchemaFault::WrongCount { what: "characters", found: value.chars().count(), bound });
            }
        }
    }
}

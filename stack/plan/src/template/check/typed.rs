//! What an intrinsic function gives, against what its place takes.

use serde_json::{Map, Value};

use super::SchemaFault;
use super::found::{At, Found};
use super::scalar::{text, types, with_article};
use super::scenario::is_no_value;
use super::walk::{Mode, Walk, list};
use crate::template::TemplateFault;
use crate::template::evaluate::attribute_parts;

/// Types whose attributes and references can be anything.
const FREE_TYPES: [&str; 4] = [
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
];

impl Walk<'_, '_> {
    /// A function at a place with the schema `keywords`. Its arguments are looked at elsewhere, once.
    pub(super) fn function(
        &self,
        (name, arguments): (&str, &Value),
        keywords: &Map<String, Value>,
        at: &At<'_>,
        mode: &Mode,
        found: &mut Found,
    ) {
        if name == "Ref" && arguments == "AWS::NoValue" {
            return;
        }
        if mode.literal {
            let before = found.faults.len();
            self.target(name, arguments, keywords, at, found);
            found.unknown |= found.faults.len() == before;
            return;
        }
        match name {
            "Fn::If" => {
                let Some([Value::String(condition), then, otherwise]) = arguments.as_array().map(Vec::as_slice) else {
                    return;
                };
                let inner = at.key(name);
                for (index, holds, branch) in [(1, true, then), (2, false, otherwise)] {
                    if let Some(under) = self.checker.conditions.assume(&mode.under, condition, holds)
                        && !is_no_value(branch)
                    {
                        let mode = Mode { under, ..Mode::default() };
                        self.value(branch, &Value::Object(keywords.clone()), &inner.index(index), &mode, found);
                    }
                }
            }
            "Ref" => self.reference(arguments, keywords, at, found),
            "Fn::GetAtt" => self.target(name, arguments, keywords, &at.key(name), found),
            "Fn::Sub" | "Fn::Join" => {
                let before = found.faults.len();
                self.gives(name, false, keywords, at, found);
                if found.faults.len() == before {
                    let function = Value::Object(Map::from_iter([(name.to_owned(), arguments.clone())]));
                    self.made_text(&function, keywords, &at.key(name), found);
                }
            }
            "Fn::Base64" | "Fn::ToJsonString" | "Fn::ImportValue" | "Fn::GetStackOutput" => {
                self.gives(name, false, keywords, at, found);
            }
            "Fn::Length" => self.gives(name, false, keywords, at, found),
            "Fn::Split" | "Fn::GetAZs" | "Fn::Cidr" => self.gives(name, true, keywords, at, found),
            "Fn::FindInMap" => {
                let expected = self.expected(keywords);
                if !expected.is_empty() && expected.iter().all(|name| name == "object") {
                    let found_words = "Fn::FindInMap, which gives a scalar or a list".to_owned();
                    let fault = SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: found_words };
                    found.push(&at.key(name), fault);
                }
            }
            _ => {}
        }
    }

    /// Faults when the place takes no scalar, or no list.
    fn gives(&self, name: &str, is_list: bool, keywords: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let expected = self.expected(keywords);
        let fits = expected.iter().any(|name| match name.as_str() {
            "array" => is_list,
            "object" => false,
            _ => !is_list,
        });
        if !expected.is_empty() && !fits {
            let expected = expected.iter().map(|name| with_article(name)).collect::<Vec<_>>().join(" or ");
            let gives = if is_list { "a list" } else { "a scalar" };
            found.push(
                &at.key(name),
                SchemaFault::TypeMismatch { expected, found: format!("{name}, which gives {gives}") },
            );
        }
    }

    /// Names of the types that the place takes; none when the schema does not say.
    fn expected(&self, keywords: &Map<String, Value>) -> Vec<String> {
        if let Some(names) = keywords.get("type") {
            return types(names).map(str::to_owned).collect();
        }
        let reference = keywords.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| self.target_of(reference));
        target.and_then(Value::as_object).map(|keywords| self.expected(keywords)).unwrap_or_default()
    }

    fn reference(&self, arguments: &Value, keywords: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let Some(name) = arguments.as_str() else { return };
        if let Some(parameter) = self.checker.parameters.get(name) {
            let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
            let is_list = kind.contains("List<") || kind.contains("CommaDelimitedList");
            self.gives("Ref", is_list, keywords, at, found);
            self.parameter_values(name, parameter, is_list, keywords, at, found);
        } else if let Some(pseudo) = name.strip_prefix("AWS::") {
            self.gives("Ref", pseudo == "NotificationARNs", keywords, at, found);
        } else if self.checker.resources.contains_key(name) {
            self.gives("Ref", false, keywords, at, found);
            self.target("Ref", arguments, keywords, &at.key("Ref"), found);
        }
    }

    /// The values that a parameter is sure to be able to have: its default and its allowed values.
    fn parameter_values(
        &self,
        name: &str,
        parameter: &Value,
        is_list: bool,
        keywords: &Map<String, Value>,
        at: &At<'_>,
        found: &mut Found,
    ) {
        let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
        if is_list || kind.starts_with("AWS::SSM::") {
            return;
        }
        let allowed = parameter.get("AllowedValues").into_iter().flat_map(list);
        let values: Vec<&Value> = match allowed.collect::<Vec<_>>() {
            allowed if allowed.is_empty() => parameter.get("Default").into_iter().collect(),
            allowed => allowed,
        };
        for value in values.into_iter().filter(|value| !value.is_object() && !value.is_array()) {
            let mut inner = Found::default();
            let value = Value::String(text(value));
            self.value(
                &value,
                &Value::Object(keywords.clone()),
                at,
                &Mode { literal: true, ..Mode::default() },
                &mut inner,
            );
            let reason = inner.faults.into_iter().find_map(|error| match error.fault {
                TemplateFault::Schema(fault) if !fault.is_warning() => Some(fault),
                _ => None,
            });
            if let Some(reason) = reason {
                found.push(at, SchemaFault::UnfitParameter { parameter: name.to_owned(), value: text(&value), reason });
            }
        }
    }

    /// Type, format and kind of what `Ref` and `Fn::GetAtt` give of a resource.
    fn target(&self, name: &str, arguments: &Value, keywords: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let (id, attribute) = match name {
            "Ref" => (arguments.as_str(), None),
            "Fn::GetAtt" => match attribute_parts(arguments) {
                Some((id, attribute)) => (Some(id), attribute.as_str()),
                None => return,
            },
            _ => return,
        };
        let Some((id, resource)) = id.and_then(|id| Some((id, self.checker.resources.get(id)?))) else { return };
        let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        if type_name.starts_with("Custom::") || type_name.ends_with("::MODULE") || FREE_TYPES.contains(&type_name) {
            return;
        }
        let Some(resource_type) = self.checker.specification.resource_type(type_name) else { return };
        let given = match attribute {
            None => resource_type.ref_schema().cloned().unwrap_or_else(|| serde_json::json!({"type": "string"})),
            // The value of an SSM parameter can stand for anything.
            Some("Value") if type_name == "AWS::SSM::Parameter" => return,
            Some(attribute) => match resource_type.attribute(attribute) {
                Some(schema) => schema,
                None => return,
            },
        };
        let words = match attribute {
            None => format!("Ref of `{id}` ({type_name})"),
            Some(attribute) => format!("`{attribute}` of `{id}` ({type_name})"),
        };
        if attribute.is_some() && !takes(&given, keywords) {
            let expected =
                self.expected(keywords).iter().map(|name| with_article(name)).collect::<Vec<_>>().join(" or ");
            return found.push(at, SchemaFault::TypeMismatch { expected, found: words });
        }
        if let Some(format) = keywords.get("format").and_then(Value::as_str)
            && !has_format(&security_group(type_name, resource, attribute, given), format)
        {
            return found.push(at, SchemaFault::WrongTarget { found: words, expected: format!("`{format}`") });
        }
        self.relation(type_name, attribute, &words, keywords, at, found);
    }

    /// A property that takes an ARN of one kind of resource does not take that of another.
    fn relation(
        &self,
        type_name: &str,
        attribute: Option<&str>,
        words: &str,
        keywords: &Map<String, Value>,
        at: &At<'_>,
        found: &mut Found,
    ) {
        let Some(references) = keywords.get("references") else { return };
        let references: Vec<&str> = list(references).filter_map(Value::as_str).collect();
        // A property that takes many kinds of things takes more than the list knows.
        let mut kinds: Vec<&str> = references.iter().filter_map(|reference| reference.split('.').next()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() > 2 {
            return;
        }
        let is_of_type = |reference: &&str| reference.rsplit_once('.').is_some_and(|(name, _)| name == type_name);
        let is_arn = |name: &str| name.ends_with("Arn") || name.ends_with("ARN");
        // An ARN says of what it is; anything else says only that it is no ARN.
        let is_telling = if let Some(attribute) = attribute {
            is_arn(attribute)
        } else {
            let identifier = self.checker.specification.resource_type(type_name).map(|known| known.ref_identifier());
            let gives_arn = identifier.is_none_or(|names| names.iter().any(|name| is_arn(name)));
            !gives_arn && references.iter().all(|reference| is_arn(reference))
        };
        if is_telling && !references.iter().any(is_of_type) {
            let expected = references.iter().map(|reference| format!("`{reference}`")).collect::<Vec<_>>().join(" or ");
            found.push(at, SchemaFault::WrongTarget { found: words.to_owned(), expected });
        }
    }
}

fn has_format(given: &Value, format: &str) -> bool {
    let is_it = |schema: &Value| schema.get("format").is_some_and(|given| given == format);
    is_it(given) || given.get("anyOf").is_some_and(|schemas| list(schemas).any(is_it))
}

/// What `Ref` of a security group gives depends on whether it has a VPC.
fn security_group(type_name: &str, resource: &Value, attribute: Option<&str>, given: Value) -> Value {
    if type_name != "AWS::EC2::SecurityGroup" || attribute.is_some() {
        return given;
    }
    let has_vpc = resource.pointer("/Properties/VpcId").is_some();
    let format = if has_vpc { "AWS::EC2::SecurityGroup.Id" } else { "AWS::EC2::SecurityGroup.Name" };
    serde_json::json!({"type": "string", "format": format})
}

/// Attributes are not turned into another type, but for numbers and flags, of which little is known.
fn takes(given: &Value, keywords: &Map<String, Value>) -> bool {
    let expected: Vec<&str> = keywords.get("type").map(|names| types(names).collect()).unwrap_or_default();
    let given: Vec<&str> = given.get("type").map(|names| types(names).collect()).unwrap_or_default();
    expected.is_empty()
        || given.is_empty()
        || expected.iter().any(|name| matches!(*name, "boolean" | "integer"))
        || expected.iter().any(|name| given.contains(name))
}

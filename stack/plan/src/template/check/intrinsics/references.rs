//! Functions that name something: `Ref`, `Fn::GetAtt`, `Fn::Sub`.

use serde_json::Value;

use super::{Section, TEXT};
use crate::template::PSEUDO_PARAMETERS;
use crate::template::check::found::{At, Found};
use crate::template::check::{Checker, SchemaFault};
use crate::template::evaluate::{Piece, attribute_parts, substitution_parts, substitution_pieces};

impl Checker<'_> {
    pub(super) fn ref_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        match arguments {
            Value::String(name) => self.name(name, at, section, found),
            Value::Object(_) if self.has_language_extensions() => self.functions_of(arguments, at, section, found),
            _ => found.function(at, "every Ref object must have a single String value."),
        }
    }

    /// A name that `Ref` or a placeholder of `Fn::Sub` gives.
    fn name(&self, name: &str, at: &At<'_>, section: Section, found: &mut Found) {
        let takes_resources = matches!(section, Section::Resources | Section::Outputs);
        let is_known = self.parameters.contains_key(name)
            || PSEUDO_PARAMETERS.contains(&name)
            || (takes_resources && self.resources.contains_key(name));
        if is_known || (takes_resources && self.is_generated(name)) {
            return;
        }
        let known = if takes_resources { self.names() } else { self.parameters.keys().cloned().collect() };
        found.push(at, SchemaFault::UndeclaredName { name: name.to_owned(), known });
    }

    pub(super) fn attribute_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        if !matches!(section, Section::Resources | Section::Outputs) {
            return found.function(at, "Fn::GetAtt cannot stand here");
        }
        let Some((id, attribute)) = attribute_parts(arguments) else {
            if !self.has_language_extensions() {
                found.function(at, "Fn::GetAtt takes a logical id and the name of an attribute");
            }
            return;
        };
        match attribute {
            Value::String(attribute) => self.attribute(id, attribute, at, found),
            other => self.argument(other, &TEXT, at, section, found),
        }
    }

    fn attribute(&self, id: &str, attribute: &str, at: &At<'_>, found: &mut Found) {
        let Some(resource) = self.resources.get(id) else {
            // The serverless transform makes resources with a period in their name.
            if !self.is_generated(id) {
                let known = self.resources.keys().cloned().collect();
                found.push(at, SchemaFault::UndeclaredName { name: id.to_owned(), known });
            }
            return;
        };
        let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let is_free = type_name.starts_with("Custom::")
            || type_name.ends_with("::MODULE")
            || type_name == "AWS::CloudFormation::CustomResource"
            || (type_name.starts_with("AWS::Serverless::") && attribute.contains('.'));
        let Some(resource_type) = self.specification.resource_type(type_name) else { return };
        let has_outputs = matches!(type_name, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application")
            || resource_type.attributes().iter().any(|known| known == "Outputs");
        let is_known = resource_type.attributes().iter().any(|known| known == attribute)
            || (has_outputs && attribute.starts_with("Outputs."));
        if !is_free && !is_known {
            let (name, resource_type_name) = (attribute.to_owned(), type_name.to_owned());
            let known = resource_type.attributes().to_vec();
            found.push(at, SchemaFault::UnknownAttribute { resource_type: resource_type_name, name, known });
        }
    }

    pub(super) fn substitution(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some((text, variables)) = substitution_parts(arguments) else {
            return found.function(at, "Fn::Sub takes a string, or a list of a string and an object of variables");
        };
        for (name, variable) in variables.into_iter().flatten() {
            self.argument(variable, &TEXT, &at.index(1).key(name), section, found);
        }
        for piece in substitution_pieces(text) {
            let Piece::Name(name) = piece else { continue };
            let name = name.trim();
            if variables.is_some_and(|variables| variables.contains_key(name)) {
                continue;
            }
            match name.split_once('.') {
                Some((id, attribute)) if matches!(section, Section::Resources | Section::Outputs) => {
                    self.attribute(id, attribute, at, found);
                }
                _ => self.name(name, at, section, found),
            }
        }
    }

    /// A literal with `${Name}` of something declared, which nothing will replace.
    pub(super) fn plain_text(&self, text: &str, at: &At<'_>, found: &mut Found) {
        let mut rest = if self.is_written { text } else { "" };
        while let Some((_, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            rest = behind;
            let is_name =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.".contains(&byte));
            let is_declared = match name.split_once('.') {
                Some((id, attribute)) => self.resources.get(id).is_some_and(|resource| {
                    let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
                    let known = self.specification.resource_type(type_name);
                    known.is_some_and(|known| known.attributes().iter().any(|known| known == attribute))
                }),
                None => {
                    PSEUDO_PARAMETERS.contains(&name)
                        || self.parameters.contains_key(name)
                        || self.resources.contains_key(name)
                }
            };
            if is_name && (is_declared || self.is_undefined_substitution(name, at)) {
                found.function(at, format!("`${{{name}}}` stays as it is outside of Fn::Sub"));
                return;
            }
        }
    }

    /// A placeholder in the definition of a state machine that no substitution replaces.
    fn is_undefined_substitution(&self, name: &str, at: &At<'_>) -> bool {
        let path = at.to_string();
        let mut steps = path.split('/').skip(2);
        let (Some(id), Some("Properties"), Some("DefinitionString")) = (steps.next(), steps.next(), steps.next())
        else {
            return false;
        };
        let substitutions =
            self.resources.get(id).and_then(|resource| resource.pointer("/Properties/DefinitionSubstitutions"));
        substitutions.is_none_or(|substitutions| substitutions.get(name).is_none())
    }
}

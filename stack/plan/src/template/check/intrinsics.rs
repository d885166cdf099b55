//! The arguments of intrinsic functions, wherever they stand.

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::scalar::text;
use super::scenario::is_no_value;
use super::{Checker, SchemaFault};
use crate::template::PSEUDO_PARAMETERS;
use crate::template::evaluate::{Piece, attribute_parts, substitution_parts, substitution_pieces};
use crate::template::function::{FUNCTIONS, function_of};

/// What may stand in an argument.
const TEXT: [&str; 14] = [
    "Fn::Base64",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Select",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::Length",
    "Ref",
];
const LISTS: [&str; 9] = [
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::If",
    "Fn::Split",
    "Fn::Select",
    "Fn::Transform",
    "Ref",
];
/// What may stand in the name of an export, which is known before resources are.
const IMPORTED: [&str; 8] =
    ["Fn::Base64", "Fn::FindInMap", "Fn::If", "Fn::Join", "Fn::Select", "Fn::Sub", "Fn::Transform", "Ref"];
/// Functions that come with the transform `AWS::LanguageExtensions`.
const EXTENSIONS: [&str; 2] = ["Fn::Length", "Fn::ToJsonString"];

/// Where a function stands, which decides what it may name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Section {
    Resources,
    Outputs,
    Conditions,
    Rules,
}

impl Checker<'_> {
    /// All functions of all sections that have some.
    pub(super) fn functions(&self, found: &mut Found) {
        for (id, resource) in self.resources {
            if id.starts_with("Fn::") {
                continue;
            }
            for (key, value) in resource.as_object().into_iter().flatten() {
                if !matches!(key.as_str(), "Metadata" | "Type" | "DependsOn" | "Condition") {
                    let path = format!("/Resources/{id}/{key}");
                    self.functions_of(value, &At::path(&path), Section::Resources, found);
                }
            }
        }
        for (name, output) in self.outputs {
            for key in ["Value", "Export"] {
                if let Some(value) = output.get(key) {
                    let path = format!("/Outputs/{name}/{key}");
                    self.functions_of(value, &At::path(&path), Section::Outputs, found);
                }
            }
        }
        for (name, condition) in self.condition_section {
            let path = format!("/Conditions/{name}");
            if !name.starts_with("Fn::") {
                self.condition(condition, &At::path(&path), Section::Conditions, found);
            }
        }
    }

    /// All functions inside `value`.
    pub(super) fn functions_of(&self, value: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.functions_of(item, &at.index(index), section, found);
                }
            }
            Value::Object(fields) => match function_of(fields) {
                Some((name, arguments)) => self.function_call(name, arguments, &at.key(name), section, found),
                None => {
                    for (key, field) in fields {
                        // The bodies of loops are not what will be there.
                        if !key.starts_with("Fn::ForEach::") {
                            self.functions_of(field, &at.key(key), section, found);
                        }
                    }
                }
            },
            Value::String(text) => self.plain_text(text, at, found),
            _ => {}
        }
    }

    fn function_call(&self, name: &str, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        if EXTENSIONS.contains(&name) && !self.has_language_extensions() {
            return found.function(at, format!("{name} needs the transform AWS::LanguageExtensions"));
        }
        match name {
            "Ref" => self.ref_call(arguments, at, section, found),
            "Fn::GetAtt" => self.attribute_call(arguments, at, section, found),
            "Fn::Sub" => self.substitution(arguments, at, section, found),
            "Fn::If" => self.choice_call(arguments, at, section, found),
            "Fn::FindInMap" => self.map_call(arguments, at, section, found),
            "Fn::Join" => self.join_call(arguments, at, section, found),
            "Fn::Select" => self.select_call(arguments, at, section, found),
            "Fn::Split" => match arguments.as_array().map(Vec::as_slice) {
                Some([Value::String(_), source]) => self.argument(source, &TEXT, at, section, found),
                _ => found.function(at, "Fn::Split takes a delimiter, which is a string, and a string to split"),
            },
            "Fn::Cidr" => match arguments.as_array() {
                Some(parts) if (2..=3).contains(&parts.len()) => {
                    for (index, part) in parts.iter().enumerate() {
                        self.argument(part, &TEXT, &at.index(index), section, found);
                    }
                }
                _ => found.function(at, "Fn::Cidr takes a block, a count and, optionally, a number of bits"),
            },
            "Fn::Base64" | "Fn::ImportValue" | "Fn::GetAZs" => {
                if arguments.is_array() {
                    return found.function(at, format!("{name} takes a string"));
                }
                if name == "Fn::ImportValue" && section == Section::Conditions {
                    return found.function(at, "Fn::ImportValue cannot stand in a condition");
                }
                if name == "Fn::GetAZs"
                    && let Some(region) = arguments.as_str()
                    && !region.is_empty()
                    && !self.specification.regions().iter().any(|known| known == region)
                {
                    let known = self.specification.regions().to_vec();
                    return found.push(at, SchemaFault::UnknownName { name: region.to_owned(), known });
                }
                let allowed: &[&str] = if name == "Fn::ImportValue" { &IMPORTED } else { &TEXT };
                self.argument(arguments, allowed, at, section, found);
            }
            "Fn::GetStackOutput" => {
                let is_fine = arguments.as_object().is_some_and(|fields| {
                    ["StackName", "OutputName"].iter().all(|key| fields.contains_key(*key))
                        && fields
                            .keys()
                            .all(|key| ["StackName", "OutputName", "Region", "RoleArn"].contains(&key.as_str()))
                });
                if !is_fine {
                    found.function(
                        at,
                        "Fn::GetStackOutput takes StackName, OutputName and, optionally, Region and RoleArn",
                    );
                }
                self.functions_of(arguments, at, section, found);
            }
            "Fn::ToJsonString" | "Fn::Length" | "Fn::Transform" => self.functions_of(arguments, at, section, found),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals"
                if section != Section::Resources && section != Section::Outputs =>
            {
                self.condition(
                    &Value::Object(Map::from_iter([(name.to_owned(), arguments.clone())])),
                    at,
                    section,
                    found,
                );
            }
            _ if name.starts_with("Fn::ForEach") => {}
            _ if FUNCTIONS.iter().any(|(known, _)| *known == name) => self.functions_of(arguments, at, section, found),
            _ => {
                let known = FUNCTIONS.iter().map(|(known, _)| (*known).to_owned()).collect();
                found.push(at, SchemaFault::UnknownName { name: name.to_owned(), known });
            }
        }
    }

    /// An argument that is a scalar, or one of the functions that may stand there.
    fn argument(&self, argument: &Value, allowed: &[&str], at: &At<'_>, section: Section, found: &mut Found) {
        match argument {
            Value::Object(fields) => match function_of(fields) {
                Some((name, _)) if !allowed.contains(&name) => {
                    found.function(at, format!("{name} cannot stand here; {} can", allowed.join(", ")));
                }
                Some(_) => self.functions_of(argument, at, section, found),
                None => found.function(at, "a string or an intrinsic function is expected, and an object is there"),
            },
            Value::Array(_) => found.function(at, "a string or an intrinsic function is expected, and a list is there"),
            Value::String(text) => self.plain_text(text, at, found),
            _ => {}
        }
    }

    fn ref_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
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
        found.push(at, SchemaFault::UnknownName { name: name.to_owned(), known });
    }

    fn attribute_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
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
                found.push(at, SchemaFault::UnknownName { name: id.to_owned(), known });
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

    fn substitution(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
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

    fn choice_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([condition, then, otherwise]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::If requires a list argument with three elements");
        };
        match condition.as_str() {
            Some(name) => self.condition_name(name, &at.index(0), found),
            None => found.function(&at.index(0), "the first argument of Fn::If is the name of a condition"),
        }
        self.functions_of(then, &at.index(1), section, found);
        self.functions_of(otherwise, &at.index(2), section, found);
    }

    pub(super) fn condition_name(&self, name: &str, at: &At<'_>, found: &mut Found) {
        if !self.conditions.is_declared(name) && !self.is_open {
            found.push(at, SchemaFault::UnknownName { name: name.to_owned(), known: self.conditions.names() });
        }
    }

    fn map_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let parts = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
        let has_default = parts.get(3).is_some_and(|options| options.get("DefaultValue").is_some());
        if !(parts.len() == 3 || (parts.len() == 4 && has_default)) {
            return found.function(at, "Fn::FindInMap takes a mapping and two keys");
        }
        for (index, part) in parts.iter().take(3).enumerate() {
            self.argument(part, &TEXT, &at.index(index), section, found);
        }
        if has_default || self.mappings.contains_key("Fn::Transform") {
            return;
        }
        let Some(name) = parts[0].as_str() else { return };
        let Some(mapping) = self.mappings.get(name) else {
            let known = self.mappings.keys().cloned().collect();
            return found.push(&at.index(0), SchemaFault::UnknownName { name: name.to_owned(), known });
        };
        let keys = |value: &Value| value.as_object().into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
        let literal = |value: &Value| (!value.is_object() && !value.is_array()).then(|| text(value));
        let mut rows: Vec<&Value> = mapping.as_object().into_iter().flatten().map(|(_, row)| row).collect();
        if let Some(pseudo) = parts[1].get("Ref").and_then(Value::as_str) {
            let is_row = |row: &String| match pseudo {
                "AWS::Region" => self.specification.regions().contains(row),
                "AWS::AccountId" => row.len() == 12 && row.bytes().all(|byte| byte.is_ascii_digit()),
                _ => true,
            };
            if !keys(mapping).iter().any(is_row) && mapping.get("Fn::Transform").is_none() {
                found.function(&at.index(1), format!("mapping `{name}` has no key that `{pseudo}` can be"));
            }
        }
        if let Some(key) = literal(&parts[1]) {
            let Some(row) = mapping.get(&key) else {
                return found.push(&at.index(1), SchemaFault::UnknownName { name: key, known: keys(mapping) });
            };
            rows = vec![row];
        }
        // A key that no row has is in none of those that can be meant.
        if let Some(key) = literal(&parts[2])
            && !rows.iter().any(|row| row.get(&key).is_some() || row.get("Fn::Transform").is_some())
        {
            let known = rows.first().map(|row| keys(row)).unwrap_or_default();
            found.push(&at.index(2), SchemaFault::UnknownName { name: key, known });
        }
    }

    fn join_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([Value::String(_), parts]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::Join takes a delimiter, which is a string, and a list");
        };
        let at = at.index(1);
        match parts {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if !is_no_value(item) {
                        self.argument(item, &TEXT, &at.index(index), section, found);
                    }
                }
            }
            Value::Object(_) => self.argument(parts, &LISTS, &at, section, found),
            _ => found.function(&at, "Fn::Join takes a list to join"),
        }
    }

    fn select_call(&self, arguments: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let Some([index, items]) = arguments.as_array().map(Vec::as_slice) else {
            return found.function(at, "Fn::Select takes an index and a list");
        };
        let number = text(index).parse::<usize>().ok();
        match index {
            Value::Object(_) => {
                self.argument(index, &["Ref", "Fn::FindInMap", "Fn::Length"], &at.index(0), section, found);
            }
            _ if number.is_none() => found.function(&at.index(0), "the index of Fn::Select is a whole number from 0"),
            _ => {}
        }
        match items {
            Value::Array(list) => {
                if number.is_some_and(|number| number >= list.len()) {
                    found.function(
                        &at.index(1),
                        format!("Fn::Select cannot take item {} of {}", text(index), list.len()),
                    );
                }
                self.functions_of(items, &at.index(1), section, found);
            }
            Value::Object(_) => self.argument(items, &LISTS, &at.index(1), section, found),
            _ => found.function(&at.index(1), "Fn::Select takes a list"),
        }
    }

    /// A literal with `${Name}` of something declared, which nothing will replace.
    fn plain_text(&self, text: &str, at: &At<'_>, found: &mut Found) {
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

//! The arguments of intrinsic functions, wherever they stand.

mod choices;
mod references;

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::{Checker, SchemaFault};
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
                        self.functions_of(field, &at.key(key), section, found);
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
                    return found.push(at, SchemaFault::UndeclaredName { name: region.to_owned(), known });
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
            _ if FUNCTIONS.iter().any(|(known, _)| *known == name) => self.functions_of(arguments, at, section, found),
            _ => {
                let known = FUNCTIONS.iter().map(|(known, _)| (*known).to_owned()).collect();
                found.push(at, SchemaFault::UndeclaredName { name: name.to_owned(), known });
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
}

//! The shape of a template: sections, members, keys.

use serde_json::{Map, Value};

use super::Template;
use super::error::{TemplateError, TemplateFault};
use super::limits::LOGICAL_ID_LENGTH;
use super::position::child_path;

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Resources",
    "Outputs",
];

/// Keys that a resource may have.
pub(crate) const RESOURCE_KEYS: [&str; 9] = [
    "Type",
    "Condition",
    "DependsOn",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Metadata",
    "Properties",
];

const PARAMETER_KEYS: [&str; 11] = [
    "Type",
    "Default",
    "Description",
    "AllowedValues",
    "AllowedPattern",
    "ConstraintDescription",
    "MinLength",
    "MaxLength",
    "MinValue",
    "MaxValue",
    "NoEcho",
];

const OUTPUT_KEYS: [&str; 4] = ["Value", "Description", "Export", "Condition"];

type Checked = Result<(), TemplateError>;

/// Checks the shape of a whole template and makes the typed value of it.
pub(super) fn read_sections(value: Value) -> Result<Template, TemplateError> {
    let Value::Object(sections) = &value else {
        return Err(TemplateError::new("", TemplateFault::UnsupportedStructure));
    };
    if let Some(steps) = first_null(&value) {
        let path = steps.iter().rev().fold(String::new(), |path, step| child_path(&path, step));
        return Err(TemplateError::new(path.clone(), TemplateFault::NullValue { path }));
    }
    if let Some(unknown) = sections.keys().find(|key| !SECTIONS.contains(&key.as_str())) {
        return Err(TemplateError::new(child_path("", unknown), TemplateFault::UnknownSection(unknown.clone())));
    }
    for key in ["AWSTemplateFormatVersion", "Description"] {
        if sections.get(key).is_some_and(|value| !value.is_string()) {
            return Err(wrong(child_path("", key), "must be a string"));
        }
    }
    let no_members = Map::new();
    match sections.get("Resources") {
        Some(Value::Object(resources)) if !resources.is_empty() => {}
        _ => return Err(TemplateError::new("/Resources", TemplateFault::NoResources)),
    }
    for section in ["Parameters", "Rules", "Mappings", "Conditions", "Resources", "Outputs"] {
        let members = match sections.get(section) {
            None => &no_members,
            Some(Value::Object(members)) => members,
            Some(_) => return Err(wrong(child_path("", section), "must be an object")),
        };
        for (name, member) in members {
            let path = child_path(&child_path("", section), name);
            match section {
                "Parameters" => parameter(name, member, &path)?,
                "Mappings" => mapping(name, member, &path)?,
                "Resources" => resource(name, member, &path)?,
                "Outputs" => output(name, member, &path)?,
                _ => {
                    object(member, &path, if section == "Rules" { "Rules" } else { "Conditions" })?;
                }
            }
        }
    }
    serde_json::from_value(value).map_err(|error| wrong(String::new(), error.to_string()))
}

fn wrong(path: String, message: impl Into<String>) -> TemplateError {
    let fault = TemplateFault::WrongValue { path: path.clone(), message: message.into() };
    TemplateError::new(path, fault)
}

/// The way to the first null, its last step first. CloudFormation takes no null anywhere.
fn first_null(value: &Value) -> Option<Vec<String>> {
    let (mut steps, step) = match value {
        Value::Null => return Some(Vec::new()),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| Some((first_null(item)?, index.to_string())))?
        }
        Value::Object(fields) => fields.iter().find_map(|(key, field)| Some((first_null(field)?, key.clone())))?,
        _ => return None,
    };
    steps.push(step);
    Some(steps)
}

fn object<'a>(value: &'a Value, path: &str, section: &'static str) -> Result<&'a Map<String, Value>, TemplateError> {
    value.as_object().ok_or_else(|| TemplateError::new(path, TemplateFault::MemberNotObject { section }))
}

fn check_name(kind: &'static str, name: &str, path: &str) -> Checked {
    let is_alphanumeric = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_alphanumeric && name.len() <= LOGICAL_ID_LENGTH {
        return Ok(());
    }
    Err(TemplateError::new(path, TemplateFault::InvalidName { kind, name: name.to_owned() }))
}

fn check_keys(fields: &Map<String, Value>, known: &[&str], place: &'static str, path: &str) -> Checked {
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => {
            Err(TemplateError::new(child_path(path, key), TemplateFault::UnknownProperty { place, key: key.clone() }))
        }
        None => Ok(()),
    }
}

fn check_strings(fields: &Map<String, Value>, keys: &[&str], path: &str) -> Checked {
    match keys.iter().find(|key| fields.get(**key).is_some_and(|value| !value.is_string())) {
        Some(key) => Err(wrong(child_path(path, key), "must be a string")),
        None => Ok(()),
    }
}

/// Checks the shape of one resource.
pub(crate) fn resource(name: &str, member: &Value, path: &str) -> Checked {
    check_name("Resource", name, path)?;
    let fields = object(member, path, "Resources")?;
    if fields.get("Type").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(TemplateError::new(path, TemplateFault::ResourceWithoutType { path: path.to_owned() }));
    }
    check_keys(fields, &RESOURCE_KEYS, "resource", path)?;
    check_strings(fields, &["Condition", "DeletionPolicy", "UpdateReplacePolicy"], path)?;
    if fields.get("Properties").is_some_and(|properties| !properties.is_object()) {
        return Err(wrong(child_path(path, "Properties"), "must be an object"));
    }
    let depends_on_is_ids = match fields.get("DependsOn") {
        None | Some(Value::String(_)) => true,
        Some(Value::Array(ids)) => ids.iter().all(Value::is_string),
        Some(_) => false,
    };
    if !depends_on_is_ids {
        return Err(wrong(child_path(path, "DependsOn"), "must be a logical id or a list of logical ids"));
    }
    for (key, allowed) in [
        ("DeletionPolicy", &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"][..]),
        ("UpdateReplacePolicy", &["Delete", "Retain", "Snapshot"][..]),
    ] {
        if let Some(Value::String(policy)) = fields.get(key)
            && !allowed.contains(&policy.as_str())
        {
            let message = format!("`{policy}` is no {key}; there are {}", allowed.join(", "));
            return Err(wrong(child_path(path, key), message));
        }
    }
    Ok(())
}

fn parameter(name: &str, member: &Value, path: &str) -> Checked {
    check_name("Parameter", name, path)?;
    let fields = object(member, path, "Parameters")?;
    if fields.get("Type").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(TemplateError::new(path, TemplateFault::ParameterWithoutType));
    }
    check_keys(fields, &PARAMETER_KEYS, "parameter", path)?;
    check_strings(fields, &["Description", "AllowedPattern", "ConstraintDescription"], path)?;
    if fields.get("AllowedValues").is_some_and(|values| !values.is_array()) {
        return Err(wrong(child_path(path, "AllowedValues"), "must be a list"));
    }
    match fields.get("Default") {
        Some(Value::Array(_) | Value::Object(_)) => {
            Err(wrong(child_path(path, "Default"), "must be a string, a number or a boolean"))
        }
        _ => Ok(()),
    }
}

fn output(name: &str, member: &Value, path: &str) -> Checked {
    check_name("Output", name, path)?;
    let fields = object(member, path, "Outputs")?;
    if !fields.contains_key("Value") {
        return Err(TemplateError::new(path, TemplateFault::OutputWithoutValue));
    }
    check_keys(fields, &OUTPUT_KEYS, "output", path)?;
    check_strings(fields, &["Condition", "Description"], path)?;
    if fields.get("Export").is_some_and(|export| export.get("Name").is_none()) {
        return Err(wrong(child_path(path, "Export"), "must be an object with a Name"));
    }
    Ok(())
}

fn mapping(name: &str, member: &Value, path: &str) -> Checked {
    check_name("Mapping", name, path)?;
    let not_map = |path: String| wrong(path, "Every Mappings member must be a map");
    for (key, second) in member.as_object().ok_or_else(|| not_map(path.to_owned()))? {
        let path = child_path(path, key);
        for (key, value) in second.as_object().ok_or_else(|| not_map(path.clone()))? {
            if value.is_object() {
                return Err(wrong(child_path(&path, key), "Every Mappings attribute must be a String or a List."));
            }
        }
    }
    Ok(())
}

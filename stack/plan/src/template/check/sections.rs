//! Sections besides resources and parameters: keys, names, mappings, conditions, outputs, rules.

use serde_json::Value;

use super::found::{At, Found};
use super::intrinsics::Section;
use super::scalar::{describe, text};
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault};
use crate::template::function::function_of;
use crate::template::{TemplateError, TemplateFault};

const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Functions that only rules have.
const OF_RULES: [&str; 6] =
    ["Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

/// Names are letters and digits.
pub(super) fn name_form(name: &str, kind: &str, at: &At<'_>, found: &mut Found) {
    let is_fine = !name.is_empty() && name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_fine && !name.starts_with("Fn::") {
        found.say(at, format!("{kind} name `{name}` is not 1 to 255 letters and digits"));
    }
}

/// CloudFormation takes no null anywhere.
fn nulls(value: &Value, at: &At<'_>, found: &mut Found) {
    match value {
        Value::Null => {
            let path = at.to_string();
            found.faults.push(TemplateError::new(path.clone(), TemplateFault::NullValue { path }));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| nulls(item, &at.index(index), found));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, field)| nulls(field, &at.key(key), found)),
        _ => {}
    }
}

impl Checker<'_> {
    pub(super) fn sections(&self, found: &mut Found) {
        let root = At::path("");
        for (key, value) in self.template {
            let at = root.key(key);
            if !SECTIONS.contains(&key.as_str()) && !key.starts_with("Fn::") {
                let known = SECTIONS.iter().map(|name| (*name).to_owned()).collect();
                found.push(&at, SchemaFault::UnsupportedProperty { name: key.clone(), known });
                continue;
            }
            let expected = match key.as_str() {
                "AWSTemplateFormatVersion" | "Description" => {
                    if value.is_string() {
                        continue;
                    }
                    "a string"
                }
                "Transform" => {
                    if value.is_string() || value.is_array() || value.is_object() {
                        continue;
                    }
                    "a string or a list"
                }
                _ => {
                    if value.is_object() {
                        continue;
                    }
                    "an object"
                }
            };
            found.push(&at, SchemaFault::TypeMismatch { expected: expected.to_owned(), found: describe(value) });
        }
        if let Some(Value::String(version)) = self.template.get("AWSTemplateFormatVersion")
            && version != "2010-09-09"
        {
            let fault = SchemaFault::NotAllowed { value: version.clone(), allowed: vec!["2010-09-09".to_owned()] };
            found.push(&root.key("AWSTemplateFormatVersion"), fault);
        }
        if !self.template.contains_key("Resources") {
            found.push(&root, SchemaFault::MissingProperty { name: "Resources".to_owned() });
        }
        if self.template.contains_key("Globals") && !self.has_serverless_transform() {
            found.say(&root.key("Globals"), "`Globals` needs the transform AWS::Serverless-2016-10-31");
        }
        self.globals(found);
        for (key, section) in self.template.iter().filter(|(key, _)| *key != "Metadata") {
            nulls(section, &root.key(key), found);
        }
        self.mapping_section(found);
        self.output_section(found);
        self.rule_section(found);
    }

    fn mapping_section(&self, found: &mut Found) {
        let root = At::path("/Mappings");
        for (name, mapping) in self.mappings {
            if name == "Fn::Transform" {
                continue;
            }
            let at = root.key(name);
            name_form(name, "Mapping", &at, found);
            let Some(rows) = mapping.as_object() else {
                found.push(
                    &at,
                    SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(mapping) },
                );
                continue;
            };
            if rows.is_empty() {
                found.push(&at, SchemaFault::WrongCount { what: "keys", found: 0, bound: "at least 1".to_owned() });
            }
            for (key, row) in rows {
                let at = at.key(key);
                if key == "Fn::Transform" {
                    continue;
                }
                if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) {
                    found.say(
                        &at,
                        format!(
                            "key `{key}` of a mapping has other characters than letters, digits, periods and hyphens"
                        ),
                    );
                }
                let Some(cells) = row.as_object() else {
                    found.push(
                        &at,
                        SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(row) },
                    );
                    continue;
                };
                if cells.is_empty() {
                    found.push(&at, SchemaFault::WrongCount { what: "keys", found: 0, bound: "at least 1".to_owned() });
                }
                for (key, cell) in cells {
                    let at = at.key(key);
                    if key != "Fn::Transform" && !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                        found
                            .say(&at, format!("key `{key}` of a mapping has other characters than letters and digits"));
                    }
                    if cell.is_object() && key != "Fn::Transform" {
                        let expected = "a string, a number or a list".to_owned();
                        found.push(&at, SchemaFault::TypeMismatch { expected, found: describe(cell) });
                    }
                }
            }
        }
    }

    fn output_section(&self, found: &mut Found) {
        let root = At::path("/Outputs");
        for (name, output) in self.outputs {
            if name.starts_with("Fn::") {
                continue;
            }
            let at = root.key(name);
            name_form(name, "Output", &at, found);
            let Some(fields) = output.as_object() else {
                found
                    .push(&at, SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(output) });
                continue;
            };
            for key in fields.keys() {
                let known = ["Value", "Description", "Export", "Condition"];
                if !known.contains(&key.as_str()) {
                    let known = known.iter().map(|name| (*name).to_owned()).collect();
                    found.push(&at.key(key), SchemaFault::UnsupportedProperty { name: key.clone(), known });
                }
            }
            let mut mode = Mode::default();
            match fields.get("Condition") {
                Some(Value::String(condition)) => {
                    self.condition_name(condition, &at.key("Condition"), found);
                    mode.under = self.conditions.assume(&mode.under, condition, true).unwrap_or_default();
                }
                Some(other) => {
                    found.push(
                        &at.key("Condition"),
                        SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(other) },
                    );
                }
                None => {}
            }
            let schema = serde_json::json!({"type": "string"});
            let walk = Walk { checker: self, root: &schema };
            match fields.get("Value") {
                None => found.push(&at, SchemaFault::MissingProperty { name: "Value".to_owned() }),
                Some(value) => walk.value(value, &schema, &at.key("Value"), &mode, found),
            }
            match fields.get("Export") {
                Some(export) if export.get("Name").is_none() => {
                    found.push(&at.key("Export"), SchemaFault::MissingProperty { name: "Name".to_owned() });
                }
                Some(export) => {
                    let name = export.get("Name").unwrap_or(&Value::Null);
                    walk.value(name, &schema, &at.key("Export").key("Name"), &mode, found);
                }
                None => {}
            }
            if let Some(Value::String(description)) = fields.get("Description")
                && description.chars().count() > 1024
            {
                let bound = "at most 1024".to_owned();
                let fault = SchemaFault::WrongCount { what: "characters", found: description.chars().count(), bound };
                found.push(&at.key("Description"), fault);
            }
        }
    }

    fn rule_section(&self, found: &mut Found) {
        let root = At::path("/Rules");
        for (name, rule) in self.template.get("Rules").and_then(Value::as_object).into_iter().flatten() {
            let at = root.key(name);
            if let Some(condition) = rule.get("RuleCondition") {
                self.condition(condition, &at.key("RuleCondition"), Section::Rules, found);
            }
            match rule.get("Assertions") {
                Some(Value::Array(assertions)) => {
                    for (index, assertion) in assertions.iter().enumerate() {
                        if let Some(assert) = assertion.get("Assert") {
                            self.condition(
                                assert,
                                &at.key("Assertions").index(index).key("Assert"),
                                Section::Rules,
                                found,
                            );
                        }
                    }
                }
                Some(other) => {
                    let fault = SchemaFault::TypeMismatch { expected: "a list".to_owned(), found: describe(other) };
                    found.push(&at.key("Assertions"), fault);
                }
                None => found.push(&at, SchemaFault::MissingProperty { name: "Assertions".to_owned() }),
            }
        }
    }

    /// A value that is a condition: one of the functions that give a truth value.
    pub(super) fn condition(&self, value: &Value, at: &At<'_>, section: Section, found: &mut Found) {
        let fields = value.as_object().filter(|fields| fields.len() == 1);
        let Some((name, arguments)) = fields.and_then(|fields| fields.iter().next()) else {
            // A literal truth value is taken as one.
            if !matches!(text(value).as_str(), "true" | "false") {
                let expected = "a condition function".to_owned();
                found.push(at, SchemaFault::TypeMismatch { expected, found: describe(value) });
            }
            return;
        };
        let inner = at.key(name);
        let count = |least: usize, most: usize, found: &mut Found| {
            let number = arguments.as_array().map_or(0, Vec::len);
            if !(least..=most).contains(&number) {
                found.function(&inner, format!("{name} takes a list of {least} to {most} conditions"));
            }
        };
        match name.as_str() {
            "Condition" => match arguments.as_str() {
                Some(name) => self.condition_name(name, &inner, found),
                None => found.function(&inner, "Condition takes the name of a condition"),
            },
            "Fn::And" | "Fn::Or" | "Fn::Not" => {
                if name == "Fn::Not" {
                    count(1, 1, found);
                } else {
                    count(2, 10, found);
                }
                for (index, argument) in arguments.as_array().into_iter().flatten().enumerate() {
                    self.condition(argument, &inner.index(index), section, found);
                }
            }
            "Fn::Equals" => {
                let Some([one, other]) = arguments.as_array().map(Vec::as_slice) else {
                    return found.function(&inner, "Fn::Equals takes two values");
                };
                for (index, side) in [one, other].into_iter().enumerate() {
                    let function = side.as_object().and_then(function_of).map(|(name, _)| name);
                    let parameter = side.get("Ref").and_then(Value::as_str).and_then(|name| self.parameters.get(name));
                    let kind = parameter.and_then(|parameter| parameter.get("Type")?.as_str()).unwrap_or_default();
                    if kind.contains("List") {
                        found.function(&inner.index(index), "Fn::Equals compares strings, and a list is there");
                    } else if matches!(function, Some("Fn::GetAtt" | "Fn::ImportValue"))
                        || side.is_array()
                        || (side.is_object() && function.is_none())
                    {
                        let what = function.map_or_else(|| describe(side), str::to_owned);
                        found
                            .function(&inner.index(index), format!("Fn::Equals compares strings, and {what} is there"));
                    } else {
                        self.functions_of(side, &inner.index(index), section, found);
                    }
                }
            }
            name if section == Section::Rules && OF_RULES.contains(&name) => {}
            _ if section == Section::Rules => self.functions_of(value, at, section, found),
            other => found.function(
                at,
                format!("{other} gives no condition; Fn::And, Fn::Or, Fn::Not, Fn::Equals and Condition do"),
            ),
        }
    }
}

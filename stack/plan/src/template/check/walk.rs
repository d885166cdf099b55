//! A value against the schema of its place.
//!
//! The dialect is the part of JSON Schema draft 7 that resource schemas use, with the words that CloudFormation adds.
//! An intrinsic function is checked by what it can give ([`super::typed`]). Inside `anyOf`, `oneOf`, `not` and `if` a
//! function has no outcome: what depends on it is not decided.

use serde_json::{Map, Value};

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scalar;
use super::scenario::{is_no_value, scenarios};
use super::{Checker, SchemaFault};
use crate::template::function::function_of;

/// Words about the value as a whole, for which `Fn::If` and `AWS::NoValue` among its members matter.
const OF_THE_WHOLE: [&str; 14] = [
    "dependencies",
    "dependentExcluded",
    "dependentRequired",
    "else",
    "if",
    "maxItems",
    "maxProperties",
    "minItems",
    "minProperties",
    "required",
    "requiredOr",
    "requiredXor",
    "then",
    "uniqueItems",
];

/// A walk with one schema document.
#[derive(Clone, Copy)]
pub(super) struct Walk<'c, 'a> {
    pub(super) checker: &'c Checker<'a>,
    /// The document that `$ref` is looked up in.
    pub(super) root: &'c Value,
}

/// Under what the walk goes on.
#[derive(Clone, Default)]
pub(super) struct Mode {
    /// True where a function has no outcome.
    pub(super) literal: bool,
    /// True where functions are compared as they are written.
    pub(super) raw: bool,
    pub(super) under: Assumptions,
}

impl Mode {
    fn literal(&self) -> Self {
        Self { literal: true, ..self.clone() }
    }
}

impl Walk<'_, '_> {
    /// Checks `value` against `schema`.
    pub(super) fn value(&self, value: &Value, schema: &Value, at: &At<'_>, mode: &Mode, found: &mut Found) {
        let keywords = match schema {
            Value::Bool(false) => return found.push(at, SchemaFault::ForbiddenValue),
            // That nothing is there is said where nulls are looked for.
            Value::Object(keywords) if !keywords.is_empty() && !value.is_null() => keywords,
            _ => return,
        };
        if let Some((name, arguments)) = value.as_object().and_then(function_of)
            && !mode.raw
        {
            return self.function((name, arguments), keywords, at, mode, found);
        }
        if let Some(text) = value.as_str()
            && text.contains("{{resolve:")
        {
            // What it stands for is known at deployment, and is a string.
            found.unknown |= mode.literal;
            return;
        }
        let concerns_whole = (value.is_object() || value.is_array())
            && keywords.keys().any(|keyword| OF_THE_WHOLE.contains(&keyword.as_str()));
        if concerns_whole {
            for (form, under) in scenarios(&self.checker.conditions, value, &mode.under) {
                let mode = Mode { under, ..*mode };
                self.whole(&form, keywords, at, &mode, found);
            }
        } else if keywords.contains_key("if") {
            self.condition(value, keywords, at, mode, found);
        }
        for (keyword, argument) in keywords {
            self.keyword((keyword, argument), value, keywords, at, mode, found);
        }
    }

    /// What a `$ref` stands for; `#/` is the document itself.
    pub(super) fn target_of(&self, reference: &str) -> Option<&Value> {
        match reference.trim_start_matches('#') {
            "/" => Some(self.root),
            pointer => self.root.pointer(pointer),
        }
    }

    fn keyword(
        &self,
        (keyword, argument): (&str, &Value),
        value: &Value,
        keywords: &Map<String, Value>,
        at: &At<'_>,
        mode: &Mode,
        found: &mut Found,
    ) {
        match (keyword, value) {
            ("$ref", _) => {
                if let Some(target) = argument.as_str().and_then(|reference| self.target_of(reference)) {
                    self.value(value, target, at, mode, found);
                }
            }
            ("allOf", _) => list(argument).for_each(|schema| self.value(value, schema, at, mode, found)),
            ("anyOf" | "oneOf", _) => self.alternatives(keyword == "oneOf", argument, value, at, mode, found),
            ("not", _) => {
                let mut inner = Found::default();
                self.value(value, argument, at, &mode.literal(), &mut inner);
                if inner.unknown {
                    found.unknown |= mode.literal;
                } else if inner.faults.is_empty() {
                    found.push(at, SchemaFault::RuledOut);
                }
            }
            ("properties", Value::Object(fields)) => {
                for (name, member) in fields {
                    if let Some(schema) = argument.get(name) {
                        self.member(member, schema, &at.key(name), mode, found);
                    }
                }
            }
            ("patternProperties", Value::Object(fields)) => {
                for (pattern, schema) in argument.as_object().into_iter().flatten() {
                    for (name, member) in fields {
                        if self.checker.matches(pattern, name) {
                            self.member(member, schema, &at.key(name), mode, found);
                        }
                    }
                }
            }
            ("additionalProperties", Value::Object(fields)) => {
                self.additional(argument, fields, keywords, at, mode, found);
            }
            ("propertyNames", Value::Object(fields)) => {
                for name in fields.keys() {
                    self.value(&Value::String(name.clone()), argument, &at.key(name), mode, found);
                }
            }
            ("items", Value::Array(items)) => {
                let skipped = keywords.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (index, item) in items.iter().enumerate().skip(skipped) {
                    self.member(item, argument, &at.index(index), mode, found);
                }
            }
            ("prefixItems", Value::Array(items)) => {
                for (index, (item, schema)) in items.iter().zip(list(argument)).enumerate() {
                    self.member(item, schema, &at.index(index), mode, found);
                }
            }
            ("contains", Value::Array(items)) => {
                let mut undecided = false;
                let has_one = items.iter().any(|item| {
                    let mut inner = Found::default();
                    self.value(item, argument, at, &mode.literal(), &mut inner);
                    undecided |= inner.unknown;
                    inner.faults.is_empty() && !inner.unknown
                });
                if !has_one && undecided {
                    found.unknown |= mode.literal;
                } else if !has_one {
                    found.push(at, SchemaFault::RuledOut);
                }
            }
            ("cfnUnresolved", _) => found.unknown = true,
            ("cfnContext", _) => {
                let no_function = argument.get("functions").and_then(Value::as_array).is_some_and(Vec::is_empty);
                let schema = argument.get("schema").unwrap_or(&Value::Null);
                self.value(value, schema, at, &Mode { raw: mode.raw || no_function, ..mode.clone() }, found);
            }
            ("cfnGather", Value::Object(_)) => self.gather(argument, value, at, mode, found),
            _ => scalar::keyword(self.checker, (keyword, argument), value, keywords, at, found),
        }
    }

    /// A member; one that is `AWS::NoValue` is not there.
    fn member(&self, member: &Value, schema: &Value, at: &At<'_>, mode: &Mode, found: &mut Found) {
        if !is_no_value(member) {
            self.value(member, schema, at, mode, found);
        }
    }

    fn additional(
        &self,
        argument: &Value,
        fields: &Map<String, Value>,
        keywords: &Map<String, Value>,
        at: &At<'_>,
        mode: &Mode,
        found: &mut Found,
    ) {
        let properties = keywords.get("properties").and_then(Value::as_object);
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        for (name, member) in fields {
            let is_declared = properties.is_some_and(|properties| properties.contains_key(name))
                || patterns.is_some_and(|patterns| patterns.keys().any(|pattern| self.checker.matches(pattern, name)));
            if is_declared || name == "Fn::Transform" || name.starts_with("Fn::ForEach::") {
                continue;
            }
            if argument == &Value::Bool(false) {
                let known = properties.into_iter().flat_map(Map::keys).cloned().collect();
                found.push(&at.key(name), SchemaFault::UnsupportedProperty { name: name.clone(), known });
            } else {
                self.member(member, argument, &at.key(name), mode, found);
            }
        }
    }

    fn alternatives(
        &self,
        exactly_one: bool,
        argument: &Value,
        value: &Value,
        at: &At<'_>,
        mode: &Mode,
        found: &mut Found,
    ) {
        let (mut fitting, mut undecided, mut of) = (0, false, 0);
        let mut nearest: Option<Found> = None;
        for schema in list(argument) {
            of += 1;
            let mut inner = Found::default();
            self.value(value, schema, at, &mode.literal(), &mut inner);
            if inner.unknown && !inner.has_errors() {
                undecided = true;
            } else if !inner.has_errors() {
                fitting += 1;
            } else if nearest.as_ref().is_none_or(|known| inner.faults.len() < known.faults.len()) {
                nearest = Some(inner);
            }
        }
        match fitting {
            0 if undecided => found.unknown |= mode.literal,
            // One alternative alone explains itself better.
            0 if of == 1 => found.faults.extend(nearest.into_iter().flat_map(|nearest| nearest.faults)),
            0 if of > 0 => found.push(at, SchemaFault::WrongForm { found: "none", of }),
            count if exactly_one && count > 1 => found.push(at, SchemaFault::WrongForm { found: "several", of }),
            _ if exactly_one && undecided => found.unknown |= mode.literal,
            _ => {}
        }
    }

    fn whole(&self, value: &Value, keywords: &Map<String, Value>, at: &At<'_>, mode: &Mode, found: &mut Found) {
        // A form of an object may be a function: `Fn::If` around the whole, chosen.
        if value.as_object().and_then(function_of).is_some() {
            return;
        }
        for keyword in OF_THE_WHOLE {
            let Some(argument) = keywords.get(keyword) else { continue };
            match (keyword, value) {
                ("if", _) => self.condition(value, keywords, at, mode, found),
                ("then" | "else", _) => {}
                ("dependencies", Value::Object(fields)) => {
                    for (name, dependency) in argument.as_object().into_iter().flatten() {
                        if !fields.contains_key(name) {
                            continue;
                        }
                        if dependency.is_array() {
                            scalar::requires(name, dependency, fields, at, found);
                        } else {
                            self.value(value, dependency, at, mode, found);
                        }
                    }
                }
                _ => scalar::whole((keyword, argument), value, at, found),
            }
        }
    }

    fn condition(&self, value: &Value, keywords: &Map<String, Value>, at: &At<'_>, mode: &Mode, found: &mut Found) {
        let Some(premise) = keywords.get("if") else { return };
        let mut inner = Found::default();
        self.value(value, premise, at, &mode.literal(), &mut inner);
        // A premise that fails anyway has failed whatever the rest of it is.
        if inner.unknown {
            found.unknown |= mode.literal;
            return;
        }
        let branch = if inner.faults.is_empty() { keywords.get("then") } else { keywords.get("else") };
        if let Some(branch) = branch {
            self.value(value, branch, at, mode, found);
        }
    }
}

pub(super) fn list(argument: &Value) -> impl Iterator<Item = &Value> {
    argument.as_array().into_iter().flatten()
}

//! Resources: their attributes, their properties against the specification, and their rules.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scalar::{describe, text};
use super::scenario::branches;
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault, policies, services};
use crate::fault::nearest;
use crate::specification::{ResourceType, Rule};
use crate::template::{TemplateError, TemplateFault};

const KEYS: [&str; 10] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

impl Checker<'_> {
    pub(super) fn resource_section(&self, found: &mut Found) {
        let root = At::path("/Resources");
        for (id, resource) in self.resources {
            if id.starts_with("Fn::") {
                continue;
            }
            let at = root.key(id);
            self.name_form(id, "Resource", &at, found);
            let Some(fields) = resource.as_object() else {
                found.push(&at, SchemaFault::WrongType { expected: "an object".to_owned(), found: describe(resource) });
                continue;
            };
            let Some(type_name) = fields.get("Type") else {
                found.push(&at, SchemaFault::MissingProperty { name: "Type".to_owned() });
                continue;
            };
            let Some(type_name) = type_name.as_str() else {
                found.push(
                    &at.key("Type"),
                    SchemaFault::WrongType { expected: "a string".to_owned(), found: describe(type_name) },
                );
                continue;
            };
            self.resource_keys(id, type_name, fields, &at, found);
            self.resource(type_name, fields, &at, found);
        }
        self.identifiers(found);
    }

    fn resource_keys(&self, id: &str, type_name: &str, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let is_serverless = type_name.starts_with("AWS::Serverless::");
        let is_custom = type_name.starts_with("Custom::") || type_name == "AWS::CloudFormation::CustomResource";
        for (key, value) in fields {
            let at = at.key(key);
            let is_known = KEYS.contains(&key.as_str()) && (key != "Version" || is_custom)
                || (self.has_serverless_transform() && matches!(key.as_str(), "Connectors" | "IgnoreGlobals"))
                || key.starts_with("Fn::");
            if !is_known && !is_serverless {
                let known = KEYS.iter().map(|name| (*name).to_owned()).collect();
                found.push(&at, SchemaFault::UnknownProperty { name: key.clone(), known });
                continue;
            }
            match key.as_str() {
                "Condition" => match value.as_str() {
                    Some(name) => self.condition_name(name, &at, found),
                    None => found
                        .push(&at, SchemaFault::WrongType { expected: "a string".to_owned(), found: describe(value) }),
                },
                "DependsOn" => self.depends_on(id, value, &at, found),
                "DeletionPolicy" | "UpdateReplacePolicy" => {
                    let mut allowed = vec!["Delete", "Retain"];
                    if key == "DeletionPolicy" {
                        allowed.push("RetainExceptOnCreate");
                    }
                    if services::takes_snapshots(type_name) {
                        allowed.push("Snapshot");
                    }
                    let is_function = value.is_object() && self.has_language_extensions();
                    if !is_function && !value.as_str().is_some_and(|value| allowed.contains(&value)) {
                        let allowed = allowed.into_iter().map(str::to_owned).collect();
                        found.push(&at, SchemaFault::NotAllowed { value: text(value), allowed });
                    }
                }
                "Properties" if !value.is_object() => {
                    found
                        .push(&at, SchemaFault::WrongType { expected: "an object".to_owned(), found: describe(value) });
                }
                _ => {}
            }
        }
    }

    fn depends_on(&self, id: &str, value: &Value, at: &At<'_>, found: &mut Found) {
        let names: Vec<(Option<usize>, &Value)> = match value {
            Value::Array(names) => names.iter().enumerate().map(|(index, name)| (Some(index), name)).collect(),
            one => vec![(None, one)],
        };
        for (index, name) in names {
            let inner = index.map(|index| at.index(index));
            let at = inner.as_ref().unwrap_or(at);
            let Some(name) = name.as_str() else {
                found.push(at, SchemaFault::WrongType { expected: "a logical id".to_owned(), found: describe(name) });
                continue;
            };
            if name == id || (!self.resources.contains_key(name) && !self.is_generated(name)) {
                let known = self.resources.keys().filter(|known| *known != id).cloned().collect();
                found.push(at, SchemaFault::UnknownName { name: name.to_owned(), known });
            }
        }
    }

    fn resource(&self, type_name: &str, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        if type_name.ends_with("::MODULE") {
            return;
        }
        let Some(resource_type) = self.known_type(type_name, at, found) else { return };
        if type_name.starts_with("AWS::Serverless::") && !self.has_serverless_transform() {
            found.say(&at.key("Type"), format!("{type_name} needs the transform AWS::Serverless-2016-10-31"));
        }
        let nothing = Value::Object(Map::new());
        let properties = fields.get("Properties").unwrap_or(&nothing);
        if !properties.is_object() {
            return;
        }
        let mut mode = Mode::default();
        if let Some(condition) = fields.get("Condition").and_then(Value::as_str) {
            mode.under = self.conditions.assume(&mode.under, condition, true).unwrap_or_default();
        }
        let at = at.key("Properties");
        // What is missing is missed at the resource.
        let walk = Walk { checker: self, root: resource_type.schema() };
        walk.value(properties, resource_type.schema(), &at, &mode, found);
        self.read_only(&resource_type, properties, &at, &mode.under, found);
        let name = resource_type.name();
        let engine = properties.get("Engine").and_then(Value::as_str).map(str::to_lowercase);
        for rule in self.specification.rules(name).iter() {
            self.rule(rule, properties, &at, &mode, found);
        }
        for region in &self.regions {
            for rule in self.specification.regional_rules(name, region).iter() {
                self.rule(rule, properties, &at, &mode, found);
            }
        }
        if let Some(engine) = engine {
            for rule in self.specification.engine_rules(name, &engine).iter() {
                self.rule(rule, properties, &at, &mode, found);
            }
        }
        policies::check(self, name, properties, &at, &mode, found);
        services::check(self, name, properties, &at, &mode.under, found);
    }

    /// The type, if it is known; says when it is not, or not everywhere.
    fn known_type(&self, name: &str, at: &At<'_>, found: &mut Found) -> Option<std::sync::Arc<ResourceType>> {
        let resource_type = self.specification.resource_type(name);
        let is_third_party = !name.starts_with("AWS::") && !name.starts_with("Custom::");
        match &resource_type {
            None => {
                let mut near = Vec::new();
                if !is_third_party {
                    let known: Vec<String> = self.specification.type_names().map(str::to_owned).collect();
                    near = nearest(name, &known).into_iter().map(str::to_owned).collect();
                }
                found.push(&at.key("Type"), SchemaFault::UnknownType { name: name.to_owned(), near });
            }
            Some(known) => {
                for region in self.regions.iter().filter(|region| !self.specification.exists_in(known.name(), region)) {
                    let fault = SchemaFault::AbsentType { name: name.to_owned(), region: (*region).to_owned() };
                    found.push(&at.key("Type"), fault);
                }
            }
        }
        resource_type
    }

    fn read_only(
        &self,
        resource_type: &ResourceType,
        properties: &Value,
        at: &At<'_>,
        under: &Assumptions,
        found: &mut Found,
    ) {
        for path in resource_type.read_only() {
            let steps: Vec<String> = path.split('/').map(str::to_owned).collect();
            let name = steps.last().cloned().unwrap_or_default();
            self.select(properties, &steps, at, under, &mut |_, at, _| {
                found.push(at, SchemaFault::ReadOnly { name: name.clone() });
            });
        }
    }

    fn rule(&self, rule: &Rule, properties: &Value, at: &At<'_>, mode: &Mode, found: &mut Found) {
        self.select(properties, &rule.at, at, &mode.under, &mut |value, at, under| {
            let mut inner = Found::default();
            let mode = Mode { literal: false, under: under.clone() };
            Walk { checker: self, root: &rule.schema }.value(value, &rule.schema, at, &mode, &mut inner);
            for error in inner.faults {
                let TemplateFault::Schema(reason) = error.fault else { continue };
                // What a parameter may be does not break a rule.
                if matches!(reason, SchemaFault::ParameterValue { .. }) {
                    continue;
                }
                let fault = SchemaFault::Rule { id: rule.id.clone(), reason: Box::new(reason) };
                found.faults.push(TemplateError::new(error.path, TemplateFault::Schema(fault)));
            }
        });
    }

    /// Calls `visit` for every value that the steps lead to, through the branches of `Fn::If`.
    pub(super) fn select(
        &self,
        value: &Value,
        steps: &[String],
        at: &At<'_>,
        under: &Assumptions,
        visit: &mut dyn FnMut(&Value, &At<'_>, &Assumptions),
    ) {
        for (branch, under) in branches(&self.conditions, value, under) {
            let Some(branch) = branch else { continue };
            let Some((step, rest)) = steps.split_first() else {
                visit(branch, at, &under);
                continue;
            };
            match branch {
                Value::Array(items) if step == "*" => {
                    for (index, item) in items.iter().enumerate() {
                        self.select(item, rest, &at.index(index), &under, visit);
                    }
                }
                Value::Object(fields) if step == "*" => {
                    for (key, field) in fields.iter().filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
                        self.select(field, rest, &at.key(key), &under, visit);
                    }
                }
                _ => {
                    if let Some(member) = branch.get(step.as_str()) {
                        self.select(member, rest, &at.key(step), &under, visit);
                    }
                }
            }
        }
    }

    /// Two resources of one type with the same identifier, both of which exist at the same time.
    fn identifiers(&self, found: &mut Found) {
        let mut seen: HashMap<(&str, String), Vec<(&str, Option<&str>)>> = HashMap::new();
        for (id, resource) in self.resources {
            let Some(type_name) = resource.get("Type").and_then(Value::as_str) else { continue };
            let Some(resource_type) = self.specification.resource_type(type_name) else { continue };
            let names = resource_type.primary_identifier();
            let read_only = resource_type.read_only();
            if names.is_empty() || names.iter().any(|name| name.contains('/') || read_only.contains(name)) {
                continue;
            }
            let values: Option<Vec<&Value>> = names.iter().map(|name| resource.get("Properties")?.get(name)).collect();
            let Some(values) = values.filter(|values| !values.iter().any(|value| value.to_string().contains("Fn::If")))
            else {
                continue;
            };
            let key = values.iter().map(|value| value.to_string()).collect::<Vec<_>>().join("\n");
            let condition = resource.get("Condition").and_then(Value::as_str);
            let others = seen.entry((type_name, key)).or_default();
            let twin = others.iter().find(|(_, other)| {
                let assumptions: Assumptions =
                    other.iter().chain(condition.iter()).map(|name| ((*name).to_owned(), true)).collect();
                self.conditions.is_possible(&assumptions)
            });
            if let Some((twin, _)) = twin {
                let message =
                    format!("`{id}` and `{twin}` are the same {type_name}: they have the same {}", names.join(", "));
                let path = match names.as_slice() {
                    [one] => format!("/Resources/{id}/Properties/{one}"),
                    _ => format!("/Resources/{id}/Properties"),
                };
                found.say(&At::path(&path), message);
            }
            others.push((id, condition));
        }
    }
}

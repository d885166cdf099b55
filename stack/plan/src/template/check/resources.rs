//! Resources: their attributes, their properties against the specification, and their rules.

use serde_json::{Map, Value};

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scalar::{describe, text};
use super::scenario::{choice, is_no_value};
use super::sections::name_form;
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault, extra, policies, services, targets};
use crate::fault::nearest;
use crate::specification::{ResourceType, Rule};
use crate::template::function::function_of;
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

/// Properties that the package command of the AWS CLI fills in: a path of a local file may stand there.
const PACKAGED: [(&str, &str); 12] = [
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location"),
    ("AWS::AppSync::GraphQLSchema", "DefinitionS3Location"),
    ("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::CodeCommit::Repository", "Code/S3"),
    ("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::LayerVersion", "Content"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"),
];

/// True for a function where an object must be: only `Fn::If` and macros give one.
fn is_misplaced_function(value: &Value) -> bool {
    let function = value.as_object().and_then(function_of).map(|(name, _)| name);
    function.is_some_and(|name| !matches!(name, "Fn::If" | "Fn::Transform" | "Fn::FindInMap"))
}

/// A value, where it is, and under which conditions it is there.
pub(super) struct Selected {
    pub(super) value: Value,
    pub(super) path: String,
    pub(super) under: Assumptions,
}

impl Checker<'_> {
    pub(super) fn resource_section(&self, found: &mut Found) {
        let root = At::path("/Resources");
        for (id, resource) in self.resources {
            if id.starts_with("Fn::") {
                continue;
            }
            let at = root.key(id);
            name_form(id, "Resource", &at, found);
            let Some(fields) = resource.as_object() else {
                found.push(
                    &at,
                    SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(resource) },
                );
                continue;
            };
            let Some(type_name) = fields.get("Type") else {
                found.push(&at, SchemaFault::MissingProperty { name: "Type".to_owned() });
                continue;
            };
            let Some(type_name) = type_name.as_str() else {
                found.push(
                    &at.key("Type"),
                    SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(type_name) },
                );
                continue;
            };
            self.resource_keys(id, type_name, fields, &at, found);
            self.update_policy(fields, &at, found);
            self.metadata(fields, &at, found);
            self.resource(type_name, fields, &at, found);
        }
        self.identifiers(found);
        services::between(self, found);
    }

    /// Which types take an `UpdatePolicy`, and what may be in it.
    fn update_policy(&self, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        if fields.get("UpdatePolicy").is_some_and(|policy| !is_misplaced_function(policy)) {
            let only =
                ["Type", "UpdatePolicy"].iter().filter_map(|key| Some(((*key).to_owned(), fields.get(*key)?.clone())));
            let schema = self.specification.document("update-policy");
            let walk = Walk { checker: self, root: &schema };
            walk.value(&Value::Object(only.collect()), &schema, at, &Mode::default(), found);
        }
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
                found.push(&at, SchemaFault::UnsupportedProperty { name: key.clone(), known });
                continue;
            }
            match key.as_str() {
                "CreationPolicy" if type_name.ends_with("::MODULE") => found.push(&at, SchemaFault::ForbiddenValue),
                "Condition" => match value.as_str() {
                    Some(name) => self.condition_name(name, &at, found),
                    None => found.push(
                        &at,
                        SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(value) },
                    ),
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
                    let function = value.as_object().and_then(function_of).map(|(name, _)| name);
                    let is_function = function.is_some_and(|name| {
                        ["Ref", "Fn::FindInMap", "Fn::If", "Fn::Sub", "Fn::Select"].contains(&name)
                    });
                    if !is_function && !value.as_str().is_some_and(|value| allowed.contains(&value)) {
                        let allowed = allowed.into_iter().map(str::to_owned).collect();
                        found.push(&at, SchemaFault::NotAllowed { value: text(value), allowed });
                    }
                }
                "CreationPolicy" | "UpdatePolicy" | "Properties"
                    if !value.is_object() || is_misplaced_function(value) =>
                {
                    found.push(
                        &at,
                        SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(value) },
                    );
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
                found
                    .push(at, SchemaFault::TypeMismatch { expected: "a logical id".to_owned(), found: describe(name) });
                continue;
            };
            if name == id || (!self.resources.contains_key(name) && !self.is_generated(name)) {
                let known = self.resources.keys().filter(|known| *known != id).cloned().collect();
                found.push(at, SchemaFault::UndeclaredName { name: name.to_owned(), known });
                continue;
            }
            let condition = |id: &str| Some(self.resources.get(id)?.get("Condition")?.as_str()?.to_owned());
            if let Some(needed) = condition(name) {
                let own = condition(id).map(|own| (own, true));
                if self.conditions.is_possible(&own.into_iter().chain([(needed.clone(), false)]).collect()) {
                    found.say(at, format!("`{name}` does not exist when condition `{needed}` does not hold"));
                }
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
        let mut inner = Found::default();
        walk.value(properties, resource_type.schema(), &at, &mode, &mut inner);
        let packaged: Vec<String> = PACKAGED
            .iter()
            .filter(|(name, path)| {
                *name == type_name && properties.pointer(&format!("/{path}")).is_some_and(Value::is_string)
            })
            .map(|(_, path)| format!("{at}/{path}"))
            .collect();
        found.faults.extend(inner.faults.into_iter().filter(|error| !packaged.contains(&error.path)));
        if !type_name.starts_with("AWS::Serverless::") {
            self.read_only(&resource_type, properties, &at, &mode.under, found);
        }
        let name = resource_type.name();
        // Engines are compared in lower case, as RDS does.
        let mut properties = std::borrow::Cow::Borrowed(properties);
        let engine = properties.get("Engine").and_then(Value::as_str).map(str::to_lowercase);
        if let (Some(engine), true) = (&engine, name.starts_with("AWS::RDS::")) {
            properties.to_mut()["Engine"] = Value::String(engine.clone());
        }
        let properties = properties.as_ref();
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
        extra::check(self, name, properties, &at, &mode, found);
        targets::check(self, name, properties, &at, &mode.under, found);
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
                if let Some(("shutdown", date)) = known.lifecycle() {
                    found.say(&at.key("Type"), format!("the service of {name} was shut down on {date}"));
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
            let steps: Vec<&str> = path.split('/').collect();
            self.select(properties, &steps, at, under, &mut |_, at, _| {
                let name = steps.last().copied().unwrap_or_default().to_owned();
                found.push(at, SchemaFault::ReadOnlyProperty { name });
            });
        }
    }

    fn rule(&self, rule: &Rule, properties: &Value, at: &At<'_>, mode: &Mode, found: &mut Found) {
        // Classes of instances go with a literal engine; another is not known to be one.
        if matches!(rule.id.as_str(), "E3025" | "E3062" | "E3694")
            && !properties.get("Engine").is_some_and(Value::is_string)
        {
            return;
        }
        self.select(properties, &rule.at, at, &mode.under, &mut |value, at, under| {
            let mut inner = Found::default();
            let mode = Mode { under: under.clone(), ..Mode::default() };
            Walk { checker: self, root: &rule.schema }.value(value, &rule.schema, at, &mode, &mut inner);
            for error in inner.faults {
                let TemplateFault::Schema(reason) = error.fault else { continue };
                // What a parameter may be does not break a rule.
                if matches!(*reason, SchemaFault::UnfitParameter { .. }) {
                    continue;
                }
                let fault = SchemaFault::BrokenRule { id: rule.id.clone(), reason };
                found.faults.push(TemplateError::new(error.path, TemplateFault::Schema(Box::new(fault))));
            }
        });
    }

    /// Calls `visit` for every value that the steps lead to, through the branches of `Fn::If`.
    pub(super) fn select(
        &self,
        value: &Value,
        steps: &[impl AsRef<str>],
        at: &At<'_>,
        under: &Assumptions,
        visit: &mut dyn FnMut(&Value, &At<'_>, &Assumptions),
    ) {
        if is_no_value(value) {
            return;
        }
        if let Some((condition, then, otherwise)) = choice(value) {
            let at = at.key("Fn::If");
            for (index, holds, branch) in [(1, true, then), (2, false, otherwise)] {
                if let Some(under) = self.conditions.assume(under, condition, holds) {
                    self.select(branch, steps, &at.index(index), &under, visit);
                }
            }
            return;
        }
        let Some((step, rest)) = steps.split_first() else { return visit(value, at, under) };
        let step = step.as_ref();
        match value {
            Value::Array(items) if step == "*" => {
                for (index, item) in items.iter().enumerate() {
                    self.select(item, rest, &at.index(index), under, visit);
                }
            }
            Value::Object(fields) if step == "*" => {
                for (key, field) in fields.iter().filter(|(key, _)| !key.starts_with("Fn::") && *key != "Ref") {
                    self.select(field, rest, &at.key(key), under, visit);
                }
            }
            _ => {
                if let Some(member) = value.get(step) {
                    self.select(member, rest, &at.key(step), under, visit);
                }
            }
        }
    }

    /// The same as a list.
    pub(super) fn selected(&self, value: &Value, path: &str, at: &At<'_>, under: &Assumptions) -> Vec<Selected> {
        let steps: Vec<&str> = path.split('/').collect();
        let mut selected = Vec::new();
        self.select(value, &steps, at, under, &mut |value, at, under| {
            selected.push(Selected { value: value.clone(), path: at.to_string(), under: under.clone() });
        });
        selected
    }
}

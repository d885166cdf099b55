//! Documents inside a template that have a schema of their own: state machines, documents of the Systems Manager, the
//! metadata of `cfn-init`, the globals of the serverless transform.

use serde_json::{Map, Value};

use super::conditions::Assumptions;
use super::found::{At, Found};
use super::scalar::describe;
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault};
use crate::template::function::function_of;
use crate::template::{TemplateError, child_path};

/// Sections of `Globals` and the types that they are for.
const GLOBALS: [(&str, &str); 8] = [
    ("AWS::Serverless::Api", "Api"),
    ("AWS::Serverless::CapacityProvider", "CapacityProvider"),
    ("AWS::Serverless::Function", "Function"),
    ("AWS::Serverless::HttpApi", "HttpApi"),
    ("AWS::Serverless::LayerVersion", "LayerVersion"),
    ("AWS::Serverless::SimpleTable", "SimpleTable"),
    ("AWS::Serverless::StateMachine", "StateMachine"),
    ("AWS::Serverless::WebSocketApi", "WebSocketApi"),
];

impl Checker<'_> {
    /// Checks a value against one of the embedded documents.
    fn document(&self, name: &str, value: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
        let schema = self.specification.document(name);
        let mode = Mode { under: under.clone(), ..Mode::default() };
        Walk { checker: self, root: &schema }.value(value, &schema, at, &mode, found);
    }

    /// `Metadata` of a resource: what `cfn-init` reads.
    pub(super) fn metadata(&self, fields: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        if let Some(init) = fields.get("Metadata").and_then(|metadata| metadata.get("AWS::CloudFormation::Init")) {
            let at = at.key("Metadata");
            self.document("cfn-init", init, &at.key("AWS::CloudFormation::Init"), &Assumptions::new(), found);
        }
    }

    /// `Globals`, and the names in `IgnoreGlobals`.
    pub(super) fn globals(&self, found: &mut Found) {
        let Some(globals) = self.template.get("Globals").filter(|_| self.has_serverless_transform()) else { return };
        self.document("globals", globals, &At::path("/Globals"), &Assumptions::new(), found);
        let root = At::path("/Resources");
        for (id, resource) in self.resources {
            let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let Some((_, section)) = GLOBALS.iter().find(|(name, _)| *name == type_name) else { continue };
            let Some(known) = globals.get(section).and_then(Value::as_object) else { continue };
            if function_of(known).is_some() {
                continue;
            }
            let at = root.key(id);
            let at = at.key("IgnoreGlobals");
            let ignored = resource.get("IgnoreGlobals").and_then(Value::as_array).into_iter().flatten();
            for (index, name) in ignored.enumerate() {
                if let Some(name) = name.as_str().filter(|name| !known.contains_key(*name)) {
                    let known = known.keys().cloned().collect();
                    found.push(&at.index(index), SchemaFault::UndeclaredName { name: name.to_owned(), known });
                }
            }
        }
    }

    /// Content of a document of the Systems Manager: an object, or its text in JSON or YAML.
    pub(super) fn systems_manager(&self, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
        self.select(properties, &["Content".to_owned()], at, under, &mut |content, at, under| {
            let parsed = match content {
                Value::String(text) if !text.contains("{{resolve:") => match read(text) {
                    Some(value) => value,
                    None => return found.say(at, "the content of the document is neither JSON nor YAML"),
                },
                Value::Object(fields) if function_of(fields).is_none() => content.clone(),
                _ => return,
            };
            let mut inner = Found::default();
            self.document("ssm-document", &parsed, at, under, &mut inner);
            // The version is compared as it is written.
            if let Some(version @ Value::Number(_)) = parsed.get("schemaVersion") {
                let fault = SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(version) };
                inner.push(&at.key("schemaVersion"), fault);
            }
            take(inner, content, at, found);
        });
    }

    /// The definition of a state machine, as an object or as JSON.
    pub(super) fn state_machine(&self, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
        let substitutions: Vec<String> = properties
            .get("DefinitionSubstitutions")
            .and_then(Value::as_object)
            .map(|substitutions| substitutions.keys().cloned().collect())
            .unwrap_or_default();
        for key in ["Definition", "DefinitionString"] {
            if key == "DefinitionString" && self.has_serverless_transform() {
                continue;
            }
            self.select(properties, &[key.to_owned()], at, under, &mut |definition, at, under| {
                let parsed = match definition {
                    Value::String(text) => match serde_json::from_str::<Value>(text) {
                        Ok(value @ Value::Object(_)) => value,
                        Ok(_) => return,
                        // A text with placeholders may become JSON only when they are filled in.
                        Err(_) if text.contains("${") || text.contains("{{resolve:") => return,
                        Err(error) => return found.say(at, format!("the definition is no JSON: {error}")),
                    },
                    Value::Object(fields) if function_of(fields).is_none() => definition.clone(),
                    _ => return,
                };
                let parsed = substituted(&parsed, &substitutions);
                let is_jsonata = parsed.get("QueryLanguage").is_some_and(|language| language == "JSONata");
                let mut inner = Found::default();
                let name = if is_jsonata { "state-machine-jsonata" } else { "state-machine" };
                self.document(name, &parsed, at, under, &mut inner);
                states(&parsed, at, &mut inner);
                take(inner, definition, at, found);
            });
        }
    }
}

/// What was found in a document: places inside a text are not places of the template.
fn take(inner: Found, written: &Value, at: &At<'_>, found: &mut Found) {
    let place = at.to_string();
    for error in inner.faults {
        let path = if written.is_string() { place.clone() } else { error.path };
        found.faults.push(TemplateError { path, ..error });
    }
}

/// A text in JSON, or in YAML.
fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let value: Value = serde_norway::from_str(text).ok()?;
        value.is_object().then_some(value)
    })
}

/// The definition with a function, of which nothing is known, for each `${Name}` of the substitutions.
fn substituted(value: &Value, names: &[String]) -> Value {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).map(str::trim);
            match name.filter(|name| names.iter().any(|known| known == name)) {
                Some(name) => serde_json::json!({"Fn::Transform": name}),
                None => value.clone(),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| substituted(item, names)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), substituted(field, names))).collect())
        }
        other => other.clone(),
    }
}

/// States that are gone to exist, in the machine and in every machine inside it.
fn states(machine: &Value, at: &At<'_>, found: &mut Found) {
    let Some(states_of) = machine.get("States").and_then(Value::as_object) else { return };
    if function_of(states_of).is_some() {
        return;
    }
    let base = at.to_string();
    let mut target = |value: Option<&Value>, path: String| {
        if let Some(name) =
            value.and_then(Value::as_str).filter(|name| !states_of.contains_key(*name) && !name.contains("${"))
        {
            let known = states_of.keys().cloned().collect();
            found.push(&At::path(&path), SchemaFault::UndeclaredName { name: name.to_owned(), known });
        }
    };
    target(machine.get("StartAt"), format!("{base}/StartAt"));
    for (name, state) in states_of {
        let path = child_path(&format!("{base}/States"), name);
        for key in ["Next", "Default"] {
            target(state.get(key), format!("{path}/{key}"));
        }
        for key in ["Choices", "Catch"] {
            for (index, rule) in state.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                target(rule.get("Next"), format!("{path}/{key}/{index}/Next"));
            }
        }
    }
    for (name, state) in states_of {
        let path = child_path(&format!("{base}/States"), name);
        for key in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = state.get(key) {
                states(inner, &At::path(&format!("{path}/{key}")), found);
            }
        }
        for (index, branch) in state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate() {
            states(branch, &At::path(&format!("{path}/Branches/{index}")), found);
        }
    }
}

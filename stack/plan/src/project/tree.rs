//! Values of any shape: event patterns, messages, filters, what stands around a secret.

use serde_json::{Map, Value, json};

use super::Text;
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::scope::Scope;
use crate::yaml::{Node, Resolved, Value as Yaml};

/// A value of any shape, its expressions not evaluated. Scalars have the type that YAML 1.2 gives them; one with an
/// expression is a text.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    place: Place,
    branch: Branch,
}

#[derive(Debug, Clone)]
enum Branch {
    Text(Text),
    /// Null, a boolean or a number.
    Literal(Value),
    Items(Vec<Tree>),
    Entries(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a value; reports tags and keys that JSON has not.
    pub(crate) fn read(node: &Node, place: &Place, sink: &Sink) -> Option<Self> {
        if let Some(tag) = &node.tag {
            let found = format!("the tag `{tag}`");
            sink.push(FaultKind::WrongType { expected: "a value without a tag".to_owned(), found }, place);
            return None;
        }
        let branch = match &node.value {
            Yaml::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => Branch::Literal(Value::Null),
                Resolved::Boolean(value) => Branch::Literal(json!(value)),
                Resolved::Integer(value) => Branch::Literal(json!(value)),
                Resolved::Float(value) => Branch::Literal(json!(value)),
                Resolved::String(text) => {
                    let place = Place { span: Some(node.span), ..place.clone() };
                    Branch::Text(Text { raw: text.to_owned(), place })
                }
            },
            Yaml::Sequence(items) => Branch::Items(
                items
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| {
                        let key_path = format!("{}[{index}]", place.key_path);
                        Self::read(item, &Place { key_path, span: Some(item.span) }, sink)
                    })
                    .collect(),
            ),
            Yaml::Mapping(entries) => Branch::Entries(
                entries
                    .iter()
                    .filter_map(|entry| {
                        let key_path = format!("{}.{}", place.key_path, entry.key);
                        let place = Place { key_path, span: Some(entry.key_span) };
                        if !deferred::is_clean(&entry.key) {
                            let rule = "a text without control characters".to_owned();
                            let name = entry.key.replace(char::is_control, "\u{fffd}");
                            sink.push(FaultKind::BadName { name, what: "key".to_owned(), rule }, &place);
                            return None;
                        }
                        Some((entry.key.clone(), Self::read(&entry.value, &place, sink)?))
                    })
                    .collect(),
            ),
        };
        Some(Self { place: place.clone(), branch })
    }

    /// Its entries, if it is a mapping.
    pub(crate) fn entries(&self) -> Option<&[(String, Tree)]> {
        if let Branch::Entries(entries) = &self.branch { Some(entries) } else { None }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The value for a template, its expressions evaluated; nothing when one has a fault or is not known here. Texts may
    /// hold marks of values that only AWS knows. `CloudFormation` has no null, so that is a fault.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Option<Value> {
        self.check_nulls(scope.sink());
        self.map(&|text| scope.evaluate(text))
    }

    /// The value for a text that holds it as JSON, where null is a value like any other. May hold marks as well.
    pub(crate) fn data(&self, scope: &Scope<'_>) -> Option<Value> {
        self.map(&|text| scope.evaluate(text))
    }

    /// The value for a text that holds it as JSON, for a place where it must be known before the deployment.
    pub(crate) fn literal(&self, scope: &Scope<'_>) -> Option<Value> {
        self.map(&|text| scope.literal(text))
    }

    fn check_nulls(&self, sink: &Sink) {
        match &self.branch {
            Branch::Literal(Value::Null) => {
                let kind = FaultKind::BadValue {
                    value: "null".to_owned(),
                    expected: "a value that a template can hold".to_owned(),
                    help: "for a field that is not there write `{ exists: false }`".to_owned(),
                };
                sink.push(kind, &self.place);
            }
            Branch::Literal(_) | Branch::Text(_) => {}
            Branch::Items(items) => items.iter().for_each(|item| item.check_nulls(sink)),
            Branch::Entries(entries) => entries.iter().for_each(|(_, tree)| tree.check_nulls(sink)),
        }
    }

    fn map(&self, evaluate: &impl Fn(&Text) -> Option<String>) -> Option<Value> {
        match &self.branch {
            Branch::Literal(value) => Some(value.clone()),
            Branch::Text(text) => evaluate(text).map(Value::String),
            // Every part is looked at, so that one value may report several faults.
            Branch::Items(items) => {
                let values: Vec<Option<Value>> = items.iter().map(|item| item.map(evaluate)).collect();
                values.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
            }
            Branch::Entries(entries) => {
                let values: Vec<Option<(String, Value)>> =
                    entries.iter().map(|(key, tree)| Some((key.clone(), tree.map(evaluate)?))).collect();
                values.into_iter().collect::<Option<Map<_, _>>>().map(Value::Object)
            }
        }
    }
}

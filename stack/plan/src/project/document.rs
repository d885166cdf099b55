//! Parts of the project file that are data of their own, such as event patterns: any YAML, with expressions in its texts.

use serde_json::{Map, Value, json};

use super::Text;
use crate::fault::{FaultKind, Place, Sink};
use crate::scope::Scope;
use crate::yaml::{self, Node, Resolved};

/// Data before its expressions are evaluated. Keys are as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    /// A number, a boolean or null.
    Plain(Value),
    Text(Text),
    List(Vec<Document>),
    Mapping(Vec<(String, Document)>),
}

/// Reads data; reports tags, which JSON has none of.
pub(crate) fn read_document(node: &Node, place: &Place, sink: &Sink) -> Option<Document> {
    if let Some(tag) = &node.tag {
        let kind = FaultKind::WrongType { expected: "plain data".to_owned(), found: format!("the tag `{tag}`") };
        sink.push(kind, place);
        return None;
    }
    let below = |part: &str, node: &Node| Place {
        key_path: format!("{}{part}", place.key_path),
        span: Some(if node.as_scalar().is_some() { node.span } else { place.span.unwrap_or(node.span) }),
    };
    match &node.value {
        yaml::Value::Scalar(scalar) => Some(match scalar.resolve() {
            Resolved::Null => Document::Plain(Value::Null),
            Resolved::Boolean(flag) => Document::Plain(json!(flag)),
            Resolved::Integer(number) => Document::Plain(json!(number)),
            Resolved::Float(number) => Document::Plain(json!(number)),
            Resolved::String(_) => Document::Text(Text { raw: scalar.text.clone(), place: below("", node) }),
        }),
        yaml::Value::Sequence(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| read_document(item, &below(&format!("[{index}]"), item), sink));
            Some(Document::List(items.collect::<Option<_>>()?))
        }
        yaml::Value::Mapping(entries) => {
            let entries = entries.iter().map(|entry| {
                let value = &entry.value;
                Some((entry.key.clone(), read_document(value, &below(&format!(".{}", entry.key), value), sink)?))
            });
            Some(Document::Mapping(entries.collect::<Option<_>>()?))
        }
    }
}

impl Document {
    /// The data with its expressions evaluated; nothing when one has a fault or its value is not known. May hold marks of
    /// values that only AWS knows.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Option<Value> {
        Some(match self {
            Self::Plain(value) => value.clone(),
            Self::Text(text) => Value::String(scope.evaluate(text)?),
            Self::List(items) => items.iter().map(|item| item.evaluate(scope)).collect::<Option<_>>()?,
            Self::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| Some((key.clone(), value.evaluate(scope)?)));
                Value::Object(entries.collect::<Option<Map<_, _>>>()?)
            }
        })
    }
}

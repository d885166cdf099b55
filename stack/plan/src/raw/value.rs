//! Values in CloudFormation's own language, with expressions inside their scalars.

use serde_json::{Map, Value};

use crate::deferred;
use crate::expression::has_expression;
use crate::fault::{FaultKind, Place};
use crate::project::Text;
use crate::scope::Scope;
use crate::template::{TemplateFault, long_name, scalar_value, split_attributes};
use crate::yaml::{Entry, Node, Resolved, Scalar, Value as Tree};

const SUB: &str = "Fn::Sub";

/// What `null` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// A fault: CloudFormation has none.
    Refused,
    /// The order to remove what stands there.
    Removes,
}

/// The value of a node: short forms of functions in their long form, expressions evaluated. What is faulty is reported
/// and has a harmless value.
pub(super) fn read_value(node: &Node, place: &Place, null: Null, scope: &Scope<'_>) -> Value {
    let reader = Reader { null, scope };
    let mut value = reader.value(node, place);
    split_attributes(&mut value);
    // Keys were evaluated as literals, so that there is nothing that cannot be resolved.
    deferred::resolve(value).unwrap_or_default()
}

/// As [`read_value`], and nothing when something in it is faulty.
pub(super) fn read_faultless(node: &Node, place: &Place, null: Null, scope: &Scope<'_>) -> Option<Value> {
    let before = scope.sink().count();
    let value = read_value(node, place, null, scope);
    (scope.sink().count() == before).then_some(value)
}

struct Reader<'a> {
    null: Null,
    scope: &'a Scope<'a>,
}

impl Reader<'_> {
    fn value(&self, node: &Node, place: &Place) -> Value {
        let Some(tag) = node.tag.as_deref() else { return self.untagged(node, place, false) };
        let place = &Place { span: Some(node.span), ..place.clone() };
        let Some(function) = long_name(tag) else {
            let fault = TemplateFault::UnknownTag(tag.to_owned());
            self.scope.sink().push(FaultKind::InvalidTemplate(fault), place);
            return Value::Null;
        };
        let arguments = match &node.value {
            // The argument of a short form is a string whatever it looks like.
            Tree::Scalar(scalar) => Value::String(self.text(scalar, place, function == SUB)),
            _ => self.untagged(node, place, function == SUB),
        };
        Value::Object(Map::from_iter([(function.to_owned(), arguments)]))
    }

    /// A node without tag. `is_sub` says that it is the argument of `Fn::Sub`.
    fn untagged(&self, node: &Node, place: &Place, is_sub: bool) -> Value {
        match &node.value {
            Tree::Scalar(scalar) => self.scalar(scalar, &Place { span: Some(node.span), ..place.clone() }, is_sub),
            Tree::Sequence(items) => {
                let item = |(index, item): (usize, &Node)| {
                    let place = Place { key_path: format!("{}[{index}]", place.key_path), span: Some(item.span) };
                    if is_sub && index == 0 && item.tag.is_none() {
                        self.untagged(item, &place, true)
                    } else {
                        self.value(item, &place)
                    }
                };
                Value::Array(items.iter().enumerate().map(item).collect())
            }
            Tree::Mapping(entries) => {
                let mut fields = Map::with_capacity(entries.len());
                for entry in entries {
                    self.entry(entry, place, &mut fields);
                }
                Value::Object(fields)
            }
        }
    }

    fn entry(&self, entry: &Entry, parent: &Place, fields: &mut Map<String, Value>) {
        let key_path = format!("{}.{}", parent.key_path, entry.key);
        let place = Place { key_path, span: Some(entry.key_span) };
        let mut key = entry.key.clone();
        if has_expression(&key) {
            key = self.scope.literal(&Text { raw: key, place: place.clone() }).unwrap_or_default();
            if fields.contains_key(&key) {
                let kind = FaultKind::DuplicateKey { key: key.clone(), first_line: parent.line() };
                self.scope.sink().push(kind, &place);
            }
        }
        let is_sub = key == SUB && entry.value.tag.is_none();
        let value = if is_sub { self.untagged(&entry.value, &place, true) } else { self.value(&entry.value, &place) };
        fields.insert(key, value);
    }

    fn scalar(&self, scalar: &Scalar, place: &Place, is_sub: bool) -> Value {
        if scalar.resolve() == Resolved::Null {
            if self.null == Null::Refused || scalar.text.is_empty() {
                let expected = match self.null {
                    Null::Refused => "a value",
                    Null::Removes => "a value, or `null` to remove what stands there",
                };
                let kind = FaultKind::WrongType { expected: expected.to_owned(), found: "nothing".to_owned() };
                self.scope.sink().push(kind, place);
            }
            return Value::Null;
        }
        match scalar_value(scalar) {
            Value::String(_) => Value::String(self.text(scalar, place, is_sub)),
            other => other,
        }
    }

    fn text(&self, scalar: &Scalar, place: &Place, is_sub: bool) -> String {
        let text = Text { raw: scalar.text.clone(), place: place.clone() };
        let value = if is_sub { self.scope.evaluate_substitution(&text) } else { self.scope.evaluate(&text) };
        value.unwrap_or_default()
    }
}

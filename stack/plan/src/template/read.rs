//! Text to template.

use serde_json::{Map, Value};

use super::error::{TemplateError, TemplateFault};
use super::function::long_name;
use super::position::Positions;
use super::{Template, structure};
use crate::yaml::{self, Duplicate, Node, Resolved, Scalar, Value as Tree, YamlError};

impl Template {
    /// Reads a template: JSON, or YAML with or without the short forms of intrinsic functions.
    ///
    /// Scalars stay what the author wrote: `000000000000`, `1.10` and `no` are strings, `true` and `30` are not.
    ///
    /// # Errors
    /// The first fault of syntax or structure with its place. References and limits are the matter of
    /// [`Template::faults`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::parse_with_positions(text).map(|(template, _)| template)
    }

    /// The same, with the places of all values for later messages.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_with_positions(text: &str) -> Result<(Self, Positions), TemplateError> {
        let (value, positions) = if text.trim_start().starts_with('{') {
            read_json(text).or_else(|error| read_flow_yaml(text, error))?
        } else {
            read_yaml(text)?
        };
        let template = structure::read_sections(value).map_err(|error| error.locate(&positions))?;
        Ok((template, positions))
    }
}

/// A template as a value, before its structure is looked at.
pub(super) struct ReadValue {
    pub(super) value: Value,
    pub(super) positions: Positions,
    /// Keys that repeat an earlier one of their mapping.
    pub(super) duplicates: Vec<Duplicate>,
}

/// Reads the text as [`Template::parse`] does, and goes on at a repeated key.
pub(super) fn read_value(text: &str) -> Result<ReadValue, TemplateError> {
    let (value, document) = if text.trim_start().starts_with('{') {
        match read_json(text) {
            Ok((value, _)) => (Some(value), yaml::parse_document(text).ok()),
            Err(error) => (None, Some(yaml::parse_document(text).map_err(|_| error)?)),
        }
    } else {
        (None, Some(yaml::parse_document(text).map_err(|error| syntax(&error))?))
    };
    let value = match (value, &document) {
        (Some(value), _) => value,
        (None, Some(document)) => {
            let mut value = to_value(&document.root)?;
            split_attributes(&mut value);
            value
        }
        (None, None) => Value::Null,
    };
    let (positions, duplicates) =
        document.map(|document| (Positions::new(document.root), document.duplicates)).unwrap_or_default();
    Ok(ReadValue { value, positions, duplicates })
}

fn syntax(error: &YamlError) -> TemplateError {
    let position = error.span().into();
    let fault = TemplateFault::YamlSyntax(error.to_string());
    TemplateError { position: Some(position), ..TemplateError::new("", fault) }
}

fn read_json(text: &str) -> Result<(Value, Positions), TemplateError> {
    let mut value: Value = serde_json::from_str(text).map_err(|error| {
        let fault = TemplateFault::JsonSyntax(format!("line {}, column {}", error.line(), error.column()));
        let position = super::Position { line: error.line(), column: error.column() };
        TemplateError { position: Some(position), ..TemplateError::new("", fault) }
    })?;
    split_attributes(&mut value);
    // JSON is read as YAML a second time for the places only; a text for which that fails just has none.
    Ok((value, yaml::parse(text).map(Positions::new).unwrap_or_default()))
}

/// A text that begins with `{` may be YAML in flow style, with short forms. The complaint stays JSON's when it is not.
fn read_flow_yaml(text: &str, error: TemplateError) -> Result<(Value, Positions), TemplateError> {
    read_yaml(text).map_err(|_| error)
}

fn read_yaml(text: &str) -> Result<(Value, Positions), TemplateError> {
    let root = yaml::parse(text).map_err(|error| syntax(&error))?;
    let mut value = to_value(&root)?;
    split_attributes(&mut value);
    Ok((value, Positions::new(root)))
}

fn to_value(node: &Node) -> Result<Value, TemplateError> {
    let Some(tag) = node.tag.as_deref() else { return untagged(node) };
    let Some(function) = long_name(tag) else {
        let error = TemplateError::new("", TemplateFault::UnknownTag(tag.to_owned()));
        return Err(TemplateError { position: Some(node.span.into()), ..error });
    };
    // The argument of a short form is a string whatever it looks like (`!Ref 1`), and may be empty (`!GetAZs ''`).
    let arguments = match &node.value {
        Tree::Scalar(scalar) => Value::String(scalar.text.clone()),
        _ => untagged(node)?,
    };
    Ok(Value::Object(Map::from_iter([(function.to_owned(), arguments)])))
}

fn untagged(node: &Node) -> Result<Value, TemplateError> {
    Ok(match &node.value {
        Tree::Scalar(scalar) => scalar_value(scalar),
        Tree::Sequence(items) => Value::Array(items.iter().map(to_value).collect::<Result<_, _>>()?),
        Tree::Mapping(entries) => {
            let mut fields = Map::with_capacity(entries.len());
            for entry in entries {
                fields.insert(entry.key.clone(), to_value(&entry.value)?);
            }
            Value::Object(fields)
        }
    })
}

/// A number is one only if printing it gives the same text again: account ids, versions and exponents stay strings.
pub(crate) fn scalar_value(scalar: &Scalar) -> Value {
    match scalar.resolve() {
        Resolved::Null => Value::Null,
        Resolved::Boolean(flag) => Value::Bool(flag),
        Resolved::Integer(number) if number.to_string() == scalar.text => Value::from(number),
        Resolved::Float(number) => {
            let number = Value::from(number);
            let printed = number.to_string();
            if printed == scalar.text { number } else { Value::String(scalar.text.clone()) }
        }
        _ => Value::String(scalar.text.clone()),
    }
}

/// Brings `{"Fn::GetAtt": "Id.Attribute"}` into its list form, so that there is one form only.
pub(crate) fn split_attributes(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(split_attributes),
        Value::Object(fields) => {
            if fields.len() == 1
                && let Some(arguments) = fields.get_mut("Fn::GetAtt")
                && let Some((id, attribute)) = arguments.as_str().and_then(|text| text.split_once('.'))
            {
                *arguments = Value::from(vec![id, attribute]);
            }
            fields.values_mut().for_each(split_attributes);
        }
        _ => {}
    }
}

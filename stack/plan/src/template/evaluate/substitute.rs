//! `Fn::Sub`.

use serde_json::{Map, Value};

use super::functions::{argument, look_up};
use super::{EvaluationError, Scope, is_known_after_apply, scalar_text, unknown, within_limit};

/// A piece of a `Fn::Sub` string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// The name inside `${...}`.
    Name(&'a str),
}

/// Cuts the string of a `Fn::Sub` into pieces. `${!X}` is the text `${X}`; a `${` that is never closed is text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let inside = &rest[start + 2..start + length];
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        if let Some(literal) = inside.strip_prefix('!') {
            pieces.push(Piece::Text("${"));
            pieces.push(Piece::Text(literal));
            pieces.push(Piece::Text("}"));
        } else {
            pieces.push(Piece::Name(inside.trim()));
        }
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// String and variables of a `Fn::Sub`, in either of its forms.
pub(crate) fn parts(arguments: &Value) -> Option<(&str, Option<&Map<String, Value>>)> {
    match arguments {
        Value::String(text) => Some((text, None)),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text), Value::Object(variables)] => Some((text, Some(variables))),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn substitute(arguments: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    let (text, variables) = parts(arguments).ok_or_else(|| {
        EvaluationError::template(
            "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
             argument, and an optional second argument to specify a mapping of values to replace in the string",
        )
    })?;
    let mut result = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => result.push_str(text),
            Piece::Name(name) => {
                let value = match variables.and_then(|variables| variables.get(name)) {
                    Some(variable) => argument(variable, scope)?,
                    None => match name.split_once('.') {
                        Some((id, attribute)) => scope.attribute(id, attribute)?,
                        None => look_up(name, scope)?,
                    },
                };
                if is_known_after_apply(&value) {
                    return Ok(unknown());
                }
                let text = scalar_text(&value).or_else(|| comma_separated(&value)).ok_or_else(|| {
                    EvaluationError::template(format!(
                        "variable {name} in Fn::Sub expression does not resolve to a string"
                    ))
                })?;
                result.push_str(&text);
            }
        }
        result = within_limit(result)?;
    }
    Ok(Value::String(result))
}

/// A list parameter stands in a string as it was given, with commas.
fn comma_separated(value: &Value) -> Option<String> {
    let items: Option<Vec<String>> = value.as_array()?.iter().map(scalar_text).collect();
    Some(items?.join(","))
}

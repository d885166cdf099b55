//! Evaluation of intrinsic functions.

mod cidr;
mod condition;
mod functions;
mod substitute;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use miette::Diagnostic;
use serde_json::{Map, Value};
use thiserror::Error;

pub use condition::evaluate_conditions;
pub(crate) use functions::attribute_parts;
pub(crate) use substitute::{Piece, parts as substitution_parts, pieces as substitution_pieces};

use super::function::function_of;

/// What stands for a value that exists only once the change is made (CloudFormation's own word for it).
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Greatest length in bytes of a string that a function makes. A template of 1 MB cannot need more, and a hostile one
/// could otherwise ask for all memory.
const STRING_LIMIT: usize = 1024 * 1024;

/// Mappings of a template: name, top-level key, second-level key, value.
pub type Mappings = IndexMap<String, IndexMap<String, IndexMap<String, Value>>>;

/// What an evaluation may look at.
pub trait Scope {
    /// Value of a template parameter: a string, or a list for list types.
    fn parameter(&self, name: &str) -> Option<Value>;

    /// Value of a pseudo parameter (`AWS::Region`). `AWS::NoValue` is never asked for.
    fn pseudo_parameter(&self, name: &str) -> Option<Value>;

    /// What `Ref` of a resource gives; [`KNOWN_AFTER_APPLY`] while it is not made; `None` when there is no such resource.
    fn reference(&self, logical_id: &str) -> Option<Value>;

    /// What `Fn::GetAtt` gives, or [`KNOWN_AFTER_APPLY`].
    ///
    /// # Errors
    /// [`EvaluationError`] when the resource does not exist or has no such attribute.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, EvaluationError>;

    /// The template's mappings.
    fn mappings(&self) -> &Mappings;

    /// Outcome of a condition, `None` when it is not declared.
    fn condition(&self, name: &str) -> Option<bool>;

    /// Value of an export.
    ///
    /// # Errors
    /// [`EvaluationError`] when there is none of this name.
    fn import(&self, export_name: &str) -> Result<Value, EvaluationError>;

    /// Output of another stack (`Fn::GetStackOutput`).
    ///
    /// # Errors
    /// [`EvaluationError`] when stack or output do not exist.
    fn stack_output(&self, stack_name: &str, output: &str) -> Result<Value, EvaluationError>;

    /// Availability zones of a region.
    fn availability_zones(&self, region: &str) -> Vec<String> {
        ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect()
    }
}

/// Why a value cannot be evaluated, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code("evaluation-error"))]
pub struct EvaluationError {
    /// `Template error: ...`.
    pub message: String,
}

impl EvaluationError {
    /// An error with this message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    fn template(message: impl std::fmt::Display) -> Self {
        Self::new(format!("Template error: {message}"))
    }
}

/// Evaluates every intrinsic function in `value`. What `AWS::NoValue` removes is gone; `null` when the whole value is.
///
/// A function whose arguments hold [`KNOWN_AFTER_APPLY`] gives [`KNOWN_AFTER_APPLY`].
///
/// # Errors
/// [`EvaluationError`] for wrong arguments, unknown names and whatever the scope refuses.
pub fn evaluate(value: &Value, scope: &dyn Scope) -> Result<Value, EvaluationError> {
    Ok(evaluate_optional(value, scope)?.unwrap_or(Value::Null))
}

/// The same, `None` where the value is `AWS::NoValue`.
pub(super) fn evaluate_optional(value: &Value, scope: &dyn Scope) -> Result<Option<Value>, EvaluationError> {
    match value {
        Value::Array(items) => {
            let mut evaluated = Vec::with_capacity(items.len());
            for item in items {
                evaluated.extend(evaluate_optional(item, scope)?);
            }
            Ok(Some(Value::Array(evaluated)))
        }
        Value::Object(fields) => {
            if let Some((name, arguments)) = function_of(fields) {
                return functions::call(name, arguments, scope);
            }
            let mut evaluated = Map::with_capacity(fields.len());
            for (key, field) in fields {
                if let Some(field) = evaluate_optional(field, scope)? {
                    evaluated.insert(key.clone(), field);
                }
            }
            Ok(Some(Value::Object(evaluated)))
        }
        scalar => Ok(Some(scalar.clone())),
    }
}

/// True when the value is, or holds somewhere, [`KNOWN_AFTER_APPLY`].
#[must_use]
pub fn is_known_after_apply(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(KNOWN_AFTER_APPLY),
        Value::Array(items) => items.iter().any(is_known_after_apply),
        Value::Object(fields) => fields.values().any(is_known_after_apply),
        _ => false,
    }
}

fn unknown() -> Value {
    Value::String(KNOWN_AFTER_APPLY.to_owned())
}

/// Text of a scalar, as functions that want strings take it.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn within_limit(text: String) -> Result<String, EvaluationError> {
    if text.len() > STRING_LIMIT {
        return Err(EvaluationError::template(format!(
            "a function makes a string of {} bytes, more than {STRING_LIMIT}",
            text.len()
        )));
    }
    Ok(text)
}

/// A scope in which only parameters and pseudo parameters exist: where conditions and rules are evaluated.
pub struct ParameterScope<'a> {
    /// Values of parameters.
    pub parameters: &'a BTreeMap<String, Value>,
    /// Values of pseudo parameters.
    pub pseudo_parameters: &'a BTreeMap<String, Value>,
    /// The template's mappings.
    pub mappings: &'a Mappings,
}

impl Scope for ParameterScope<'_> {
    fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.get(name).cloned()
    }

    fn pseudo_parameter(&self, name: &str) -> Option<Value> {
        self.pseudo_parameters.get(name).cloned()
    }

    fn reference(&self, _logical_id: &str) -> Option<Value> {
        None
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, EvaluationError> {
        Err(EvaluationError::template(format!(
            "conditions cannot look at resources, and one asks for `{logical_id}.{attribute}`"
        )))
    }

    fn mappings(&self) -> &Mappings {
        self.mappings
    }

    fn condition(&self, _name: &str) -> Option<bool> {
        None
    }

    fn import(&self, export_name: &str) -> Result<Value, EvaluationError> {
        Err(EvaluationError::template(format!("conditions cannot import, and one asks for `{export_name}`")))
    }

    fn stack_output(&self, stack_name: &str, output: &str) -> Result<Value, EvaluationError> {
        Err(EvaluationError::template(format!(
            "conditions cannot look at other stacks, and one asks for `{output}` of `{stack_name}`"
        )))
    }
}

#[cfg(test)]
mod tests;

//! Conditions.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::functions::argument;
use super::{EvaluationError, Scope, scalar_text};

/// Evaluates all conditions of a template, each once.
///
/// # Errors
/// [`EvaluationError`] for unknown names, wrong arguments, and conditions that depend on themselves.
pub fn evaluate_conditions(
    conditions: &IndexMap<String, Value>,
    scope: &dyn Scope,
) -> Result<BTreeMap<String, bool>, EvaluationError> {
    let mut evaluation = Evaluation { conditions: Some(conditions), scope, known: BTreeMap::new(), open: Vec::new() };
    for name in conditions.keys() {
        evaluation.named(name, "Conditions")?;
    }
    Ok(evaluation.known)
}

/// Evaluates a condition function that stands outside of `Conditions`, where names are the scope's.
pub(super) fn test_here(name: &str, arguments: &Value, scope: &dyn Scope) -> Result<bool, EvaluationError> {
    Evaluation { conditions: None, scope, known: BTreeMap::new(), open: Vec::new() }.function(name, arguments)
}

struct Evaluation<'a> {
    conditions: Option<&'a IndexMap<String, Value>>,
    scope: &'a dyn Scope,
    known: BTreeMap<String, bool>,
    /// Conditions being evaluated, outermost first.
    open: Vec<String>,
}

impl Evaluation<'_> {
    fn named(&mut self, name: &str, place: &str) -> Result<bool, EvaluationError> {
        let missing = || EvaluationError::template(format!("unresolved condition dependency {name} in {place}"));
        let Some(conditions) = self.conditions else { return self.scope.condition(name).ok_or_else(missing) };
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        if self.open.iter().any(|open| open == name) {
            return Err(EvaluationError::new(format!(
                "Template format error: Circular dependency between conditions: [{}]",
                self.open.join(", ")
            )));
        }
        let condition = conditions.get(name).ok_or_else(missing)?;
        self.open.push(name.to_owned());
        let holds = self.test(condition)?;
        self.open.pop();
        self.known.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn test(&mut self, condition: &Value) -> Result<bool, EvaluationError> {
        let wrong = || {
            EvaluationError::new(
                "Template format error: Every Conditions member must be a condition function: Fn::And, Fn::Or, \
                 Fn::Not, Fn::Equals, Fn::Contains or Condition",
            )
        };
        let fields = condition.as_object().filter(|fields| fields.len() == 1).ok_or_else(wrong)?;
        let (name, arguments) = fields.iter().next().ok_or_else(wrong)?;
        match (name.as_str(), arguments) {
            ("Condition", Value::String(name)) => self.named(name, "Condition"),
            ("Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Fn::Contains", _) => self.function(name, arguments),
            _ => Err(wrong()),
        }
    }

    fn function(&mut self, name: &str, arguments: &Value) -> Result<bool, EvaluationError> {
        let list = arguments.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name, list) {
            ("Fn::And", conditions @ [_, _, ..]) if conditions.len() <= 10 => {
                for condition in conditions {
                    if !self.test(condition)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ("Fn::Or", conditions @ [_, _, ..]) if conditions.len() <= 10 => {
                for condition in conditions {
                    if self.test(condition)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            ("Fn::Not", [condition]) => Ok(!self.test(condition)?),
            ("Fn::Equals", [left, right]) => {
                let [left, right] = [argument(left, self.scope)?, argument(right, self.scope)?];
                // "1" and 1 are the same to CloudFormation, which knows scalars as strings only.
                Ok(match (scalar_text(&left), scalar_text(&right)) {
                    (Some(left), Some(right)) => left == right,
                    _ => left == right,
                })
            }
            ("Fn::Contains", [list, value]) => {
                let [list, value] = [argument(list, self.scope)?, argument(value, self.scope)?];
                let items = list.as_array().ok_or_else(|| {
                    EvaluationError::template("every Fn::Contains object requires a list of strings and a string")
                })?;
                Ok(items.iter().any(|item| scalar_text(item) == scalar_text(&value)))
            }
            ("Fn::Equals", _) => {
                Err(EvaluationError::template("every Fn::Equals object requires a list of 2 string parameters."))
            }
            ("Fn::Not", _) => Err(EvaluationError::template("every Fn::Not object requires one boolean parameter.")),
            ("Fn::Contains", _) => {
                Err(EvaluationError::template("every Fn::Contains object requires a list of strings and a string"))
            }
            _ => Err(EvaluationError::template(format!(
                "every {name} object requires a list of at least 2 and at most 10 boolean parameters."
            ))),
        }
    }
}

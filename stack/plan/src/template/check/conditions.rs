//! Which conditions can hold together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Conditions and whether each is assumed to hold, on the way to a value.
pub(super) type Assumptions = Vec<(String, bool)>;

/// Assignments that are tried before everything is thought possible.
const LIMIT: usize = 2048;
/// Depth of conditions inside conditions.
const DEPTH: usize = 32;

/// The conditions of a template.
pub(super) struct Conditions<'a> {
    conditions: &'a Map<String, Value>,
    parameters: &'a Map<String, Value>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(conditions: &'a Map<String, Value>, parameters: &'a Map<String, Value>) -> Self {
        Self { conditions, parameters }
    }

    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.conditions.contains_key(name)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.conditions.keys().cloned().collect()
    }

    /// `assumptions` and one more; nothing when they cannot hold together.
    pub(super) fn assume(&self, assumptions: &Assumptions, name: &str, holds: bool) -> Option<Assumptions> {
        if let Some((_, known)) = assumptions.iter().find(|(known, _)| known == name) {
            return (*known == holds).then(|| assumptions.clone());
        }
        let mut more = assumptions.clone();
        more.push((name.to_owned(), holds));
        // A condition that can never hold alone is one that somebody is about to change: what is in it is looked at.
        (assumptions.is_empty() || self.is_possible(&more)).then_some(more)
    }

    /// True when some values of the parameters make all assumptions hold.
    pub(super) fn is_possible(&self, assumptions: &Assumptions) -> bool {
        let mut domains: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, _) in assumptions {
            if let Some(condition) = self.conditions.get(name) {
                self.collect(condition, &mut domains, 0);
            }
        }
        let mut variables: Vec<(String, Vec<String>)> = Vec::with_capacity(domains.len());
        let mut size = 1_usize;
        for (variable, literals) in domains {
            let allowed = self.allowed_values(&variable);
            let values = match allowed {
                Some(allowed) => allowed,
                // Any other value is like another.
                None => literals.into_iter().chain([format!("\u{0}{variable}")]).collect(),
            };
            size = size.saturating_mul(values.len());
            variables.push((variable, values));
        }
        if size > LIMIT {
            return true;
        }
        (0..size).any(|number| {
            let mut rest = number;
            let assignment: BTreeMap<&str, &str> = variables
                .iter()
                .map(|(variable, values)| {
                    let value = &values[rest % values.len()];
                    rest /= values.len();
                    (variable.as_str(), value.as_str())
                })
                .collect();
            assumptions.iter().all(|(name, holds)| {
                let Some(condition) = self.conditions.get(name) else { return true };
                self.evaluate(condition, &assignment, 0).is_none_or(|value| value == *holds)
            })
        })
    }

    fn allowed_values(&self, variable: &str) -> Option<Vec<String>> {
        let name = variable.strip_prefix("Ref ")?;
        let allowed = self.parameters.get(name)?.get("AllowedValues")?.as_array()?;
        (!allowed.is_empty()).then(|| allowed.iter().map(text).collect())
    }

    fn collect(&self, condition: &Value, domains: &mut BTreeMap<String, BTreeSet<String>>, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let Some((function, arguments)) = single(condition) else { return };
        match function {
            "Condition" => {
                if let Some(inner) = arguments.as_str().and_then(|name| self.conditions.get(name)) {
                    self.collect(inner, domains, depth + 1);
                }
            }
            "Fn::And" | "Fn::Or" | "Fn::Not" => {
                for argument in arguments.as_array().into_iter().flatten() {
                    self.collect(argument, domains, depth + 1);
                }
            }
            "Fn::Equals" => {
                let Some([one, other]) = arguments.as_array().map(Vec::as_slice) else { return };
                for (side, against) in [(one, other), (other, one)] {
                    if let Operand::Variable(variable) = operand(side) {
                        let literals = domains.entry(variable).or_default();
                        if let Operand::Literal(literal) = operand(against) {
                            literals.insert(literal);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn evaluate(&self, condition: &Value, assignment: &BTreeMap<&str, &str>, depth: usize) -> Option<bool> {
        if depth > DEPTH {
            return None;
        }
        let (function, arguments) = single(condition)?;
        let outcomes =
            || arguments.as_array().into_iter().flatten().map(|inner| self.evaluate(inner, assignment, depth + 1));
        match function {
            "Condition" => self.evaluate(self.conditions.get(arguments.as_str()?)?, assignment, depth + 1),
            "Fn::Not" => outcomes().next()?.map(|outcome| !outcome),
            "Fn::And" => {
                let outcomes: Vec<_> = outcomes().collect();
                if outcomes.contains(&Some(false)) {
                    Some(false)
                } else {
                    outcomes.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            "Fn::Or" => {
                let outcomes: Vec<_> = outcomes().collect();
                if outcomes.contains(&Some(true)) {
                    Some(true)
                } else {
                    outcomes.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
            "Fn::Equals" => {
                let [one, other] = arguments.as_array()?.as_slice() else { return None };
                let value = |side: &Value| match operand(side) {
                    Operand::Literal(literal) => Some(literal),
                    Operand::Variable(variable) => assignment.get(variable.as_str()).map(|value| (*value).to_owned()),
                };
                Some(value(one)? == value(other)?)
            }
            _ => None,
        }
    }
}

enum Operand {
    Literal(String),
    /// Something that is known at deployment: a parameter (`Ref Name`), or the text of a function.
    Variable(String),
}

fn operand(value: &Value) -> Operand {
    match value {
        Value::Object(fields) => match fields.get("Ref").and_then(Value::as_str) {
            Some(name) if fields.len() == 1 => Operand::Variable(format!("Ref {name}")),
            _ => Operand::Variable(value.to_string()),
        },
        Value::Array(_) => Operand::Variable(value.to_string()),
        literal => Operand::Literal(text(literal)),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn single(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(name, arguments)| (name.as_str(), arguments))
}

//! What the functions of a stack's template may look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use stack_plan::Template;
use stack_plan::template::{
    EvaluationError, KNOWN_AFTER_APPLY, Mappings, ParameterScope, Scope, evaluate_conditions, parameter_value,
};

use super::model::Definition;
use super::provider::Provisioned;
use super::store::State;

/// The scope of one operation on one stack.
pub(crate) struct StackScope<'a> {
    template: &'a Template,
    parameters: BTreeMap<String, Value>,
    pseudo_parameters: BTreeMap<String, Value>,
    pub(crate) conditions: BTreeMap<String, bool>,
    /// Resources that exist.
    pub(crate) made: BTreeMap<String, Provisioned>,
    /// Resources that will exist, and whose values are known after the change is applied only.
    pub(crate) expected: BTreeSet<String>,
    surroundings: Surroundings,
    imported: Mutex<BTreeSet<String>>,
}

/// Exports and outputs of all stacks of a region.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    exports: BTreeMap<String, String>,
    outputs: BTreeMap<(String, String), String>,
}

impl Surroundings {
    /// Gathers them.
    pub(crate) fn of(state: &State, region: &str) -> Self {
        let mut surroundings = Self::default();
        for stack in state.live(region) {
            for output in &stack.outputs {
                surroundings.outputs.insert((stack.name.clone(), output.key.clone()), output.value.clone());
                if let Some(export) = &output.export {
                    surroundings.exports.insert(export.clone(), output.value.clone());
                }
            }
        }
        surroundings
    }
}

/// Which stack a scope is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StackIdentity<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
}

impl<'a> StackScope<'a> {
    /// A scope in which no resource exists yet; parameters are checked and conditions evaluated.
    pub(crate) fn new(
        definition: &'a Definition,
        stack: StackIdentity<'_>,
        surroundings: Surroundings,
    ) -> Result<Self, EvaluationError> {
        let template = &definition.template;
        let mut parameters = BTreeMap::new();
        for (name, parameter) in &template.parameters {
            let text = definition.resolved.get(name).or_else(|| definition.parameters.get(name));
            let text = text.map(String::as_str).unwrap_or_default();
            let value = parameter_value(name, parameter, text).map_err(|error| EvaluationError::new(error.message))?;
            parameters.insert(name.clone(), value);
        }
        let pseudo_parameters: BTreeMap<String, Value> = [
            ("AWS::AccountId", json!(stack.account)),
            ("AWS::NotificationARNs", json!(definition.notification_arns)),
            ("AWS::Partition", json!("aws")),
            ("AWS::Region", json!(stack.region)),
            ("AWS::StackId", json!(stack.id)),
            ("AWS::StackName", json!(stack.name)),
            ("AWS::URLSuffix", json!("amazonaws.com")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let conditions = evaluate_conditions(
            &template.conditions,
            &ParameterScope {
                parameters: &parameters,
                pseudo_parameters: &pseudo_parameters,
                mappings: &template.mappings,
            },
        )?;
        Ok(Self {
            template,
            parameters,
            pseudo_parameters,
            conditions,
            made: BTreeMap::new(),
            expected: BTreeSet::new(),
            surroundings,
            imported: Mutex::default(),
        })
    }

    /// True when the condition of a resource or an output holds, or there is none.
    pub(crate) fn holds(&self, condition: Option<&String>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    /// Logical ids of the resources that the stack has under its conditions, in dependency order.
    pub(crate) fn wanted(&self) -> Result<Vec<String>, EvaluationError> {
        let order = self.template.dependency_order().map_err(|error| EvaluationError::new(error.fault.to_string()))?;
        let exists = |id: &String| {
            self.template.resources.get(id).is_some_and(|resource| self.holds(resource.condition.as_ref()))
        };
        Ok(order.into_iter().filter(exists).collect())
    }

    /// Names of the exports that were asked for.
    pub(crate) fn imported(&self) -> BTreeSet<String> {
        self.imported.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Scope for StackScope<'_> {
    fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.get(name).cloned()
    }

    fn pseudo_parameter(&self, name: &str) -> Option<Value> {
        self.pseudo_parameters.get(name).cloned()
    }

    fn reference(&self, logical_id: &str) -> Option<Value> {
        if self.expected.contains(logical_id) {
            return Some(Value::from(KNOWN_AFTER_APPLY));
        }
        self.made.get(logical_id).map(|made| Value::from(made.physical_id.as_str()))
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, EvaluationError> {
        if self.expected.contains(logical_id) {
            return Ok(Value::from(KNOWN_AFTER_APPLY));
        }
        let made = self.made.get(logical_id).ok_or_else(|| {
            EvaluationError::new(format!(
                "Template format error: Unresolved resource dependencies [{logical_id}] in the Resources block of the template"
            ))
        })?;
        made.attributes.get(attribute).cloned().ok_or_else(|| {
            EvaluationError::new(format!(
                "Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
            ))
        })
    }

    fn mappings(&self) -> &Mappings {
        &self.template.mappings
    }

    fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }

    fn import(&self, export_name: &str) -> Result<Value, EvaluationError> {
        self.imported.lock().unwrap_or_else(PoisonError::into_inner).insert(export_name.to_owned());
        self.surroundings
            .exports
            .get(export_name)
            .map(|value| Value::from(value.as_str()))
            .ok_or_else(|| EvaluationError::new(format!("No export named {export_name} found.")))
    }

    fn stack_output(&self, stack_name: &str, output: &str) -> Result<Value, EvaluationError> {
        self.surroundings
            .outputs
            .get(&(stack_name.to_owned(), output.to_owned()))
            .map(|value| Value::from(value.as_str()))
            .ok_or_else(|| EvaluationError::new(format!("Stack {stack_name} has no output {output}")))
    }
}

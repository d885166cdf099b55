//! The architecture of a stack: its template as a graph, under the conditions that hold for it.

use std::collections::BTreeMap;

use stack_plan::graph::Graph;

use super::CloudFormation;
use super::model::Definition;
use super::scope::{StackIdentity, StackScope, Surroundings};

impl CloudFormation {
    /// The graph of a live stack (by its id), and which node each of its resources belongs to. Resources that its conditions
    /// leave out are not in it.
    pub(crate) fn graph(&self, account: &str, stack_id: &str) -> Option<(Graph, BTreeMap<String, String>)> {
        let (definition, region, name) = self.store.read(|state| {
            let stack = state.stacks.get(stack_id).filter(|stack| stack.is_live())?;
            Some((stack.definition.clone(), stack.region.clone(), stack.name.clone()))
        })?;
        let stack = StackIdentity { account, region: &region, name: &name, id: stack_id };
        let mut template = definition.template.clone();
        if let Some(absent) = absent(&definition, stack) {
            template.resources.retain(|id, _| !absent.contains(id));
        }
        Some(Graph::of_template(&template, &region, account))
    }
}

/// Logical ids whose conditions do not hold; nothing where they cannot be told (an operation says so itself).
fn absent(definition: &Definition, stack: StackIdentity<'_>) -> Option<Vec<String>> {
    let scope = StackScope::new(definition, stack, Surroundings::default()).ok()?;
    let resources = definition.template.resources.iter();
    let absent = resources.filter(|(_, resource)| !scope.holds(resource.condition.as_ref()));
    Some(absent.map(|(id, _)| id.clone()).collect())
}

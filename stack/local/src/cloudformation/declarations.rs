//! Which stack declares a thing that a service knows by its ARN.

use serde_json::Value;

use super::model::{Stack, StackResource};
use super::store::Store;

/// Where a resource is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) stack: String,
    pub(crate) logical_id: String,
    /// `AWS::SQS::Queue` and the like.
    pub(crate) resource_type: String,
    /// True when the stack was made from a project file, whose names its logical ids are made of.
    pub(crate) of_project: bool,
}

impl Declaration {
    fn new(stack: &Stack, resource: &StackResource) -> Self {
        Self {
            stack: stack.name.clone(),
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            of_project: stack.definition.tags.contains_key("stack:project"),
        }
    }
}

impl Store {
    /// The function that runs with a role.
    pub(crate) fn function_of_role(&self, role_arn: &str) -> Option<Declaration> {
        self.declared(|resource| {
            resource.resource_type == "AWS::Lambda::Function" && resource.properties["Role"] == *role_arn
        })
    }

    /// The resource with this ARN, or the one that what the ARN names lies in: the bucket of an object, the table of an index.
    pub(crate) fn declaration_of(&self, arn: &str) -> Option<Declaration> {
        self.declared(|resource| {
            let named = resource.attributes.get("Arn").or_else(|| resource.attributes.get("TopicArn"));
            let named = named.and_then(Value::as_str).or(resource.physical_id.as_deref()).unwrap_or_default();
            named.starts_with("arn:")
                && arn.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        })
    }

    /// Physical id of a resource of a stack, once it is made.
    pub(crate) fn physical_id(&self, stack: &str, logical_id: &str, resource_type: &str) -> Option<String> {
        self.read(|state| {
            let stacks = state.stacks.values().filter(|live| live.is_live() && live.name == stack);
            stacks.filter_map(|stack| stack.resources.get(logical_id)).find_map(|resource| {
                let is_made = resource.resource_type == resource_type && !resource.status.is_gone();
                resource.physical_id.clone().filter(|_| is_made)
            })
        })
    }

    fn declared(&self, fits: impl Fn(&StackResource) -> bool) -> Option<Declaration> {
        self.read(|state| {
            state.stacks.values().filter(|stack| stack.is_live()).find_map(|stack| {
                let resource = stack.resources.values().find(|resource| fits(resource))?;
                Some(Declaration::new(stack, resource))
            })
        })
    }
}

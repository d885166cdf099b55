//! Whether a caller may do to a stack what it asks for.

use super::CloudFormation;
use crate::cloud::Cloud;
use crate::iam::{Access, Principal};
use crate::wire::{Form, ServiceError};

/// Service that acts with the role that a stack is given.
const SERVICE: &str = "cloudformation.amazonaws.com";

/// Operations that are about no stack.
const WITHOUT_STACK: &[&str] =
    &["DescribeAccountLimits", "EstimateTemplateCost", "ListExports", "ListImports", "ListStacks", "ValidateTemplate"];

/// Asks IAM before an operation begins. What the stack's resources need is not asked: they are made in the deployer's name.
pub(super) fn authorize(cloud: &Cloud, caller: &Principal, region: &str, form: &Form) -> Result<(), ServiceError> {
    if caller.is_root() {
        return Ok(());
    }
    let operation = form.action();
    let resource = resource(&cloud.cloudformation, &cloud.account, region, form, operation);
    let tags: Vec<(String, String)> = form
        .structures("Tags")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect();
    let request_tags: Vec<(String, &str)> =
        tags.iter().map(|(key, value)| (format!("aws:requesttag/{key}"), value.as_str())).collect();
    let fields = [
        ("cloudformation:rolearn", "RoleARN"),
        ("cloudformation:changesetname", "ChangeSetName"),
        ("cloudformation:templateurl", "TemplateURL"),
        ("cloudformation:stackpolicyurl", "StackPolicyURL"),
    ];
    let mut context: Vec<(&str, &str)> =
        fields.iter().filter_map(|(key, field)| Some((*key, form.get(field)?))).collect();
    context.extend(request_tags.iter().map(|(key, value)| (key.as_str(), *value)));
    context.extend(tags.iter().map(|(key, _)| ("aws:tagkeys", key.as_str())));
    let action = format!("cloudformation:{operation}");
    cloud.iam.authorize(caller, &Access { context: &context, ..Access::new(&action, &resource) })?;
    match form.get("RoleARN").filter(|arn| !arn.is_empty()) {
        Some(role) => cloud.iam.authorize_pass_role(caller, role, SERVICE),
        None => Ok(()),
    }
}

/// ARN of the stack: with its id where it exists, with `*` in its place where it does not.
fn resource(service: &CloudFormation, account: &str, region: &str, form: &Form, operation: &str) -> String {
    let change_set = form.get("ChangeSetName").filter(|name| name.starts_with("arn:"));
    let name = form.get("StackName").filter(|name| !name.is_empty());
    match name {
        _ if WITHOUT_STACK.contains(&operation) => "*".to_owned(),
        Some(name) => {
            let known = service.store.read(|state| state.find(name, region).map(|stack| stack.id.clone()));
            known.unwrap_or_else(|| {
                if name.starts_with("arn:") {
                    name.to_owned()
                } else {
                    format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/*")
                }
            })
        }
        None => change_set.and_then(|id| service.stack_of_change_set(id)).unwrap_or_else(|| "*".to_owned()),
    }
}

impl CloudFormation {
    fn stack_of_change_set(&self, id: &str) -> Option<String> {
        self.store.read(|state| {
            let has_it = |stack: &&super::model::Stack| stack.change_sets.iter().any(|set| set.id == id);
            state.stacks.values().find(has_it).map(|stack| stack.id.clone())
        })
    }
}

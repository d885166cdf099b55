//! `ImportExistingResources`: resources that exist already become the stack's instead of standing in its way.
//!
//! Documented by AWS: the name must be written in the template as it is, without functions; the deletion policy must retain;
//! no stack may own the resource; the primary identifier must be in the template, so that types whose identifier only the
//! service gives (queues, topics and secrets among them) are not imported; and drift detection is recommended afterwards,
//! because the resource stays as it is. Anything else is the name collision that it is without the flag.
//!
//! Unchecked against AWS: a type that this cloud does not import but AWS does is a collision, too. AWS gives an imported
//! resource the stack's own tags; here it gets them with its next change.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use stack_plan::Template;

use super::drift::Subject;
use super::kinds::ResourceKind;
use super::model::{Stack, StackResource};
use super::provider::{Live, ProviderError, Provisioned, ResourceContext};
use super::references::is_reference;
use super::specified::known_type;
use super::store::State;
use crate::cloud::Cloud;

/// What gives `Ref` and `Fn::GetAtt` of a resource that exists already, by its name.
type Adopt = fn(&ResourceContext, &str) -> Result<Provisioned, ProviderError>;

/// Who tells what a resource of a kind is to its stack; `None` when the kind cannot be imported.
fn adopter(kind: ResourceKind) -> Option<Adopt> {
    use ResourceKind as Kind;
    let adopt: Adopt = match kind {
        Kind::Alarm | Kind::CompositeAlarm => |of, name| Ok(crate::cloudwatch::resources::adopt_alarm(of, name)),
        Kind::Bucket => |of, name| Ok(crate::s3::resources::adopt_bucket(of, name)),
        Kind::CodePipeline => crate::code::resources::adopt_pipeline,
        Kind::DbInstance => crate::rds::resources::adopt_instance,
        Kind::DbParameterGroup => crate::rds::resources::adopt_parameter_group,
        Kind::DbSubnetGroup => crate::rds::resources::adopt_subnet_group,
        Kind::EcrRepository => crate::ecr::resources::adopt_repository,
        Kind::EcsCluster => crate::ecs::resources::adopt_cluster,
        Kind::EventBus => |of, name| Ok(crate::events::resources::adopt_event_bus(of, name)),
        Kind::Function => crate::lambda::resources::adopt_function,
        Kind::IamGroup => crate::iam::user_resources::adopt_group,
        Kind::IamUser => crate::iam::user_resources::adopt_user,
        Kind::InstanceProfile => crate::iam::account_resources::adopt_instance_profile,
        // They are nothing but their name to a stack.
        Kind::BucketPolicy | Kind::KeyAlias | Kind::LogsResourcePolicy => {
            |_, name| Ok(Provisioned { physical_id: name.to_owned(), ..Provisioned::default() })
        }
        Kind::LogGroup => |of, name| Ok(crate::logs::resources::adopt_log_group(of, name)),
        Kind::Role => crate::iam::resources::adopt_role,
        Kind::ScheduleGroup => |of, name| Ok(crate::scheduler::resources::adopt_schedule_group(of, name)),
        Kind::SsmParameter => crate::ssm::resources::adopt_parameter,
        Kind::Table | Kind::GlobalTable => crate::dynamodb::resources::adopt_table,
        #[cfg(test)]
        Kind::TestThing => |of, name| Ok(super::test_kind::adopt_thing(of, name)),
        _ => return None,
    };
    Some(adopt)
}

/// The property that names a resource: the whole of its primary identifier, and what `Ref` gives.
fn naming_property(kind: ResourceKind, resource_type: &str) -> Option<String> {
    let identifier = match known_type(resource_type) {
        Some(known) if known.primary_identifier() != known.ref_identifier() => return None,
        Some(known) if known.primary_identifier().iter().any(|name| known.read_only().contains(name)) => return None,
        Some(known) => known.primary_identifier(),
        // A type that only this cloud has.
        None => kind.create_only().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(),
    };
    <[String; 1]>::try_from(identifier).ok().map(|[name]| name)
}

/// The name that the template itself gives a resource.
fn literal_name<'a>(kind: ResourceKind, resource_type: &str, properties: &'a Value) -> Option<&'a str> {
    let name = naming_property(kind, resource_type)?;
    properties.get(&name).filter(|value| !is_reference(value))?.as_str()
}

/// Names of the resources that a template adds to a stack and that may be imported, by logical id.
fn candidates(template: &Template, stack: &Subject) -> BTreeMap<String, (ResourceKind, String)> {
    let mut found = BTreeMap::new();
    for (id, resource) in &template.resources {
        let is_there = stack.rows.iter().any(|row| &row.logical_id == id);
        let retains = matches!(resource.deletion_policy.as_deref(), Some("Retain" | "RetainExceptOnCreate"));
        let Some(kind) = ResourceKind::of(&resource.resource_type) else { continue };
        if is_there || !retains || adopter(kind).is_none() {
            continue;
        }
        if let Some(name) = literal_name(kind, &resource.resource_type, &resource.properties) {
            found.insert(id.clone(), (kind, name.to_owned()));
        }
    }
    found
}

/// Which of the resources that a template adds to a stack exist already: physical ids by logical id.
pub(super) async fn existing(cloud: &Arc<Cloud>, template: &Template, stack: &Subject) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (id, (kind, name)) in candidates(template, stack) {
        let properties = template.resources.get(&id).map_or(&Value::Null, |resource| &resource.properties);
        if matches!(kind.read(&stack.context(cloud, &id), &name, properties).await, Ok(Live::Properties(_))) {
            found.insert(id, name);
        }
    }
    found
}

/// The stack that owns a resource, other than by the row with the stack name and logical id of `except`.
pub(super) fn owner<'a>(
    state: &'a State,
    resource_type: &str,
    physical_id: &str,
    except: Option<(&str, &str)>,
) -> Option<&'a Stack> {
    let owns = |stack: &&Stack| {
        stack.resources.values().chain(&stack.cleanup).any(|row| {
            row.resource_type == resource_type
                && row.physical_id.as_deref() == Some(physical_id)
                && !row.status.is_gone()
                && except != Some((&stack.name, &row.logical_id))
        })
    };
    state.stacks.values().filter(|stack| stack.is_live()).find(owns)
}

/// What an existing resource is to its new stack. Fails when it is not there any more, or became another stack's.
pub(super) async fn adopt(context: &ResourceContext, row: &StackResource) -> Result<Provisioned, ProviderError> {
    let resource_type = row.resource_type.as_str();
    let physical_id = row.physical_id.as_deref().unwrap_or_default();
    let kind = ResourceKind::of(resource_type).and_then(|kind| Some((kind, adopter(kind)?)));
    let Some((kind, adopter)) = kind else {
        return Err(ProviderError::plain(format!("Resources of type {resource_type} cannot be imported")));
    };
    let own_row = Some((context.stack_name.as_str(), context.logical_id.as_str()));
    let taken = context
        .cloud
        .cloudformation
        .store
        .read(|state| owner(state, resource_type, physical_id, own_row).map(|owner| owner.name.clone()));
    if let Some(stack) = taken {
        return Err(ProviderError::plain(format!("Resource {physical_id} already exists in stack {stack}")));
    }
    match kind.read(context, physical_id, &row.properties).await? {
        Live::Properties(_) => adopter(context, physical_id),
        _ => Err(ProviderError::new(
            "NotFound",
            format!("Resource of type '{resource_type}' with identifier '{physical_id}' was not found."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use stack_plan::specification::Specification;

    use super::*;

    #[test]
    fn types_with_a_name_of_the_template_are_imported_or_known_not_to_be() {
        let lines: Vec<String> = Specification::embedded()
            .type_names()
            .filter_map(|name| Some((name, ResourceKind::of(name)?)))
            .filter_map(|(name, kind)| Some((name, kind, naming_property(kind, name)?)))
            .map(|(name, kind, property)| {
                format!("{name} {property}{}", if adopter(kind).is_some() { "" } else { ": not imported" })
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}

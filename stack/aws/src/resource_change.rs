//! What a change set does to one resource.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    Change, ChangeAction as SdkAction, Replacement, RequiresRecreation, ResourceChangeDetail,
};
use serde::Serialize;
use stack_plan::diff::Action;

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceChange {
    /// Logical id.
    pub logical_id: String,
    /// Physical id, where the resource exists.
    pub physical_id: Option<String>,
    /// CloudFormation type.
    pub resource_type: String,
    /// What is done.
    pub action: Action,
    /// Paths of the properties that cause it (`Properties.MemorySize`), sorted, each once.
    pub properties: Vec<String>,
    /// The same properties with their values. They may hold secrets, so they are never written as they are.
    #[serde(skip)]
    pub values: Vec<PropertyChange>,
    /// What becomes of the physical resource by its policies (`Delete`, `Retain`, `ReplaceAndDelete` ...), where
    /// CloudFormation says so.
    pub policy_action: Option<String>,
}

/// A property that a change set changes, as CloudFormation tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyChange {
    /// JSON pointer in the resource (`/Properties/MemorySize`).
    pub path: String,
    /// Value before; long ones are cut by CloudFormation.
    pub before: Option<String>,
    /// Value after; absent where it is known only during the deployment.
    pub after: Option<String>,
    /// Whether its change makes the resource again.
    pub recreation: Recreation,
}

/// Whether the change of a property makes its resource again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recreation {
    /// It is changed in place.
    Never,
    /// It depends on the values, or on what only the deployment knows.
    Conditionally,
    /// Always.
    Always,
}

/// What CloudFormation says of a resource; nothing for what is no resource.
pub(crate) fn resource_change(change: Change) -> Option<ResourceChange> {
    let change = change.resource_change?;
    let values = property_changes(change.details.unwrap_or_default());
    let mut properties: Vec<String> =
        values.iter().map(|value| value.path.trim_start_matches('/').replace('/', ".")).collect();
    properties.sort();
    Some(ResourceChange {
        logical_id: change.logical_resource_id.unwrap_or_default(),
        physical_id: change.physical_resource_id.filter(|id| !id.is_empty()),
        resource_type: change.resource_type.unwrap_or_default(),
        action: action(change.action.as_ref(), change.replacement.as_ref()),
        properties,
        values,
        policy_action: change.policy_action.map(|action| action.to_string()),
    })
}

/// Each property once, sorted: a property that differs for two reasons is told twice, and the worse of them counts.
fn property_changes(details: Vec<ResourceChangeDetail>) -> Vec<PropertyChange> {
    let mut changes: BTreeMap<String, PropertyChange> = BTreeMap::new();
    for target in details.into_iter().filter_map(|detail| detail.target) {
        let path = match (target.path, target.attribute, target.name) {
            (Some(path), _, _) => path,
            (None, Some(attribute), Some(name)) => format!("/{attribute}/{name}"),
            (None, Some(attribute), None) => format!("/{attribute}"),
            (None, None, Some(name)) => format!("/{name}"),
            (None, None, None) => continue,
        };
        let recreation = match target.requires_recreation {
            Some(RequiresRecreation::Never) | None => Recreation::Never,
            Some(RequiresRecreation::Always) => Recreation::Always,
            // What a newer service says is not known to be harmless.
            Some(_) => Recreation::Conditionally,
        };
        let empty = || PropertyChange { path: path.clone(), before: None, after: None, recreation };
        let known = changes.entry(path.clone()).or_insert_with(empty);
        known.before = known.before.take().or(target.before_value);
        known.after = known.after.take().or(target.after_value);
        known.recreation = known.recreation.max(recreation);
    }
    changes.into_values().collect()
}

/// What is not known to be harmless counts as a possible replacement.
fn action(action: Option<&SdkAction>, replacement: Option<&Replacement>) -> Action {
    match (action, replacement) {
        (Some(SdkAction::Add), _) => Action::Add,
        (Some(SdkAction::Remove), _) => Action::Remove,
        (Some(SdkAction::Import), _) => Action::Import,
        (_, Some(Replacement::True)) => Action::Replace,
        (Some(SdkAction::Modify | SdkAction::SyncWithActual), Some(Replacement::False) | None) => Action::Modify,
        _ => Action::MayReplace,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceTargetDefinition;

    use super::*;

    #[test]
    fn what_is_unknown_may_replace() {
        assert_eq!(action(Some(&SdkAction::Modify), Some(&Replacement::False)), Action::Modify);
        assert_eq!(action(Some(&SdkAction::Modify), Some(&Replacement::True)), Action::Replace);
        assert_eq!(action(Some(&SdkAction::Modify), Some(&Replacement::Conditional)), Action::MayReplace);
        assert_eq!(action(Some(&SdkAction::Dynamic), None), Action::MayReplace);
        assert_eq!(action(None, None), Action::MayReplace);
        assert_eq!(action(Some(&SdkAction::Remove), None), Action::Remove);
    }

    #[test]
    fn a_property_that_is_told_twice_is_one_with_the_worse_of_both() {
        let target = |recreation, after: Option<&str>| {
            let target = ResourceTargetDefinition::builder()
                .path("/Properties/Name")
                .requires_recreation(recreation)
                .set_after_value(after.map(str::to_owned));
            ResourceChangeDetail::builder().target(target.build()).build()
        };
        let changes = property_changes(vec![
            target(RequiresRecreation::Always, None),
            target(RequiresRecreation::Never, Some("b")),
        ]);
        let expected = PropertyChange {
            path: "/Properties/Name".to_owned(),
            before: None,
            after: Some("b".to_owned()),
            recreation: Recreation::Always,
        };
        assert_eq!(changes, [expected]);
    }
}

//! What a change means for the thing itself, as far as the templates tell.

use serde::Serialize;

use super::{Action, ValueChange};
use crate::template::Resource;

/// What a change means for the thing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// It is made.
    Created,
    /// It is deleted with everything in it.
    Deleted,
    /// It is deleted, and a snapshot stays.
    Snapshot,
    /// It stays in the account, outside of the stack.
    Retained,
    /// Nothing: only the template says something else about it.
    None,
    /// It is changed; whether it is made again for that, the type's specification tells.
    Unknown,
    /// CloudFormation refuses it: a logical id keeps its type.
    Refused,
}

impl Impact {
    /// The action of a resource that both templates have.
    pub(super) fn action(self) -> Action {
        match self {
            Self::Refused => Action::Replace,
            _ => Action::Modify,
        }
    }
}

/// Impact of a removal.
pub(super) fn impact_of_removal(resource: &Resource) -> Impact {
    match resource.deletion_policy.as_deref() {
        Some("Retain" | "RetainExceptOnCreate") => Impact::Retained,
        Some("Snapshot") => Impact::Snapshot,
        _ => Impact::Deleted,
    }
}

/// Impact of a change. Attributes that CloudFormation keeps to itself reach nothing.
pub(super) fn impact_of_change(before: &Resource, after: &Resource, values: &[ValueChange]) -> Impact {
    const OF_THE_TEMPLATE: [&str; 5] =
        ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"];
    if before.resource_type != after.resource_type {
        return Impact::Refused;
    }
    let is_of_the_template = |change: &ValueChange| {
        let first = change.path.split(['.', '[']).next().unwrap_or_default();
        OF_THE_TEMPLATE.contains(&first)
    };
    if values.iter().all(is_of_the_template) { Impact::None } else { Impact::Unknown }
}

//! What a change means for the thing itself, as far as the templates and the specification tell.

use serde::Serialize;

use super::ValueChange;
use crate::specification::ResourceType;
use crate::template::Resource;

/// What a change means for the thing itself. Of a replacement, what becomes of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// It is made.
    Created,
    /// It is changed where it is.
    Updated,
    /// It is deleted, and holds nothing that would be missed.
    Deleted,
    /// It is deleted with the data in it.
    DataLost,
    /// It is deleted, and a snapshot stays.
    Snapshot,
    /// It stays in the account, outside of the stack.
    Retained,
    /// Nothing: only the template says something else about it.
    None,
    /// It cannot be told: the type is not known, or whether the resource exists depends on a condition that differs.
    Unknown,
    /// CloudFormation refuses it: a logical id keeps its type.
    Refused,
}

/// Impact of a removal. The policy of the deployed template counts; a database is snapshotted unless it says otherwise.
pub(super) fn impact_of_removal(resource: &Resource, kind: Option<&ResourceType>) -> Impact {
    let is_database = match resource.resource_type.as_str() {
        "AWS::RDS::DBCluster" => true,
        "AWS::RDS::DBInstance" => resource.properties.get("DBClusterIdentifier").is_none(),
        _ => false,
    };
    match resource.deletion_policy.as_deref() {
        None if is_database => Impact::Snapshot,
        policy => fate(policy, kind),
    }
}

/// What becomes of the old one when another is made: the policy of the newer template counts.
pub(super) fn impact_of_replacement(after: &Resource, kind: Option<&ResourceType>) -> Impact {
    fate(after.update_replace_policy.as_deref(), kind)
}

fn fate(policy: Option<&str>, kind: Option<&ResourceType>) -> Impact {
    match policy {
        Some("Retain" | "RetainExceptOnCreate") => Impact::Retained,
        Some("Snapshot") => Impact::Snapshot,
        // Of a type that is not known, the worse is assumed.
        _ if kind.is_none_or(ResourceType::is_stateful) => Impact::DataLost,
        _ => Impact::Deleted,
    }
}

/// Impact of a change that makes nothing again. Attributes that CloudFormation keeps to itself reach nothing.
pub(super) fn impact_of_update(values: &[ValueChange], kind: Option<&ResourceType>) -> Impact {
    const OF_THE_TEMPLATE: [&str; 6] =
        ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy", "Metadata"];
    let section = |change: &ValueChange| change.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    if values.iter().any(|change| section(change) == "Condition") {
        return Impact::Unknown;
    }
    if values.iter().all(|change| OF_THE_TEMPLATE.contains(&section(change).as_str())) {
        return Impact::None;
    }
    if kind.is_some() { Impact::Updated } else { Impact::Unknown }
}

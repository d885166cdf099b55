//! Change sets as values.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Milliseconds;
use super::model::Definition;
use super::status::{ExecutionStatus, OnFailure, ResourceDriftStatus, StackDriftStatus};

/// Why a change set without changes is FAILED. Clients look for these words.
pub(crate) const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

/// A change set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: Milliseconds,
    pub(crate) description: Option<String>,
    pub(crate) token: Option<String>,
    /// True when executing it creates the stack.
    pub(crate) creates: bool,
    pub(crate) definition: Definition,
    pub(crate) changes: Vec<Change>,
    /// Why there is nothing to execute; absent when there is.
    pub(crate) failure: Option<String>,
    pub(crate) execution: ExecutionStatus,
    pub(crate) on_failure: Option<OnFailure>,
    /// Drift of the stack when the set was made. Present in one that brings resources back to the template.
    #[serde(default)]
    pub(crate) drift: Option<StackDriftStatus>,
    /// True when resources that exist already may become the stack's.
    #[serde(default)]
    pub(crate) imports_existing: bool,
}

/// What would become of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) action: ChangeAction,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) resource_type: String,
    /// On `Modify` only.
    pub(crate) replacement: Option<Replacement>,
    /// What becomes of the old resource (`Delete`, `ReplaceAndRetain` ...).
    pub(crate) policy_action: Option<String>,
    /// `Properties`, `Metadata`, `Tags` ..., sorted.
    pub(crate) scope: Vec<String>,
    pub(crate) details: Vec<Detail>,
    /// `{"Properties": ...}` as it is.
    pub(crate) before: Option<Value>,
    /// `{"Properties": ...}` as it would be.
    pub(crate) after: Option<Value>,
    /// What is told of drift in a set that looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<ChangeDrift>,
}

/// Drift of a resource that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeDrift {
    pub(crate) status: ResourceDriftStatus,
    pub(crate) ignored: Vec<Ignored>,
    /// `{"Properties": ...}` as it was deployed.
    pub(crate) previous: Value,
}

/// A property of which drift is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ignored {
    /// `/Properties/Code/S3Key`.
    pub(crate) path: String,
    /// `WRITE_ONLY_PROPERTY` or `SENSITIVE_PROPERTY`.
    pub(crate) reason: String,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeAction {
    Add,
    Modify,
    Remove,
    /// The resource exists already and becomes the stack's as it is.
    Import,
    /// The template says now what the resource is already: nothing is done to it.
    SyncWithActual,
}

impl ChangeAction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Modify => "Modify",
            Self::Remove => "Remove",
            Self::Import => "Import",
            Self::SyncWithActual => "SyncWithActual",
        }
    }
}

/// Whether a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replacement {
    True,
    False,
    Conditional,
}

impl Replacement {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Conditional => "Conditional",
        }
    }
}

/// Why and where a resource changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Detail {
    /// `Properties`, `Metadata`, `Tags` ...
    pub(crate) attribute: String,
    /// Top-level property.
    pub(crate) name: Option<String>,
    /// `/Properties/Tags/0/Value`.
    pub(crate) path: Option<String>,
    /// `Add`, `Modify`, `Remove` or `SyncWithActual`.
    pub(crate) change_type: String,
    /// `Always`, `Conditionally` or `Never`.
    pub(crate) requires_recreation: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    /// `Static` or `Dynamic`.
    pub(crate) evaluation: String,
    /// `DirectModification`, `ParameterReference`, `ResourceReference`, `ResourceAttribute`, `Automatic` or `NoModification`.
    pub(crate) source: String,
    /// Parameter, or `Resource.Attribute`, that causes it.
    pub(crate) cause: Option<String>,
    /// What is told of drift in a set that looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<DetailDrift>,
}

/// Where the values of a detail come from, and how far the property drifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DetailDrift {
    /// True when the value before is the actual one, not the one that was deployed.
    pub(crate) is_actual: bool,
    /// Present when the property drifted.
    pub(crate) property: Option<PropertyDrift>,
}

/// How a property differs from what was deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PropertyDrift {
    pub(crate) previous: Option<String>,
    pub(crate) actual: Option<String>,
    /// When it was seen.
    pub(crate) at: Milliseconds,
}

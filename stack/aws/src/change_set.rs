//! Change sets: what CloudFormation says it will do.

use serde::Serialize;

/// A change set that awaits its execution. The one that is shown is the one that is executed, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSet {
    /// Id (ARN) of the change set.
    pub id: String,
    /// Id (ARN) of the stack.
    pub stack_id: String,
    /// Name of the stack.
    pub stack_name: String,
    /// Changes, in CloudFormation's order.
    pub changes: Vec<ResourceChange>,
    /// Findings of CloudFormation's validation that do not block.
    pub warnings: Vec<ValidationFinding>,
}

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
    pub action: ChangeAction,
    /// Paths of the properties that cause it (`Properties.MemorySize`), sorted, each once.
    pub properties: Vec<String>,
    /// What becomes of the physical resource by its policies (`Delete`, `Retain`, `ReplaceAndDelete` ...), where
    /// CloudFormation says so.
    pub policy_action: Option<String>,
}

/// What a change set does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeAction {
    /// A new resource.
    Add,
    /// Changed in place.
    Modify,
    /// A new physical resource takes its place.
    Replace,
    /// CloudFormation cannot know before it does it.
    MayReplace,
    /// The resource leaves the stack.
    Remove,
    /// An existing physical resource joins the stack.
    Import,
}

/// A finding of CloudFormation's validation before deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidationFinding {
    /// Logical id, where the finding is about a resource.
    pub logical_id: Option<String>,
    /// Name of the validation (`NAME_CONFLICT` ...), where it has one.
    pub validation: Option<String>,
    /// Path in the template, where it has one.
    pub path: Option<String>,
    /// Reason in CloudFormation's words.
    pub reason: String,
}

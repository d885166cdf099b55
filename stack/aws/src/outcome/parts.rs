//! What outcomes are made of.

use serde::Serialize;

/// A stack beside the main one, in another region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompanionStack {
    /// AWS region.
    pub region: String,
    /// Name of the stack.
    pub stack_name: String,
}

/// What a deployment did to a stack beside the main one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompanionChange {
    /// AWS region.
    pub region: String,
    /// The stack.
    pub stack: StackReference,
    /// What was done; absent when it was as the plan says already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// As [`Outcome::Deployed`](super::Outcome::Deployed) has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orphans: Vec<Failure>,
}

/// A stack by name and by id; the id stays the same when the name is used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackReference {
    /// Name.
    pub name: String,
    /// Id (ARN).
    pub id: String,
}

/// What a deployment did to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The stack did not exist.
    Created,
    /// The stack existed.
    Updated,
}

/// A resource that could not be created, changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Logical id.
    pub logical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
    /// Physical id, empty when none was given yet.
    pub physical_id: String,
    /// Status, for example `CREATE_FAILED`.
    pub status: String,
    /// Reason in CloudFormation's words.
    pub reason: String,
    /// Handler error code out of the reason (`AlreadyExists`, `AccessDenied` ...).
    pub code: Option<String>,
}

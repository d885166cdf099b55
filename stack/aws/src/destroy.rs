//! Destroy: what goes, what stays, then the deletion.

use serde::Serialize;

use crate::connect::Aws;
use crate::error::Result;
use crate::host::Host;
use crate::options::DestroyOptions;
use crate::outcome::{Outcome, StackReference};

/// Deletes a stack by name or id, after asking with everything that goes and stays.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call.
pub async fn destroy(aws: &Aws, stack_name: &str, options: &DestroyOptions, host: &mut dyn Host) -> Result<Outcome> {
    if crate::stack::status(aws, stack_name).await?.is_none() {
        return Ok(Outcome::Absent { stack_name: stack_name.to_owned() });
    }
    let _ = (options, host);
    Err(crate::AwsError::IncompleteAnswer { service: "stack", operation: "destroy", missing: "its implementation" })
}

/// What the deletion of a stack would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestroyPlan {
    /// The stack.
    pub stack: StackReference,
    /// Resources that are deleted.
    pub goes: Vec<StackResource>,
    /// Resources that stay in the account because their deletion policy says so.
    pub stays: Vec<StackResource>,
    /// Buckets among `goes` that hold something and will be emptied.
    pub non_empty_buckets: Vec<NonEmptyBucket>,
    /// True when termination protection is on (and will be taken off).
    pub protected: bool,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackResource {
    /// Logical id.
    pub logical_id: String,
    /// Physical id, empty when none was given yet.
    pub physical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
}

/// A bucket that holds something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NonEmptyBucket {
    /// Logical id.
    pub logical_id: String,
    /// Bucket name.
    pub bucket: String,
}

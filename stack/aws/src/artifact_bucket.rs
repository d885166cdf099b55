//! The artifact bucket of an account and region: made on first use by a small stack of its own.

/// Name of the artifact bucket of an account and region.
#[must_use]
pub fn artifact_bucket_name(account: &str, region: &str) -> String {
    format!("stack-artifacts-{account}-{region}")
}

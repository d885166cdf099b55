//! IAM authorization: who signed a request to an API, and whether they may call it.

use serde_json::Value;

use super::call::{Call, SOURCE_IP};
use crate::cloud::Cloud;
use crate::http_types::full;
use crate::iam::{Access, Principal};
use crate::wire::{self, Protocol, ServiceError};

/// Who signed the request.
///
/// # Errors
/// What is wrong with the signature, as the JSON services name it.
pub(crate) async fn signer(cloud: &Cloud, call: &Call) -> Result<Principal, ServiceError> {
    let request = http::Request::from_parts(call.parts.clone(), full(call.body.clone()));
    let request = wire::authenticate(&cloud.iam, request, Protocol::RestJson).await?;
    request
        .extensions()
        .get::<Principal>()
        .cloned()
        .ok_or_else(|| ServiceError::internal("the signature was checked, but nobody signed"))
}

/// Lets a principal call the method with this ARN, or says which statement is missing.
pub(crate) fn authorize(
    cloud: &Cloud,
    principal: &Principal,
    method_arn: &str,
    policy: Option<&Value>,
) -> Result<(), ServiceError> {
    let access = Access {
        action: "execute-api:Invoke",
        resource: method_arn,
        context: &[("aws:sourceip", SOURCE_IP)],
        resource_policy: policy,
    };
    cloud.iam.authorize(principal, &access)
}

/// The access key in the credential of a request.
pub(crate) fn access_key(call: &Call) -> Option<String> {
    let header = call.header("authorization")?;
    let credential = header.split("Credential=").nth(1)?;
    credential.split('/').next().map(str::to_owned)
}

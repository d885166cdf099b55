//! Reserved and provisioned concurrency.

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::answers::{json_answer, no_content, ok, page};
use super::{Call, function};
use crate::http_types::Response;
use crate::lambda::Reference;
use crate::lambda::function::{Provisioned, invalid, missing, not_found};
use crate::lambda::settings::between;
use crate::wire::ServiceError;

/// Calls of an account that no function may reserve.
const MOST_RESERVED: u32 = 1000;

/// Answers `PutFunctionConcurrency`, `GetFunctionConcurrency` and `DeleteFunctionConcurrency`.
pub(super) fn reserved(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    if reference.qualifier.is_some() {
        return Err(invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        ));
    }
    let set = |reserved: Option<u32>| {
        let absent = |_| not_found(&format!("{}:$LATEST", reference.arn(&cloud.region)));
        cloud.lambda.function(cloud, &reference.name).map_err(absent)?;
        cloud.lambda.change(cloud, &reference.name, |function| {
            let provisioned: u32 = function.provisioned.values().map(|one| one.requested).sum();
            if reserved.is_some_and(|reserved| reserved < provisioned) {
                return Err(invalid(format!(
                    " ReservedConcurrentExecutions  {} should not be lower than function's total provisioned concurrency [{provisioned}].",
                    reserved.unwrap_or(0)
                )));
            }
            function.reserved_concurrency = reserved;
            Ok(())
        })
    };
    match call.operation.name {
        "PutFunctionConcurrency" => {
            let input = call.input()?;
            let number =
                input.get("ReservedConcurrentExecutions").ok_or_else(|| missing("reservedConcurrentExecutions"))?;
            let reserved = between("reservedConcurrentExecutions", number, 0, MOST_RESERVED)?;
            set(Some(reserved))?;
            Ok(ok(&json!({ "ReservedConcurrentExecutions": reserved })))
        }
        "DeleteFunctionConcurrency" => {
            set(None)?;
            Ok(no_content())
        }
        _ => {
            let reserved = function(call)?.reserved_concurrency;
            Ok(ok(&reserved.map_or(json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved }))))
        }
    }
}

/// Answers the operations on provisioned concurrency.
pub(super) fn provisioned(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    match call.operation.name {
        "PutProvisionedConcurrencyConfig" => {
            let provisioned = cloud.lambda.put_provisioned(cloud, &reference, &call.input()?)?;
            Ok(json_answer(StatusCode::ACCEPTED, &show(&provisioned, 0)))
        }
        "DeleteProvisionedConcurrencyConfig" => {
            cloud.lambda.delete_provisioned(cloud, &reference)?;
            Ok(no_content())
        }
        "ListProvisionedConcurrencyConfigs" => {
            let function = function(call)?;
            let entries = function.provisioned.keys().map(|qualifier| {
                let reference = Reference { name: reference.name.clone(), qualifier: Some(qualifier.clone()) };
                (qualifier.clone(), reference)
            });
            let shown = |reference: Reference| {
                let mut shown =
                    cloud.lambda.provisioned(cloud, &reference).map_or(json!({}), |(one, ready)| show(&one, ready));
                shown["FunctionArn"] = json!(function.arn(reference.qualifier.as_deref()));
                shown
            };
            let marker = call.query.get("Marker");
            Ok(ok(&page(entries, marker, call.limit(50), "ProvisionedConcurrencyConfigs", shown)))
        }
        _ => {
            let (provisioned, ready) = cloud.lambda.provisioned(cloud, &reference)?;
            Ok(ok(&show(&provisioned, ready)))
        }
    }
}

fn show(provisioned: &Provisioned, ready: u32) -> Value {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");
    let modified = OffsetDateTime::from_unix_timestamp(provisioned.modified / 1000);
    json!({
        "RequestedProvisionedConcurrentExecutions": provisioned.requested,
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": if ready >= provisioned.requested { "READY" } else { "IN_PROGRESS" },
        "LastModified": modified.ok().and_then(|time| time.format(format).ok()).unwrap_or_default(),
    })
}

//! Resource policies of functions, versions and aliases.

use http::StatusCode;
use serde_json::json;

use super::Call;
use super::answers::{json_answer, no_content, ok};
use crate::http_types::Response;
use crate::lambda::function::missing;
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// Answers `GetPolicy`, `AddPermission` and `RemovePermission`.
pub(super) fn policy(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    match call.operation.name {
        "GetPolicy" => {
            let (policy, revision) = cloud.lambda.policy(cloud, &reference)?;
            Ok(ok(&json!({"Policy": policy.to_string(), "RevisionId": revision})))
        }
        "AddPermission" => {
            let input = call.input()?;
            let id = text(&input, "StatementId").ok_or_else(|| missing("statementId"))?;
            let statement = cloud.lambda.add_permission(cloud, &reference, id, &input)?;
            Ok(json_answer(StatusCode::CREATED, &json!({ "Statement": statement.to_string() })))
        }
        _ => {
            cloud.lambda.remove_permission(cloud, &reference, call.place(1), call.query.get("RevisionId"))?;
            Ok(no_content())
        }
    }
}

//! Configurations of function URLs.

use http::StatusCode;

use super::Call;
use super::answers::{json_answer, no_content, ok, page};
use crate::http_types::Response;
use crate::lambda::LATEST;
use crate::lambda::function::Function;
use crate::lambda::urls::{FunctionUrl, show};
use crate::wire::ServiceError;

/// Answers the operations on function URLs.
pub(super) fn url(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    let absent = |_| ServiceError::not_found("ResourceNotFoundException", "Function does not exist");
    let function = || cloud.lambda.function(cloud, &reference.name).map_err(absent);
    let shown = |function: &Function, url: &FunctionUrl| show(cloud, function, reference.alias(), url);
    match call.operation.name {
        "CreateFunctionUrlConfig" => {
            function()?;
            let url = cloud.lambda.create_url(cloud, &reference, &call.input()?)?;
            let mut created = shown(&function()?, &url);
            if let Some(members) = created.as_object_mut() {
                members.shift_remove("LastModifiedTime");
            }
            Ok(json_answer(StatusCode::CREATED, &created))
        }
        "UpdateFunctionUrlConfig" => {
            let url = cloud.lambda.update_url(cloud, &reference, &call.input()?)?;
            Ok(ok(&shown(&function()?, &url)))
        }
        "GetFunctionUrlConfig" => {
            let url = cloud.lambda.url(&reference)?;
            Ok(ok(&shown(&function()?, &url)))
        }
        "DeleteFunctionUrlConfig" => {
            cloud.lambda.delete_url(cloud, &reference)?;
            Ok(no_content())
        }
        _ => {
            let function = function()?;
            let entries = function.urls.iter().map(|(key, url)| (key.clone(), (key, url)));
            let shown = |(key, url): (&String, &FunctionUrl)| {
                show(cloud, &function, Some(key.as_str()).filter(|key| *key != LATEST), url)
            };
            Ok(ok(&page(entries, call.query.get("Marker"), call.limit(50), "FunctionUrlConfigs", shown)))
        }
    }
}

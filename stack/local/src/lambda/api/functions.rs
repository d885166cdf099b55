//! Functions, their tags and their reserved concurrency.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::answers::{json_answer, missing, no_content, parse};
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::lambda::function::{Configuration, Function, not_found};
use crate::lambda::{LATEST, Reference};
use crate::wire::properties::text;
use crate::wire::{Form, ServiceError};

pub(super) async fn create_function(cloud: &Arc<Cloud>, input: &Value) -> Result<Response, ServiceError> {
    let name = text(input, "FunctionName").ok_or_else(|| missing("functionName"))?;
    let function = cloud.lambda.create(cloud, &Reference::parse(name).name, input, tag_map(input)).await?;
    let mut shown = show(&function.latest);
    if input.get("Publish").and_then(Value::as_bool) == Some(true) {
        shown = show(&cloud.lambda.publish(cloud, &function.latest.name, &json!({}))?);
    }
    Ok(json_answer(StatusCode::CREATED, &shown))
}

pub(super) fn tag_map(input: &Value) -> BTreeMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    tags.into_iter().flatten().filter_map(text).collect()
}

pub(super) fn version(cloud: &Cloud, reference: &Reference) -> Result<Configuration, ServiceError> {
    let found = cloud.lambda.configuration(&reference.name, reference.version.as_deref());
    found.ok_or_else(|| not_found(&reference.arn(&cloud.region)))
}

/// A version as every answer shows it.
pub(super) fn show(configuration: &Configuration) -> Value {
    let modified = OffsetDateTime::from_unix_timestamp_nanos(i128::from(configuration.modified) * 1_000_000);
    let modified = modified.ok().and_then(|time| {
        use time::macros::format_description;
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000")).ok()
    });
    let arn = if configuration.version == LATEST { configuration.arn.clone() } else { configuration.qualified_arn() };
    let mut shown = json!({
        "FunctionName": configuration.name,
        "FunctionArn": arn,
        "Runtime": configuration.runtime,
        "Role": configuration.role,
        "Handler": configuration.handler,
        "CodeSize": configuration.code_size,
        "Description": configuration.description,
        "Timeout": configuration.timeout,
        "MemorySize": configuration.memory_size,
        "LastModified": modified.unwrap_or_default(),
        "CodeSha256": STANDARD.encode(hex::decode(&configuration.code).unwrap_or_default()),
        "Version": configuration.version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": configuration.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [configuration.architecture],
        "EphemeralStorage": {"Size": configuration.ephemeral_storage},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": configuration.log_group},
    });
    if !configuration.environment.is_empty() {
        shown["Environment"] = json!({ "Variables": configuration.environment });
    }
    if let Some(target) = &configuration.dead_letter_target {
        shown["DeadLetterConfig"] = json!({ "TargetArn": target });
    }
    shown
}

pub(super) fn get_function(cloud: &Cloud, reference: &Reference) -> Result<Response, ServiceError> {
    let configuration = version(cloud, reference)?;
    let function = cloud.lambda.function(cloud, &reference.name)?;
    let mut shown = json!({"Configuration": show(&configuration), "Code": {"RepositoryType": "S3"}});
    if !function.tags.is_empty() {
        shown["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        shown["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    Ok(json_answer(StatusCode::OK, &shown))
}

pub(super) fn list_functions(cloud: &Cloud, query: &Form) -> Response {
    let limit = query.get("MaxItems").and_then(|text| text.parse().ok()).unwrap_or(50_usize).clamp(1, 50);
    let marker = query.get("Marker").unwrap_or_default();
    let mut rest: Vec<Function> =
        cloud.lambda.all().into_iter().filter(|function| function.latest.name.as_str() > marker).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let mut shown = json!({ "Functions": rest.iter().map(|function| show(&function.latest)).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, rest.last()) {
        shown["NextMarker"] = json!(last.latest.name);
    }
    json_answer(StatusCode::OK, &shown)
}

pub(super) fn set_concurrency(cloud: &Cloud, name: &str, reserved: Option<u32>) -> Result<(), ServiceError> {
    cloud.lambda.change(cloud, name, |function| {
        function.reserved_concurrency = reserved;
        Ok(())
    })
}

pub(super) fn tags(
    cloud: &Cloud,
    method: &Method,
    name: &str,
    body: &[u8],
    query: &Form,
) -> Result<Response, ServiceError> {
    match *method {
        Method::GET => Ok(json_answer(StatusCode::OK, &json!({ "Tags": cloud.lambda.function(cloud, name)?.tags }))),
        Method::POST => {
            let tags = tag_map(&parse(body)?);
            cloud.lambda.change(cloud, name, |function| {
                function.tags.extend(tags);
                Ok(())
            })?;
            Ok(no_content())
        }
        Method::DELETE => {
            cloud.lambda.change(cloud, name, |function| {
                function.tags.retain(|key, _| query.get("tagKeys") != Some(key));
                Ok(())
            })?;
            Ok(no_content())
        }
        _ => Err(ServiceError::unknown_operation("Lambda", method.as_str())),
    }
}

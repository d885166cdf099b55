//! Tags of functions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Call;
use super::answers::{no_content, ok};
use crate::http_types::Response;
use crate::lambda::Reference;
use crate::lambda::function::{invalid, missing, validation};
use crate::wire::ServiceError;

/// Tags that a function may have.
const TAG_LIMIT: usize = 50;

/// Answers `ListTags`, `TagResource` and `UntagResource`.
pub(super) fn tags(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, arn) = (call.cloud, call.place(0));
    if !arn.starts_with("arn:aws:lambda:") || !arn.contains(":function:") {
        return Err(validation(
            arn,
            "resource",
            "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)",
        ));
    }
    let reference = Reference::of_client(cloud, arn, None)?;
    let function = cloud.lambda.function(cloud, &reference.name)?;
    if reference.qualifier.is_some() {
        return Err(invalid("Tags on function aliases and versions are not supported. Please specify a function ARN."));
    }
    match call.operation.name {
        "ListTags" => return Ok(ok(&json!({ "Tags": function.tags }))),
        "TagResource" => {
            let new = tag_map(&call.input()?);
            if new.is_empty() {
                return Err(invalid("An error occurred and the request cannot be processed."));
            }
            cloud.lambda.change(cloud, &reference.name, |function| {
                function.tags.extend(new);
                check_count(function.tags.len())
            })?;
        }
        _ => {
            if call.tag_keys.is_empty() {
                return Err(missing("tagKeys"));
            }
            cloud.lambda.change(cloud, &reference.name, |function| {
                function.tags.retain(|key, _| !call.tag_keys.contains(key));
                Ok(())
            })?;
        }
    }
    Ok(no_content())
}

/// Refuses more tags than a function may have.
pub(super) fn check_count(count: usize) -> Result<(), ServiceError> {
    if count > TAG_LIMIT { Err(invalid("Number of tags exceeds resource tag limit.")) } else { Ok(()) }
}

/// The `Tags` of a request.
pub(super) fn tag_map(input: &Value) -> BTreeMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    tags.into_iter().flatten().filter_map(text).collect()
}

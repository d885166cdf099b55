//! Custom resources: a function or a topic of the template makes them, and answers at an address that it is given.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use super::signals::CustomResponse;
use crate::wire::properties::{as_integer, required_text};

/// Seconds that an answer may take unless `ServiceTimeout` says less.
const TIMEOUT: i64 = 3600;

/// A request to the maker of a custom resource.
struct Asked<'a> {
    kind: &'a str,
    physical_id: Option<&'a str>,
    properties: &'a Value,
    old_properties: Option<&'a Value>,
}

/// `AWS::CloudFormation::CustomResource` and `Custom::*`. `Ref` is what the maker says.
pub(crate) async fn create_custom_resource(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let asked = Asked { kind: "Create", physical_id: None, properties, old_properties: None };
    let response = ask(context, &asked).await?;
    let physical_id = response.physical_resource_id.clone().unwrap_or_else(|| context.generated_name(255));
    if response.status == "FAILED" {
        // The maker is asked to remove what there may be of it.
        context.initiated(&physical_id);
    }
    provisioned(response, physical_id)
}

/// Asks the maker for the change. Another physical id in its answer replaces the resource: the old one is deleted later.
pub(crate) async fn update_custom_resource(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let asked = Asked { kind: "Update", physical_id: Some(physical_id), properties: new, old_properties: Some(old) };
    let response = ask(context, &asked).await?;
    let id = response.physical_resource_id.clone().unwrap_or_else(|| physical_id.to_owned());
    provisioned(response, id).map(Update::InPlace)
}

/// Asks the maker to remove the resource.
pub(crate) async fn delete_custom_resource(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let asked = Asked { kind: "Delete", physical_id: Some(physical_id), properties, old_properties: None };
    let response = ask(context, &asked).await?;
    provisioned(response, physical_id.to_owned()).map(drop)
}

/// What a maker has made cannot be read back.
pub(crate) async fn read_custom_resource(
    _context: &ResourceContext,
    _physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(Live::Unsupported)
}

fn provisioned(response: CustomResponse, physical_id: String) -> Result<Provisioned, ProviderError> {
    match response.status.as_str() {
        "SUCCESS" => Ok(Provisioned { physical_id, attributes: response.data.unwrap_or_default() }),
        "FAILED" => Err(ProviderError::plain(format!(
            "Received response status [FAILED] from custom resource. Message returned: {} (RequestId: {})",
            response.reason.unwrap_or_default(),
            response.request_id.unwrap_or_default()
        ))),
        other => Err(ProviderError::plain(format!(
            "Invalid response from custom resource: Status is `{other}`, not SUCCESS or FAILED"
        ))),
    }
}

async fn ask(context: &ResourceContext, asked: &Asked<'_>) -> Result<CustomResponse, ProviderError> {
    let cloud = &context.cloud;
    let maker = required_text(asked.properties, "ServiceToken")?;
    let seconds = match asked.properties.get("ServiceTimeout") {
        None => TIMEOUT,
        Some(value) => as_integer(value).filter(|seconds| (1..=TIMEOUT).contains(seconds)).ok_or_else(|| {
            ProviderError::plain(format!("ServiceTimeout must be a number from 1 to {TIMEOUT}, not `{value}`"))
        })?,
    };
    let (stack_id, resource_type) = context.own_row().ok_or_else(|| ProviderError::plain("the stack is gone"))?;
    let request_id = uuid::Uuid::new_v4().to_string();
    let (url, answer) = cloud.cloudformation.signals.expect_response(&cloud.url);
    let mut request = json!({
        "RequestType": asked.kind,
        "ServiceToken": maker,
        "ResponseURL": url,
        "StackId": stack_id,
        "RequestId": request_id,
        "LogicalResourceId": context.logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": texts(asked.properties),
    });
    if let Some(physical_id) = asked.physical_id {
        request["PhysicalResourceId"] = json!(physical_id);
    }
    if let Some(old) = asked.old_properties {
        request["OldResourceProperties"] = texts(old);
    }
    let sent = match maker.split(':').nth(2) {
        Some("lambda") => cloud.lambda.invoke_event(cloud, maker, request.to_string().into()).await,
        Some("sns") => {
            let subject = "AWS CloudFormation custom resource request";
            cloud.sns.publish(cloud, maker, Some(subject), &request.to_string()).await.map(drop)
        }
        _ => {
            return Err(ProviderError::plain(format!(
                "Invalid service token: `{maker}` is neither a function nor a topic"
            )));
        }
    };
    if let Err(error) = sent {
        // The maker went before what it made: there is nobody to ask, as when somebody deleted it by hand.
        return Err(ProviderError::plain(format!("Failed to invoke {maker}: {}", error.message)));
    }
    let waited = tokio::time::timeout(Duration::from_secs(seconds.unsigned_abs()), answer).await;
    let Ok(Ok(response)) = waited else {
        return Err(ProviderError::plain(format!(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version."
        )));
    };
    for (name, expected, given) in [
        ("StackId", &stack_id, &response.stack_id),
        ("RequestId", &request_id, &response.request_id),
        ("LogicalResourceId", &context.logical_id, &response.logical_resource_id),
    ] {
        if given.as_ref().is_some_and(|given| given != expected) {
            return Err(ProviderError::plain(format!(
                "Invalid response from custom resource: {name} does not match that of the request"
            )));
        }
    }
    Ok(CustomResponse { request_id: Some(request_id), ..response })
}

/// Properties as a maker gets them: every number and flag is text.
fn texts(properties: &Value) -> Value {
    match properties {
        Value::Bool(_) | Value::Number(_) => Value::String(properties.to_string()),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), texts(field))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_get_texts() {
        let properties = json!({"A": 1, "B": [true, {"C": 1.5}], "D": "x", "E": null});
        assert_eq!(texts(&properties), json!({"A": "1", "B": ["true", {"C": "1.5"}], "D": "x", "E": null}));
    }
}

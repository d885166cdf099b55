//! Methods of resources with their integrations and responses.

use regex::Regex;
use serde_json::{Value, json};

use super::check::{known, text, with_defaults};
use super::{ApiGateway, bad, not_found, vtl};
use crate::wire::ServiceError;

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Milliseconds that an integration may take unless told otherwise.
const TIMEOUT: i64 = 29_000;

fn no_method() -> ServiceError {
    not_found("Invalid Method identifier specified")
}

/// Which part of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Method,
    Response(&'a str),
    Integration,
    IntegrationResponse(&'a str),
}

impl Place<'_> {
    fn pointer(self) -> String {
        match self {
            Self::Method => String::new(),
            Self::Response(status) => format!("/methodResponses/{status}"),
            Self::Integration => "/methodIntegration".to_owned(),
            Self::IntegrationResponse(status) => format!("/methodIntegration/integrationResponses/{status}"),
        }
    }

    fn missing(self) -> ServiceError {
        match self {
            Self::Method => no_method(),
            Self::Response(_) | Self::IntegrationResponse(_) => not_found("Invalid Response status code specified"),
            Self::Integration => not_found("Invalid Integration identifier specified"),
        }
    }
}

impl ApiGateway {
    /// Makes or replaces a method. Its integration and responses stay.
    pub(super) fn put_method(
        &self,
        api_id: &str,
        resource: &str,
        name: &str,
        members: &Value,
    ) -> Result<Value, ServiceError> {
        self.change(api_id, |api| {
            if !METHODS.contains(&name) {
                return Err(bad(format!("Invalid HttpMethod specified. Valid options are {}", METHODS.join(","))));
            }
            let content = &api.content;
            let kind = text(members, "authorizationType").ok_or_else(|| bad("Authorization type is required"))?;
            let wanted: &[&str] = match kind {
                "NONE" | "AWS_IAM" => &[],
                "CUSTOM" => &["TOKEN", "REQUEST"],
                "COGNITO_USER_POOLS" => &["COGNITO_USER_POOLS"],
                other => return Err(bad(format!("Invalid authorization type specified: {other}"))),
            };
            if !wanted.is_empty() {
                let authorizer = text(members, "authorizerId").and_then(|id| content.authorizers.get(id));
                if !authorizer.and_then(|one| one["type"].as_str()).is_some_and(|kind| wanted.contains(&kind)) {
                    return Err(bad("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."));
                }
            }
            if let Some(id) = text(members, "requestValidatorId") {
                known(&content.validators, id, "Request Validator")?;
            }
            for model in members["requestModels"].as_object().into_iter().flatten().filter_map(|(_, name)| name.as_str()) {
                if !content.models.contains_key(model) {
                    return Err(bad(format!("Invalid model identifier specified: {model}")));
                }
            }
            for parameter in members["requestParameters"].as_object().into_iter().flatten().map(|(name, _)| name) {
                if !is_method_parameter(parameter, "request", &["path", "querystring", "multivaluequerystring", "header", "multivalueheader"]) {
                    return Err(bad(format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {parameter}]")));
                }
            }
            let old = api.resource(resource)?.methods.get(name).cloned().unwrap_or_default();
            let mut method = with_defaults(members, &json!({"apiKeyRequired": false, "httpMethod": name}));
            for part in ["methodIntegration", "methodResponses"] {
                if let Some(part_members) = old.get(part) {
                    method[part] = part_members.clone();
                }
            }
            api.resource_mut(resource)?.methods.insert(name.to_owned(), method.clone());
            Ok(method)
        })
    }

    /// Makes or replaces a part of a method that is there.
    pub(super) fn put_method_part(
        &self,
        api_id: &str,
        resource: &str,
        name: &str,
        place: Place<'_>,
        members: &Value,
    ) -> Result<Value, ServiceError> {
        let checked = match place {
            Place::Method => return self.put_method(api_id, resource, name, members),
            Place::Response(status) => with_defaults(members, &json!({ "statusCode": check_status(status)? })),
            Place::Integration => integration(members, resource)?,
            Place::IntegrationResponse(status) => integration_response(status, members)?,
        };
        self.change(api_id, |api| {
            let method = api.resource_mut(resource)?.methods.get_mut(name).ok_or_else(no_method)?;
            match place {
                Place::Method => {}
                Place::Integration => {
                    let old = method["methodIntegration"]["integrationResponses"].clone();
                    method["methodIntegration"] = checked.clone();
                    if old.is_object() && checked["integrationResponses"].is_null() {
                        method["methodIntegration"]["integrationResponses"] = old;
                    }
                }
                Place::Response(status) => method["methodResponses"][status] = checked.clone(),
                Place::IntegrationResponse(status) => {
                    if !method["methodIntegration"].is_object() {
                        return Err(Place::Integration.missing());
                    }
                    method["methodIntegration"]["integrationResponses"][status] = checked.clone();
                }
            }
            Ok(checked)
        })
    }

    /// A method, or a part of it.
    pub(super) fn get_method_part(
        &self,
        api_id: &str,
        resource: &str,
        name: &str,
        place: Place<'_>,
    ) -> Result<Value, ServiceError> {
        self.read(api_id, |api| {
            let method = api.resource(resource)?.methods.get(name).ok_or_else(no_method)?;
            method.pointer(&place.pointer()).cloned().ok_or_else(|| place.missing())
        })
    }

    /// Removes a method, or a part of it.
    pub(super) fn delete_method_part(
        &self,
        api_id: &str,
        resource: &str,
        name: &str,
        place: Place<'_>,
    ) -> Result<(), ServiceError> {
        self.change(api_id, |api| {
            let methods = &mut api.resource_mut(resource)?.methods;
            let removed = if place == Place::Method {
                methods.remove(name).is_some()
            } else {
                let pointer = place.pointer();
                let method = methods.get_mut(name).ok_or_else(no_method)?;
                let (above, last) = pointer.rsplit_once('/').unwrap_or(("", &pointer));
                let above = method.pointer_mut(above).and_then(Value::as_object_mut);
                above.is_some_and(|above| above.remove(last).is_some())
            };
            removed.then_some(()).ok_or_else(|| place.missing())
        })
    }
}

fn check_status(status: &str) -> Result<&str, ServiceError> {
    let is_status = status.len() == 3 && status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
    if is_status { Ok(status) } else { Err(bad(format!("Invalid response status code specified: {status}"))) }
}

fn is_method_parameter(text: &str, direction: &str, kinds: &[&str]) -> bool {
    let rest = text.strip_prefix("method.").and_then(|rest| rest.strip_prefix(direction)?.strip_prefix('.'));
    rest.and_then(|rest| rest.split_once('.')).is_some_and(|(kind, name)| kinds.contains(&kind) && !name.is_empty())
}

fn check_templates(templates: &Value) -> Result<(), ServiceError> {
    for (kind, template) in templates.as_object().into_iter().flatten() {
        vtl::parse(template.as_str().unwrap_or_default()).map_err(|fault| {
            bad(format!("Invalid mapping template for {kind}, at byte {}: {}", fault.at, fault.message))
        })?;
    }
    Ok(())
}

fn check_handling(members: &Value) -> Result<(), ServiceError> {
    match members["contentHandling"].as_str() {
        None | Some("CONVERT_TO_BINARY" | "CONVERT_TO_TEXT") => Ok(()),
        Some(other) => Err(bad(format!("Invalid content handling specified: {other}"))),
    }
}

/// Members of an integration; `namespace` is the id of its resource.
fn integration(members: &Value, namespace: &str) -> Result<Value, ServiceError> {
    let kind = text(members, "type").ok_or_else(|| bad("Integration type is required"))?;
    let uri = text(members, "uri").unwrap_or_default();
    if members["connectionType"].as_str().is_some_and(|kind| kind != "INTERNET") {
        return Err(bad("the local cloud does not serve VPC links"));
    }
    if members["responseTransferMode"].as_str().is_some_and(|mode| mode != "BUFFERED") {
        return Err(bad("the local cloud serves the response transfer mode BUFFERED only"));
    }
    let is_function = uri.contains(":lambda:path/");
    let is_bucket = uri.contains(":s3:path/") || uri.contains(":s3:action/");
    match kind {
        "MOCK" => {}
        "HTTP" | "HTTP_PROXY" => {
            let without_variables = uri.replace("${stageVariables.", "x");
            if !(uri.starts_with("http://") || uri.starts_with("https://") || without_variables.starts_with('x')) {
                return Err(bad("Invalid HTTP endpoint specified for URI"));
            }
        }
        "AWS_PROXY" | "AWS" if is_function => {}
        "AWS_PROXY" => {
            return Err(bad(format!(
                "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations, and the local cloud Lambda only: `{uri}`"
            )));
        }
        "AWS" if is_bucket => {
            if !uri.contains(":s3:path/") {
                return Err(bad(
                    "the local cloud serves S3 integrations by path only: `arn:aws:apigateway:<region>:s3:path/<bucket>/<key>`",
                ));
            }
            text(members, "credentials").ok_or_else(|| bad("Role ARN must be specified for AWS integrations"))?;
        }
        "AWS" => {
            return Err(bad(format!(
                "the local cloud serves integrations of type AWS with Lambda and S3, not `{uri}`"
            )));
        }
        other => return Err(bad(format!("Invalid integration type specified: {other}"))),
    }
    if kind != "MOCK" && text(members, "httpMethod").is_none() {
        return Err(bad("Enumeration value for HttpMethod must be non-empty"));
    }
    if text(members, "credentials").is_some_and(|role| !role.contains(":role/")) {
        return Err(bad("the local cloud serves roles as credentials of integrations only"));
    }
    match members["passthroughBehavior"].as_str() {
        None | Some("WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER") => {}
        Some(other) => return Err(bad(format!("Invalid passthrough behavior specified: {other}"))),
    }
    check_handling(members)?;
    check_templates(&members["requestTemplates"])?;
    let timeout =
        members.get("timeoutInMillis").filter(|timeout| !timeout.is_null()).map_or(Some(TIMEOUT), Value::as_i64);
    if !timeout.is_some_and(|timeout| (50..=300_000).contains(&timeout)) {
        return Err(bad("Timeout should be between 50 ms and 29000 ms"));
    }
    let defaults = json!({
        "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": TIMEOUT, "cacheNamespace": namespace, "cacheKeyParameters": [],
    });
    let mut members = with_defaults(members, &defaults);
    let responses = members["integrationResponses"].as_object().cloned().unwrap_or_default();
    for (status, response) in responses {
        members["integrationResponses"][&status] = integration_response(&status, &response)?;
    }
    Ok(members)
}

fn integration_response(status: &str, members: &Value) -> Result<Value, ServiceError> {
    check_status(status)?;
    check_handling(members)?;
    check_templates(&members["responseTemplates"])?;
    if let Some(pattern) = text(members, "selectionPattern") {
        Regex::new(&format!("^(?:{pattern})$"))
            .map_err(|_| bad(format!("Invalid selection pattern specified: `{pattern}` is not a regular expression that the local cloud reads")))?;
    }
    for (target, source) in members["responseParameters"].as_object().into_iter().flatten() {
        let is_source = source.as_str().is_some_and(|source| {
            source.starts_with("integration.response.")
                || source.starts_with("context.")
                || source.starts_with("stageVariables.")
                || (source.len() > 1 && source.starts_with('\'') && source.ends_with('\''))
        });
        if !is_method_parameter(target, "response", &["header"]) || !is_source {
            return Err(bad(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: {target}: {source}]"
            )));
        }
    }
    Ok(with_defaults(members, &json!({ "statusCode": status })))
}

//! What members of APIs and their parts may be. What the local cloud does not serve is refused, not ignored.

use serde_json::{Value, json};

use super::routes::RouteKey;
use super::{Api, merge};
use crate::execute_api::access_log;
use crate::wire::ServiceError;

/// Milliseconds that an integration may take at most, and takes unless told otherwise.
const LONGEST_TIMEOUT: i64 = 30_000;

fn bad(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}

/// Refuses members that would change what an API does if they were served.
fn refuse(members: &Value, names: &[&str]) -> Result<(), ServiceError> {
    match names.iter().find(|name| members.get(**name).is_some_and(|value| !value.is_null())) {
        Some(name) => Err(bad(format!("the local cloud does not serve `{name}` of HTTP APIs"))),
        None => Ok(()),
    }
}

fn text<'a>(members: &'a Value, name: &str) -> Option<&'a str> {
    members[name].as_str().filter(|text| !text.is_empty())
}

fn one_of(members: &Value, name: &str, allowed: &[&str]) -> Result<(), ServiceError> {
    match members.get(name).and_then(Value::as_str) {
        Some(value) if !allowed.contains(&value) => {
            Err(bad(format!("Invalid {name} specified: `{value}` is none of {}", allowed.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Members of an API, with defaults.
pub(super) fn api(members: &Value) -> Result<Value, ServiceError> {
    refuse(members, &["body", "bodyS3Location", "disableSchemaValidation"])?;
    let key = members.get("apiKeySelectionExpression");
    if key.is_some_and(|key| key != "$request.header.x-api-key") {
        return Err(bad("ApiKeySelectionExpression is for WebSocket APIs, which the local cloud does not serve"));
    }
    let mut members = members.clone();
    for only_given in ["target", "routeKey", "credentialsArn", "basepath", "basePath", "failOnWarnings"] {
        members.as_object_mut().map(|members| members.remove(only_given));
    }
    text(&members, "name").ok_or_else(|| bad("Name is required"))?;
    if members["protocolType"] != "HTTP" {
        return Err(bad("the local cloud serves APIs of the ProtocolType HTTP only"));
    }
    one_of(&members, "ipAddressType", &["ipv4", "dualstack"])?;
    if members.get("routeSelectionExpression").is_some_and(|expression| expression != "$request.method $request.path") {
        return Err(bad("RouteSelectionExpression of an HTTP API must be $request.method $request.path"));
    }
    let cors = &members["corsConfiguration"];
    if cors["allowCredentials"] == true {
        for name in ["allowOrigins", "allowHeaders", "allowMethods", "exposeHeaders"] {
            if cors[name].as_array().is_some_and(|values| values.iter().any(|value| value == "*")) {
                return Err(bad(format!("{name} cannot be * when allowCredentials is true")));
            }
        }
    }
    for origin in cors["allowOrigins"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let is_origin =
            origin == "*" || origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains('/'));
        if !is_origin {
            return Err(bad(format!("Invalid Origin in AllowOrigins: {origin}")));
        }
    }
    let defaults = json!({
        "apiKeySelectionExpression": "$request.header.x-api-key",
        "routeSelectionExpression": "$request.method $request.path",
        "disableExecuteApiEndpoint": false,
        "ipAddressType": "ipv4",
        "tags": {},
    });
    Ok(merge(&defaults, &members))
}

/// Integration and route key of an API that is made with a target; `None` for one that is made without.
pub(super) fn quick_create(members: &Value) -> Option<(Value, String)> {
    let target = text(members, "target")?;
    let route_key = text(members, "routeKey").unwrap_or("$default").to_owned();
    let integration = if target.starts_with("arn:") {
        json!({"integrationType": "AWS_PROXY", "integrationUri": target, "payloadFormatVersion": "2.0"})
    } else {
        json!({"integrationType": "HTTP_PROXY", "integrationMethod": "ANY", "integrationUri": target, "payloadFormatVersion": "1.0"})
    };
    Some((merge(&integration, &json!({"credentialsArn": members["credentialsArn"]})), route_key))
}

/// Members of an integration.
pub(super) fn integration(members: &Value) -> Result<Value, ServiceError> {
    refuse(
        members,
        &[
            "integrationSubtype",
            "connectionId",
            "contentHandlingStrategy",
            "passthroughBehavior",
            "requestTemplates",
            "templateSelectionExpression",
            "tlsConfig",
        ],
    )?;
    one_of(members, "connectionType", &["INTERNET"])?;
    one_of(members, "payloadFormatVersion", &["1.0", "2.0"])?;
    let uri = text(members, "integrationUri").ok_or_else(|| bad("Integration URI is required"))?;
    match members["integrationType"].as_str() {
        Some("AWS_PROXY") if uri.contains(":lambda:") => {}
        Some("AWS_PROXY") => return Err(bad(format!("IntegrationUri `{uri}` is not the ARN of a function"))),
        Some("HTTP_PROXY") if !(uri.starts_with("http://") || uri.starts_with("https://")) => {
            return Err(bad(format!("Invalid HTTP endpoint specified for URI: {uri}")));
        }
        Some("HTTP_PROXY") if text(members, "integrationMethod").is_none() => {
            return Err(bad("HttpMethod must be specified for integration type HTTP_PROXY"));
        }
        Some("HTTP_PROXY") => {}
        _ => return Err(bad("IntegrationType of an HTTP API must be AWS_PROXY or HTTP_PROXY")),
    }
    if text(members, "credentialsArn").is_some_and(|role| !role.contains(":role/")) {
        return Err(bad("the local cloud serves roles as CredentialsArn only"));
    }
    super::mapping::check(&members["requestParameters"], &members["responseParameters"])?;
    let timeout = members.get("timeoutInMillis").map_or(Some(LONGEST_TIMEOUT), Value::as_i64);
    if !timeout.is_some_and(|timeout| (50..=LONGEST_TIMEOUT).contains(&timeout)) {
        return Err(bad("Timeout should be between 50 ms and 30000 ms"));
    }
    let mut defaults =
        json!({"connectionType": "INTERNET", "payloadFormatVersion": "1.0", "timeoutInMillis": LONGEST_TIMEOUT});
    if members["integrationType"] == "AWS_PROXY" {
        defaults["integrationMethod"] = json!("POST");
    }
    Ok(merge(&defaults, members))
}

/// Members of a route; `id` is its own.
pub(super) fn route(api: &Api, id: &str, members: &Value) -> Result<Value, ServiceError> {
    refuse(
        members,
        &["modelSelectionExpression", "requestModels", "requestParameters", "routeResponseSelectionExpression"],
    )?;
    if members["apiKeyRequired"] == true {
        return Err(bad("ApiKeyRequired is not supported by HTTP APIs"));
    }
    let key = text(members, "routeKey").ok_or_else(|| bad("Route key is required"))?;
    RouteKey::parse(key).ok_or_else(|| {
        bad(format!("The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\": `{key}`"))
    })?;
    if api.content.routes.iter().any(|(other, route)| other != id && route["routeKey"] == key) {
        return Err(super::conflict(format!("Route with key {key} already exists for this API")));
    }
    if let Some(target) = text(members, "target") {
        let integration = target.strip_prefix("integrations/").unwrap_or_default();
        if !api.content.integrations.contains_key(integration) {
            return Err(bad(format!("Integration '{target}' does not exist")));
        }
    }
    let kind = members["authorizationType"].as_str().unwrap_or("NONE");
    let wanted = match kind {
        "NONE" | "AWS_IAM" => None,
        "CUSTOM" => Some("REQUEST"),
        "JWT" => Some("JWT"),
        other => return Err(bad(format!("Invalid authorizationType specified: {other}"))),
    };
    if let Some(wanted) = wanted {
        let authorizer = text(members, "authorizerId").ok_or_else(|| bad("AuthorizerId is required"))?;
        let found = api.content.authorizers.get(authorizer);
        if found.is_none_or(|authorizer| authorizer["authorizerType"] != wanted) {
            return Err(bad(format!(
                "Invalid authorizer ID specified. Setting the authorization type to {kind} requires a valid authorizer of the type {wanted}"
            )));
        }
    }
    if kind != "JWT" && members["authorizationScopes"].as_array().is_some_and(|scopes| !scopes.is_empty()) {
        return Err(bad("AuthorizationScopes can be specified for the authorization type JWT only"));
    }
    Ok(merge(&json!({"apiKeyRequired": false, "authorizationType": "NONE"}), members))
}

/// Members of an authorizer.
pub(super) fn authorizer(members: &Value) -> Result<Value, ServiceError> {
    text(members, "name").ok_or_else(|| bad("Name is required"))?;
    refuse(members, &["identityValidationExpression"])?;
    let sources: Vec<&str> =
        members["identitySource"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for source in &sources {
        let is_source = ["$request.header.", "$request.querystring.", "$context.", "$stageVariables."]
            .iter()
            .any(|prefix| source.strip_prefix(prefix).is_some_and(|name| !name.is_empty()));
        if !is_source {
            return Err(bad(format!("Invalid mapping expression specified: {source}")));
        }
    }
    match members["authorizerType"].as_str() {
        Some("REQUEST") => {
            let uri = text(members, "authorizerUri").ok_or_else(|| bad("AuthorizerUri is required"))?;
            if !uri.contains(":lambda:") {
                return Err(bad(format!("AuthorizerUri `{uri}` does not name a function")));
            }
            let version = text(members, "authorizerPayloadFormatVersion");
            if !matches!(version, Some("1.0" | "2.0")) {
                return Err(bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer"));
            }
            if members["enableSimpleResponses"] == true && version != Some("2.0") {
                return Err(bad("EnableSimpleResponses is not supported for AuthorizerPayloadFormatVersion 1.0"));
            }
            let life = members.get("authorizerResultTtlInSeconds").map_or(Some(0), Value::as_i64);
            if !life.is_some_and(|life| (0..=3600).contains(&life)) {
                return Err(bad("AuthorizerResultTtlInSeconds must be between 0 and 3600"));
            }
            if life != Some(0) && sources.is_empty() {
                return Err(bad("IdentitySource is required when AuthorizerResultTtlInSeconds is not 0"));
            }
        }
        Some("JWT") => {
            if sources.len() != 1 {
                return Err(bad("JWT authorizers must have one identity source"));
            }
            let issuer = text(&members["jwtConfiguration"], "issuer").ok_or_else(|| bad("Issuer is required"))?;
            if !(issuer.starts_with("https://")
                || issuer.starts_with("http://127.0.0.1")
                || issuer.starts_with("http://localhost"))
            {
                return Err(bad(format!("Invalid issuer: {issuer}. Issuer must be an https URL")));
            }
            if members["jwtConfiguration"]["audience"].as_array().is_none_or(Vec::is_empty) {
                return Err(bad("Audience is required"));
            }
        }
        _ => return Err(bad("AuthorizerType of an HTTP API must be REQUEST or JWT")),
    }
    Ok(members.clone())
}

/// Members of a stage.
pub(super) fn stage(api: &Api, members: &Value) -> Result<Value, ServiceError> {
    refuse(members, &["clientCertificateId"])?;
    let name = text(members, "stageName").ok_or_else(|| bad("Stage name is required"))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name != super::DEFAULT_STAGE && !(name.len() <= 128 && name.bytes().all(fits)) {
        return Err(bad("Stage name only allows a-zA-Z0-9_-"));
    }
    if let Some(deployment) = text(members, "deploymentId")
        && !api.deployments.contains_key(deployment)
    {
        return Err(bad(format!("Deployment id {deployment} does not exist")));
    }
    let known: Vec<&str> = api.content.routes.values().filter_map(|route| route["routeKey"].as_str()).collect();
    for key in members["routeSettings"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()) {
        if !known.contains(&key) {
            return Err(ServiceError::not_found(
                "NotFoundException",
                format!("Unable to find Route by key {key} within the provided RouteSettings"),
            ));
        }
    }
    if let Some(arn) = text(&members["accessLogSettings"], "destinationArn") {
        access_log::group_of(arn).ok_or_else(|| {
            bad(format!("the local cloud writes access logs to log groups, and `{arn}` is not the ARN of one"))
        })?;
        text(&members["accessLogSettings"], "format").ok_or_else(|| bad("Format of the access log is required"))?;
    }
    let defaults = json!({"autoDeploy": false, "defaultRouteSettings": {"detailedMetricsEnabled": false}, "routeSettings": {}, "stageVariables": {}, "tags": {}});
    Ok(merge(&defaults, members))
}

/// Members of a deployment.
pub(super) fn deployment(api: &Api, members: &Value) -> Result<Value, ServiceError> {
    if api.content.routes.is_empty() {
        return Err(bad("At least one route is required before deploying the Api."));
    }
    if let Some(stage) = text(members, "stageName")
        && !api.stages.contains_key(stage)
    {
        return Err(bad(format!("Stage {stage} does not exist")));
    }
    let created = json!({"createdDate": super::timestamp(crate::logs::now()), "deploymentStatus": "DEPLOYED", "autoDeployed": false});
    let mut members = merge(&created, members);
    // A deployment is handed to a stage, it does not belong to it.
    members.as_object_mut().map(|members| members.remove("stageName"));
    Ok(members)
}

//! What members of REST APIs and their parts may be. What the local cloud does not serve is refused, not ignored.

use regex::Regex;
use serde_json::{Value, json};

use super::{Content, Part, Table, bad, conflict, not_found, response, schema};
use crate::execute_api::short_id;
use crate::wire::ServiceError;

pub(super) fn text<'a>(members: &'a Value, name: &str) -> Option<&'a str> {
    members[name].as_str().filter(|text| !text.is_empty())
}

/// Fills in what is not given.
pub(super) fn with_defaults(members: &Value, defaults: &Value) -> Value {
    let mut filled = members.as_object().cloned().unwrap_or_default();
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if filled.get(name).is_none_or(Value::is_null) {
            filled.insert(name.clone(), value.clone());
        }
    }
    filled.retain(|_, value| !value.is_null());
    Value::Object(filled)
}

/// Members of an API, with defaults.
pub(super) fn api(members: &Value) -> Result<Value, ServiceError> {
    text(members, "name").ok_or_else(|| bad("Name is required"))?;
    for name in ["body", "bodyS3Location", "cloneFrom", "parameters"] {
        if members.get(name).is_some_and(|value| !value.is_null()) {
            return Err(bad(format!(
                "the local cloud does not read `{name}` of a REST API: write its resources and methods as resources of the template"
            )));
        }
    }
    let mut members = members.clone();
    if let Some(types) = members["endpointConfiguration"]["types"].as_array()
        && types.iter().any(|kind| kind != "EDGE" && kind != "REGIONAL")
    {
        return Err(bad("the local cloud serves the endpoint types EDGE and REGIONAL, there is no VPC for PRIVATE"));
    }
    match members["apiKeySource"].as_str() {
        None | Some("HEADER" | "AUTHORIZER") => {}
        Some(other) => return Err(bad(format!("Invalid API key source type: {other}"))),
    }
    let size = members.get("minimumCompressionSize").filter(|size| !size.is_null());
    if size.is_some_and(|size| !size.as_i64().is_some_and(|size| (0..=10_485_760).contains(&size))) {
        return Err(bad("Invalid minimum compression size, must be between 0 and 10485760"));
    }
    // The policy is JSON in a text, or as a template writes it.
    let policy = match &members["policy"] {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    if let Some(policy) = &policy {
        let readable = serde_json::from_str::<Value>(policy)
            .ok()
            .and_then(|policy| stack_plan::policy::Document::parse(&policy).ok());
        readable.ok_or_else(|| {
            bad("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
        })?;
    }
    members["policy"] = json!(policy);
    let defaults = json!({
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": false,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "tags": {},
    });
    Ok(with_defaults(&members, &defaults))
}

/// The models that every API has.
pub(super) fn default_models() -> Table {
    let model = |name: &str, description: &str, schema: Value| {
        let members = json!({"id": short_id(), "name": name, "description": description, "contentType": "application/json", "schema": schema.to_string()});
        (name.to_owned(), members)
    };
    let draft = "http://json-schema.org/draft-04/schema#";
    Table::from([
        model(
            "Empty",
            "This is a default empty schema model",
            json!({"$schema": draft, "title": "Empty Schema", "type": "object"}),
        ),
        model(
            "Error",
            "This is a default error schema model",
            json!({"$schema": draft, "title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}),
        ),
    ])
}

/// Key and members of a part; `key` is that of one that is there already.
pub(super) fn part(
    content: &Content,
    part: Part,
    key: Option<&str>,
    members: &Value,
) -> Result<(String, Value), ServiceError> {
    match part {
        Part::Authorizer => {
            let mut members = authorizer(members)?;
            let id = key.map_or_else(short_id, str::to_owned);
            members["id"] = json!(id);
            let name = members["name"].as_str();
            let is_taken = content.authorizers.iter().any(|(other, one)| *other != id && one["name"].as_str() == name);
            if is_taken {
                return Err(conflict(format!(
                    "Authorizer name must be unique. Authorizer {} already exists in this RestApi.",
                    members["name"]
                )));
            }
            Ok((id, members))
        }
        Part::GatewayResponse => {
            let kind = key.or_else(|| text(members, "responseType")).ok_or_else(|| bad("ResponseType is required"))?;
            Ok((kind.to_owned(), response::check(kind, members)?))
        }
        Part::Model => {
            let name = key.or_else(|| text(members, "name")).ok_or_else(|| bad("Model name is required"))?;
            if name.bytes().any(|byte| !byte.is_ascii_alphanumeric()) {
                return Err(bad(format!("Model name must be alphanumeric: {name}")));
            }
            if key.is_none() && content.models.contains_key(name) {
                return Err(conflict(format!("Model name already exists for this REST API: {name}")));
            }
            Ok((name.to_owned(), model(name, members)?))
        }
        Part::Validator => {
            let id = key.map_or_else(short_id, str::to_owned);
            let mut members =
                with_defaults(members, &json!({"validateRequestBody": false, "validateRequestParameters": false}));
            members["id"] = json!(id);
            Ok((id, members))
        }
    }
}

fn model(name: &str, members: &Value) -> Result<Value, ServiceError> {
    text(members, "contentType").ok_or_else(|| bad("Content type is required"))?;
    let schema = match &members["schema"] {
        Value::Null => "{}".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let value = serde_json::from_str::<Value>(&schema)
        .map_err(|error| bad(format!("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified. {error}]")))?;
    schema::check(&value).map_err(|why| bad(format!("Invalid model specified: {why}")))?;
    let mut members = with_defaults(members, &json!({"id": short_id(), "name": name}));
    members["schema"] = json!(schema);
    Ok(members)
}

fn authorizer(members: &Value) -> Result<Value, ServiceError> {
    text(members, "name").ok_or_else(|| bad("Authorizer name is required"))?;
    let kind = text(members, "type").ok_or_else(|| bad("Authorizer type is required"))?;
    let life =
        members.get("authorizerResultTtlInSeconds").filter(|life| !life.is_null()).map_or(Some(300), Value::as_i64);
    if !life.is_some_and(|life| (0..=3600).contains(&life)) {
        return Err(bad("Authorizer result TTL must be between 0 and 3600 seconds"));
    }
    let sources = text(members, "identitySource").unwrap_or_default();
    let is_source = |source: &str| match kind {
        "REQUEST" => ["method.request.header.", "method.request.querystring.", "stageVariables.", "context."]
            .iter()
            .any(|prefix| source.strip_prefix(prefix).is_some_and(|name| !name.is_empty())),
        _ => source.strip_prefix("method.request.header.").is_some_and(|name| !name.is_empty()),
    };
    let sources: Vec<&str> = sources.split(',').map(str::trim).filter(|source| !source.is_empty()).collect();
    if let Some(wrong) = sources.iter().find(|source| !is_source(source)) {
        return Err(bad(format!("Invalid mapping expression specified: {wrong}")));
    }
    match kind {
        "TOKEN" | "REQUEST" => {
            let uri = text(members, "authorizerUri").ok_or_else(|| bad("Authorizer URI is required"))?;
            if !uri.contains(":lambda:") {
                return Err(bad(format!(
                    "Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."
                )));
            }
            if sources.is_empty() && (kind == "TOKEN" || life != Some(0)) {
                return Err(bad("Identity source is required"));
            }
            if let Some(expression) = text(members, "identityValidationExpression") {
                Regex::new(&format!("^(?:{expression})$"))
                    .map_err(|_| bad(format!("Invalid validation expression: {expression}")))?;
            }
        }
        "COGNITO_USER_POOLS" => {
            let arns = members["providerARNs"].as_array().map_or(&[][..], Vec::as_slice);
            let is_pool = |arn: &Value| arn.as_str().is_some_and(|arn| arn.contains(":userpool/"));
            if arns.is_empty() || !arns.iter().all(is_pool) {
                return Err(bad("Invalid Cognito User Pool ARNs specified"));
            }
            if sources.is_empty() {
                return Err(bad("Identity source is required"));
            }
        }
        other => return Err(bad(format!("Invalid authorizer type: {other}"))),
    }
    Ok(with_defaults(members, &json!({"authorizerResultTtlInSeconds": life, "authType": "custom"})))
}

/// Refuses an id that the API does not have.
pub(super) fn known(table: &Table, id: &str, what: &str) -> Result<(), ServiceError> {
    if table.contains_key(id) { Ok(()) } else { Err(not_found(format!("Invalid {what} identifier specified: {id}"))) }
}

//! Answers of the gateway itself: their types, and how an API words them.

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::vtl::{Input, parse, render};
use super::{Table, bad};
use crate::execute_api::access_log::{lookup, text_of};
use crate::execute_api::call::Call;
use crate::http_types::{Response, full};
use crate::wire::ServiceError;

/// Type, status (0 for the defaults, which keep that of the fault).
const TYPES: [(&str, u16); 21] = [
    ("ACCESS_DENIED", 403),
    ("API_CONFIGURATION_ERROR", 500),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500),
    ("AUTHORIZER_FAILURE", 500),
    ("BAD_REQUEST_BODY", 400),
    ("BAD_REQUEST_PARAMETERS", 400),
    ("DEFAULT_4XX", 0),
    ("DEFAULT_5XX", 0),
    ("EXPIRED_TOKEN", 403),
    ("INTEGRATION_FAILURE", 504),
    ("INTEGRATION_TIMEOUT", 504),
    ("INVALID_API_KEY", 403),
    ("INVALID_SIGNATURE", 403),
    ("MISSING_AUTHENTICATION_TOKEN", 403),
    ("QUOTA_EXCEEDED", 429),
    ("REQUEST_TOO_LARGE", 413),
    ("RESOURCE_NOT_FOUND", 404),
    ("THROTTLED", 429),
    ("UNAUTHORIZED", 401),
    ("UNSUPPORTED_MEDIA_TYPE", 415),
    ("WAF_FILTERED", 403),
];

/// The body unless an API words it otherwise.
const DEFAULT_TEMPLATE: &str = "{\"message\":$context.error.messageString}";

/// Names of all types.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(name, _)| *name)
}

/// Members of a type that an API leaves as it is.
pub(super) fn default_members(kind: &str) -> Option<Value> {
    let (_, status) = TYPES.iter().find(|(name, _)| *name == kind)?;
    let mut members = json!({
        "responseType": kind, "responseParameters": {}, "responseTemplates": {"application/json": DEFAULT_TEMPLATE}, "defaultResponse": true,
    });
    if *status > 0 {
        members["statusCode"] = json!(status.to_string());
    }
    Some(members)
}

/// Members of a type that an API words itself.
pub(super) fn check(kind: &str, members: &Value) -> Result<Value, ServiceError> {
    let (_, default) = TYPES
        .iter()
        .find(|(name, _)| *name == kind)
        .ok_or_else(|| bad(format!("Invalid GatewayResponseType specified: {kind}")))?;
    let given = members["statusCode"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| members["statusCode"].as_u64().map(|status| status.to_string()));
    if given.as_ref().is_some_and(|status| !status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status))) {
        return Err(bad("Invalid status code specified for the gateway response"));
    }
    for (name, source) in members["responseParameters"].as_object().into_iter().flatten() {
        let is_target =
            name.strip_prefix("gatewayresponse.header.").is_some_and(|name| HeaderName::try_from(name).is_ok());
        let is_source = source.as_str().is_some_and(|source| {
            ["method.request.", "context.", "stageVariables.", "'"].iter().any(|prefix| source.starts_with(prefix))
        });
        if !is_target || !is_source {
            return Err(bad(format!("Invalid mapping expression specified: {name}: {source}")));
        }
    }
    for template in members["responseTemplates"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str())
    {
        parse(template)
            .map_err(|fault| bad(format!("Invalid mapping template at byte {}: {}", fault.at, fault.message)))?;
    }
    let mut checked = json!({"responseType": kind, "defaultResponse": false});
    for name in ["responseParameters", "responseTemplates"] {
        checked[name] = if members[name].is_object() { members[name].clone() } else { json!({}) };
    }
    if let Some(status) = given.or_else(|| (*default > 0).then(|| default.to_string())) {
        checked["statusCode"] = json!(status);
    }
    Ok(checked)
}

/// A request that the gateway answers itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// One of the types.
    pub(super) kind: &'static str,
    pub(super) status: u16,
    /// `x-amzn-errortype`.
    pub(super) error: &'static str,
    /// What the caller reads; `None` is `null`.
    pub(super) message: Option<String>,
    /// IAM writes `Message`, everyone else `message`.
    pub(super) is_iam: bool,
    /// What the operator reads in the log.
    pub(super) why: String,
}

impl Fault {
    /// A fault of a type with the status of that type.
    pub(super) fn new(kind: &'static str, error: &'static str, message: impl Into<String>) -> Self {
        let status = TYPES.iter().find(|(name, _)| *name == kind).map_or(0, |(_, status)| *status);
        let message = message.into();
        Self {
            kind,
            status: if status == 0 { 500 } else { status },
            error,
            why: message.clone(),
            message: Some(message),
            is_iam: false,
        }
    }

    /// The same, with what the operator is told.
    pub(super) fn because(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    /// The same with another status.
    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Nothing takes the request.
    pub(super) fn no_method() -> Self {
        Self::new("MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// The API is not set up to answer.
    pub(super) fn configuration(why: impl Into<String>) -> Self {
        Self::new("API_CONFIGURATION_ERROR", "InternalServerErrorException", "Internal server error").because(why)
    }

    /// The function behind a proxy integration failed, or answered something else than it must.
    pub(super) fn bad_gateway(why: impl Into<String>) -> Self {
        let fault = Self::new("DEFAULT_5XX", "InternalServerErrorException", "Internal server error");
        Self { status: 502, ..fault }.because(why)
    }

    /// The caller is not who may call.
    pub(super) fn unauthorized(why: impl Into<String>) -> Self {
        Self::new("UNAUTHORIZED", "UnauthorizedException", "Unauthorized").because(why)
    }

    /// The answer, as the API words it; `context` is completed with the error.
    pub(super) fn response(&self, own: &Table, call: &Call, context: &mut Value, stage_variables: &Value) -> Response {
        context["error"] = json!({
            "message": self.message,
            "messageString": json!(self.message).to_string(),
            "responseType": self.kind,
            "validationErrorString": if self.kind == "BAD_REQUEST_BODY" { json!(self.why) } else { Value::Null },
        });
        let default = if self.status >= 500 { "DEFAULT_5XX" } else { "DEFAULT_4XX" };
        let chosen = own.get(self.kind).or_else(|| own.get(default));
        let status = chosen.and_then(|one| one["statusCode"].as_str()?.parse().ok()).unwrap_or(self.status);
        let templates =
            chosen.and_then(|one| one["responseTemplates"].as_object()).filter(|templates| !templates.is_empty());
        let accepted = call.header("accept").unwrap_or_default();
        let template = templates.and_then(|templates| {
            let wanted = templates.iter().find(|(kind, _)| accepted.contains(kind.as_str()));
            wanted
                .or_else(|| templates.iter().find(|(kind, _)| *kind == "application/json"))
                .or_else(|| templates.iter().next())
        });
        let (kind, body) = if let Some((kind, template)) = template {
            let nodes = parse(template.as_str().unwrap_or_default()).unwrap_or_default();
            let input = Input { body: "", parameters: &Value::Null, context, stage_variables };
            (kind.clone(), render(&nodes, &input).0)
        } else {
            let name = if self.is_iam { "Message" } else { "message" };
            ("application/json".to_owned(), json!({ name: self.message }).to_string())
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut insert = |name: &str, value: String| {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        };
        insert("content-type", kind);
        insert("x-amzn-errortype", self.error.to_owned());
        let parameters = chosen.and_then(|one| one["responseParameters"].as_object());
        for (target, source) in parameters.into_iter().flatten() {
            let name = target.strip_prefix("gatewayresponse.header.").unwrap_or(target);
            if let Some(value) = source_value(source.as_str().unwrap_or_default(), call, context, stage_variables) {
                insert(name, value);
            }
        }
        response
    }
}

/// `'text'`, `method.request.header.x`, `method.request.querystring.x`, `context.x` or `stageVariables.x`.
pub(super) fn source_value(source: &str, call: &Call, context: &Value, stage_variables: &Value) -> Option<String> {
    if let Some(text) = source.strip_prefix('\'') {
        return Some(text.strip_suffix('\'').unwrap_or(text).to_owned());
    }
    if let Some(name) = source.strip_prefix("context.") {
        return lookup(context, name).map(|value| text_of(Some(value)));
    }
    if let Some(name) = source.strip_prefix("stageVariables.") {
        return stage_variables[name].as_str().map(str::to_owned);
    }
    let (kind, name) = source.strip_prefix("method.request.")?.split_once('.')?;
    match kind {
        "header" | "multivalueheader" => call.header(name),
        "querystring" | "multivaluequerystring" => call.query_value(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::execute_api::call::tests::call;

    async fn answered(fault: Fault, own: &Table) -> (u16, String, String) {
        let mut context = json!({"requestId": "r-1"});
        let response = fault.response(own, &call("/", &[("origin", "https://a.example")]), &mut context, &json!({}));
        let header = response.headers().get("x").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap(), header)
    }

    #[tokio::test]
    async fn an_api_words_its_answers() {
        let throttled = || Fault::new("THROTTLED", "TooManyRequestsException", "Too Many Requests");
        let plain = answered(throttled(), &Table::new()).await;
        assert_eq!(plain, (429, "{\"message\":\"Too Many Requests\"}".to_owned(), String::new()));
        let template =
            r#"{"code":"$context.error.responseType","text":$context.error.messageString,"id":"$context.requestId"}"#;
        let own = Table::from([(
            "DEFAULT_4XX".to_owned(),
            check("DEFAULT_4XX", &json!({"responseTemplates": {"application/json": template}, "responseParameters": {"gatewayresponse.header.X": "method.request.header.Origin"}})).unwrap(),
        )]);
        let worded = answered(throttled(), &own).await;
        let body = r#"{"code":"THROTTLED","text":"Too Many Requests","id":"r-1"}"#;
        assert_eq!(worded, (429, body.to_owned(), "https://a.example".to_owned()));
        let own = Table::from([("THROTTLED".to_owned(), check("THROTTLED", &json!({"statusCode": "503"})).unwrap())]);
        assert_eq!(answered(throttled(), &own).await.0, 503);
        let nothing = Fault { message: None, ..throttled() };
        assert_eq!(answered(nothing, &Table::new()).await.1, "{\"message\":null}");
    }

    #[test]
    fn members_are_checked() {
        assert!(check("NO_TYPE", &json!({})).is_err());
        assert!(check("THROTTLED", &json!({"responseParameters": {"header.x": "'y'"}})).is_err());
        assert!(check("THROTTLED", &json!({"responseTemplates": {"a/b": "#if("}})).is_err());
        assert_eq!(default_members("THROTTLED").unwrap()["statusCode"], "429");
        assert_eq!(types().count(), 21);
    }
}

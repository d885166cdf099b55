//! What functions behind HTTP APIs get: payload formats 2.0 and 1.0, for integrations and authorizers.

use serde_json::{Map, Value, json};

use super::data_plane::Route;
use crate::execute_api::call::{Call, SOURCE_IP, decoded};
use crate::execute_api::event::{Surroundings, body, head};
use crate::wire::percent_decode;

/// Whether a body of this content type is handed over as base64.
fn is_binary(call: &Call) -> bool {
    let Some(kind) = call.header("content-type") else { return true };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || matches!(kind.as_str(), "application/json" | "application/javascript" | "application/xml")
        || kind.ends_with("+json")
        || kind.ends_with("+xml");
    !is_text
}

/// `requestContext` of format 2.0.
pub(super) fn request_context(call: &Call, route: &Route) -> Value {
    let mut context = json!({
        "accountId": crate::settings::DEFAULT_ACCOUNT,
        "apiId": call.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.split('.').next(),
        "http": {
            "method": call.method(),
            "path": raw_path(call),
            "protocol": call.protocol(),
            "sourceIp": SOURCE_IP,
            "userAgent": call.user_agent(),
        },
        "requestId": call.request_id,
        "routeKey": route.key,
        "stage": call.stage,
        "time": call.time_text(),
        "timeEpoch": call.time_epoch(),
    });
    if let Some(authorizer) = &route.authorizer_context {
        context["authorizer"] = authorizer.clone();
    }
    context
}

/// The path as functions see it: decoded, with the stage or the mapping of the domain before it.
fn raw_path(call: &Call) -> String {
    let path = call.whole_path();
    percent_decode(&path).unwrap_or(path)
}

/// Format 2.0 without a body.
pub(super) fn head_2(call: &Call, route: &Route) -> Value {
    let mut headers = Map::new();
    let mut cookies = Vec::new();
    for (name, values) in call.headers() {
        if name == "cookie" {
            cookies.extend(values.iter().flat_map(|value| value.split(';')).map(|cookie| cookie.trim().to_owned()));
        } else {
            headers.insert(name, json!(values.join(",")));
        }
    }
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in call.query() {
        let joined = match query.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        query.insert(name, json!(joined));
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": raw_path(call),
        "rawQueryString": call.parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": request_context(call, route),
    });
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let variables = route.stage["stageVariables"].as_object().cloned().unwrap_or_default();
    for (name, object) in [
        ("queryStringParameters", query),
        ("pathParameters", decoded(&route.parameters)),
        ("stageVariables", variables),
    ] {
        if !object.is_empty() {
            event[name] = Value::Object(object);
        }
    }
    event
}

/// Format 1.0 without a body.
pub(super) fn head_1(call: &Call, route: &Route) -> Value {
    let resource = route.key.split_once(' ').map_or("$default", |(_, path)| path);
    let mut context = json!({
        "accountId": crate::settings::DEFAULT_ACCOUNT,
        "apiId": call.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.split('.').next(),
        "extendedRequestId": call.extended_id,
        "httpMethod": call.method(),
        "identity": {"sourceIp": SOURCE_IP, "userAgent": call.user_agent(), "userArn": null, "user": null, "accessKey": null, "accountId": null, "caller": null},
        "path": call.whole_path(),
        "protocol": call.protocol(),
        "requestId": call.request_id,
        "requestTime": call.time_text(),
        "requestTimeEpoch": call.time_epoch(),
        "resourceId": route.key,
        "resourcePath": resource,
        "stage": call.stage,
    });
    // In this format there is nothing around what the authorizer said.
    if let Some(authorizer) = &route.authorizer_context {
        context["authorizer"] = match authorizer.get("lambda").or_else(|| authorizer.get("jwt")) {
            Some(inner) => inner.clone(),
            None => authorizer.clone(),
        };
    }
    let surroundings = Surroundings {
        resource,
        path: call.whole_path(),
        path_parameters: decoded(&route.parameters),
        stage_variables: &route.stage["stageVariables"],
        request_context: context,
    };
    let mut event = head(call, surroundings);
    event["version"] = json!("1.0");
    event
}

/// The event of an integration.
pub(super) fn of_integration(call: &Call, route: &Route) -> Value {
    let (text, is_base64) = body(call, is_binary(call));
    let mut event =
        if route.integration["payloadFormatVersion"] == "1.0" { head_1(call, route) } else { head_2(call, route) };
    if !text.is_null() || event["version"] == "1.0" {
        event["body"] = text;
    }
    event["isBase64Encoded"] = json!(is_base64);
    event
}

/// The event of an authorizer of the type REQUEST; `sources` are the values of its identity sources.
pub(super) fn of_authorizer(call: &Call, route: &Route, format: &str, sources: &[String], route_arn: &str) -> Value {
    let mut event = if format == "1.0" { head_1(call, route) } else { head_2(call, route) };
    event["type"] = json!("REQUEST");
    if format == "1.0" {
        event["methodArn"] = json!(route_arn);
        event["identitySource"] = if sources.is_empty() { Value::Null } else { json!(sources.join(",")) };
        event["authorizationToken"] = event["identitySource"].clone();
    } else {
        event["routeArn"] = json!(route_arn);
        event["identitySource"] = if sources.is_empty() { Value::Null } else { json!(sources) };
    }
    event
}

/// What the access log and parameter mappings know of a request; what came of it is added at its end.
pub(super) fn log_context(call: &Call, route: Option<&Route>) -> Value {
    let mut context = json!({
        "accountId": crate::settings::DEFAULT_ACCOUNT,
        "apiId": call.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.split('.').next(),
        "extendedRequestId": call.request_id,
        "httpMethod": call.method(),
        "identity": {"sourceIp": SOURCE_IP, "userAgent": call.user_agent()},
        "path": raw_path(call),
        "protocol": call.protocol(),
        "requestId": call.request_id,
        "requestTime": call.time_text(),
        "requestTimeEpoch": call.time_epoch(),
        "stage": call.stage,
    });
    if let Some(route) = route {
        context["routeKey"] = json!(route.key);
        if let Some(authorizer) = &route.authorizer_context {
            let inner = authorizer.get("lambda").or_else(|| authorizer.get("jwt")).or_else(|| authorizer.get("iam"));
            context["authorizer"] = inner.cloned().unwrap_or_else(|| authorizer.clone());
        }
        if let Some(iam) = route.authorizer_context.as_ref().and_then(|authorizer| authorizer.get("iam")) {
            context["identity"]["caller"] = iam["callerId"].clone();
            context["identity"]["user"] = iam["userId"].clone();
            context["identity"]["userArn"] = iam["userArn"].clone();
            context["identity"]["accountId"] = iam["accountId"].clone();
        }
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute_api::call::tests::call;

    fn route(format: &str) -> Route {
        Route {
            region: "us-east-1".to_owned(),
            key: "POST /pets/{id}".to_owned(),
            members: json!({}),
            integration: json!({ "payloadFormatVersion": format }),
            authorizer: Value::Null,
            stage: json!({"stageVariables": {"alias": "live"}}),
            parameters: vec![("id".to_owned(), "a%20b".to_owned())],
            authorizer_context: Some(json!({"lambda": {"sub": "u-1"}})),
        }
    }

    fn request() -> Call {
        let headers = [
            ("host", "abc.execute-api.localhost"),
            ("cookie", "a=1; b=2"),
            ("content-type", "application/json"),
            ("x-many", "1"),
            ("x-many", "2"),
            ("user-agent", "tester"),
        ];
        let mut call = call("/pets/a%20b?q=1&q=2&r=%20", &headers);
        call.body = r#"{"a":1}"#.into();
        call
    }

    #[test]
    fn format_2_is_as_functions_expect_it() {
        insta::assert_json_snapshot!(of_integration(&request(), &route("2.0")));
    }

    #[test]
    fn format_1_is_as_functions_expect_it() {
        insta::assert_json_snapshot!(of_integration(&request(), &route("1.0")));
    }

    #[test]
    fn bodies_of_other_types_are_base64() {
        let mut request = request();
        request
            .parts
            .headers
            .insert("content-type", http::HeaderValue::from_static("application/x-www-form-urlencoded"));
        let event = of_integration(&request, &route("2.0"));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("eyJhIjoxfQ=="), &json!(true)));
    }

    #[test]
    fn an_authorizer_is_told_what_identifies_the_caller() {
        let sources = ["token".to_owned()];
        let event = of_authorizer(&request(), &route("2.0"), "2.0", &sources, "arn:r");
        assert_eq!((&event["identitySource"], &event["routeArn"]), (&json!(["token"]), &json!("arn:r")));
        let event = of_authorizer(&request(), &route("1.0"), "1.0", &sources, "arn:r");
        assert_eq!((&event["identitySource"], &event["methodArn"]), (&json!("token"), &json!("arn:r")));
    }
}

//! What stands behind the methods of a REST API: functions, objects of buckets, and answers to preflights.

use serde_json::{Map, Value, json};

use super::cors::{headers, parameters, preflight_headers};
use crate::construct::Kind;
use crate::construct::access::Access;
use crate::construct::api::RouteKey;
use crate::construct::http_api::{Cors, invocation_uri};
use crate::links::Links;

/// Before names of headers, in what a method declares and in what an answer sets.
const HEADER: &str = "method.response.header.";
/// Headers of an object that callers see.
const OBJECT_HEADERS: [&str; 4] = ["Content-Type", "Cache-Control", "ETag", "Last-Modified"];

/// Properties `Integration` and `MethodResponses` of a method.
pub(super) struct Integration {
    pub(super) integration: Value,
    pub(super) responses: Vec<Value>,
}

/// A status, the pattern of statuses of S3 that it stands for, and what it says.
struct Answer {
    status: &'static str,
    pattern: &'static str,
    code: &'static str,
    message: &'static str,
}

/// Patterns exclude each other: which of two that match wins is nowhere written.
const FAILURES: [Answer; 3] = [
    Answer {
        status: "404",
        // Without the right to list, S3 says 403 of what is not there.
        pattern: "40[34]",
        code: "not-found",
        message: "there is no such object",
    },
    Answer {
        status: "400",
        pattern: r"4(0[0-25-9]|[1-9]\d)",
        code: "bad-request",
        message: "the request cannot be answered",
    },
    Answer {
        status: "502",
        pattern: r"5\d{2}",
        code: "storage-unavailable",
        message: "the object cannot be read at the moment",
    },
];

impl Integration {
    /// A function, which receives the request and gives the answer as they are.
    pub(super) fn function(function: &str, links: &Links<'_>) -> Self {
        let integration = json!({
            "Type": "AWS_PROXY",
            // Functions are started by POST, whatever the method of the request.
            "IntegrationHttpMethod": "POST",
            "Uri": invocation_uri(function, links),
        });
        Self { integration, responses: Vec::new() }
    }

    /// An object: `GET /images/{size}/{object+}` reads the key that the file makes of the path.
    pub(super) fn bucket(
        route: &RouteKey,
        (access, key): (&Access, &str),
        role: &str,
        cors: Option<&Cors>,
        links: &Links<'_>,
    ) -> Self {
        let bucket = links.attribute(Kind::Bucket, &access.target.name, "name");
        let service = format!("arn:{}:apigateway:{}:s3", links.naming.partition, links.naming.region);
        let used = route.parameters().into_iter().filter(|name| key.contains(&format!("{{{name}}}")));
        let mapped =
            used.map(|name| (format!("integration.request.path.{name}"), json!(format!("method.request.path.{name}"))));
        let own = cors.map(headers).unwrap_or_default();
        let object: Vec<(&'static str, String)> =
            OBJECT_HEADERS.map(|name| (name, format!("integration.response.header.{name}"))).into();
        let of_object: Vec<(&'static str, String)> = object.into_iter().chain(own.clone()).collect();
        let success = json!({ "StatusCode": "200", "ResponseParameters": parameters(&of_object, HEADER) });
        let failures = FAILURES.iter().map(|answer| {
            let error = json!({ "error": { "code": answer.code, "message": answer.message } });
            let mut failure = json!({
                "StatusCode": answer.status,
                "SelectionPattern": answer.pattern,
                // What S3 says is read as text even where all media types are binary; our text takes its place.
                "ContentHandling": "CONVERT_TO_TEXT",
                "ResponseTemplates": { "application/json": error.to_string() },
            });
            add_parameters(&mut failure, parameters(&own, HEADER));
            failure
        });
        let answers: Vec<Value> = [success].into_iter().chain(failures).collect();
        let integration = json!({
            "Type": "AWS",
            "IntegrationHttpMethod": route.method,
            "Uri": format!("{service}:path/{bucket}/{key}"),
            "Credentials": role,
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "RequestParameters": mapped.collect::<Map<_, _>>(),
            "IntegrationResponses": answers,
        });
        let failed = FAILURES.iter().map(|answer| declared(answer.status, &own));
        let responses = [declared("200", &of_object)].into_iter().chain(failed).collect();
        Self { integration, responses }
    }

    /// The answer to a preflight, without anything behind it.
    pub(super) fn preflight(cors: &Cors) -> Self {
        let headers = preflight_headers(cors);
        let integration = json!({
            "Type": "MOCK",
            // With binary media types the request would not be the text that the mock reads.
            "ContentHandling": "CONVERT_TO_TEXT",
            "RequestTemplates": { "application/json": "{\"statusCode\": 204}" },
            "IntegrationResponses": [{ "StatusCode": "204", "ResponseParameters": parameters(&headers, HEADER) }],
        });
        Self { integration, responses: vec![declared("204", &headers)] }
    }
}

/// A response that a method may give, with the headers that it may have.
fn declared(status: &str, headers: &[(&'static str, String)]) -> Value {
    let mut response = json!({ "StatusCode": status });
    add_parameters(&mut response, headers.iter().map(|(name, _)| (format!("{HEADER}{name}"), json!(false))).collect());
    response
}

fn add_parameters(response: &mut Value, parameters: Map<String, Value>) {
    if !parameters.is_empty() {
        response["ResponseParameters"] = Value::Object(parameters);
    }
}

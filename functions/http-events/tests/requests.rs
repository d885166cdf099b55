//! Events as API Gateway and Function URLs send them, and as they do not.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use http_events::{Request, parse_request};
use serde::Deserialize;
use serde_json::{Value, json};

fn version_2(changes: Value) -> Value {
    merged(
        json!({
            "version": "2.0", "routeKey": "POST /avatars/key_upload", "rawPath": "/avatars/key_upload",
            "headers": { "Content-Type": "application/json", "x-two": "a,b" },
            "requestContext": { "stage": "$default", "http": { "method": "POST" } },
            "body": "{\"extension\":\"png\"}", "isBase64Encoded": false
        }),
        changes,
    )
}

fn version_1(changes: Value) -> Value {
    merged(
        json!({
            "resource": "/{proxy+}", "path": "/avatars/key_upload", "httpMethod": "post",
            "headers": { "X-Two": "b" }, "multiValueHeaders": { "X-Two": ["a", "b"] },
            "requestContext": { "stage": "prod", "path": "/prod/avatars/key_upload" },
            "pathParameters": { "proxy": "avatars/key_upload" }, "body": null
        }),
        changes,
    )
}

fn merged(mut event: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { return event };
    for (name, value) in changes {
        event[name] = value;
    }
    event
}

fn reason(event: Value) -> String {
    parse_request(event).unwrap_err().reason
}

#[test]
fn both_versions_give_the_same_request() {
    let two = parse_request(version_2(json!({}))).unwrap();
    let one = parse_request(version_1(json!({}))).unwrap();
    for request in [&two, &one] {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/avatars/key_upload"));
        assert_eq!(request.header("x-two"), Some("a,b"));
        assert_eq!(request.header("absent"), None);
    }
    assert_eq!(two.header("content-type"), Some("application/json"));
    assert_eq!(two.body, b"{\"extension\":\"png\"}");
    assert_eq!(one.body, b"");
    assert_eq!((one.parameter("proxy"), two.parameter("proxy")), (Some("avatars/key_upload"), None));
}

#[test]
fn queries_and_cookies_are_read_from_both_versions() {
    let two = parse_request(version_2(json!({
        "rawQueryString": "mail=a%2Bb%40c.example&empty=&mail=second",
        "queryStringParameters": { "mail": "a+b@c.example,second", "empty": "" },
        "cookies": ["csrf=one=1", "other=2"],
    })))
    .unwrap();
    let one = parse_request(version_1(json!({
        "queryStringParameters": { "mail": "a+b@c.example", "empty": "" },
        "headers": { "Cookie": "csrf=one=1; other=2" },
        "multiValueHeaders": null
    })))
    .unwrap();
    for request in [two, one] {
        assert_eq!(request.query("mail"), Some("a+b@c.example"));
        assert_eq!((request.query("empty"), request.query("absent")), (Some(""), None));
        assert_eq!((request.cookie("csrf"), request.cookie("other")), (Some("one=1"), Some("2")));
        assert_eq!(request.cookie("absent"), None);
    }
    assert_eq!(reason(version_2(json!({ "rawQueryString": "a=%ff" }))), "its query is not made of texts");
    assert_eq!(reason(version_2(json!({ "cookies": [1] }))), "its cookies are not texts");
}

#[test]
fn forms_are_read_and_anything_else_is_refused() {
    let form = |content_type: &str, body: &str| {
        let headers = json!({ "content-type": content_type });
        parse_request(version_2(json!({ "headers": headers, "body": body }))).unwrap().form(25)
    };
    let fields = form("application/x-www-form-urlencoded; charset=UTF-8", "title=a+%3Cb%3E&title=c&x").unwrap();
    assert_eq!((fields["title"].as_str(), fields["x"].as_str(), fields.len()), ("a <b>", "", 2));
    let refused = |content_type: &str, body: &str| {
        let problem = form(content_type, body).unwrap_err();
        (problem.status, problem.code)
    };
    assert_eq!(refused("text/plain", "a=b"), (415, "body-not-form"));
    assert_eq!(refused("application/x-www-form-urlencoded", "a=%ff"), (400, "body-not-form"));
    assert_eq!(refused("application/x-www-form-urlencoded", &"a".repeat(26)), (413, "body-too-large"));
}

#[test]
fn bodies_in_base64_are_decoded() {
    let encoded = parse_request(version_2(json!({ "body": "4piD/w==", "isBase64Encoded": true }))).unwrap();
    assert_eq!(encoded.body, [0xe2, 0x98, 0x83, 0xff]);
    let reason = reason(version_1(json!({ "body": "4piD/w=", "isBase64Encoded": true })));
    assert_eq!(reason, "its body is not the base64 that it claims to be");
}

#[test]
fn the_stage_is_taken_off_the_path() {
    let path = |stage: &str, raw: &str| {
        let context = json!({ "stage": stage, "http": { "method": "GET" } });
        parse_request(version_2(json!({ "rawPath": raw, "requestContext": context }))).unwrap().path
    };
    assert_eq!(path("prod", "/prod/avatars"), "/avatars");
    assert_eq!(path("prod", "/prod"), "/");
    assert_eq!(path("prod", "/product"), "/product");
    assert_eq!(path("$default", "/$default/a"), "/$default/a");
    assert_eq!(parse_request(version_1(json!({ "path": "/prod/a" }))).unwrap().path, "/prod/a");
}

#[test]
fn only_the_authorizer_vouches() {
    let sub = |authorizer: Value| {
        let context = json!({ "http": { "method": "GET" }, "authorizer": authorizer });
        let headers = json!({ "sub": "forged" });
        let request = parse_request(version_2(json!({ "requestContext": context, "headers": headers }))).unwrap();
        request.vouched("sub").map(str::to_owned)
    };
    assert_eq!(sub(json!({ "lambda": { "sub": "a" } })).as_deref(), Some("a"));
    assert_eq!(sub(json!({ "jwt": { "claims": { "sub": "b" } } })).as_deref(), Some("b"));
    assert_eq!(sub(json!({ "claims": { "sub": "c" } })).as_deref(), Some("c"));
    assert_eq!(sub(json!({ "sub": "d", "principalId": "d" })).as_deref(), Some("d"));
    for without in [json!(null), json!({}), json!({ "iam": { "userId": "x" } }), json!({ "lambda": { "sub": "" } })] {
        assert_eq!(sub(without), None);
    }
    assert_eq!(sub(json!({ "lambda": { "sub": 5 } })), None);
}

#[test]
fn other_payloads_are_refused_with_their_reason() {
    assert_eq!(reason(json!([1])), "it is not a JSON object");
    assert_eq!(reason(json!({ "Records": [] })), "it has no `requestContext`");
    assert_eq!(reason(version_2(json!({ "requestContext": "x" }))), "it has no `requestContext`");
    assert_eq!(reason(version_2(json!({ "routeArn": "arn" }))), "it asks an authorizer");
    assert_eq!(reason(version_1(json!({ "methodArn": "arn" }))), "it asks an authorizer");
    assert_eq!(reason(version_1(json!({ "requestContext": { "elb": {} } }))), "it comes from a load balancer");
    assert_eq!(reason(version_2(json!({ "version": "3.0" }))), "its `version` is neither 1.0 nor 2.0");
    assert_eq!(reason(version_2(json!({ "rawPath": 5 }))), "it has no method or no path");
    assert_eq!(reason(version_1(json!({ "httpMethod": null }))), "it has no method or no path");
    assert_eq!(reason(version_2(json!({ "headers": { "a": 1 } }))), "its headers are not texts");
    assert_eq!(reason(version_2(json!({ "headers": [] }))), "its headers are not texts");
    assert_eq!(reason(version_1(json!({ "multiValueHeaders": { "a": "b" } }))), "its headers are not texts");
    assert_eq!(reason(version_1(json!({ "pathParameters": { "a": 1 } }))), "its path parameters are not texts");
    let diagnostic = lambda_runtime::Diagnostic::from(parse_request(json!(1)).unwrap_err());
    assert_eq!(diagnostic.error_type, "unsupported-event");
}

#[derive(Debug, Deserialize)]
struct Body {
    extension: String,
}

#[test]
fn bodies_that_do_not_fit_are_problems() {
    let request = |body: &str| -> Request { parse_request(version_2(json!({ "body": body }))).unwrap() };
    let problem = |body: &str| {
        let problem = request(body).json::<Body>(40).unwrap_err();
        (problem.status, problem.code)
    };
    assert_eq!(request(r#"{"extension":"png","more":1}"#).json::<Body>(40).unwrap().extension, "png");
    assert_eq!(problem(""), (400, "body-missing"));
    assert_eq!(problem("{"), (400, "body-not-json"));
    assert_eq!(problem("{\"extension\":\"png\"} x"), (400, "body-not-json"));
    assert_eq!(problem("{}"), (400, "body-invalid"));
    assert_eq!(problem(r#"{"extension":1}"#), (400, "body-invalid"));
    assert_eq!(problem(r#"{"extension":"a","extension":"b"}"#), (400, "body-invalid"));
    assert_eq!(problem(&format!("{:41}", "{}")), (413, "body-too-large"));
}

//! Events of every service: answered or refused, never more.

use std::fs;
use std::sync::Arc;

use function_testing::{Facts, ManualClock, corpus, lambda_events, wrong_types};
use jwt_authorizer::{Dependencies, Settings, handle};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn questions_are_denied_and_other_events_refused() {
    let Some(events) = lambda_events() else { return };
    assert_eq!(events.len(), 211);
    let settings = Settings::read(&|name| match name {
        "USER_POOL_ID" => Some("us-east-1_AbCd".into()),
        "CLIENT_ID" => Some("client".into()),
        "JWKS_URI" => Some("http://127.0.0.1:9/jwks.json".into()),
        _ => None,
    });
    let clock = Arc::new(ManualClock::at(1_900_000_000));
    let dependencies = Dependencies::new(settings.unwrap(), clock, Arc::new(Facts::default()));
    let mut denied = Vec::new();
    for (name, event) in events {
        match handle(event, &dependencies).await {
            Ok(answer) => {
                let statement = &answer["policyDocument"]["Statement"][0];
                assert!(answer["isAuthorized"] == false || statement["Effect"] == "Deny", "{name}: {answer}");
                denied.push(name.rsplit('/').next().unwrap().to_owned());
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{name}"),
        }
    }
    let expected = [
        "example-apigw-custom-auth-request-type-request.json",
        "example-apigw-v2-custom-authorizer-v1-request.json",
        "example-apigw-v2-custom-authorizer-v2-request.json",
    ];
    for name in expected {
        assert!(denied.iter().any(|denied| denied == name), "{name} is not among {denied:?}");
    }
}

#[tokio::test]
async fn wrong_types_let_nobody_in_without_the_token() {
    let Some(folder) = corpus("jwt_attacks") else { return };
    let vectors: Value = serde_json::from_slice(&fs::read(folder.join("vectors.json")).unwrap()).unwrap();
    let world = World::new(&vectors).await;
    let token = vectors["cases"][0]["token"].as_str().unwrap();
    let arn = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/GET/a";
    let simple = json!({
        "version": "2.0", "type": "REQUEST", "routeArn": arn, "identitySource": ["x"], "headers": { "authorization": token },
        "requestContext": { "http": { "method": "GET" } }
    });
    let rest = json!({
        "type": "REQUEST", "methodArn": arn, "headers": { "Authorization": "x" },
        "multiValueHeaders": { "Authorization": [token], "Accept": ["*/*"] }
    });
    let basic = json!({ "type": "TOKEN", "methodArn": arn, "authorizationToken": token });
    for event in [simple, rest, basic].iter().flat_map(wrong_types) {
        let has_token = event.to_string().contains(token);
        match handle(event.clone(), &world.dependencies).await {
            Ok(answer) => {
                let statement = &answer["policyDocument"]["Statement"][0];
                let denied = answer["isAuthorized"] == false || statement["Effect"] == "Deny";
                assert!(denied || has_token, "{event}");
                assert_eq!(answer.get("context").is_none(), denied, "{event}");
            }
            Err(error) => assert_eq!(Diagnostic::from(error).error_type, "unsupported-event", "{event}"),
        }
    }
}

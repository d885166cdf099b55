//! Events of every service: answered or refused, never more.

use std::sync::Arc;

use function_testing::{Facts, ManualClock, lambda_events};
use jwt_authorizer::{Dependencies, Settings, handle};
use lambda_runtime::Diagnostic;

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

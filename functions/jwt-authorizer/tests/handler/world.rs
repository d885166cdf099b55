//! A handler with a key server, a clock and a log.

use std::sync::Arc;

use function_testing::{Facts, ManualClock, Reply, Server};
use jwt_authorizer::{Dependencies, Settings, handle};
use serde_json::{Value, json};

const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/POST/avatars/key_upload";

/// A handler whose keys come from a server to hand.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) facts: Facts,
    pub(crate) dependencies: Dependencies,
}

impl World {
    /// A world in which the key server has the keys of the vectors, at their time.
    pub(crate) async fn new(vectors: &Value) -> Self {
        let server = Server::start(Reply::Body(200, vectors["jwks"].to_string().into_bytes())).await;
        let uri = format!("{}/jwks.json", server.url());
        let settings = Settings::read(&|name| {
            let config = &vectors["config"];
            match name {
                "USER_POOL_ID" => config["userPoolId"].as_str().map(str::to_owned),
                "CLIENT_ID" => config["clientId"].as_str().map(|client| format!("another, {client}")),
                "TOKEN_USE" => config["tokenUse"].as_str().map(str::to_owned),
                "JWKS_URI" => Some(uri.clone()),
                _ => None,
            }
        });
        let clock = Arc::new(ManualClock::at(vectors["now"].as_u64().unwrap()));
        let facts = Facts::default();
        let dependencies = Dependencies::new(settings.unwrap(), Arc::clone(&clock) as _, Arc::new(facts.clone()));
        Self { server, clock, facts, dependencies }
    }

    /// The answer to an HTTP API.
    pub(crate) async fn simple(&self, authorization: &str) -> Value {
        let event = json!({
            "version": "2.0", "type": "REQUEST", "routeArn": METHOD, "identitySource": [authorization],
            "headers": { "authorization": authorization }
        });
        handle(event, &self.dependencies).await.unwrap()
    }

    pub(crate) async fn is_allowed(&self, authorization: &str) -> bool {
        self.simple(authorization).await["isAuthorized"] == true
    }

    /// The answer to a REST API.
    pub(crate) async fn policy(&self, authorization: &str) -> Value {
        let event = json!({ "type": "TOKEN", "methodArn": METHOD, "authorizationToken": authorization });
        handle(event, &self.dependencies).await.unwrap()
    }

    pub(crate) async fn policy_allows(&self, authorization: &str) -> bool {
        self.policy(authorization).await["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    }
}

//! Tokens made to be let in by mistake, through the whole handler; and the JWS vectors of Project Wycheproof.

use std::fs;
use std::path::Path;

use crate::world::World;
use jwt_authorizer::{Key, Token};
use serde_json::{Value, json};

use function_testing::corpus;

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn every_attack_is_refused_and_every_control_let_in() {
    let Some(folder) = corpus("jwt_attacks") else { return };
    let vectors = read(&folder.join("vectors.json"));
    let world = World::new(&vectors).await;
    let cases = vectors["cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let token = case["token"].as_str().unwrap();
        let expected = case["expect"] == "allow";
        for value in [token.to_owned(), format!("Bearer {token}"), format!("bearer {token}")] {
            if world.is_allowed(&value).await != expected || world.policy_allows(&value).await != expected {
                wrong.push(case["id"].clone());
            }
        }
    }
    assert_eq!(wrong, [] as [Value; 0]);
    assert_eq!(cases.len(), 149);
    // One fetch for the first key, one for the first of the unknown keys; nothing that a token named.
    assert_eq!(world.server.requests(), ["/jwks.json", "/jwks.json"]);
    let log = format!("{:?}", world.facts.all());
    assert!(!log.contains("eyJ"), "a token was logged");
}

#[tokio::test]
async fn every_denial_has_its_reason_in_the_log() {
    let Some(folder) = corpus("jwt_attacks") else { return };
    let vectors = read(&folder.join("vectors.json"));
    let world = World::new(&vectors).await;
    let mut reasons = Vec::new();
    for (id, code) in [
        ("ok-access", "token-accepted"),
        ("alg-none-nosig", "algorithm-refused"),
        ("struct-19", "token-malformed"),
        ("kid-7", "key-unknown"),
        ("kid-enc", "key-unsuitable"),
        ("kid-ec", "key-unsuitable"),
        ("kid-small", "signature-wrong"),
        ("sig-bitflip", "signature-wrong"),
        ("iss-case", "claim-refused"),
        ("exp-now", "token-expired"),
        ("nbf-future", "token-not-yet-valid"),
    ] {
        let case = vectors["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap();
        world.is_allowed(case["token"].as_str().unwrap()).await;
        reasons.push((id, code, world.facts.codes().pop().unwrap()));
    }
    for (id, expected, code) in &reasons {
        assert_eq!(expected, code, "{id}");
    }
}

/// Key, token and verdict of a vector.
struct Vector {
    name: String,
    jwk: Value,
    token: String,
    valid: bool,
}

#[test]
fn wycheproof_agrees_on_rs256_and_everything_else_is_refused() {
    let Some(folder) = corpus("wycheproof") else { return };
    let document = read(&folder.join("json_web_signature_test.json"));
    let mut vectors = Vec::new();
    for group in document["testGroups"].as_array().unwrap() {
        // Groups of secret keys have no public half.
        let jwk = group.get("public").unwrap_or(&group["private"]);
        for test in group["tests"].as_array().unwrap() {
            let name = format!("{} {} ({})", group["comment"], test["tcId"], test["comment"]);
            let token = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            vectors.push(Vector { name, jwk: jwk.clone(), token, valid: test["result"] == "valid" });
        }
    }
    assert_eq!(vectors.len(), 401);
    let is_rs256 = |vector: &Vector| vector.jwk["kty"] == "RSA" && vector.jwk["alg"] == "RS256";
    let accepts = |vector: &Vector| {
        Key::from_jwk(&vector.jwk)
            .zip(Token::parse(&vector.token).ok())
            .is_some_and(|(key, token)| key.verifies(&token))
    };
    let (rs256, others): (Vec<_>, Vec<_>) = vectors.iter().partition(|vector| is_rs256(vector));
    assert_eq!(rs256.len(), 233);
    for vector in rs256 {
        assert_eq!(accepts(vector), vector.valid, "{}", vector.name);
    }
    for vector in others {
        assert!(!accepts(vector), "{}", vector.name);
    }
}

#[tokio::test]
async fn both_kinds_of_api_are_answered() {
    let Some(folder) = corpus("jwt_attacks") else { return };
    let vectors = read(&folder.join("vectors.json"));
    let world = World::new(&vectors).await;
    let token = vectors["cases"][0]["token"].as_str().unwrap();
    let context = json!({
        "sub": "11111111-2222-3333-4444-555555555555", "username": "alice", "scope": "aws.cognito.signin.user.admin"
    });
    assert_eq!(world.simple(token).await, json!({ "isAuthorized": true, "context": context }));
    assert_eq!(world.simple("x").await, json!({ "isAuthorized": false }));
    let policy = |principal: &str, effect: &str| {
        json!({
            "principalId": principal,
            "policyDocument": { "Version": "2012-10-17", "Statement": [{
                "Action": "execute-api:Invoke", "Effect": effect,
                "Resource": "arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/*"
            }]}
        })
    };
    let mut allowed = policy("11111111-2222-3333-4444-555555555555", "Allow");
    allowed["context"] = context;
    assert_eq!(world.policy(token).await, allowed);
    assert_eq!(world.policy("x").await, policy("nobody", "Deny"));
    assert_eq!(world.facts.codes(), ["token-accepted", "token-malformed", "token-accepted", "token-malformed"]);
}

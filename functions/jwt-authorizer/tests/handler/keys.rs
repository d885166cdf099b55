//! The key set: how often it is fetched, what happens while it cannot be fetched, and what a token cannot cause.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use crate::world::World;
use function_testing::{Facts, ManualClock, Reply, Server, corpus};
use jwt_authorizer::{KeyError, Keys};
use serde_json::{Value, json};

fn vectors() -> Option<Value> {
    let folder = corpus("jwt_attacks")?;
    Some(serde_json::from_slice(&fs::read(folder.join("vectors.json")).unwrap()).unwrap())
}

fn token(vectors: &Value) -> String {
    vectors["cases"][0]["token"].as_str().unwrap().to_owned()
}

fn set(ids: &[&str]) -> Reply {
    let keys = ids.iter().map(|id| json!({ "kty": "RSA", "kid": id, "n": "AQID", "e": "AQAB" }));
    Reply::Body(200, json!({ "keys": keys.collect::<Vec<_>>() }).to_string().into_bytes())
}

/// Keys by themselves: which, when, how often.
struct Fixture {
    server: Server,
    clock: Arc<ManualClock>,
    facts: Facts,
    keys: Arc<Keys>,
}

impl Fixture {
    async fn new(ids: &[&str]) -> Self {
        let server = Server::start(set(ids)).await;
        let clock = Arc::new(ManualClock::at(1_900_000_000));
        let facts = Facts::default();
        let address = fetch::Address::parse(&format!("{}/jwks.json", server.url())).unwrap();
        let keys = Arc::new(Keys::new(address, Arc::clone(&clock) as _, Arc::new(facts.clone())));
        Self { server, clock, facts, keys }
    }

    async fn has(&self, id: &str) -> Result<(), KeyError> {
        self.keys.key(id).await.map(|_| ())
    }

    fn fetches(&self) -> usize {
        self.server.requests().len()
    }
}

#[tokio::test]
async fn ten_thousand_unknown_keys_cause_two_fetches() {
    let fixture = Fixture::new(&["a"]).await;
    for number in 0..10_000 {
        assert_eq!(fixture.has(&format!("unknown-{number}")).await, Err(KeyError::Unknown));
    }
    assert_eq!(fixture.fetches(), 2);
    assert_eq!(fixture.has("a").await, Ok(()));
    fixture.clock.advance(299);
    assert_eq!(fixture.has("unknown").await, Err(KeyError::Unknown));
    assert_eq!(fixture.fetches(), 2);
    fixture.clock.advance(1);
    assert_eq!(fixture.has("unknown").await, Err(KeyError::Unknown));
    assert_eq!(fixture.has("unknown").await, Err(KeyError::Unknown));
    assert_eq!(fixture.fetches(), 3);
}

#[tokio::test]
async fn ten_thousand_unknown_keys_at_once_cause_two_fetches() {
    let fixture = Fixture::new(&["a"]).await;
    assert_eq!(fixture.has("a").await, Ok(()));
    let tasks: Vec<_> = (0..10_000)
        .map(|number| {
            let keys = Arc::clone(&fixture.keys);
            tokio::spawn(async move { keys.key(&format!("unknown-{number}")).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Err(KeyError::Unknown));
    }
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test]
async fn those_who_ask_at_once_share_one_fetch() {
    let fixture = Fixture::new(&["a"]).await;
    let Reply::Body(_, body) = set(&["a"]) else { unreachable!() };
    fixture.server.reply(Reply::Slow(Duration::from_millis(100), body));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let keys = Arc::clone(&fixture.keys);
            tokio::spawn(async move { keys.key("a").await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test]
async fn a_key_that_does_not_suit_is_known_and_causes_no_fetch() {
    let fixture = Fixture::new(&["a"]).await;
    let keys = json!({ "keys": [
        { "kty": "RSA", "kid": "a", "n": "AQID", "e": "AQAB" },
        { "kty": "EC", "kid": "ec", "crv": "P-256", "x": "AQ", "y": "AQ" },
    ]});
    fixture.server.reply(Reply::Body(200, keys.to_string().into_bytes()));
    for _ in 0..3 {
        assert_eq!(fixture.has("ec").await, Err(KeyError::Unsuitable));
    }
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_at_once_and_a_withdrawn_one_is_gone() {
    let fixture = Fixture::new(&["old"]).await;
    assert_eq!(fixture.has("old").await, Ok(()));
    fixture.server.reply(set(&["new"]));
    assert_eq!(fixture.has("new").await, Ok(()));
    assert_eq!(fixture.fetches(), 2);
    assert_eq!(fixture.has("old").await, Err(KeyError::Unknown));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test]
async fn keys_are_asked_for_again_after_an_hour_and_given_up_after_a_day() {
    let fixture = Fixture::new(&["a"]).await;
    assert_eq!(fixture.has("a").await, Ok(()));
    fixture.clock.advance(3599);
    assert_eq!(fixture.has("a").await, Ok(()));
    assert_eq!(fixture.fetches(), 1);
    fixture.clock.advance(1);
    assert_eq!(fixture.has("a").await, Ok(()));
    assert_eq!(fixture.fetches(), 2);
    assert_eq!(fixture.has("a").await, Ok(()));
    assert_eq!(fixture.fetches(), 2);

    // From now on nobody answers.
    fixture.server.reply(Reply::Refuse);
    fixture.clock.advance(24 * 3600 - 1);
    assert_eq!(fixture.has("a").await, Ok(()));
    assert_eq!(fixture.fetches(), 3);
    fixture.clock.advance(1);
    assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
    assert_eq!(fixture.fetches(), 3);
    fixture.server.reply(set(&["a"]));
    fixture.clock.advance(10);
    assert_eq!(fixture.has("a").await, Ok(()));
}

#[tokio::test]
async fn a_key_withdrawn_within_the_hour_is_gone_after_it() {
    let fixture = Fixture::new(&["a", "b"]).await;
    assert_eq!(fixture.has("a").await, Ok(()));
    fixture.server.reply(set(&["b"]));
    assert_eq!(fixture.has("a").await, Ok(()));
    fixture.clock.advance(3600);
    assert_eq!(fixture.has("a").await, Err(KeyError::Unknown));
    assert_eq!(fixture.has("b").await, Ok(()));
}

#[tokio::test]
async fn nobody_waits_for_the_one_who_asks_again() {
    let fixture = Fixture::new(&["a"]).await;
    assert_eq!(fixture.has("a").await, Ok(()));
    fixture.clock.advance(3600);
    let Reply::Body(_, body) = set(&["b"]) else { unreachable!() };
    fixture.server.reply(Reply::Slow(Duration::from_millis(300), body));
    let keys = Arc::clone(&fixture.keys);
    let asking = tokio::spawn(async move { keys.key("a").await.map(|_| ()) });
    let under_way = async {
        while fixture.fetches() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), under_way).await.unwrap();
    // The fetch is under way, and the old set still answers.
    assert_eq!(fixture.has("a").await, Ok(()));
    assert!(!asking.is_finished());
    assert_eq!(asking.await.unwrap(), Err(KeyError::Unknown));
}

#[tokio::test]
async fn after_a_failure_there_is_a_pause_of_ten_seconds() {
    let fixture = Fixture::new(&["a"]).await;
    fixture.server.reply(Reply::Body(500, Vec::new()));
    for _ in 0..100 {
        assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
    }
    assert_eq!(fixture.fetches(), 1);
    fixture.clock.advance(9);
    assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
    assert_eq!(fixture.fetches(), 1);
    fixture.clock.advance(1);
    // Failures use nothing up: the third attempt is still allowed, and succeeds.
    for _ in 0..2 {
        assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
        fixture.clock.advance(10);
    }
    fixture.server.reply(set(&["a"]));
    assert_eq!(fixture.has("a").await, Ok(()));
    assert_eq!(fixture.fetches(), 4);
    assert_eq!(fixture.facts.codes(), ["keys-not-fetched"; 3]);
}

/// Six ways in which a key set does not come.
fn outages(vectors: &Value, elsewhere: &str) -> Vec<(&'static str, Reply)> {
    let keys = vectors["jwks"].to_string().into_bytes();
    vec![
        ("down", Reply::Refuse),
        ("slow", Reply::Slow(Duration::from_secs(20), keys.clone())),
        ("500", Reply::Body(500, keys.clone())),
        ("cut off", Reply::Cut(keys.clone())),
        ("garbage", Reply::Body(200, b"<html>Service unavailable</html>".to_vec())),
        ("empty", Reply::Body(200, br#"{"keys":[]}"#.to_vec())),
        ("endless", Reply::Body(200, [keys.as_slice(), &vec![b' '; 70_000]].concat())),
        ("elsewhere", Reply::Redirect(elsewhere.to_owned())),
    ]
}

#[tokio::test]
async fn without_keys_everything_is_denied_and_soon_after_the_outage_nothing_is() {
    let Some(vectors) = vectors() else { return };
    let elsewhere = Server::start(Reply::Body(200, vectors["jwks"].to_string().into_bytes())).await;
    for (name, reply) in outages(&vectors, elsewhere.url()) {
        let world = World::new(&vectors).await;
        world.server.reply(reply);
        assert!(!world.is_allowed(&token(&vectors)).await, "{name}");
        assert!(!world.policy_allows(&token(&vectors)).await, "{name}");
        assert_eq!(world.facts.codes(), ["keys-not-fetched", "keys-unavailable", "keys-unavailable"], "{name}");
        world.server.reply(Reply::Body(200, vectors["jwks"].to_string().into_bytes()));
        world.clock.advance(10);
        assert!(world.is_allowed(&token(&vectors)).await, "{name}");
    }
    assert_eq!(elsewhere.requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn keys_at_hand_serve_through_every_outage() {
    let Some(vectors) = vectors() else { return };
    for (name, reply) in outages(&vectors, "http://127.0.0.1:9/") {
        let world = World::new(&vectors).await;
        assert!(world.is_allowed(&token(&vectors)).await, "{name}");
        world.server.reply(reply);
        // A token of a key that came after the last fetch makes the set be asked for, in vain.
        assert!(!world.is_allowed(vectors["rotated_token"].as_str().unwrap()).await, "{name}");
        assert!(world.is_allowed(&token(&vectors)).await, "{name}");
        let codes = world.facts.codes();
        assert_eq!(codes, ["token-accepted", "keys-not-fetched", "key-unknown", "token-accepted"], "{name}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_accepted_beside_the_old_one() {
    let Some(vectors) = vectors() else { return };
    let world = World::new(&vectors).await;
    assert!(world.is_allowed(&token(&vectors)).await);
    world.server.reply(Reply::Body(200, vectors["rotated_jwks"].to_string().into_bytes()));
    assert!(world.is_allowed(vectors["rotated_token"].as_str().unwrap()).await);
    assert!(world.is_allowed(&token(&vectors)).await);
    assert_eq!(world.server.requests().len(), 2);
}

#[tokio::test]
async fn a_slow_set_holds_a_request_up_once() {
    let fixture = Fixture::new(&["a"]).await;
    fixture.server.reply(Reply::Slow(Duration::from_mins(1), Vec::new()));
    assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
    assert_eq!(fixture.has("a").await, Err(KeyError::Unavailable));
    assert_eq!(fixture.fetches(), 1);
    assert_eq!(fixture.facts.all()[0]["message"], "no whole answer within 1500 ms");
}

//! The keys of token issuers: those of user pools of this cloud in process, others from where the issuer says that they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Map, Value};

use super::http_client::{FetchFault, HttpClient};
use super::token::{Token, TokenFault, check_claims};
use crate::cloud::Cloud;
use crate::persist::lock;

/// How long API Gateway keeps keys.
const KEEP: Duration = Duration::from_hours(2);

/// How long must pass before an unknown key id makes it ask again, so that bad tokens cannot make it ask all the time.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long an issuer may take.
const TIMEOUT: Duration = Duration::from_millis(1500);

/// Keys by issuer, with the time at which they were fetched.
#[derive(Default)]
pub(crate) struct Issuers {
    keys: Mutex<HashMap<String, (Instant, Arc<Value>)>>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disbelief {
    /// The token is at fault.
    Token(TokenFault),
    /// The keys could not be had: where they should be, and why not.
    NoKeys(String),
}

impl Issuers {
    /// The claims of a token that this issuer signed and that is good now; `now` is in seconds since 1970.
    pub(crate) async fn verify(
        &self,
        cloud: &Cloud,
        client: &HttpClient,
        text: &str,
        issuer: &str,
        now: i64,
    ) -> Result<Map<String, Value>, Disbelief> {
        let (keys, are_fresh) = self.keys_of(cloud, client, issuer, KEEP).await?;
        let parse = || Token::parse(text).map_err(Disbelief::Token);
        let claims = match parse()?.verify(&keys) {
            Err(TokenFault::UnknownKey) if !are_fresh => {
                let (keys, _) = self.keys_of(cloud, client, issuer, ASK_AGAIN).await?;
                parse()?.verify(&keys)
            }
            other => other,
        };
        let claims = claims.map_err(Disbelief::Token)?;
        check_claims(&claims, issuer, now).map_err(Disbelief::Token)?;
        Ok(claims)
    }

    /// Keys of at most this age, and whether they were fetched just now.
    async fn keys_of(
        &self,
        cloud: &Cloud,
        client: &HttpClient,
        issuer: &str,
        age: Duration,
    ) -> Result<(Arc<Value>, bool), Disbelief> {
        if let Some(pool) = user_pool(issuer) {
            return pool_keys(cloud, pool).await.map(|keys| (Arc::new(keys), true));
        }
        let now = Instant::now();
        let kept = lock(&self.keys).get(issuer).filter(|(at, _)| now.duration_since(*at) < age).cloned();
        if let Some((_, keys)) = kept {
            return Ok((keys, false));
        }
        let keys = Arc::new(fetch_keys(client, issuer).await?);
        lock(&self.keys).insert(issuer.to_owned(), (now, Arc::clone(&keys)));
        Ok((keys, true))
    }
}

/// The keys of a user pool, which is one of this cloud: another has no name here that leads to it.
async fn pool_keys(cloud: &Cloud, pool: &str) -> Result<Value, Disbelief> {
    cloud.cognito.key_set(pool).await.map_err(|error| {
        Disbelief::NoKeys(format!("the local cloud has no keys of the user pool `{pool}`: {}", error.message))
    })
}

async fn fetch_keys(client: &HttpClient, issuer: &str) -> Result<Value, Disbelief> {
    let issuer = issuer.trim_end_matches('/');
    let configuration = fetch(client, &format!("{issuer}/.well-known/openid-configuration")).await;
    match configuration.as_ref().ok().and_then(|configuration| configuration["jwks_uri"].as_str()) {
        Some(uri) => fetch(client, uri).await,
        // Issuers in tests often have nothing but their keys.
        None => fetch(client, &format!("{issuer}/.well-known/jwks.json")).await,
    }
}

/// The pool id of `https://cognito-idp.<region>.amazonaws.com/<pool>`.
fn user_pool(issuer: &str) -> Option<&str> {
    let (host, pool) = issuer.trim_end_matches('/').strip_prefix("https://")?.split_once('/')?;
    (host.starts_with("cognito-idp.") && host.ends_with(".amazonaws.com") && !pool.contains('/')).then_some(pool)
}

async fn fetch(client: &HttpClient, url: &str) -> Result<Value, Disbelief> {
    let failed = |why: &str| Disbelief::NoKeys(format!("the keys of the issuer could not be had from `{url}`: {why}"));
    let request = http::Request::get(url).body(Full::new(Bytes::new())).map_err(|error| failed(&error.to_string()))?;
    let response = client.send(request, TIMEOUT).await.map_err(|fault| match fault {
        FetchFault::TimedOut => failed("it took too long"),
        FetchFault::Failed(why) => failed(&why),
    })?;
    if !response.status().is_success() {
        return Err(failed(&format!("the answer was {}", response.status())));
    }
    serde_json::from_slice(response.body()).map_err(|error| failed(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_pool_of_this_cloud_is_known_by_its_issuer() {
        let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC";
        assert_eq!(user_pool(issuer), Some("eu-west-1_AbC"));
        assert_eq!(user_pool("https://issuer.example.com/x"), None);
        assert_eq!(user_pool("https://cognito-idp.example.com/x"), None);
    }
}

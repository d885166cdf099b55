//! Access, id and refresh tokens.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::origin::{new_origin, time_of};
use super::{Client, Cognito, Pool, User, UserStatus, not_authorized, now, srp};
use crate::persist::lock;
use crate::sts::{Claims, SHA256_PREFIX, verify_with};
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

const KEY_BITS: usize = 2048;

/// Scope of a sign-in through the API.
pub(super) const API_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The key of a pool.
pub(super) struct PoolKey {
    key: RsaPrivateKey,
    /// Id that tokens name it by.
    id: String,
}

/// What a refresh token says, sealed with the pool's secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) pool: String,
    pub(super) client: String,
    pub(super) username: String,
    pub(super) origin: String,
    pub(super) scope: String,
    /// Seconds since 1970.
    pub(super) authenticated: i64,
    pub(super) expires: i64,
    /// Milliseconds since 1970.
    pub(super) issued: i64,
}

/// What a sign-in gives.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) id: Option<String>,
    pub(super) refresh: Option<String>,
    /// Seconds that the access token is good for.
    pub(super) life: i64,
}

/// Of what sign-in the tokens are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant<'a> {
    pub(super) scope: &'a str,
    pub(super) nonce: Option<&'a str>,
    /// The refresh token that these tokens are asked with; nothing at a sign-in.
    pub(super) refreshed: Option<&'a Refresh>,
}

impl Cognito {
    /// The key of a pool, made when it is needed first: that takes some hundred milliseconds.
    pub(super) async fn key(&self, pool_id: &str) -> Result<Arc<PoolKey>, ServiceError> {
        if let Some(key) = lock(&self.keys).get(pool_id) {
            return Ok(Arc::clone(key));
        }
        let failed = |error: String| ServiceError::internal(format!("no signing key: {error}"));
        let kept = self.with_pool(pool_id, |pool| Ok(pool.key.clone()))?;
        let kept = if let Some(kept) = kept {
            kept
        } else {
            let made = tokio::task::spawn_blocking(make_key).await;
            let made = made.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
            // Whoever came first wins, so that no token is signed with a key that is not kept.
            self.change_pool(pool_id, |pool| Ok(pool.key.get_or_insert(made).clone()))?
        };
        let der = STANDARD.decode(&kept).map_err(|error| failed(error.to_string()))?;
        let key = RsaPrivateKey::from_pkcs8_der(&der).map_err(|error| failed(error.to_string()))?;
        let id = STANDARD.encode(Sha256::digest(key.n().to_bytes_be()));
        let key = Arc::new(PoolKey { key, id });
        lock(&self.keys).insert(pool_id.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    /// The public keys of a pool as a JSON Web Key Set, as `/<pool id>/.well-known/jwks.json` shows them.
    ///
    /// # Errors
    /// `ResourceNotFoundException` where there is no such pool.
    pub(crate) async fn key_set(&self, pool_id: &str) -> Result<Value, ServiceError> {
        let key = self.key(pool_id).await?;
        let number = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
        Ok(json!({"keys": [{
            "alg": "RS256",
            "e": number(key.key.e().to_bytes_be()),
            "kid": key.id,
            "kty": "RSA",
            "n": number(key.key.n().to_bytes_be()),
            "use": "sig",
        }]}))
    }

    /// Tokens for a user who has proven to be it.
    pub(super) async fn issue(
        &self,
        pool_id: &str,
        client_id: &str,
        username: &str,
        grant: Grant<'_>,
    ) -> Result<Tokens, ServiceError> {
        let key = self.key(pool_id).await?;
        self.with_pool(pool_id, |pool| {
            let client = pool.client(client_id)?;
            let user = pool.users.get(username).ok_or_else(|| not_authorized("User does not exist."))?;
            let issued = now();
            let origin = grant.refreshed.map_or_else(new_origin, |refresh| refresh.origin.clone());
            let authenticated = grant.refreshed.map_or(issued, |refresh| refresh.authenticated);
            let life = lifetime(client, "AccessToken", 3600);
            let common = |token_use: &str, life: i64| {
                let mut claims = Map::new();
                claims.insert("sub".to_owned(), json!(user.sub));
                if !user.groups.is_empty() {
                    claims.insert("cognito:groups".to_owned(), json!(pool.ordered_groups(user)));
                }
                claims.insert("iss".to_owned(), json!(issuer(pool_id)));
                claims.insert("origin_jti".to_owned(), json!(origin));
                claims.insert("event_id".to_owned(), json!(uuid::Uuid::new_v4().to_string()));
                claims.insert("token_use".to_owned(), json!(token_use));
                claims.insert("auth_time".to_owned(), json!(authenticated));
                claims.insert("iat".to_owned(), json!(issued));
                claims.insert("exp".to_owned(), json!(issued + life));
                claims.insert("jti".to_owned(), json!(uuid::Uuid::new_v4().to_string()));
                claims
            };
            let mut access = common("access", life);
            access.insert("client_id".to_owned(), json!(client_id));
            access.insert("scope".to_owned(), json!(grant.scope));
            access.insert("username".to_owned(), json!(user.username));
            if grant.scope != API_SCOPE {
                access.insert("version".to_owned(), json!(2));
            }
            let with_id = grant.scope == API_SCOPE || grant.scope.split(' ').any(|scope| scope == "openid");
            let id = with_id.then(|| {
                let mut claims = common("id", lifetime(client, "IdToken", 3600));
                claims.insert("aud".to_owned(), json!(client_id));
                claims.insert("cognito:username".to_owned(), json!(user.username));
                if let Some(nonce) = grant.nonce {
                    claims.insert("nonce".to_owned(), json!(nonce));
                }
                claims.extend(pool.role_claims(user));
                claims.extend(user.claims(grant.scope));
                sign(&key, &claims.into())
            });
            let refresh = grant.refreshed.is_none().then(|| {
                let refresh = Refresh {
                    pool: pool_id.to_owned(),
                    client: client_id.to_owned(),
                    username: username.to_owned(),
                    origin: origin.clone(),
                    scope: grant.scope.to_owned(),
                    authenticated,
                    expires: issued + lifetime(client, "RefreshToken", 30 * 86400),
                    issued: milliseconds(),
                };
                seal(&pool.secret, &refresh)
            });
            Ok(Tokens { access: sign(&key, &access.into())?, id: id.transpose()?, refresh, life })
        })
    }

    /// The user of an access token that is good now, with the pool and the token.
    pub(super) async fn user_of(&self, access_token: &str) -> Result<(String, User, Claims), ServiceError> {
        let invalid = || not_authorized("Invalid Access Token");
        let claims = Claims::read(access_token).ok_or_else(invalid)?;
        let pool_id = claims.text("iss").and_then(|issuer| issuer.rsplit('/').next()).ok_or_else(invalid)?.to_owned();
        let key = self.key(&pool_id).await.map_err(|_| invalid())?;
        if !verify_with(&claims, key.key.as_ref()) || claims.text("token_use") != Some("access") {
            return Err(invalid());
        }
        if claims.number("exp").is_none_or(|expires| expires <= now()) {
            return Err(not_authorized("Access Token has expired"));
        }
        let username = claims.text("username").unwrap_or_default();
        let user = self.with_pool(&pool_id, |pool| {
            let user = pool.users.get(username).ok_or_else(super::users::no_user)?;
            let origin = claims.text("origin_jti").unwrap_or_default();
            let signed_in = time_of(origin).unwrap_or_else(|| claims.number("iat").unwrap_or(0) * 1000);
            if pool.revoked.contains_key(origin) || signed_in <= user.signed_out {
                return Err(not_authorized("Access Token has been revoked"));
            }
            if !user.enabled {
                return Err(not_authorized("User is disabled."));
            }
            Ok(user.clone())
        })?;
        Ok((pool_id, user, claims))
    }

    /// What a refresh token says, when it is good now.
    pub(super) fn refresh_of(&self, token: &str) -> Result<Refresh, ServiceError> {
        let invalid = || not_authorized("Invalid Refresh Token");
        let (body, seal_text) = token.split_once('.').ok_or_else(invalid)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| invalid())?;
        let refresh: Refresh = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        self.with_pool(&refresh.pool, |pool| {
            if sealed(&pool.secret, body) != seal_text {
                return Err(invalid());
            }
            if refresh.expires <= now() {
                return Err(not_authorized("Refresh Token has expired"));
            }
            let user = pool.users.get(&refresh.username).ok_or_else(invalid)?;
            if pool.revoked.contains_key(&refresh.origin) || refresh.issued <= user.signed_out {
                return Err(not_authorized("Refresh Token has been revoked"));
            }
            if !user.enabled {
                return Err(not_authorized("User is disabled."));
            }
            if user.status == UserStatus::ResetRequired {
                return Err(super::users::reset_required());
            }
            Ok(refresh.clone())
        })
    }
}

/// Who tokens say that they are from: the address that the pool would have on AWS, which functions compare with.
pub(crate) fn issuer(pool_id: &str) -> String {
    let region = pool_id.split('_').next().unwrap_or_default();
    format!("https://cognito-idp.{region}.amazonaws.com/{pool_id}")
}

/// Milliseconds since 1970.
pub(super) fn milliseconds() -> i64 {
    i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn make_key() -> Result<String, String> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, KEY_BITS).map_err(|error| error.to_string())?;
    let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
    Ok(STANDARD.encode(der.as_bytes()))
}

fn sign(key: &PoolKey, claims: &Value) -> Result<String, ServiceError> {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": "RS256", "kid": key.id})), encode(claims));
    let digest = Sha256::digest(&signed);
    let scheme = Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: SHA256_PREFIX.as_slice().into() };
    let signature = key.key.sign(scheme, &digest);
    let signature = signature.map_err(|error| ServiceError::internal(format!("cannot sign a token: {error}")))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn seal(secret: &str, refresh: &Refresh) -> String {
    let body = URL_SAFE_NO_PAD.encode(serde_json::to_string(refresh).unwrap_or_default());
    format!("{body}.{}", sealed(secret, &body))
}

fn sealed(secret: &str, body: &str) -> String {
    srp::mac(secret.as_bytes(), &[body.as_bytes()]).map(|mac| URL_SAFE_NO_PAD.encode(mac)).unwrap_or_default()
}

/// Seconds that a token of a client is good for.
fn lifetime(client: &Client, token: &str, default: i64) -> i64 {
    let Some(amount) =
        client.settings.get(&format!("{token}Validity")).and_then(as_integer).filter(|amount| *amount > 0)
    else {
        return default;
    };
    let unit = client.settings.get("TokenValidityUnits").and_then(|units| units.get(token)).and_then(Value::as_str);
    let seconds = match unit {
        Some("seconds") => 1,
        Some("minutes") => 60,
        Some("hours") => 3600,
        Some("days") => 86400,
        // Without a unit, refresh tokens count in days and the others in hours.
        _ if token == "RefreshToken" => 86400,
        _ => 3600,
    };
    amount * seconds
}

impl User {
    /// Attributes as claims of an id token; a scope of the sign-in pages names which.
    pub(super) fn claims(&self, scope: &str) -> Map<String, Value> {
        let all = scope == API_SCOPE || scope.split(' ').any(|scope| scope == API_SCOPE || scope == "profile");
        let asked = |name: &str| match name {
            "email" | "email_verified" => all || scope.split(' ').any(|scope| scope == "email"),
            "phone_number" | "phone_number_verified" => all || scope.split(' ').any(|scope| scope == "phone"),
            _ => all,
        };
        let mut claims = Map::new();
        for (name, value) in &self.attributes {
            if !asked(name) {
                continue;
            }
            let value = if name.ends_with("_verified") { json!(value == "true") } else { json!(value) };
            claims.insert(name.clone(), value);
        }
        claims
    }
}

impl Pool {
    /// Groups of a user, the one with the lowest precedence first.
    pub(super) fn ordered_groups(&self, user: &User) -> Vec<String> {
        let mut groups: Vec<String> = user.groups.iter().cloned().collect();
        groups.sort_by_key(|name| self.groups.get(name).and_then(|group| group.precedence).unwrap_or(i64::MAX));
        groups
    }
}

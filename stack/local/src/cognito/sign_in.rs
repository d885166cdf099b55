//! Signing in: by password, by proof of a password, by refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::BigUint;
use serde_json::{Value, json};

use super::password::{Verifier, pool_name};
use super::tokens::{API_SCOPE, Grant, Tokens};
use super::users::reset_required;
use super::{Cognito, Pool, User, UserStatus, invalid, not_authorized, now, required, srp};
use crate::persist::lock;
use crate::wire::ServiceError;

/// Seconds that an answer to a challenge may take.
const CHALLENGE_LIFE: i64 = 180;

/// Sign-ins that may wait at once; the oldest give way.
const CHALLENGES: usize = 10_000;

/// A sign-in that waits for an answer.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    pool: String,
    client: String,
    username: String,
    expires: i64,
    kind: Waiting,
}

#[derive(Debug, Clone)]
enum Waiting {
    NewPassword,
    /// The client's public number, our private one, and the block that the client has to sign.
    Proof {
        client_public: BigUint,
        private: BigUint,
        block: Vec<u8>,
        verifier: Option<Verifier>,
    },
}

impl Cognito {
    /// `InitiateAuth`, and `AdminInitiateAuth` with the pool that it names.
    pub(super) async fn initiate(&self, input: &Value, admin_pool: Option<&str>) -> Result<Value, ServiceError> {
        let (client_id, flow) = (required(input, "ClientId")?, required(input, "AuthFlow")?);
        let pool_id = self.pool_of_client(client_id)?;
        if admin_pool.is_some_and(|admin_pool| admin_pool != pool_id) {
            return Err(super::no_client(client_id));
        }
        let parameters = input.get("AuthParameters").unwrap_or(&Value::Null);
        let is_for_admins = matches!(flow, "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH");
        if is_for_admins && admin_pool.is_none() {
            return Err(invalid(format!("Initiate Auth method not supported: {flow}")));
        }
        let allowed = self.with_pool(&pool_id, |pool| Ok(pool.client(client_id)?.allows_flow(flow)))?;
        match flow {
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => self.refresh(&pool_id, client_id, parameters).await,
            _ if !allowed => Err(invalid(format!("{flow} flow not enabled for this client"))),
            "USER_PASSWORD_AUTH" | "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
                let name = parameter(parameters, "USERNAME")?;
                let password = parameter(parameters, "PASSWORD")?;
                let hash = parameters.get("SECRET_HASH").and_then(Value::as_str);
                let user = self.check_password(&pool_id, client_id, name, password, hash)?;
                self.signed_in(&pool_id, client_id, &user).await
            }
            "USER_SRP_AUTH" => self.begin_proof(&pool_id, client_id, parameters),
            other => Err(invalid(format!("the local cloud does not serve the sign-in {other}"))),
        }
    }

    /// The user with this name and password, as far as the account may be signed in to.
    pub(super) fn check_password(
        &self,
        pool_id: &str,
        client_id: &str,
        name: &str,
        password: &str,
        secret_hash: Option<&str>,
    ) -> Result<User, ServiceError> {
        // Taken out of the lock: checking takes milliseconds.
        let user = self.with_pool(pool_id, |pool| {
            pool.client(client_id)?.check_secret_hash(name, secret_hash)?;
            known_user(pool, client_id, name)
        })?;
        let fits = user.password.as_ref().is_some_and(|kept| kept.fits(pool_id, &user.username, password));
        if !fits {
            return Err(wrong_password());
        }
        check_account(&user)?;
        Ok(user)
    }

    /// Tokens, or the demand for a new password.
    async fn signed_in(&self, pool_id: &str, client_id: &str, user: &User) -> Result<Value, ServiceError> {
        if user.status == UserStatus::ForceChangePassword {
            let session = self.wait(pool_id, client_id, &user.username, Waiting::NewPassword);
            let mut attributes = user.attributes.clone();
            attributes.remove("sub");
            return Ok(json!({
                "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "Session": session,
                "ChallengeParameters": {
                    "USER_ID_FOR_SRP": user.username,
                    "requiredAttributes": "[]",
                    "userAttributes": json!(attributes).to_string(),
                },
            }));
        }
        let grant = Grant { scope: API_SCOPE, nonce: None, refreshed: None };
        Ok(authenticated(&self.issue(pool_id, client_id, &user.username, grant).await?))
    }

    async fn refresh(&self, pool_id: &str, client_id: &str, parameters: &Value) -> Result<Value, ServiceError> {
        let refresh = self.refresh_of(parameter(parameters, "REFRESH_TOKEN")?)?;
        if refresh.client != client_id || refresh.pool != pool_id {
            return Err(not_authorized("Invalid Refresh Token"));
        }
        self.with_pool(pool_id, |pool| {
            let client = pool.client(client_id)?;
            // The hash is over the name that the caller knows, which is the user's name or its sub.
            let Some(given) = parameters.get("SECRET_HASH").and_then(Value::as_str) else {
                return client.check_secret_hash(&refresh.username, None);
            };
            let user = pool.user(&refresh.username)?;
            let names = [&user.username, &user.sub].into_iter().chain(user.attributes.get("email"));
            let mut outcome = Ok(());
            for name in names {
                outcome = client.check_secret_hash(name, Some(given));
                if outcome.is_ok() {
                    break;
                }
            }
            outcome
        })?;
        let grant = Grant { scope: &refresh.scope, nonce: None, refreshed: Some(&refresh) };
        Ok(authenticated(&self.issue(pool_id, client_id, &refresh.username, grant).await?))
    }

    /// First half of Secure Remote Password. For a user who does not exist numbers are made up where the client hides that.
    fn begin_proof(&self, pool_id: &str, client_id: &str, parameters: &Value) -> Result<Value, ServiceError> {
        let name = parameter(parameters, "USERNAME")?;
        let client_public =
            srp::number(parameter(parameters, "SRP_A")?).ok_or_else(|| invalid("SRP_A is not a number"))?;
        let hash = parameters.get("SECRET_HASH").and_then(Value::as_str);
        let (username, kept) = self.with_pool(pool_id, |pool| {
            let client = pool.client(client_id)?;
            client.check_secret_hash(name, hash)?;
            match pool.user(name) {
                Ok(user) => Ok((user.username.clone(), user.password.clone())),
                Err(_) if client.hides_users() => Ok((name.to_owned(), None)),
                Err(error) => Err(error),
            }
        })?;
        let random = || BigUint::from_bytes_be(uuid::Uuid::new_v4().as_bytes());
        let verifier = kept
            .clone()
            .unwrap_or_else(|| Verifier { salt: random().to_str_radix(16), verifier: random().to_str_radix(16) });
        let private = (random() << 128_usize) + random();
        let number = srp::number(&verifier.verifier).unwrap_or_default();
        let server_public = srp::public(&number, &private);
        let block = [random().to_bytes_be(), random().to_bytes_be(), random().to_bytes_be()].concat();
        let answer = json!({
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": verifier.salt,
                "SECRET_BLOCK": STANDARD.encode(&block),
                "SRP_B": server_public.to_str_radix(16),
                "USERNAME": username,
                "USER_ID_FOR_SRP": username,
            },
        });
        // Clients of this challenge send the block back and no session, so it is found by the block.
        let waiting = Waiting::Proof { client_public, private, block: block.clone(), verifier: kept };
        self.keep(STANDARD.encode(&block), pool_id, client_id, &username, waiting);
        Ok(answer)
    }

    /// `RespondToAuthChallenge`, and its sibling for administrators.
    pub(super) async fn respond(&self, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "ChallengeName")?);
        let responses = input.get("ChallengeResponses").unwrap_or(&Value::Null);
        let session = match name {
            "PASSWORD_VERIFIER" => parameter(responses, "PASSWORD_CLAIM_SECRET_BLOCK")?,
            _ => required(input, "Session")?,
        };
        let challenge = lock(&self.challenges).remove(session);
        let challenge = challenge.filter(|challenge| challenge.client == client_id);
        let invalid_session = || not_authorized("Invalid session for the user.");
        let challenge = challenge.ok_or_else(invalid_session)?;
        if challenge.expires <= now() {
            return Err(not_authorized("Invalid session for the user, session is expired."));
        }
        let (pool_id, username) = (&challenge.pool, &challenge.username);
        let hash = responses.get("SECRET_HASH").and_then(Value::as_str);
        let called = parameter(responses, "USERNAME")?;
        self.with_pool(pool_id, |pool| pool.client(client_id)?.check_secret_hash(called, hash))?;
        match (name, &challenge.kind) {
            ("NEW_PASSWORD_REQUIRED", Waiting::NewPassword) => {
                let password = parameter(responses, "NEW_PASSWORD")?;
                if let Err(refusal) = self.set_password(pool_id, username, password, true) {
                    // The session stays good for a better password.
                    lock(&self.challenges).insert(session.to_owned(), challenge.clone());
                    return Err(refusal);
                }
                let given = responses.as_object().into_iter().flatten();
                let attributes = given
                    .filter_map(|(key, value)| {
                        Some((key.strip_prefix("userAttributes.")?.to_owned(), value.as_str()?.to_owned()))
                    })
                    .collect();
                self.set_attributes(pool_id, username, &attributes)?;
                let user = self.with_pool(pool_id, |pool| pool.user(username).cloned())?;
                self.signed_in(pool_id, client_id, &user).await
            }
            ("PASSWORD_VERIFIER", Waiting::Proof { .. }) => {
                let user = self.with_pool(pool_id, |pool| known_user(pool, client_id, username))?;
                if !proves(&challenge, responses) {
                    return Err(wrong_password());
                }
                check_account(&user)?;
                self.signed_in(pool_id, client_id, &user).await
            }
            _ => Err(invalid_session()),
        }
    }

    fn wait(&self, pool: &str, client: &str, username: &str, kind: Waiting) -> String {
        let session = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        self.keep(session.clone(), pool, client, username, kind);
        session
    }

    fn keep(&self, session: String, pool: &str, client: &str, username: &str, kind: Waiting) {
        let present = now();
        let challenge = Challenge {
            pool: pool.to_owned(),
            client: client.to_owned(),
            username: username.to_owned(),
            expires: present + CHALLENGE_LIFE,
            kind,
        };
        let mut challenges = lock(&self.challenges);
        challenges.retain(|_, challenge| challenge.expires > present);
        if challenges.len() >= CHALLENGES {
            challenges.clear();
        }
        challenges.insert(session, challenge);
    }
}

/// Second half of Secure Remote Password: the client signed the block with the key that only the right password gives.
fn proves(challenge: &Challenge, responses: &Value) -> bool {
    let Waiting::Proof { client_public, private, block, verifier } = &challenge.kind else { return false };
    let signed = || {
        let verifier = srp::number(&verifier.as_ref()?.verifier)?;
        let key = srp::session_key(client_public, &srp::public(&verifier, private), &verifier, private)?;
        let timestamp = responses.get("TIMESTAMP")?.as_str()?;
        let expected = srp::signature(&key, pool_name(&challenge.pool), &challenge.username, block, timestamp)?;
        Some(STANDARD.encode(expected) == responses.get("PASSWORD_CLAIM_SIGNATURE")?.as_str()?)
    };
    signed() == Some(true)
}

/// A user by name; who hides users says the same of one that is missing and of a wrong password.
fn known_user(pool: &Pool, client_id: &str, name: &str) -> Result<User, ServiceError> {
    match pool.user(name) {
        Ok(user) => Ok(user.clone()),
        Err(_) if pool.client(client_id)?.hides_users() => Err(wrong_password()),
        Err(error) => Err(error),
    }
}

/// Refuses accounts that cannot be signed in to.
pub(super) fn check_account(user: &User) -> Result<(), ServiceError> {
    if !user.enabled {
        return Err(not_authorized("User is disabled."));
    }
    match user.status {
        UserStatus::Unconfirmed => {
            Err(ServiceError::bad_request("UserNotConfirmedException", "User is not confirmed."))
        }
        UserStatus::ResetRequired => Err(reset_required()),
        UserStatus::Confirmed | UserStatus::ForceChangePassword => Ok(()),
    }
}

fn wrong_password() -> ServiceError {
    not_authorized("Incorrect username or password.")
}

fn parameter<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    let value = parameters.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(format!("Missing required parameter {name}")))
}

fn authenticated(tokens: &Tokens) -> Value {
    let mut result = json!({
        "AccessToken": tokens.access,
        "ExpiresIn": tokens.life,
        "TokenType": "Bearer",
    });
    if let Some(id) = &tokens.id {
        result["IdToken"] = json!(id);
    }
    if let Some(refresh) = &tokens.refresh {
        result["RefreshToken"] = json!(refresh);
    }
    json!({"ChallengeParameters": {}, "AuthenticationResult": result})
}

//! Cognito user pools: sign-up, sign-in, tokens that anybody can verify.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::LocalError;
use crate::persist::Store;
use crate::wire::ServiceError;

mod account;
pub(crate) mod api;
mod clients;
mod codes;
mod direct;
mod groups;
pub(crate) mod hosted;
mod messages;
mod origin;
mod page;
mod password;
mod pools;
pub(crate) mod resources;
mod schema;
mod show;
mod sign_in;
mod srp;
#[cfg(test)]
mod tests;
mod tokens;
mod users;
mod view;

/// What an administrator made of an account, and how far its owner has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UserStatus {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
    ResetRequired,
}

impl UserStatus {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
        }
    }
}

/// What a code that was sent is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum CodePurpose {
    SignUp,
    ForgotPassword,
    /// The attribute that it proves is in the code.
    Attribute,
}

/// A code that was sent to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    text: String,
    /// Seconds since 1970.
    expires: i64,
    /// Attribute that it was sent to, `email` or `phone_number`.
    attribute: String,
    /// Value that the attribute gets when the code comes back.
    value: String,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    /// What tokens call the user: the chosen name, or the `sub` where users sign in by e-mail address or phone number.
    pub(crate) username: String,
    pub(crate) sub: String,
    /// Seconds since 1970.
    created: i64,
    modified: i64,
    enabled: bool,
    status: UserStatus,
    attributes: BTreeMap<String, String>,
    password: Option<password::Verifier>,
    codes: BTreeMap<CodePurpose, Code>,
    groups: BTreeSet<String>,
    /// Tokens issued at or before this time (milliseconds since 1970) are void.
    signed_out: i64,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    name: String,
    description: Option<String>,
    role_arn: Option<String>,
    precedence: Option<i64>,
    created: i64,
    modified: i64,
}

/// An application that users sign in to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    created: i64,
    modified: i64,
    /// The members of the API, with defaults filled in.
    pub(crate) settings: Map<String, Value>,
}

/// A user pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pool {
    /// `<region>_<nine letters and digits>`.
    pub(crate) id: String,
    pub(crate) name: String,
    created: i64,
    modified: i64,
    /// The members of the API, with defaults filled in.
    settings: Map<String, Value>,
    clients: BTreeMap<String, Client>,
    groups: BTreeMap<String, Group>,
    users: BTreeMap<String, User>,
    /// Prefix or whole name of the domain of its sign-in pages.
    domain: Option<String>,
    /// Private key that tokens are signed with (PKCS #8, base64); made when the first one is.
    key: Option<String>,
    /// What refresh tokens are sealed with.
    secret: String,
    /// Revoked families of tokens (`origin_jti`) with the time when the last of them expires.
    revoked: BTreeMap<String, i64>,
}

/// State of the service.
pub(crate) struct Cognito {
    pools: Store<BTreeMap<String, Pool>>,
    /// Sign-ins that wait for an answer to a challenge.
    challenges: Mutex<HashMap<String, sign_in::Challenge>>,
    /// Authorization codes of the sign-in pages.
    grants: Mutex<HashMap<String, hosted::Grant>>,
    /// Keys in the form in which they sign.
    keys: Mutex<HashMap<String, Arc<tokens::PoolKey>>>,
}

impl Cognito {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            pools: Store::open(data_directory, "cognito")?,
            challenges: Mutex::default(),
            grants: Mutex::default(),
            keys: Mutex::default(),
        })
    }

    /// Looks at a pool.
    fn with_pool<R>(&self, id: &str, look: impl FnOnce(&Pool) -> Result<R, ServiceError>) -> Result<R, ServiceError> {
        self.pools.read(|pools| look(pools.get(id).ok_or_else(|| no_pool(id))?))
    }

    /// Changes a pool, all or nothing.
    fn change_pool<R>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Pool) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.pools.change(|pools| change(pools.get_mut(id).ok_or_else(|| no_pool(id))?))
    }

    /// Ids of the pool that a client belongs to.
    fn pool_of_client(&self, client_id: &str) -> Result<String, ServiceError> {
        self.pools
            .read(|pools| pools.values().find(|pool| pool.clients.contains_key(client_id)).map(|pool| pool.id.clone()))
            .ok_or_else(|| no_client(client_id))
    }
}

/// ARN of a pool, whose id tells its region.
pub(crate) fn pool_arn(account: &str, id: &str) -> String {
    let region = id.split('_').next().unwrap_or_default();
    format!("arn:aws:cognito-idp:{region}:{account}:userpool/{id}")
}

fn no_pool(id: &str) -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", format!("User pool {id} does not exist."))
}

fn no_client(id: &str) -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", format!("User pool client {id} does not exist."))
}

fn not_authorized(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("NotAuthorizedException", message)
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

/// Seconds since 1970.
fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// A text of the input that must be there.
fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        let mut characters = name.chars();
        let field: String =
            characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect();
        invalid(format!(
            "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

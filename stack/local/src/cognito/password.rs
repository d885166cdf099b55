//! Passwords: what a pool demands of them, and what is kept.

use rsa::BigUint;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::srp;
use crate::wire::ServiceError;

/// Characters that count as symbols.
const SYMBOLS: &str = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ";

/// A salt and the verifier of a password, hexadecimal. The password cannot be read from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Verifier {
    pub(super) salt: String,
    pub(super) verifier: String,
}

impl Verifier {
    /// Of a new password. Takes some milliseconds.
    pub(super) fn new(pool_id: &str, username: &str, password: &str) -> Self {
        let salt = BigUint::from_bytes_be(uuid::Uuid::new_v4().as_bytes());
        let verifier = srp::verifier(&salt, pool_name(pool_id), username, password);
        Self { salt: salt.to_str_radix(16), verifier: verifier.to_str_radix(16) }
    }

    /// Whether it is this password.
    pub(super) fn fits(&self, pool_id: &str, username: &str, password: &str) -> bool {
        let Some(salt) = srp::number(&self.salt) else { return false };
        srp::verifier(&salt, pool_name(pool_id), username, password).to_str_radix(16) == self.verifier
    }
}

/// A pool's id after its region.
pub(super) fn pool_name(pool_id: &str) -> &str {
    pool_id.split_once('_').map_or(pool_id, |(_, name)| name)
}

/// Refuses a password that the pool's policy does not allow.
pub(super) fn check(settings: &Map<String, Value>, password: &str) -> Result<(), ServiceError> {
    let policy = settings.get("Policies").and_then(|policies| policies.get("PasswordPolicy"));
    let demands = |name: &str| {
        policy
            .and_then(|policy| policy.get(name))
            .is_none_or(|value| crate::wire::properties::as_flag(value) != Some(false))
    };
    let least = policy.and_then(|policy| policy.get("MinimumLength")).and_then(crate::wire::properties::as_integer);
    let least = least.and_then(|length| usize::try_from(length).ok()).unwrap_or(8);
    let has = |fits: fn(char) -> bool| password.chars().any(fits);
    let why = if password.chars().count() < least {
        "Password not long enough"
    } else if password.len() > 256 {
        "Password too long"
    } else if password.starts_with(char::is_whitespace) || password.ends_with(char::is_whitespace) {
        "Password must not begin or end with a space"
    } else if demands("RequireLowercase") && !has(|character| character.is_ascii_lowercase()) {
        "Password must have lowercase characters"
    } else if demands("RequireUppercase") && !has(|character| character.is_ascii_uppercase()) {
        "Password must have uppercase characters"
    } else if demands("RequireNumbers") && !has(|character| character.is_ascii_digit()) {
        "Password must have numeric characters"
    } else if demands("RequireSymbols") && !has(|character| SYMBOLS.contains(character)) {
        "Password must have symbol characters"
    } else {
        return Ok(());
    };
    Err(ServiceError::bad_request("InvalidPasswordException", format!("Password did not conform with policy: {why}")))
}

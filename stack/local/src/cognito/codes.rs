//! Codes that prove an address, and how they reach it.

use super::messages::deliver_code;
use super::{Code, CodePurpose, Cognito, Pool, User, invalid, now};
use crate::cloud::Cloud;
use crate::wire::ServiceError;

/// Seconds that a code is good for.
const CODE_LIFE: i64 = 24 * 3600;

/// Where a code went, as answers tell it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) destination: String,
    pub(super) attribute: String,
    pub(super) medium: &'static str,
}

impl Cognito {
    /// Makes a code for a user and brings it to the address or number. A user with neither gets none.
    pub(super) fn send_code(
        &self,
        cloud: &Cloud,
        pool_id: &str,
        username: &str,
        purpose: CodePurpose,
        attribute: Option<(&str, &str)>,
    ) -> Result<Option<Sent>, ServiceError> {
        let made = self.change_pool(pool_id, |pool| {
            let target = attribute.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let user = pool.users.get(username).ok_or_else(super::users::no_user)?;
            let Some((attribute, value)) = target.or_else(|| recipient(pool, user)) else { return Ok(None) };
            let code = Code { text: six_digits(), expires: now() + CODE_LIFE, attribute, value };
            pool.user_mut(username)?.codes.insert(purpose, code.clone());
            Ok(Some((code, pool.clone())))
        })?;
        Ok(made.map(|(code, pool)| {
            deliver_code(cloud, &pool, purpose, &code);
            sent(&code)
        }))
    }
}

/// Address or number that a code goes to: the first automatically verified attribute that the user has.
fn recipient(pool: &Pool, user: &User) -> Option<(String, String)> {
    let verified = pool.texts("AutoVerifiedAttributes");
    let names = if verified.is_empty() { vec!["email", "phone_number"] } else { verified };
    names.into_iter().find_map(|name| Some((name.to_owned(), user.attributes.get(name)?.clone())))
}

fn six_digits() -> String {
    let random = uuid::Uuid::new_v4().as_u128() % 1_000_000;
    format!("{random:06}")
}

fn sent(code: &Code) -> Sent {
    let medium = if code.attribute == "email" { "EMAIL" } else { "SMS" };
    let first = |text: &str| text.chars().next().map_or_else(String::new, |first| first.to_string());
    let destination = match code.value.split_once('@') {
        Some((name, host)) => format!("{}***@{}***", first(name), first(host)),
        None => format!("+*******{}", &code.value[code.value.len().saturating_sub(4)..]),
    };
    Sent { destination, attribute: code.attribute.clone(), medium }
}

impl User {
    /// Takes a code that came back; one can be used once.
    pub(super) fn redeem(&mut self, purpose: CodePurpose, text: &str) -> Result<Code, ServiceError> {
        let code = self.codes.get(&purpose).cloned().ok_or_else(|| {
            ServiceError::bad_request("ExpiredCodeException", "Invalid code provided, please request a code again.")
        })?;
        if code.text != text {
            return Err(ServiceError::bad_request(
                "CodeMismatchException",
                "Invalid verification code provided, please try again.",
            ));
        }
        self.codes.remove(&purpose);
        if code.expires <= now() {
            return Err(ServiceError::bad_request(
                "ExpiredCodeException",
                "Invalid code provided, please request a code again.",
            ));
        }
        Ok(code)
    }

    /// Marks what a code went to as proven, unless it was changed since.
    pub(super) fn prove(&mut self, code: &Code) {
        if self.attributes.get(&code.attribute) == Some(&code.value) {
            self.attributes.insert(format!("{}_verified", code.attribute), "true".to_owned());
        }
    }
}

pub(super) fn nowhere() -> ServiceError {
    invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
}

//! Tokens without a password, for whoever tries routes of a local cloud by hand.

use std::collections::BTreeMap;

use super::sign_in::check_account;
use super::tokens::{API_SCOPE, Grant, Tokens};
use super::{Cognito, Pool, User, UserStatus, now};
use crate::wire::ServiceError;

/// Domain of the addresses of users who are called by a bare name where a pool wants addresses: nobody has mail there.
const DOMAIN: &str = "example.com";

/// Tokens of a user, as a sign-in by password would give them.
#[derive(Debug)]
pub(crate) struct DirectTokens {
    /// What the user is called: a name or an address.
    pub(crate) user: String,
    /// True when the user was not there before.
    pub(crate) created: bool,
    pub(crate) access: String,
    pub(crate) id: String,
    /// Seconds that the access token is good for.
    pub(crate) life: i64,
}

impl Cognito {
    /// Tokens of a user for a client. A user who is not there is made and confirmed, without a password; in a pool whose
    /// users sign in by e-mail address a bare name stands for `NAME@example.com`.
    ///
    /// # Errors
    /// `ResourceNotFoundException` where there is no such pool or client, what is wrong with a new user's name, and
    /// refusals of accounts that could not sign in.
    pub(crate) async fn direct_tokens(
        &self,
        pool_id: &str,
        client_id: &str,
        name: &str,
    ) -> Result<DirectTokens, ServiceError> {
        let (user, called, created) = self.change_pool(pool_id, |pool| {
            pool.client(client_id)?;
            let called = pool.called(name);
            if let Ok(user) = pool.user(&called) {
                return Ok((user.clone(), called, false));
            }
            let mut user = pool.new_user(&called, BTreeMap::new(), UserStatus::Confirmed)?;
            user.prove_all();
            pool.users.insert(user.username.clone(), user.clone());
            Ok((user, called, true))
        })?;
        check_account(&user)?;
        let grant = Grant { scope: API_SCOPE, nonce: None, refreshed: None };
        let Tokens { access, id, life, .. } = self.issue(pool_id, client_id, &user.username, grant).await?;
        let id = id.ok_or_else(|| ServiceError::internal("a sign-in gave no id token"))?;
        Ok(DirectTokens { user: called, created, access, id, life })
    }
}

impl Pool {
    /// The name of a user in a form that the pool takes.
    fn called(&self, name: &str) -> String {
        let is_bare = !name.contains('@') && !name.starts_with('+') && self.user(name).is_err();
        if is_bare && self.username_attributes().contains(&"email") {
            format!("{name}@{DOMAIN}")
        } else {
            name.to_owned()
        }
    }
}

impl User {
    /// Takes the addresses and numbers that it has as proven.
    fn prove_all(&mut self) {
        for attribute in ["email", "phone_number"] {
            if self.attributes.contains_key(attribute) {
                self.attributes.insert(format!("{attribute}_verified"), "true".to_owned());
            }
        }
        self.modified = now();
    }
}

//! The secret that a database is reached with, read once and kept.

use std::sync::{Mutex, PoisonError};

use aws_sdk_secretsmanager::Client;
use clients::failure_text;

use crate::{DatabaseError, Login};

/// A secret of Secrets Manager in the form that RDS has.
#[derive(Debug)]
pub struct Secret {
    client: Client,
    id: String,
    login: Mutex<Option<Login>>,
}

impl Secret {
    /// A secret by name or ARN. Nothing is read yet.
    #[must_use]
    pub fn new(client: Client, id: impl Into<String>) -> Self {
        Self { client, id: id.into(), login: Mutex::default() }
    }

    /// What the secret says, as it was read last.
    ///
    /// # Errors
    ///
    /// As [`Secret::fetch`], where nothing was read yet.
    pub async fn login(&self) -> Result<Login, DatabaseError> {
        let known = self.login.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(login) => Ok(login),
            None => self.fetch().await,
        }
    }

    /// What the secret says now.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::SecretUnavailable`], [`DatabaseError::SecretInvalid`].
    pub async fn fetch(&self) -> Result<Login, DatabaseError> {
        // Boxed: the client's future is large, and would be a part of every future that asks for a connection.
        let answer = Box::pin(self.client.get_secret_value().secret_id(&self.id).send()).await;
        let answer = answer.map_err(|error| DatabaseError::SecretUnavailable { reason: failure_text(&error) })?;
        let Some(text) = answer.secret_string() else {
            return Err(DatabaseError::SecretInvalid { faults: vec!["it is binary, not a text".to_owned()] });
        };
        let login = Login::parse(text)?;
        *self.login.lock().unwrap_or_else(PoisonError::into_inner) = Some(login.clone());
        Ok(login)
    }
}

//! Connecting, and keeping a connection.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::error::DatabaseError as DatabaseFailure;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio::time::timeout;

use crate::{DatabaseError, Engine, Login, Secret};

/// How long a server may take to let in.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a kept connection may take to say that it is alive. A frozen function may wake with one that nobody answers.
const PING: Duration = Duration::from_secs(1);

/// Who may connect: a secret, and who vouches for the server.
#[derive(Debug)]
pub struct Session {
    secret: Secret,
    authority: Option<String>,
}

impl Session {
    /// `authority`: certificates in PEM; `None` encrypts without verifying the server.
    #[must_use]
    pub fn new(secret: Secret, authority: Option<String>) -> Self {
        Self { secret, authority }
    }

    /// What the secret says, as it was read last.
    ///
    /// # Errors
    ///
    /// As [`Secret::login`].
    pub async fn login(&self) -> Result<Login, DatabaseError> {
        self.secret.login().await
    }

    /// A new connection. A user who is refused may be one whose password was rotated since the secret was read: the secret is
    /// then read again, and the new one tried, once.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]; never a statement that failed.
    pub async fn connect<E: Engine>(&self) -> Result<E::Connection, DatabaseError> {
        let login = self.secret.login().await?;
        match self.open::<E>(&login).await {
            Err(refused @ DatabaseError::AuthenticationFailed { .. }) => {
                let now = self.secret.fetch().await?;
                if now == login { Err(refused) } else { self.open::<E>(&now).await }
            }
            other => other,
        }
    }

    async fn open<E: Engine>(&self, login: &Login) -> Result<E::Connection, DatabaseError> {
        if login.family != E::FAMILY {
            return Err(DatabaseError::WrongEngine { found: login.engine.clone(), expected: E::NAME });
        }
        let address = login.address();
        // Boxed: the driver's future is large, and would be a part of every future that asks for a connection.
        let Ok(opened) = timeout(CONNECT, Box::pin(E::connect(login, self.authority.as_deref()))).await else {
            let reason = format!("it did not let in within {} s", CONNECT.as_secs());
            return Err(DatabaseError::ConnectionFailed { address, reason });
        };
        opened.map_err(|error| {
            let reason = error.to_string();
            if is_refusal(&error) {
                DatabaseError::AuthenticationFailed { address, reason }
            } else {
                DatabaseError::ConnectionFailed { address, reason }
            }
        })
    }
}

/// Whether the server refuses the user: SQLSTATE class 28 of both engines.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseFailure::code);
    code.is_some_and(|code| code.starts_with("28"))
}

/// A database of one engine. One connection at most: an environment of Lambda serves one invocation at a time.
#[derive(Debug)]
pub struct Database<E: Engine> {
    session: Session,
    connection: Mutex<Option<E::Connection>>,
}

impl<E: Engine> Database<E> {
    /// Nothing is read or connected yet.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self { session, connection: Mutex::new(None) }
    }

    /// The connection: the one before, if it still lives, else a new one. It is the caller's until it is dropped.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    pub async fn connection(&self) -> Result<MappedMutexGuard<'_, E::Connection>, DatabaseError> {
        let mut kept = self.connection.lock().await;
        let alive = match kept.take() {
            Some(mut connection) => {
                let answered = timeout(PING, connection.ping()).await;
                answered.is_ok_and(|answer| answer.is_ok()).then_some(connection)
            }
            None => None,
        };
        let connection = match alive {
            Some(connection) => connection,
            None => self.session.connect::<E>().await?,
        };
        Ok(MutexGuard::map(kept, |kept| kept.insert(connection)))
    }

    /// Ends the kept connection, so that the server forgets what the session held: its locks, an open transaction.
    pub async fn disconnect(&self) {
        *self.connection.lock().await = None;
    }
}

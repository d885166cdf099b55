//! The two engines: how each is connected to.

use std::future::Future;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection};

use crate::{Family, Login};

/// An engine that functions speak with.
pub trait Engine: Send + Sync + 'static {
    /// A connection to it.
    type Connection: Connection + Send + 'static;
    /// What servers of it speak.
    const FAMILY: Family;
    /// Its name, for messages.
    const NAME: &'static str;

    /// Connects: encrypted, and with the server's certificate and name verified where `authority` has who vouches for it.
    fn connect(
        login: &Login,
        authority: Option<&str>,
    ) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send;
}

/// `MySQL` 8 and `MariaDB`.
#[derive(Debug, Clone, Copy)]
pub struct MySql;

/// `PostgreSQL`.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Engine for MySql {
    type Connection = MySqlConnection;
    const FAMILY: Family = Family::MySql;
    const NAME: &'static str = "MySQL";

    async fn connect(login: &Login, authority: Option<&str>) -> Result<MySqlConnection, sqlx::Error> {
        let options = MySqlConnectOptions::new()
            .host(&login.host)
            .port(login.port)
            .username(&login.username)
            .password(&login.password)
            .database(&login.database)
            // SQL means what the server's own settings say.
            .pipes_as_concat(false)
            .disable_statement_logging();
        let options = match authority {
            // The password crosses the wire in the clear within TLS (`caching_sha2_password`), so TLS is never optional.
            None => options.ssl_mode(MySqlSslMode::Required),
            Some(pem) => options.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca_from_pem(pem.as_bytes().to_vec()),
        };
        options.connect().await
    }
}

impl Engine for Postgres {
    type Connection = PgConnection;
    const FAMILY: Family = Family::Postgres;
    const NAME: &'static str = "PostgreSQL";

    async fn connect(login: &Login, authority: Option<&str>) -> Result<PgConnection, sqlx::Error> {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&login.host)
            .port(login.port)
            .username(&login.username)
            .password(&login.password)
            .database(&login.database)
            .disable_statement_logging();
        let options = match authority {
            None => options.ssl_mode(PgSslMode::Require),
            Some(pem) => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert_from_pem(pem.as_bytes().to_vec()),
        };
        options.connect().await
    }
}

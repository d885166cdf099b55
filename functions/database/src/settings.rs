//! The variables by which a function learns of its database.

use aws_sdk_secretsmanager::Client;
use wiring::Environment;

use crate::{Database, Engine, Secret, Session};

/// What the environment says of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Secret with address, user and password (`DATABASE_SECRET_ARN`).
    pub secret: String,
    /// Certificates in PEM of who vouches for the server (`DATABASE_CA`). Without them a connection is encrypted, and the server
    /// is taken for who it says it is.
    pub authority: Option<String>,
}

impl Settings {
    /// Reads the variables; faults stay with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        let secret = environment.required("DATABASE_SECRET_ARN", "the secret of the database, as RDS writes it");
        let authority = environment.optional("DATABASE_CA");
        if authority.as_deref().is_some_and(|text| !text.trim_start().starts_with("-----BEGIN CERTIFICATE-----")) {
            environment.fault("DATABASE_CA is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----");
        }
        Self { secret, authority }
    }

    /// A database of a known engine, reached when it is used first.
    #[must_use]
    pub fn database<E: Engine>(self, secrets: Client) -> Database<E> {
        Database::new(self.session(secrets))
    }

    /// Who may connect, for databases whose engine the secret tells.
    #[must_use]
    pub fn session(self, secrets: Client) -> Session {
        Session::new(Secret::new(secrets, self.secret), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_gathered() {
        let variable = |name: &str| (name == "DATABASE_CA").then(|| "/etc/ca.pem".to_owned());
        let mut environment = Environment::new(&variable);
        let settings = Settings::read(&mut environment);
        assert_eq!(
            environment.finish(Some(settings)).unwrap_err().to_string(),
            "the function's environment is incomplete: DATABASE_SECRET_ARN is missing (the secret of the database, as RDS \
             writes it); DATABASE_CA is no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----"
        );
    }
}

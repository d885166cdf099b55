//! What the secret of a database says.

use serde_json::{Map, Value};

use crate::DatabaseError;

/// Servers that speak the same protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `MySQL` and `MariaDB`.
    MySql,
    /// `PostgreSQL`.
    Postgres,
}

impl Family {
    /// Of the names that RDS has for engines.
    fn of(engine: &str) -> Option<Self> {
        match engine {
            "mysql" | "mariadb" | "aurora-mysql" => Some(Self::MySql),
            "postgres" | "aurora-postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Port where the secret names none.
    fn port(self) -> u16 {
        match self {
            Self::MySql => 3306,
            Self::Postgres => 5432,
        }
    }
}

/// Where a database is and who connects to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// What the server speaks.
    pub family: Family,
    /// Engine as the secret has it.
    pub engine: String,
    /// Name or address of the server.
    pub host: String,
    /// Its port; the engine's own where the secret has none.
    pub port: u16,
    /// User.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// Database inside the server.
    pub database: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Login").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Login {
    /// Reads the JSON that RDS and `SecretTargetAttachment` write: `engine`, `host`, `port`, `username`, `password`, `dbname`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::SecretInvalid`] with every field that is missing or wrong, and without any value but the engine's.
    pub fn parse(text: &str) -> Result<Self, DatabaseError> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(DatabaseError::SecretInvalid { faults: vec!["it is not a JSON object".to_owned()] });
        };
        let mut faults = Vec::new();
        let mut text = |name: &str| field(&fields, name, &mut faults);
        let (engine, host) = (text("engine"), text("host"));
        let (username, password, database) = (text("username"), text("password"), text("dbname"));
        let family = Family::of(&engine);
        if family.is_none() && !engine.is_empty() {
            faults.push(format!("`engine` is `{engine}`, and mysql, mariadb and postgres are spoken"));
        }
        let port = match (fields.get("port"), family) {
            (None | Some(Value::Null), Some(family)) => Some(family.port()),
            (None | Some(Value::Null), None) => None,
            (Some(port), _) => {
                let number = port.as_u64().or_else(|| port.as_str()?.parse().ok());
                let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
                if port.is_none() {
                    faults.push("`port` is no number from 1 to 65535".to_owned());
                }
                port
            }
        };
        match (family, port) {
            (Some(family), Some(port)) if faults.is_empty() => {
                Ok(Self { family, engine, host, port, username, password, database })
            }
            _ => Err(DatabaseError::SecretInvalid { faults }),
        }
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// A text that must be there.
fn field(fields: &Map<String, Value>, name: &str, faults: &mut Vec<String>) -> String {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => return text.clone(),
        None | Some(Value::Null) => faults.push(format!("`{name}` is missing")),
        Some(Value::String(_)) => faults.push(format!("`{name}` is empty")),
        Some(_) => faults.push(format!("`{name}` is not a text")),
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_rds_writes_is_read() {
        let secret = json!({
            "username": "app", "password": "CANARY", "engine": "mysql", "host": "h.example", "port": 3307, "dbname": "catalog",
            "dbInstanceIdentifier": "x"
        });
        let login = Login::parse(&secret.to_string()).unwrap();
        assert_eq!((login.family, login.port, login.database.as_str()), (Family::MySql, 3307, "catalog"));
        assert_eq!(format!("{login:?}"), "Login { address: \"h.example:3307\", .. }");

        for (port, expected) in [(json!("5433"), 5433), (json!(null), 5432)] {
            let mut secret = secret.clone();
            secret["engine"] = "postgres".into();
            secret["port"] = port;
            assert_eq!(Login::parse(&secret.to_string()).unwrap().port, expected);
        }
    }

    #[test]
    fn every_fault_is_told_and_no_secret() {
        let told = |text: &str| Login::parse(text).unwrap_err().to_string();
        let start = "the secret of the database is not of the form that RDS has: ";
        assert_eq!(told("CANARY"), format!("{start}it is not a JSON object"));
        assert_eq!(
            told(r#"{"username": "", "password": ["CANARY"], "engine": "oracle-se2", "port": 65536}"#),
            format!(
                "{start}`host` is missing; `username` is empty; `password` is not a text; `dbname` is missing; \
                 `engine` is `oracle-se2`, and mysql, mariadb and postgres are spoken; `port` is no number from 1 to 65535"
            )
        );
        assert_eq!(
            told("{}"),
            format!(
                "{start}`engine` is missing; `host` is missing; `username` is missing; `password` is missing; `dbname` is missing"
            )
        );
    }
}

//! Connections to databases of RDS, and their migrations.
//!
//! A [`Database`] connects with what a secret of Secrets Manager says, keeps the connection from one invocation to the next,
//! and reads the secret again when the server refuses it, so that a rotation of the password needs no restart. Connections
//! are encrypted always, over rustls. [`migrate`] brings a schema to what numbered files of SQL say.

mod engine;
mod error;
mod login;
mod migration;
mod secret;
mod session;
mod settings;

pub use engine::{Engine, MySql, Postgres};
pub use error::DatabaseError;
pub use login::{Family, Login};
pub use migration::{
    Command, Direction, Migration, MigrationError, MigrationStatus, Report, Resolution, State, Step, migrate,
    parse_migrations,
};
pub use secret::Secret;
pub use session::{Database, Session};
pub use settings::Settings;

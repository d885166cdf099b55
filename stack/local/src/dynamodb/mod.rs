//! DynamoDB: tables in a database of this process.
//!
//! `engine` asks the crate that keeps the tables, `access` knows which actions a request needs, `arns` gives its ARNs our region,
//! `extras` keeps what the crate does not, `streams` is what event source mappings read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use dynoxide::{Database, DynoxideError};
use serde_json::Value;
use tokio::sync::Notify;

use crate::error::LocalError;
use crate::persist::{Store, lock};
use crate::wire::ServiceError;

mod access;
pub(crate) mod api;
mod arns;
mod engine;
mod extras;
pub(crate) mod global_table;
pub(crate) mod live;
pub(crate) mod resources;
mod streams;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use arns::table_name;
use extras::Extras;
pub(crate) use streams::Position;

/// Why a request is refused: by us, or by the database, whose errors have members of their own.
#[derive(Debug)]
enum Failure {
    Ours(ServiceError),
    Engine(DynoxideError),
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Ours(error)
    }
}

impl From<DynoxideError> for Failure {
    fn from(error: DynoxideError) -> Self {
        Self::Engine(error)
    }
}

impl Failure {
    /// The refusal without the members that only the database's errors have.
    fn plain(self) -> ServiceError {
        match self {
            Self::Ours(error) => error,
            Self::Engine(error) => {
                let status = http::StatusCode::from_u16(error.status_code()).unwrap_or(http::StatusCode::BAD_REQUEST);
                let code = error.error_type().rsplit('#').next().unwrap_or_default();
                ServiceError::new(status, code, error.to_string())
            }
        }
    }
}

/// State of the service.
pub(crate) struct DynamoDb {
    /// Opened when it is first needed: that takes longer than starting.
    database: Mutex<Option<Database>>,
    /// `None` keeps tables in memory.
    file: Option<PathBuf>,
    extras: Store<BTreeMap<String, Extras>>,
    /// Told after every write, for those who follow streams.
    written: Notify,
    /// Somebody removes expired items.
    sweeping: AtomicBool,
}

impl DynamoDb {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            database: Mutex::default(),
            file: data_directory.map(|directory| directory.join("dynamodb.sqlite")),
            extras: Store::open(data_directory, "dynamodb")?,
            written: Notify::new(),
            sweeping: AtomicBool::new(false),
        })
    }

    fn database(&self) -> Result<Database, Failure> {
        let mut database = lock(&self.database);
        if let Some(database) = &*database {
            return Ok(database.clone());
        }
        let opened = match self.file.as_ref().map(|file| (file, file.to_str())) {
            None => Database::memory(),
            Some((_, Some(file))) => Database::new(file),
            Some((file, None)) => {
                return Err(ServiceError::internal(format!("the path `{}` is not UTF-8", file.display())).into());
            }
        }?;
        *database = Some(opened.clone());
        Ok(opened)
    }

    /// Runs an operation with its members in JSON, off the threads that serve requests.
    async fn run(self: &DynamoDb, operation: &str, input: Value) -> Result<Value, Failure> {
        let database = self.database()?;
        let named = operation.to_owned();
        let ran = tokio::task::spawn_blocking(move || engine::run(&database, &named, &input)).await;
        let answer = ran.map_err(|error| ServiceError::internal(format!("the database failed: {error}")))??;
        if engine::writes(operation) {
            self.written.notify_waiters();
        }
        Ok(answer)
    }
}

/// What other services ask of DynamoDB. Clients come through [`api`].
impl DynamoDb {
    /// The description of a table in the form of `DescribeTable`, with ARNs of `region`.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) async fn describe(&self, region: &str, table: &str) -> Result<Value, ServiceError> {
        let asked = self.run("DescribeTable", serde_json::json!({ "TableName": table })).await;
        let mut answer = asked.map_err(Failure::plain)?;
        self.extend_description(table, &mut answer["Table"]);
        arns::outward(&mut answer, region);
        Ok(answer["Table"].take())
    }
}

/// A cloud that may be gone: for work in the background that must not keep it.
type WeakCloud = std::sync::Weak<crate::cloud::Cloud>;

fn weak(cloud: &Arc<crate::cloud::Cloud>) -> WeakCloud {
    Arc::downgrade(cloud)
}

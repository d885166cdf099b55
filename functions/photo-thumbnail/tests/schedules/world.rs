//! Environments of the function, each with a line of its own to one database.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clients::{CloudSettings, sdk_config};
use database::{Command, Database, MySql, Secret, Session, migrate, parse_migrations};
use function_testing::{DatabaseServer, Facts, Gate, GatedConnector, MemoryStorage, tag};
use photo_thumbnail::{Dependencies, Settings};
use serde_json::{Value, json};
use sqlx::Connection as _;
use wiring::{Credentials, Environment};

use crate::line::Line;

/// The migrations of the example whose function this is.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/photo-catalog/migrations");

/// A row as the catalog has it: name, time of the upload, sizes of photo and thumbnail, width, height, sequencer.
pub(crate) type Row = (String, String, i64, i64, u32, u32, String);

/// S3, the database, and what stands before them.
pub(crate) struct World {
    server: DatabaseServer,
    /// The test's own way to the database, past the gate.
    database: Database<MySql>,
    pub(crate) storage: MemoryStorage,
    pub(crate) gate: Gate,
    /// Nobody is let into the database, and whoever is in it is thrown out with the next statement.
    pub(crate) is_down: Arc<AtomicBool>,
}

impl World {
    /// `None` where this machine has no server; that is said.
    pub(crate) async fn new() -> Option<Self> {
        let server = DatabaseServer::mysql()?;
        let (storage, gate) = (MemoryStorage::default(), Gate::default());
        let secret = String::from_utf8(server.secret_answer(DatabaseServer::PASSWORD)).unwrap();
        let session = || {
            let (gate, storage, secret) = (gate.clone(), storage.clone(), secret.clone());
            let (_, secrets) = clients(GatedConnector { environment: 0, gate, storage, secret });
            Session::new(Secret::new(secrets, "s"), None)
        };
        let files = std::fs::read_dir(MIGRATIONS).unwrap().map(Result::unwrap);
        let files = files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()));
        migrate(&session(), &parse_migrations(files).unwrap(), Command::Up {}).await.unwrap();
        let database = Database::<MySql>::new(session());
        // Functions are killed here, not the server: it need not wait for the disk.
        let quick = "SET GLOBAL innodb_flush_log_at_trx_commit = 0";
        sqlx::raw_sql(quick).execute(&mut *database.connection().await.unwrap()).await.unwrap();
        Some(Self { server, database, storage, gate, is_down: Arc::default() })
    }

    /// A new environment of Lambda.
    pub(crate) async fn environment(&self, number: usize) -> Function {
        let mut secret = self.server.secret(DatabaseServer::PASSWORD);
        let port = u16::try_from(secret["port"].as_u64().unwrap()).unwrap();
        let line = Line::start(port, number, self.gate.clone(), Arc::clone(&self.is_down)).await;
        secret["port"] = line.port.into();
        let secret = json!({ "SecretString": secret.to_string() }).to_string();
        let (gate, storage) = (self.gate.clone(), self.storage.clone());
        let (s3, secrets) = clients(GatedConnector { environment: number, gate, storage, secret });
        let variable = |name: &str| match name {
            "WEBSITE_BUCKET" => Some("website".to_owned()),
            "LOG_BUCKET" => Some("logs".to_owned()),
            "LIST_LENGTH" => Some("2".to_owned()),
            _ => None,
        };
        let dependencies = Dependencies {
            s3,
            database: Database::new(Session::new(Secret::new(secrets, "s"), None)),
            settings: Settings::read(&mut Environment::new(&variable)),
            log: Arc::new(Facts::default()),
        };
        Function { dependencies: Arc::new(dependencies), _line: Arc::new(line) }
    }

    /// Forgets objects and rows.
    pub(crate) async fn clear(&self) {
        self.storage.clear();
        let mut connection = self.database.connection().await.unwrap();
        sqlx::raw_sql("DELETE FROM file_upload_catalog").execute(&mut *connection).await.unwrap();
    }

    pub(crate) async fn rows(&self) -> Vec<Row> {
        let rows = "SELECT file_name, CONCAT(file_upload_date, 'T', file_upload_time, 'Z'), original_file_size, \
            thumbnail_size, thumbnail_width, thumbnail_height, sequencer FROM file_upload_catalog ORDER BY file_name, sequencer";
        let mut connection = self.database.connection().await.unwrap();
        sqlx::query_as(rows).fetch_all(&mut *connection).await.unwrap()
    }
}

/// An environment of the function: it serves one invocation at a time.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) dependencies: Arc<Dependencies>,
    /// Its way to the database, gone with it.
    _line: Arc<Line>,
}

impl Function {
    /// Brings it into the state that every schedule begins with: connected, and without statements that the server knows.
    pub(crate) async fn prepare(&self) {
        self.dependencies.database.connection().await.unwrap().clear_cached_statements().await.unwrap();
    }
}

/// What S3 tells of an upload. `key` as S3 writes it.
pub(crate) fn record(key: &str, bytes: &[u8], version: Option<&str>, sequencer: &str, time: &str) -> Value {
    json!({
        "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": time,
        "s3": { "bucket": { "name": "input" }, "object": {
            "key": key, "size": bytes.len(), "eTag": tag(bytes), "versionId": version, "sequencer": sequencer
        } }
    })
}

/// Clients of S3 and Secrets Manager. They try once: another attempt is the schedule's.
fn clients(connector: GatedConnector) -> (aws_sdk_s3::Client, aws_sdk_secretsmanager::Client) {
    let settings = CloudSettings {
        region: "us-east-1".into(),
        credentials: Credentials { access_key: "AKID".into(), secret_key: "CANARY".into(), session_token: None },
        endpoint: Some(MemoryStorage::ENDPOINT.into()),
        storage_endpoint: None,
    };
    let sdk = sdk_config(&settings).into_builder().http_client(connector.http_client());
    let sdk = sdk.retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled()).build();
    let storage = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    (aws_sdk_s3::Client::from_conf(storage), aws_sdk_secretsmanager::Client::new(&sdk))
}

/// A picture of one color.
pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([9, 90, 200]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

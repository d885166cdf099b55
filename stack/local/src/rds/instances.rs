//! What may be done with an instance.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::groups::parameters_of;
use super::managed;
use super::programs::Family;
use super::server::{failed, free_address};
use super::{
    INSTANCE, PARAMETER_GROUP, Rds, SNAPSHOT, SUBNET_GROUP, arn, check_name, invalid, mysql, postgres, required,
};
use crate::cloud::Cloud;
use crate::persist::lock;
use crate::records::{Record, random_hex};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, reference_list};

/// Where an instance lies and what it is started with.
pub(super) struct Layout {
    pub(super) path: PathBuf,
    pub(super) username: String,
    pub(super) password: String,
    /// Database to make, empty for none.
    pub(super) database: String,
    /// Parameters of the engine, without those that refer to the class of the instance.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) authority: PathBuf,
}

/// Properties of which a change starts the server anew.
const RESTARTING: [&str; 3] = ["MasterUserPassword", "DBParameterGroupName", "Port"];

/// Properties that ask for what the local cloud does not have.
const UNSERVED: [&str; 7] = [
    "DBClusterIdentifier",
    "DBSnapshotIdentifier",
    "DBClusterSnapshotIdentifier",
    "SourceDBInstanceIdentifier",
    "SourceDbiResourceId",
    "SourceDBClusterIdentifier",
    "RestoreTime",
];

fn server_key(record: &Record) -> String {
    format!("{}/{}", record.region, record.id)
}

/// Writes a file that nobody else may read.
pub(super) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    // As the files of the local cloud's own state: made with mode 0600, then put in place.
    crate::persist::write_atomic(path, text.as_bytes())
}

impl Rds {
    /// An instance by identifier.
    pub(super) fn instance(&self, region: &str, identifier: &str) -> Result<Record, ServiceError> {
        let identifier = identifier.to_ascii_lowercase();
        self.records
            .get(region, INSTANCE, &identifier)
            .ok_or_else(|| ServiceError::not_found("DBInstanceNotFound", format!("DBInstance {identifier} not found.")))
    }

    pub(super) fn set_status(&self, record: &Record, status: &str) {
        let changed = self.records.change(|table| {
            if let Some(record) = table.get_mut(&record.region, INSTANCE, &record.id) {
                record.attributes.insert("DBInstanceStatus".to_owned(), json!(status));
            }
            Ok(())
        });
        if let Err(error) = changed {
            tracing::warn!(error = error.message, "the state of a database could not be written");
        }
    }

    /// Checks and records an instance; its server is not started yet.
    pub(super) fn declare(
        &self,
        cloud: &Cloud,
        region: &str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let identifier = check_name("DBInstanceIdentifier", required(properties, "DBInstanceIdentifier")?, 63)?;
        let properties = &managed::with_password(properties, None)?;
        let family = self.check(cloud, region, properties)?;
        // Nobody waits for a server that cannot be there.
        family.find()?;
        let arn = arn(cloud, region, INSTANCE, &identifier);
        let address = free_address(wanted_port(properties, family))?;
        let record = Record::new(INSTANCE, &identifier, region, properties)
            .with("Arn", arn.clone())
            .with("DBInstanceArn", arn)
            .with("DbiResourceId", format!("db-{}", random_hex(26).to_ascii_uppercase()))
            .with("DBInstanceStatus", "creating")
            .with("Endpoint.Address", address.ip().to_string())
            .with("Endpoint.Port", address.port().to_string())
            .with("Endpoint.HostedZoneId", "Z2R2ITUGPM61AM")
            .tagged(tags);
        self.records.change(|table| {
            if table.get(region, INSTANCE, &identifier).is_some() {
                return Err(ServiceError::new(
                    http::StatusCode::BAD_REQUEST,
                    "DBInstanceAlreadyExists",
                    "DB instance already exists",
                ));
            }
            table.put(record.clone());
            Ok(())
        })?;
        self.settle_secret(cloud, &record)
    }

    /// Brings the secret of an instance to what its properties are, and records which it is.
    fn settle_secret(&self, cloud: &Cloud, record: &Record) -> Result<Record, ServiceError> {
        let secret = managed::settle(cloud, record, record.attribute(managed::SECRET))?;
        self.records.change(|table| {
            let record = table.get_mut(&record.region, INSTANCE, &record.id).ok_or_else(|| {
                ServiceError::not_found("DBInstanceNotFound", format!("DBInstance {} not found.", record.id))
            })?;
            if secret.is_empty() {
                record.attributes.remove(managed::SECRET);
            } else {
                record.attributes.insert(managed::SECRET.to_owned(), json!(secret));
            }
            Ok(record.clone())
        })
    }

    /// Refuses properties that do not go together, refer to what is not there, or ask for what is not served.
    fn check(&self, cloud: &Cloud, region: &str, properties: &Value) -> Result<Family, ServiceError> {
        if let Some(name) = UNSERVED.iter().find(|name| properties.get(**name).is_some_and(|value| !value.is_null())) {
            return Err(invalid(
                "InvalidParameterCombination",
                format!("the local cloud does not serve `{name}` of instances: it starts one empty server for each"),
            ));
        }
        let family = Family::of(required(properties, "Engine")?)?;
        required(properties, "DBInstanceClass")?;
        let username = required(properties, "MasterUsername")?;
        if !username.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || username.len() > 63 {
            return Err(invalid(
                "InvalidParameterValue",
                format!(
                    "The parameter MasterUsername must begin with a letter and contain only alphanumeric characters. (`{username}`)"
                ),
            ));
        }
        let password = required(properties, "MasterUserPassword")?;
        if password.len() < 8 || password.chars().any(|character| "/@\" ".contains(character)) {
            return Err(invalid(
                "InvalidParameterValue",
                "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used, and at least 8 of them.",
            ));
        }
        if properties.get("PerformanceInsightsRetentionPeriod").and_then(as_integer).is_some_and(|days| days > 731) {
            return Err(invalid("InvalidParameterValue", "Performance Insights keeps at most 731 days."));
        }
        if let Some(group) = properties.get("DBSubnetGroupName").and_then(Value::as_str) {
            let found = self.records.get(region, SUBNET_GROUP, &group.to_ascii_lowercase());
            found.ok_or_else(|| {
                ServiceError::not_found(
                    "DBSubnetGroupNotFoundFault",
                    format!("DB subnet group '{group}' does not exist."),
                )
            })?;
        }
        if let Some(group) = properties.get("DBParameterGroupName").and_then(Value::as_str)
            && !group.starts_with("default.")
            && self.records.get(region, PARAMETER_GROUP, &group.to_ascii_lowercase()).is_none()
        {
            return Err(ServiceError::not_found(
                "DBParameterGroupNotFound",
                format!("DBParameterGroup not found: {group}"),
            ));
        }
        for group in reference_list(properties, "VPCSecurityGroups") {
            cloud.ec2.require_group(region, &group).map_err(|error| invalid("InvalidParameterValue", error.message))?;
        }
        Ok(family)
    }

    /// Starts the server of a recorded instance and records where it listens.
    pub(super) async fn start_server(&self, cloud: &Cloud, record: &Record) -> Result<Record, ServiceError> {
        let mut servers = self.servers.lock().await;
        let key = server_key(record);
        if let Some(running) = servers.remove(&key) {
            running.stop().await;
        }
        let family = Family::of(record.text("Engine"))?;
        let properties = Value::Object(record.properties.clone());
        let known: Option<SocketAddr> =
            format!("{}:{}", record.attribute("Endpoint.Address"), record.attribute("Endpoint.Port")).parse().ok();
        let address = match known {
            Some(address) if std::net::TcpListener::bind(address).is_ok() => address,
            _ => free_address(wanted_port(&properties, family))?,
        };
        let layout = self.lay_out(cloud, record, address)?;
        let server = match family {
            Family::MySql => mysql::start(layout, address).await?,
            Family::Postgres => postgres::start(layout, address).await?,
        };
        servers.insert(key, server);
        self.records.change(|table| {
            let record = table.get_mut(&record.region, INSTANCE, &record.id).ok_or_else(|| {
                ServiceError::not_found(
                    "DBInstanceNotFound",
                    format!("DBInstance {} was removed while it started.", record.id),
                )
            })?;
            for (name, value) in [
                ("DBInstanceStatus", "available".to_owned()),
                ("Endpoint.Address", address.ip().to_string()),
                ("Endpoint.Port", address.port().to_string()),
            ] {
                record.attributes.insert(name.to_owned(), json!(value));
            }
            Ok(record.clone())
        })
    }

    /// Makes the instance's directory and the certificate that it serves TLS with.
    fn lay_out(&self, cloud: &Cloud, record: &Record, address: SocketAddr) -> Result<Layout, ServiceError> {
        let io = |error: std::io::Error| failed("making the directory of the database", &error.to_string());
        let path = if let Some(directory) = &self.directory {
            let path = directory.join(&record.region).join(&record.id);
            std::fs::create_dir_all(&path).map_err(io)?;
            std::fs::canonicalize(path).map_err(io)?
        } else {
            let mut temporary = lock(&self.temporary);
            let known = temporary.get(&server_key(record)).map(|directory| directory.path().to_owned());
            if let Some(path) = known {
                path
            } else {
                let directory = tempfile::Builder::new().prefix("stack-local-rds-").tempdir().map_err(io)?;
                let path = directory.path().to_owned();
                temporary.insert(server_key(record), directory);
                path
            }
        };
        let issued = cloud.acm.issue(&["localhost".to_owned(), address.ip().to_string()])?;
        let file = |name: &str, text: &str| {
            let path = path.join(name);
            write_private(&path, text).map_err(io)?;
            Ok::<PathBuf, ServiceError>(path)
        };
        let text = |name: &str| record.text(name).to_owned();
        Ok(Layout {
            certificate: file("server.crt", &issued.certificate)?,
            key: file("server.key", &issued.key)?,
            authority: file("authority.crt", &issued.chain)?,
            username: text("MasterUsername"),
            password: text("MasterUserPassword"),
            database: text("DBName"),
            parameters: parameters_of(self, &record.region, record.text("DBParameterGroupName")),
            path,
        })
    }

    /// Changes an instance; the server is started anew where that is needed.
    pub(super) async fn modify(
        &self,
        cloud: &Cloud,
        before: &Record,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let properties = &managed::with_password(properties, Some(before))?;
        self.check(cloud, &before.region, properties)?;
        let after = self.records.change(|table| {
            let record = table.get_mut(&before.region, INSTANCE, &before.id).ok_or_else(|| {
                ServiceError::not_found("DBInstanceNotFound", format!("DBInstance {} not found.", before.id))
            })?;
            record.describe(properties, tags);
            Ok(record.clone())
        })?;
        let after = self.settle_secret(cloud, &after)?;
        let changed = |name: &&&str| before.property(name) != after.property(name);
        if RESTARTING.iter().any(|name| changed(&name)) && before.attribute("DBInstanceStatus") == "available" {
            return self.start_server(cloud, &after).await;
        }
        Ok(after)
    }

    /// Ends the server of an instance and keeps its data.
    pub(super) async fn stop_server(&self, record: &Record) {
        if let Some(server) = self.servers.lock().await.remove(&server_key(record)) {
            server.stop().await;
        }
    }

    /// Removes an instance with its server, its data and the secret that keeps its password.
    pub(super) async fn delete(&self, cloud: &Cloud, record: &Record) -> Result<(), ServiceError> {
        if record.properties.get("DeletionProtection").and_then(as_flag) == Some(true) {
            return Err(invalid(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            ));
        }
        self.stop_server(record).await;
        lock(&self.temporary).remove(&server_key(record));
        if let Some(directory) = &self.directory {
            let path = directory.join(&record.region).join(&record.id);
            if path.exists() {
                std::fs::remove_dir_all(&path)
                    .map_err(|error| failed("removing the data of the database", &error.to_string()))?;
            }
        }
        let secret = record.attribute(managed::SECRET);
        if !secret.is_empty() {
            cloud.secrets_manager.remove_managed(secret)?;
        }
        self.records.change(|table| {
            table.remove(&record.region, INSTANCE, &record.id);
            Ok(())
        })
    }

    /// Records a snapshot of an instance: what it was, not its data.
    pub(super) fn snapshot(
        &self,
        cloud: &Cloud,
        record: &Record,
        name: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let name = check_name("DBSnapshotIdentifier", name, 255)?;
        let mut properties = record.properties.clone();
        properties.remove("MasterUserPassword");
        properties.insert("DBInstanceIdentifier".to_owned(), json!(record.id));
        let snapshot = Record::new(SNAPSHOT, &name, &record.region, &Value::Object(properties))
            .with("Arn", arn(cloud, &record.region, SNAPSHOT, &name))
            .with("DbiResourceId", record.attribute("DbiResourceId").to_owned())
            .tagged(tags);
        self.records.change(|table| {
            if table.get(&record.region, SNAPSHOT, &name).is_some() {
                return Err(invalid(
                    "DBSnapshotAlreadyExists",
                    format!("Cannot create the snapshot because a snapshot with the identifier {name} already exists."),
                ));
            }
            table.put(snapshot.clone());
            Ok(snapshot)
        })
    }
}

/// The port that was asked for, or the engine's own.
fn wanted_port(properties: &Value, family: Family) -> u16 {
    let asked = properties.get("Port").and_then(as_integer).and_then(|port| u16::try_from(port).ok());
    asked.unwrap_or_else(|| family.port())
}

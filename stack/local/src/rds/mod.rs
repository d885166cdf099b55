//! RDS: instances are real servers of this machine, started on loopback and stopped with the cloud.
//!
//! `programs` finds a server, `mysql` and `postgres` know how one is laid out and started, `server` is the running process,
//! `instances` what may be done with an instance, `groups` subnet and parameter groups.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::sync::Mutex;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records};
use crate::wire::ServiceError;

pub(crate) mod api;
mod describe;
mod groups;
mod instances;
mod managed;
mod mysql;
mod postgres;
mod programs;
pub(crate) mod resources;
mod server;
#[cfg(test)]
mod tests;
mod user;

use server::Server;

/// Kinds of records.
const INSTANCE: &str = "DBInstance";
const SUBNET_GROUP: &str = "DBSubnetGroup";
const PARAMETER_GROUP: &str = "DBParameterGroup";
const SNAPSHOT: &str = "DBSnapshot";

/// State of the service.
pub(crate) struct Rds {
    records: Records,
    /// Where instances keep their data; absent in memory, where each has a directory that goes with it.
    directory: Option<PathBuf>,
    /// The servers that run, by region and identifier. Held while one is started or stopped, so that no two do it.
    servers: Mutex<HashMap<String, Server>>,
    /// Directories of instances that are gone with the cloud, likewise by region and identifier.
    temporary: std::sync::Mutex<HashMap<String, tempfile::TempDir>>,
}

/// How an instance is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// `mysql`, `mariadb` or `postgres`.
    pub(crate) engine: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Database inside the instance, empty where none was made.
    pub(crate) database: String,
    pub(crate) username: String,
}

impl Rds {
    /// Opens the service; state is read from and kept in `data_directory` where one is given. No server is started here.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            records: Records::open(data_directory, "rds")?,
            directory: data_directory.map(|directory| directory.join("rds")),
            servers: Mutex::default(),
            temporary: std::sync::Mutex::default(),
        })
    }

    /// How an instance is reached, for what is attached to it; `None` when there is no such instance.
    pub(crate) fn connection(&self, region: &str, identifier: &str) -> Option<Connection> {
        let record = self.records.get(region, INSTANCE, identifier)?;
        Some(Connection {
            engine: record.text("Engine").to_owned(),
            host: record.attribute("Endpoint.Address").to_owned(),
            port: record.attribute("Endpoint.Port").parse().ok()?,
            database: record.text("DBName").to_owned(),
            username: record.text("MasterUsername").to_owned(),
        })
    }

    /// Starts the servers of instances that ran when the cloud ended.
    pub(crate) async fn resume(&self, cloud: &Cloud) {
        let instances: Vec<Record> = self.records.read(|table| {
            let running = |record: &&Record| {
                record.kind == INSTANCE
                    && ["available", "creating", "modifying"].contains(&record.attribute("DBInstanceStatus"))
            };
            table.all().filter(running).cloned().collect()
        });
        for instance in instances {
            if let Err(error) = self.start_server(cloud, &instance).await {
                tracing::warn!(instance = instance.id, error = error.message, "a database could not be started again");
                self.set_status(&instance, "failed");
            }
        }
    }

    /// Ends all servers, so that their data is whole.
    pub(crate) async fn stop(&self) {
        let servers: Vec<Server> = self.servers.lock().await.drain().map(|(_, server)| server).collect();
        futures::future::join_all(servers.into_iter().map(Server::stop)).await;
    }

    /// `(ARN, tags)` of everything in a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, BTreeMap<String, String>)> {
        self.records.tagged_arns(region, "Arn")
    }
}

fn arn(cloud: &Cloud, region: &str, kind: &str, name: &str) -> String {
    let part = match kind {
        INSTANCE => "db",
        SUBNET_GROUP => "subgrp",
        PARAMETER_GROUP => "pg",
        _ => "snapshot",
    };
    format!("arn:aws:rds:{region}:{}:{part}:{name}", cloud.account)
}

/// Refuses a name that RDS would: letters, digits and single hyphens, a letter first.
fn check_name(what: &str, name: &str, longest: usize) -> Result<String, ServiceError> {
    let allowed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !allowed || !begins || name.contains("--") || name.ends_with('-') || name.len() > longest {
        return Err(invalid(
            "InvalidParameterValue",
            format!(
                "The parameter {what} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens. (`{name}`)"
            ),
        ));
    }
    Ok(name.to_ascii_lowercase())
}

fn invalid(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(code, message)
}

/// A text property that must be there.
fn required<'a>(properties: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    properties.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        invalid("InvalidParameterValue", format!("The parameter {name} must be provided and must not be blank."))
    })
}

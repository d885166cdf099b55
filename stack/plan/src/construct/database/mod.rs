//! `databases:`.

mod settings;

use std::collections::BTreeMap;

use settings::{Version, read_logs, read_parameters};

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Kind, Reference};
use crate::deferred;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::Removal;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{
    BackupDays, DatabaseName, DatabaseUser, Engine, InstanceClass, Retention, SettingValue as _, StorageSize,
};

/// Greatest length of an instance identifier.
const IDENTIFIER: usize = 63;
/// Greatest length of a secret's name.
const SECRET_NAME: usize = 512;
/// Number of zones that RDS wants subnets in.
const SUBNETS: usize = 2;

/// A database as written.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseDeclaration {
    place: Place,
    network: Option<Text>,
    engine: Option<Text>,
    version: Option<Text>,
    class: Option<Text>,
    storage: Option<Text>,
    max_storage: Option<Text>,
    name: Option<Text>,
    username: Option<Text>,
    multi_az: Option<Text>,
    backups: Option<Text>,
    deletion_protection: Option<Text>,
    logs: Option<Vec<Text>>,
    log_retention: Option<Text>,
    parameters: Vec<(String, Text)>,
}

/// A database with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Name of its network; nothing while it has a fault.
    pub(crate) network: Option<String>,
    pub(crate) engine: Engine,
    version: Version,
    class: InstanceClass,
    storage: StorageSize,
    max_storage: Option<StorageSize>,
    /// Name of the database inside the instance.
    db_name: String,
    username: DatabaseUser,
    multi_az: bool,
    /// Nothing where the environment decides.
    backups: Option<BackupDays>,
    /// Nothing where the environment decides.
    deletion_protection: Option<bool>,
    logs: Vec<String>,
    log_retention: Retention,
    parameters: BTreeMap<String, String>,
}

/// Logical id of the group around a database.
pub(crate) fn group_id(database: &str) -> String {
    format!("{}SecurityGroup", Naming::id(Kind::Database, database))
}

fn secret_id(database: &str) -> String {
    format!("{}Secret", Naming::id(Kind::Database, database))
}

impl Declaration for DatabaseDeclaration {
    type Resolved = Database;

    const ATTRIBUTES: &'static [&'static str] = &["host", "port", "name", "secret_arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let has_logs = named.node.get("logs").is_some();
        let logs = fields.texts("logs");
        let declaration = Self {
            place: named.place.clone(),
            network: fields.required("network", "the network that it is in: `network: NAME`"),
            engine: fields.text("engine"),
            version: fields.text("version"),
            class: fields.text("class"),
            storage: fields.text("storage"),
            max_storage: fields.text("max_storage"),
            name: fields.text("name"),
            username: fields.text("username"),
            multi_az: fields.text("multi_az"),
            backups: fields.text("backups"),
            deletion_protection: fields.text("deletion_protection"),
            logs: has_logs.then_some(logs),
            log_retention: fields.text("log_retention"),
            parameters: fields.text_section("parameters"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, _: &Naming, scope: &Scope<'_>) -> Value {
        let engine = scope.value_or(self.engine.as_ref(), Engine::Mysql);
        json!({
            "host": deferred::attribute(&Naming::id(Kind::Database, name), "Endpoint.Address"),
            "port": engine.port().to_string(),
            "name": self.database_name(name, scope),
            "secret_arn": deferred::reference(&secret_id(name)),
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Database {
        let known_engine = self.engine.as_ref().map_or(Some(Engine::Mysql), |text| scope.value(text));
        let engine = known_engine.unwrap_or(Engine::Mysql);
        // Nothing can be said of what depends on an engine that is not known.
        let version = self.version.as_ref().filter(|_| known_engine.is_some());
        let logs = self.logs.as_ref().filter(|_| known_engine.is_some());
        let network = self.network.as_ref().and_then(|text| {
            let value = scope.literal(text)?;
            Reference::read_name(&value, Kind::Network, declared, &text.place, scope.sink())
        });
        let logs = read_logs(logs, engine, scope);
        let storage = scope.value_or(self.storage.as_ref(), StorageSize(20));
        Database {
            name: name.to_owned(),
            place: self.place.clone(),
            network: network.map(|network| network.name),
            engine,
            version: Version::read(version, engine, scope),
            class: scope.value_or(self.class.as_ref(), InstanceClass("db.t4g.micro".to_owned())),
            storage,
            max_storage: self.max_storage(storage, scope),
            db_name: self.database_name(name, scope),
            username: scope.value_or(self.username.as_ref(), DatabaseUser("app".to_owned())),
            multi_az: scope.value_or(self.multi_az.as_ref(), false),
            backups: self.backups.as_ref().and_then(|text| scope.value(text)),
            deletion_protection: self.deletion_protection.as_ref().and_then(|text| scope.value(text)),
            parameters: read_parameters(&self.parameters, engine, &logs, scope),
            logs,
            log_retention: scope.value_or(self.log_retention.as_ref(), Retention(30)),
        }
    }
}

impl DatabaseDeclaration {
    /// The name that is given, or that of the construct in the characters of databases.
    fn database_name(&self, name: &str, scope: &Scope<'_>) -> String {
        let default = name.replace('-', "_");
        let given = self.name.as_ref().and_then(|text| scope.value::<DatabaseName>(text));
        if self.name.is_none() && DatabaseName::parse(&default).is_none() {
            let help = format!("the construct's own is too long for one: `name:`, {}", DatabaseName::HELP);
            scope.sink().push(FaultKind::MissingKey { key: "name".to_owned(), help }, &self.place);
        }
        given.map_or(default, |name| name.0)
    }

    fn max_storage(&self, storage: StorageSize, scope: &Scope<'_>) -> Option<StorageSize> {
        let text = self.max_storage.as_ref()?;
        let max: StorageSize = scope.value(text)?;
        if max.0 <= storage.0 {
            let kind = FaultKind::BadValue {
                value: max.0.to_string(),
                expected: "more storage than the database begins with".to_owned(),
                help: format!("more than {} GB, or leave it out: storage does not grow by itself then", storage.0),
            };
            scope.sink().push(kind, &text.place);
        }
        Some(max)
    }
}

impl Database {
    /// Functions that may connect: in its network, with a group of their own each.
    fn clients(&self, links: &Links<'_>) -> Vec<Value> {
        let connects = links.constructs.functions.iter().filter(|function| function.connects_to(&self.name));
        connects
            .map(|function| {
                json!({
                    "id": format!("{}{}", Naming::id(Kind::Database, &self.name), logical_id(&function.name, "Ingress")),
                    "group": deferred::attribute(&function.group_id(), "GroupId"),
                    "description": format!("Function {}", function.name),
                })
            })
            .collect()
    }

    fn check_subnets(&self, subnets: usize, links: &Links<'_>) {
        if subnets < SUBNETS {
            let kind = FaultKind::BadValue {
                value: format!("network.{}", self.network.as_deref().unwrap_or_default()),
                expected: "a network for a database".to_owned(),
                help: format!("RDS wants subnets in at least {SUBNETS} zones"),
            };
            links.sink.push(kind, &self.place);
        }
    }
}

impl Construct for Database {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let environment = &links.settings.environment;
        let is_kept = environment.removal == Removal::Retain || environment.protect;
        let id = Naming::id(Kind::Database, &self.name);
        let network = links.constructs.networks.iter().find(|network| Some(&network.name) == self.network.as_ref());
        let parts = network.map(super::network::Network::parts);
        if let Some(parts) = &parts {
            self.check_subnets(parts.subnets.len(), links);
        }
        let identifier = links.naming.plain(&self.name, IDENTIFIER);
        let (deletion_policy, update_replace_policy) = links.deletion_policies();
        let secret = secret_id(&self.name);
        let logs: Vec<Value> = self
            .logs
            .iter()
            .map(|log| json!({ "id": format!("{id}{}Log", logical_id(log, "")), "name": format!("/aws/rds/instance/{identifier}/{log}") }))
            .collect();
        json!({
            "policy": if is_kept { "Snapshot" } else { "Delete" },
            "deletion_policy": deletion_policy,
            "update_replace_policy": update_replace_policy,
            "vpc": parts.as_ref().map(|parts| &parts.vpc),
            "subnets": parts.as_ref().map(|parts| &parts.subnets),
            "subnets_id": format!("{id}Subnets"),
            "group_id": group_id(&self.name),
            "group_description": format!("Database {}: in from functions that connect", self.name),
            "clients": self.clients(links),
            "description": format!("{} {}", links.naming.stack_name, self.name),
            "parameters_id": format!("{id}Parameters"),
            "family": self.version.family,
            "parameters": self.parameters,
            "secret_name": links.naming.physical(&format!("{}-database", self.name), SECRET_NAME),
            "secret_template": json!({ "username": self.username.0 }).to_string(),
            "password": format!("{{{{resolve:secretsmanager:{}:SecretString:password}}}}", deferred::reference(&secret)),
            "attachment_id": format!("{secret}Attachment"),
            "secret_id": secret,
            "identifier": identifier,
            "engine": self.engine.word(),
            "version": self.version.version,
            "class": self.class.0,
            "storage": self.storage.0.to_string(),
            "max_storage": self.max_storage.map(|size| size.0),
            "database_name": self.db_name,
            "port": self.engine.port(),
            "port_text": self.engine.port().to_string(),
            "username": self.username.0,
            "multi_az": self.multi_az,
            "backups": self.backups.map_or(if is_kept { 7 } else { 1 }, |days| days.0),
            "deletes_backups": !is_kept,
            "deletion_protection": self.deletion_protection.unwrap_or(is_kept),
            "logs": self.logs,
            "log_groups": logs,
            "log_group_ids": logs.iter().map(|log| &log["id"]).collect::<Vec<_>>(),
            "log_retention": self.log_retention.0,
            "id": id,
        })
    }
}

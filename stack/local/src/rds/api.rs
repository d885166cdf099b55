//! The wire format of RDS: Query.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::describe::{write_parameter_group, write_snapshot, write_subnet_group, write_tags};
use super::{INSTANCE, PARAMETER_GROUP, SNAPSHOT, SUBNET_GROUP, arn, invalid};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::records::Record;
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, query_response, read_form, signed_region};

const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

/// Fields of an instance that are properties of the same name.
const TEXTS: [&str; 17] = [
    "AllocatedStorage",
    "AvailabilityZone",
    "BackupRetentionPeriod",
    "DBInstanceClass",
    "DBName",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "Engine",
    "EngineVersion",
    "Iops",
    "LicenseModel",
    "MasterUsername",
    "MasterUserPassword",
    "MaxAllocatedStorage",
    "Port",
    "StorageType",
    "DBSnapshotIdentifier",
];
const FLAGS: [&str; 9] = [
    "AutoMinorVersionUpgrade",
    "CopyTagsToSnapshot",
    "DeletionProtection",
    "ManageMasterUserPassword",
    "MultiAZ",
    "PubliclyAccessible",
    "RotateMasterUserPassword",
    "StorageEncrypted",
    "EnableIAMDatabaseAuthentication",
];

/// One request.
struct Call<'a> {
    cloud: &'a Arc<Cloud>,
    region: String,
    form: Form,
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let region = signed_region(&request).unwrap_or_else(|| cloud.region.clone());
    let caller = Principal::of(&request);
    let answered = match read_form(request).await {
        Ok(form) => Call { cloud, region, form }.answer(&caller).await,
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| Protocol::Query.render_error(&error))
}

/// The kind that an operation is about, and the field that names it.
fn subject(action: &str) -> (&'static str, &'static str) {
    match action {
        _ if action.contains("SubnetGroup") => (SUBNET_GROUP, "DBSubnetGroupName"),
        _ if action.contains("ParameterGroup") || action == "DescribeDBParameters" => {
            (PARAMETER_GROUP, "DBParameterGroupName")
        }
        _ if action.contains("Snapshot") => (SNAPSHOT, "DBSnapshotIdentifier"),
        _ => (INSTANCE, "DBInstanceIdentifier"),
    }
}

impl Call<'_> {
    async fn answer(&self, caller: &Principal) -> Result<Response, ServiceError> {
        let action = self.form.action();
        let (kind, field) = subject(action);
        let resource = match self.form.get("ResourceName") {
            Some(named) => named.to_owned(),
            None => arn(self.cloud, &self.region, kind, self.form.get(field).unwrap_or("*")),
        };
        self.cloud.iam.authorize(caller, &Access::new(&format!("rds:{action}"), &resource))?;
        match action {
            "CreateDBInstance" => self.create_instance(),
            "ModifyDBInstance" => self.modify_instance().await,
            "DeleteDBInstance" => self.delete_instance().await,
            "StartDBInstance" | "RebootDBInstance" => self.start_instance(action).await,
            "StopDBInstance" => self.stop_instance().await,
            "DescribeDBInstances" => self.describe(INSTANCE, field, "DBInstances"),
            "DescribeDBSubnetGroups" => self.describe(SUBNET_GROUP, field, "DBSubnetGroups"),
            "DescribeDBParameterGroups" => self.describe(PARAMETER_GROUP, field, "DBParameterGroups"),
            "DescribeDBSnapshots" => self.describe(SNAPSHOT, field, "DBSnapshots"),
            "DescribeDBParameters" => self.describe_parameters(),
            "CreateDBSubnetGroup" | "ModifyDBSubnetGroup" => self.put_subnet_group(action),
            "CreateDBParameterGroup" | "ModifyDBParameterGroup" => self.put_parameter_group(action),
            "DeleteDBSubnetGroup" | "DeleteDBParameterGroup" => {
                self.cloud.rds.delete_group(&self.region, kind, self.form.require(field)?)?;
                Ok(crate::wire::query_empty_response(NAMESPACE, action))
            }
            "CreateDBSnapshot" => {
                let instance = self.cloud.rds.instance(&self.region, self.form.require("DBInstanceIdentifier")?)?;
                let name = self.form.require("DBSnapshotIdentifier")?;
                let snapshot = self.cloud.rds.snapshot(self.cloud, &instance, name, self.tags())?;
                Ok(self.one(action, &snapshot))
            }
            "DeleteDBSnapshot" => {
                let name = self.form.require("DBSnapshotIdentifier")?.to_ascii_lowercase();
                let gone =
                    self.cloud.rds.records.change(|table| {
                        table.remove(&self.region, SNAPSHOT, &name).ok_or_else(|| no_snapshot(&name))
                    })?;
                Ok(self.one(action, &gone))
            }
            "RestoreDBInstanceFromDBSnapshot" | "RestoreDBInstanceToPointInTime" | "CreateDBInstanceReadReplica" => {
                Err(invalid(
                    "InvalidParameterCombination",
                    "snapshots of the local cloud are recorded without their data, so nothing can be made from them: use the dump tools of the engine",
                ))
            }
            "AddTagsToResource" | "RemoveTagsFromResource" | "ListTagsForResource" => self.tag(action),
            other => Err(ServiceError::unknown_operation("RDS", other)),
        }
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.form.flat_structures("Tags.Tag");
        let tags = if tags.is_empty() { self.form.structures("Tags") } else { tags };
        tags.iter()
            .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
            .collect()
    }

    /// The fields of an instance, over the properties that it has.
    fn instance_properties(&self, mut properties: Map<String, Value>) -> Value {
        for name in TEXTS {
            if let Some(text) = self.form.get(name) {
                properties.insert(name.to_owned(), json!(text));
            }
        }
        // `ModifyDBInstance` has a name of its own for it.
        if let Some(port) = self.form.get("DBPortNumber") {
            properties.insert("Port".to_owned(), json!(port));
        }
        for name in FLAGS {
            if let Some(flag) = self.form.flag(name) {
                properties.insert(name.to_owned(), json!(flag));
            }
        }
        if let Some(key) = self.form.get("MasterUserSecretKmsKeyId") {
            properties.insert("MasterUserSecret".to_owned(), json!({ "KmsKeyId": key }));
        }
        let groups = self.form.flat_list("VpcSecurityGroupIds.VpcSecurityGroupId");
        if !groups.is_empty() {
            properties.insert("VPCSecurityGroups".to_owned(), json!(groups));
        }
        let logs = self.form.list("EnableCloudwatchLogsExports");
        if !logs.is_empty() {
            properties.insert("EnableCloudwatchLogsExports".to_owned(), json!(logs));
        }
        Value::Object(properties)
    }

    fn one(&self, action: &str, record: &Record) -> Response {
        query_response(NAMESPACE, action, |xml| {
            xml.element(&record.kind, |xml| self.write(xml, record));
        })
    }

    fn write(&self, xml: &mut XmlWriter, record: &Record) {
        match record.kind.as_str() {
            INSTANCE => {
                let zone = record
                    .property("AvailabilityZone")
                    .as_str()
                    .map_or_else(|| format!("{}a", record.region), str::to_owned);
                self.cloud.rds.write_instance(xml, record, &zone);
            }
            SUBNET_GROUP => write_subnet_group(xml, record),
            PARAMETER_GROUP => write_parameter_group(xml, record),
            _ => write_snapshot(xml, record),
        }
    }

    fn create_instance(&self) -> Result<Response, ServiceError> {
        let mut properties = self.instance_properties(Map::new());
        properties["DBInstanceIdentifier"] = json!(self.form.require("DBInstanceIdentifier")?);
        let record = self.cloud.rds.declare(self.cloud, &self.region, &properties, self.tags())?;
        let (cloud, started) = (Arc::clone(self.cloud), record.clone());
        tokio::spawn(async move {
            if let Err(error) = cloud.rds.start_server(&cloud, &started).await {
                tracing::warn!(instance = started.id, error = error.message, "a database could not be started");
                cloud.rds.set_status(&started, "failed");
            }
        });
        Ok(self.one("CreateDBInstance", &record))
    }

    async fn modify_instance(&self) -> Result<Response, ServiceError> {
        let before = self.cloud.rds.instance(&self.region, self.form.require("DBInstanceIdentifier")?)?;
        let properties = self.instance_properties(before.properties.clone());
        let record = self.cloud.rds.modify(self.cloud, &before, &properties, before.tags.clone()).await?;
        Ok(self.one("ModifyDBInstance", &record))
    }

    async fn delete_instance(&self) -> Result<Response, ServiceError> {
        let rds = &self.cloud.rds;
        let record = rds.instance(&self.region, self.form.require("DBInstanceIdentifier")?)?;
        match (self.form.flag("SkipFinalSnapshot").unwrap_or(false), self.form.get("FinalDBSnapshotIdentifier")) {
            (true, Some(_)) => {
                return Err(invalid(
                    "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot",
                ));
            }
            (false, None) => {
                return Err(invalid(
                    "InvalidParameterCombination",
                    "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
                ));
            }
            (false, Some(name)) => drop(rds.snapshot(self.cloud, &record, name, record.tags.clone())?),
            (true, None) => {}
        }
        rds.delete(self.cloud, &record).await?;
        Ok(self.one("DeleteDBInstance", &record.with("DBInstanceStatus", "deleting")))
    }

    async fn start_instance(&self, action: &str) -> Result<Response, ServiceError> {
        let rds = &self.cloud.rds;
        let record = rds.instance(&self.region, self.form.require("DBInstanceIdentifier")?)?;
        let wanted = if action == "StartDBInstance" { "stopped" } else { "available" };
        if record.attribute("DBInstanceStatus") != wanted {
            return Err(wrong_state(&record, wanted));
        }
        Ok(self.one(action, &rds.start_server(self.cloud, &record).await?))
    }

    async fn stop_instance(&self) -> Result<Response, ServiceError> {
        let rds = &self.cloud.rds;
        let record = rds.instance(&self.region, self.form.require("DBInstanceIdentifier")?)?;
        if record.attribute("DBInstanceStatus") != "available" {
            return Err(wrong_state(&record, "available"));
        }
        rds.stop_server(&record).await;
        rds.set_status(&record, "stopped");
        Ok(self.one("StopDBInstance", &record.with("DBInstanceStatus", "stopped")))
    }

    fn describe(&self, kind: &str, field: &str, list: &str) -> Result<Response, ServiceError> {
        let mut records = self.cloud.rds.records.list(&self.region, kind);
        if let Some(name) = self.form.get(field).map(str::to_ascii_lowercase) {
            // An ARN may stand for a name.
            let name = name.rsplit(':').next().unwrap_or_default().to_owned();
            records.retain(|record| record.id == name);
            if records.is_empty() {
                return Err(match kind {
                    INSTANCE => {
                        self.cloud.rds.instance(&self.region, &name).err().unwrap_or_else(|| no_snapshot(&name))
                    }
                    SNAPSHOT => no_snapshot(&name),
                    _ => self.cloud.rds.group(&self.region, kind, &name).err().unwrap_or_else(|| no_snapshot(&name)),
                });
            }
        }
        if let Some(instance) = self.form.get("DBInstanceIdentifier").filter(|_| kind == SNAPSHOT) {
            records.retain(|record| record.text("DBInstanceIdentifier") == instance);
        }
        Ok(query_response(NAMESPACE, self.form.action(), |xml| {
            xml.element(list, |xml| {
                for record in &records {
                    xml.element(kind, |xml| self.write(xml, record));
                }
            });
        }))
    }

    fn describe_parameters(&self) -> Result<Response, ServiceError> {
        let group = self.cloud.rds.group(&self.region, PARAMETER_GROUP, self.form.require("DBParameterGroupName")?)?;
        let parameters = group.property("Parameters").as_object().cloned().unwrap_or_default();
        Ok(query_response(NAMESPACE, "DescribeDBParameters", |xml| {
            xml.element("Parameters", |xml| {
                for (name, value) in &parameters {
                    xml.element("Parameter", |xml| {
                        xml.text("ParameterName", name);
                        xml.text("ParameterValue", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                        xml.text("Source", "user");
                        xml.text("IsModifiable", "true");
                    });
                }
            });
        }))
    }

    fn put_subnet_group(&self, action: &str) -> Result<Response, ServiceError> {
        let rds = &self.cloud.rds;
        let name = self.form.require("DBSubnetGroupName")?;
        let before = rds.group(&self.region, SUBNET_GROUP, name);
        let mut properties = before.as_ref().map(|record| record.properties.clone()).unwrap_or_default();
        properties.insert("DBSubnetGroupName".to_owned(), json!(name));
        if let Some(description) = self.form.get("DBSubnetGroupDescription") {
            properties.insert("DBSubnetGroupDescription".to_owned(), json!(description));
        }
        properties.insert("SubnetIds".to_owned(), json!(self.form.flat_list("SubnetIds.SubnetIdentifier")));
        let properties = Value::Object(properties);
        let record = if action.starts_with("Create") {
            rds.create_group(self.cloud, &self.region, SUBNET_GROUP, &properties, self.tags())?
        } else {
            let before = before?;
            rds.update_group(self.cloud, &before, SUBNET_GROUP, &properties, before.tags.clone())?
        };
        Ok(self.one(action, &record))
    }

    fn put_parameter_group(&self, action: &str) -> Result<Response, ServiceError> {
        let rds = &self.cloud.rds;
        let name = self.form.require("DBParameterGroupName")?;
        if action.starts_with("Create") {
            let properties = json!({
                "DBParameterGroupName": name, "Family": self.form.require("DBParameterGroupFamily")?,
                "Description": self.form.require("Description")?, "Parameters": {},
            });
            let record = rds.create_group(self.cloud, &self.region, PARAMETER_GROUP, &properties, self.tags())?;
            return Ok(self.one(action, &record));
        }
        let before = rds.group(&self.region, PARAMETER_GROUP, name)?;
        let mut properties = Value::Object(before.properties.clone());
        for parameter in self.form.flat_structures("Parameters.Parameter") {
            properties["Parameters"][parameter.require("ParameterName")?] =
                json!(parameter.get("ParameterValue").unwrap_or_default());
        }
        rds.update_group(self.cloud, &before, PARAMETER_GROUP, &properties, before.tags.clone())?;
        Ok(query_response(NAMESPACE, action, |xml| xml.text("DBParameterGroupName", &before.id)))
    }

    fn tag(&self, action: &str) -> Result<Response, ServiceError> {
        let named = self.form.require("ResourceName")?.to_owned();
        let tags = self.tags();
        let keys = self.form.list("TagKeys");
        let record = self.cloud.rds.records.change(|table| {
            let found = table.all().find(|record| record.attribute("Arn") == named).cloned();
            let mut record = found.ok_or_else(|| {
                invalid(
                    "InvalidParameterValue",
                    format!("The specified resource name does not match an RDS resource in this region: {named}"),
                )
            })?;
            match action {
                "AddTagsToResource" => record.tags.extend(tags),
                "RemoveTagsFromResource" => record.tags.retain(|key, _| !keys.contains(key)),
                _ => {}
            }
            table.put(record.clone());
            Ok(record)
        })?;
        if action != "ListTagsForResource" {
            return Ok(crate::wire::query_empty_response(NAMESPACE, action));
        }
        Ok(query_response(NAMESPACE, action, |xml| write_tags(xml, &record)))
    }
}

fn wrong_state(record: &Record, wanted: &str) -> ServiceError {
    invalid("InvalidDBInstanceState", format!("Instance {} is not in {wanted} state.", record.id))
}

fn no_snapshot(name: &str) -> ServiceError {
    ServiceError::not_found("DBSnapshotNotFound", format!("DBSnapshot not found: {name}"))
}

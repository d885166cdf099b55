//! Subnet groups and parameter groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{INSTANCE, PARAMETER_GROUP, Rds, SUBNET_GROUP, arn, check_name, invalid, required};
use crate::cloud::Cloud;
use crate::records::Record;
use crate::wire::ServiceError;
use crate::wire::properties::reference_list;

/// The parameters of a group, without those that refer to the class of the instance (`{DBInstanceClassMemory/4}`).
pub(super) fn parameters_of(rds: &Rds, region: &str, group: &str) -> Vec<(String, String)> {
    let Some(record) = rds.records.get(region, PARAMETER_GROUP, &group.to_ascii_lowercase()) else { return Vec::new() };
    let Some(parameters) = record.property("Parameters").as_object() else { return Vec::new() };
    parameters
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .filter(|(_, value)| !value.contains('{'))
        .collect()
}

impl Rds {
    /// A group by name.
    pub(super) fn group(&self, region: &str, kind: &str, name: &str) -> Result<Record, ServiceError> {
        self.records.get(region, kind, &name.to_ascii_lowercase()).ok_or_else(|| missing(kind, name))
    }

    /// Makes a group from properties in the form of the template, of which `name` is one.
    pub(super) fn create_group(
        &self,
        cloud: &Cloud,
        region: &str,
        kind: &'static str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let property = name_property(kind);
        let name = check_name(property, required(properties, property)?, 255)?;
        let mut record =
            Record::new(kind, &name, region, properties).with("Arn", arn(cloud, region, kind, &name)).tagged(tags);
        check(cloud, region, kind, properties, &mut record)?;
        self.records.change(|table| {
            if table.get(region, kind, &name).is_some() {
                let code =
                    if kind == SUBNET_GROUP { "DBSubnetGroupAlreadyExists" } else { "DBParameterGroupAlreadyExists" };
                return Err(invalid(code, format!("The {} '{name}' already exists.", words(kind))));
            }
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Writes a group anew.
    pub(super) fn update_group(
        &self,
        cloud: &Cloud,
        record: &Record,
        kind: &'static str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let mut record = record.clone();
        record.describe(properties, tags);
        let region = record.region.clone();
        check(cloud, &region, kind, properties, &mut record)?;
        self.records.change(|table| {
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Removes a group that no instance has.
    pub(super) fn delete_group(&self, region: &str, kind: &str, name: &str) -> Result<(), ServiceError> {
        let name = name.to_ascii_lowercase();
        self.records.change(|table| {
            let property = name_property(kind);
            if let Some(user) =
                table.list(region, INSTANCE).find(|instance| instance.text(property).eq_ignore_ascii_case(&name))
            {
                let code = if kind == SUBNET_GROUP {
                    "InvalidDBSubnetGroupStateFault"
                } else {
                    "InvalidDBParameterGroupState"
                };
                return Err(invalid(
                    code,
                    format!(
                        "Cannot delete the {} '{name}' because at least one database instance: {} is still using it.",
                        words(kind),
                        user.id
                    ),
                ));
            }
            table.remove(region, kind, &name).map(drop).ok_or_else(|| missing(kind, &name))
        })
    }
}

/// The property that names a group, and by which an instance names it.
pub(super) fn name_property(kind: &str) -> &'static str {
    if kind == SUBNET_GROUP { "DBSubnetGroupName" } else { "DBParameterGroupName" }
}

fn words(kind: &str) -> &'static str {
    if kind == SUBNET_GROUP { "DB subnet group" } else { "DB parameter group" }
}

fn missing(kind: &str, name: &str) -> ServiceError {
    match kind {
        SUBNET_GROUP => {
            ServiceError::not_found("DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist."))
        }
        _ => ServiceError::not_found("DBParameterGroupNotFound", format!("DBParameterGroup not found: {name}")),
    }
}

/// Refuses a group that cannot be: subnets that are not there, of several networks or of one zone; a family of no engine here.
fn check(cloud: &Cloud, region: &str, kind: &str, properties: &Value, record: &mut Record) -> Result<(), ServiceError> {
    if kind == PARAMETER_GROUP {
        required(properties, "Description")?;
        let family = required(properties, "Family")?;
        if !["mysql", "mariadb", "postgres"].iter().any(|engine| family.starts_with(engine)) {
            return Err(invalid(
                "InvalidParameterValue",
                format!(
                    "ParameterGroupFamily {family} is not a valid parameter group family of an engine that the local cloud serves"
                ),
            ));
        }
        return Ok(());
    }
    required(properties, "DBSubnetGroupDescription")?;
    let (mut networks, mut zones) = (BTreeSet::new(), BTreeSet::new());
    for subnet in reference_list(properties, "SubnetIds") {
        let network = cloud.ec2.vpc_of_subnet(region, &subnet).map_err(|_| {
            invalid("InvalidSubnet", format!("Subnet IDs are required. The subnet {subnet} does not exist."))
        })?;
        networks.insert(network);
        zones.insert(cloud.ec2.zone_of_subnet(region, &subnet));
    }
    if zones.len() < 2 {
        let covered: Vec<String> = zones.into_iter().collect();
        return Err(invalid(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            format!(
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {}. Add subnets to cover at least 2 AZs.",
                covered.join(", ")
            ),
        ));
    }
    if networks.len() > 1 {
        return Err(invalid("InvalidSubnet", "The subnets of a DB subnet group are of one VPC."));
    }
    let network = networks.pop_first().unwrap_or_default();
    record.attributes.insert("VpcId".to_owned(), network.into());
    Ok(())
}

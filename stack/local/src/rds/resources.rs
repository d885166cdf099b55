//! How CloudFormation makes databases and their groups.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::groups::name_property;
use super::{PARAMETER_GROUP, SUBNET_GROUP};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{Record, all_tags, live, providers};
use crate::wire::properties::changed;

providers! {
    /// `AWS::RDS::DBSubnetGroup`.
    subnet_group = super::SUBNET_GROUP;
    /// `AWS::RDS::DBParameterGroup`.
    parameter_group = super::PARAMETER_GROUP;
}

/// Properties of an instance that need a new one.
const CREATE_ONLY: [&str; 12] = [
    "AvailabilityZone",
    "CharacterSetName",
    "DBInstanceIdentifier",
    "DBName",
    "DBSubnetGroupName",
    "Engine",
    "KmsKeyId",
    "MasterUsername",
    "NcharCharacterSetName",
    "StorageEncrypted",
    "Timezone",
    "SourceRegion",
];

/// The properties with a name under `property`, generated where the template gives none.
fn named(context: &ResourceContext, properties: &Value, property: &str, longest: usize) -> Value {
    let mut properties = properties.clone();
    if !properties[property].is_string() {
        properties[property] = json!(context.generated_name(longest).to_ascii_lowercase());
    }
    properties
}

fn provisioned(record: &Record) -> Provisioned {
    let mut made = record.provisioned();
    made.attributes.retain(|name, _| !["Arn", "DBInstanceStatus", "VpcId"].contains(&name.as_str()));
    made
}

/// A subnet group that exists already.
pub(crate) fn adopt_subnet_group(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned(&context.cloud.rds.group(&context.region, SUBNET_GROUP, name)?))
}

/// A parameter group that exists already.
pub(crate) fn adopt_parameter_group(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned(&context.cloud.rds.group(&context.region, PARAMETER_GROUP, name)?))
}

async fn create(
    kind: &'static str,
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let properties = named(context, properties, name_property(kind), 255);
    let cloud = &context.cloud;
    let tags = all_tags(context, &properties);
    Ok(provisioned(&cloud.rds.create_group(cloud, &context.region, kind, &properties, tags)?))
}

async fn update(
    kind: &'static str,
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &[name_property(kind)])
        || (kind == PARAMETER_GROUP && changed(old, new, &["Description", "Family"]))
    {
        return Ok(Update::Replace);
    }
    let cloud = &context.cloud;
    let record = cloud.rds.group(&context.region, kind, physical_id)?;
    let mut new = new.clone();
    new[name_property(kind)] = json!(physical_id);
    let record = cloud.rds.update_group(cloud, &record, kind, &new, all_tags(context, &new))?;
    Ok(Update::InPlace(provisioned(&record)))
}

async fn delete(
    kind: &str,
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.rds.delete_group(&context.region, kind, physical_id)?)
}

async fn read(
    kind: &str,
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let mut record = context.cloud.rds.group(&context.region, kind, physical_id).ok();
    if let Some(record) = &mut record {
        as_declared(record, declared, &[name_property(kind)]);
    }
    Ok(live(record, context, declared))
}

/// Names are kept in lower case; a template may write them otherwise.
fn as_declared(record: &mut Record, declared: &Value, names: &[&str]) {
    for name in names {
        if let Some(written) =
            declared[*name].as_str().filter(|written| written.eq_ignore_ascii_case(record.text(name)))
        {
            record.properties.insert((*name).to_owned(), json!(written));
        }
    }
}

/// A database that exists already.
pub(crate) fn adopt_instance(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(provisioned(&context.cloud.rds.instance(&context.region, name)?))
}

/// `AWS::RDS::DBInstance`: complete when its server accepts connections.
pub(crate) async fn create_instance(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let cloud = &context.cloud;
    let properties = named(context, properties, "DBInstanceIdentifier", 63);
    let record = cloud.rds.declare(cloud, &context.region, &properties, all_tags(context, &properties))?;
    match cloud.rds.start_server(cloud, &record).await {
        Ok(record) => Ok(provisioned(&record)),
        Err(error) => {
            let mut open = record.clone();
            open.properties.remove("DeletionProtection");
            // The first error is the one to tell.
            let _ = cloud.rds.delete(cloud, &open).await;
            Err(error.into())
        }
    }
}

/// Changes an instance in place; its server is started anew where password, parameters or port changed.
pub(crate) async fn update_instance(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &CREATE_ONLY) {
        return Ok(Update::Replace);
    }
    let cloud = &context.cloud;
    let before = cloud.rds.instance(&context.region, physical_id)?;
    let mut new = new.clone();
    new["DBInstanceIdentifier"] = json!(physical_id);
    let record = cloud.rds.modify(cloud, &before, &new, all_tags(context, &new)).await?;
    Ok(Update::InPlace(provisioned(&record)))
}

/// Ends the server and removes its data.
pub(crate) async fn delete_instance(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let cloud = &context.cloud;
    let record = cloud.rds.instance(&context.region, physical_id)?;
    Ok(cloud.rds.delete(cloud, &record).await?)
}

/// An instance as its template has it. The password cannot be read back, and the port is where the template says, whichever
/// the machine had free.
pub(crate) async fn read_instance(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let mut record = context.cloud.rds.instance(&context.region, physical_id).ok();
    if let Some(record) = &mut record {
        record.properties.remove("MasterUserPassword");
        as_declared(record, declared, &["DBInstanceIdentifier", "DBSubnetGroupName", "DBParameterGroupName"]);
    }
    Ok(live(record, context, declared))
}

//! Records as RDS writes them.

use serde_json::Value;

use super::{Rds, SUBNET_GROUP};
use crate::records::Record;
use crate::wire::XmlWriter;
use crate::wire::properties::{as_flag, as_integer, reference_list};

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn flag(record: &Record, name: &str, default: bool) -> String {
    record.properties.get(name).and_then(as_flag).unwrap_or(default).to_string()
}

fn list(xml: &mut XmlWriter, name: &str, item: &str, items: &[String]) {
    xml.element(name, |xml| items.iter().for_each(|text| xml.text(item, text)));
}

/// `<TagList>`.
pub(super) fn write_tags(xml: &mut XmlWriter, record: &Record) {
    xml.element("TagList", |xml| {
        for (key, value) in &record.tags {
            xml.element("Tag", |xml| {
                xml.text("Key", key);
                xml.text("Value", value);
            });
        }
    });
}

impl Rds {
    /// The members of `DBInstance`.
    pub(super) fn write_instance(&self, xml: &mut XmlWriter, record: &Record, zone: &str) {
        xml.text("DBInstanceIdentifier", &record.id);
        for name in
            ["DBInstanceClass", "Engine", "EngineVersion", "MasterUsername", "DBName", "StorageType", "LicenseModel"]
        {
            xml.optional(name, shown(record.property(name)));
        }
        let secret = record.attribute(super::managed::SECRET);
        if !secret.is_empty() {
            xml.element("MasterUserSecret", |xml| {
                xml.text("SecretArn", secret);
                xml.text("SecretStatus", "active");
                xml.optional("KmsKeyId", shown(&record.property("MasterUserSecret")["KmsKeyId"]));
            });
        }
        xml.text("DBInstanceStatus", record.attribute("DBInstanceStatus"));
        if record.attribute("DBInstanceStatus") != "creating" {
            xml.element("Endpoint", |xml| {
                xml.text("Address", record.attribute("Endpoint.Address"));
                xml.text("Port", record.attribute("Endpoint.Port"));
                xml.text("HostedZoneId", record.attribute("Endpoint.HostedZoneId"));
            });
        }
        xml.text(
            "AllocatedStorage",
            record.properties.get("AllocatedStorage").and_then(as_integer).unwrap_or(20).to_string(),
        );
        xml.optional("MaxAllocatedStorage", shown(record.property("MaxAllocatedStorage")));
        xml.text("InstanceCreateTime", record.created_iso());
        xml.text(
            "BackupRetentionPeriod",
            record.properties.get("BackupRetentionPeriod").and_then(as_integer).unwrap_or(1).to_string(),
        );
        xml.text("PreferredBackupWindow", "03:00-03:30");
        xml.text("PreferredMaintenanceWindow", "sun:04:00-sun:04:30");
        xml.element("VpcSecurityGroups", |xml| {
            for group in reference_list(&Value::Object(record.properties.clone()), "VPCSecurityGroups") {
                xml.element("VpcSecurityGroupMembership", |xml| {
                    xml.text("VpcSecurityGroupId", &group);
                    xml.text("Status", "active");
                });
            }
        });
        let group = record.property("DBParameterGroupName").as_str().unwrap_or("default");
        xml.element("DBParameterGroups", |xml| {
            xml.element("DBParameterGroup", |xml| {
                xml.text("DBParameterGroupName", group);
                xml.text("ParameterApplyStatus", "in-sync");
            });
        });
        if let Ok(group) = self.group(&record.region, SUBNET_GROUP, record.text("DBSubnetGroupName")) {
            xml.element("DBSubnetGroup", |xml| write_subnet_group(xml, &group));
        }
        xml.text("AvailabilityZone", zone);
        xml.text("MultiAZ", flag(record, "MultiAZ", false));
        xml.text("AutoMinorVersionUpgrade", flag(record, "AutoMinorVersionUpgrade", true));
        xml.text("PubliclyAccessible", flag(record, "PubliclyAccessible", false));
        xml.text("StorageEncrypted", flag(record, "StorageEncrypted", false));
        xml.text("CopyTagsToSnapshot", flag(record, "CopyTagsToSnapshot", false));
        xml.text("DeletionProtection", flag(record, "DeletionProtection", false));
        xml.text("IAMDatabaseAuthenticationEnabled", "false");
        xml.text("DbiResourceId", record.attribute("DbiResourceId"));
        xml.text("DBInstanceArn", record.attribute("Arn"));
        xml.text("CACertificateIdentifier", "stack-local-cloud");
        let logs = reference_list(&Value::Object(record.properties.clone()), "EnableCloudwatchLogsExports");
        list(xml, "EnabledCloudwatchLogsExports", "member", &logs);
        write_tags(xml, record);
    }
}

/// The members of `DBSubnetGroup`.
pub(super) fn write_subnet_group(xml: &mut XmlWriter, record: &Record) {
    xml.text("DBSubnetGroupName", &record.id);
    xml.text("DBSubnetGroupDescription", record.text("DBSubnetGroupDescription"));
    xml.text("VpcId", record.attribute("VpcId"));
    xml.text("SubnetGroupStatus", "Complete");
    xml.element("Subnets", |xml| {
        for subnet in reference_list(&Value::Object(record.properties.clone()), "SubnetIds") {
            xml.element("Subnet", |xml| {
                xml.text("SubnetIdentifier", &subnet);
                xml.text("SubnetStatus", "Active");
            });
        }
    });
    xml.text("DBSubnetGroupArn", record.attribute("Arn"));
}

/// The members of `DBParameterGroup`.
pub(super) fn write_parameter_group(xml: &mut XmlWriter, record: &Record) {
    xml.text("DBParameterGroupName", &record.id);
    xml.text("DBParameterGroupFamily", record.text("Family"));
    xml.text("Description", record.text("Description"));
    xml.text("DBParameterGroupArn", record.attribute("Arn"));
}

/// The members of `DBSnapshot`.
pub(super) fn write_snapshot(xml: &mut XmlWriter, record: &Record) {
    xml.text("DBSnapshotIdentifier", &record.id);
    for name in ["DBInstanceIdentifier", "Engine", "EngineVersion", "MasterUsername", "StorageType"] {
        xml.optional(name, shown(record.property(name)));
    }
    xml.text(
        "AllocatedStorage",
        record.properties.get("AllocatedStorage").and_then(as_integer).unwrap_or(20).to_string(),
    );
    xml.text("SnapshotCreateTime", record.created_iso());
    xml.text("Status", "available");
    xml.text("SnapshotType", "manual");
    xml.text("PercentProgress", "100");
    xml.text("Encrypted", flag(record, "StorageEncrypted", false));
    xml.text("DBSnapshotArn", record.attribute("Arn"));
    xml.text("DbiResourceId", record.attribute("DbiResourceId"));
    write_tags(xml, record);
}

//! Bodies of Route 53: what requests say, and zones and record sets as answers have them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::names::text;
use super::{Action, Change, NAME_SERVERS, RecordSet, Zone};
use crate::wire::{ServiceError, XmlWriter};

/// Reads a body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    quick_xml::de::from_str(&String::from_utf8_lossy(body))
        .map_err(|error| ServiceError::bad_request("InvalidInput", error.to_string()))
}

/// Body of `CreateHostedZone`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateHostedZone {
    pub(super) name: String,
    pub(super) caller_reference: String,
    #[serde(default)]
    pub(super) hosted_zone_config: HostedZoneConfig,
    #[serde(rename = "VPC")]
    pub(super) network: Option<Network>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HostedZoneConfig {
    pub(super) comment: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Network {
    #[serde(rename = "VPCRegion")]
    pub(super) region: String,
    #[serde(rename = "VPCId")]
    pub(super) id: String,
}

/// Body of `UpdateHostedZoneComment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateComment {
    #[serde(default)]
    pub(super) comment: String,
}

/// Body of `ChangeTagsForResource`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ChangeTags {
    pub(super) add_tags: Tags,
    pub(super) remove_tag_keys: Keys,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tags {
    pub(super) tag: Vec<Tag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Keys {
    pub(super) key: Vec<String>,
}

/// Body of `ChangeResourceRecordSets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeRecordSets {
    change_batch: ChangeBatch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeBatch {
    changes: Changes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changes {
    #[serde(default)]
    change: Vec<ChangeBody>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeBody {
    action: String,
    resource_record_set: RecordSetBody,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecordSetBody {
    name: String,
    r#type: String,
    #[serde(rename = "TTL")]
    ttl: Option<String>,
    resource_records: Option<Records>,
    alias_target: Option<AliasTarget>,
    set_identifier: Option<String>,
    weight: Option<String>,
    region: Option<String>,
    failover: Option<String>,
    multi_value_answer: Option<bool>,
    geo_location: Option<Value>,
    health_check_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Records {
    #[serde(default)]
    resource_record: Vec<RecordBody>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecordBody {
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasTarget {
    #[serde(rename = "DNSName")]
    name: String,
    hosted_zone_id: String,
    #[serde(default)]
    evaluate_target_health: bool,
}

impl ChangeRecordSets {
    /// The changes of the batch.
    pub(super) fn changes(self) -> Result<Vec<Change>, ServiceError> {
        let changes = self.change_batch.changes.change;
        if changes.is_empty() {
            return Err(ServiceError::bad_request(
                "InvalidInput",
                "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ));
        }
        changes
            .into_iter()
            .map(|change| {
                let action = match change.action.as_str() {
                    "CREATE" => Action::Create,
                    "DELETE" => Action::Delete,
                    "UPSERT" => Action::Upsert,
                    other => {
                        return Err(ServiceError::bad_request("InvalidInput", format!("Invalid XML ; javax.xml.stream.XMLStreamException: '{other}' is no action: CREATE, DELETE or UPSERT")));
                    }
                };
                Ok(Change::new(action, &change.resource_record_set.properties()))
            })
            .collect()
    }
}

impl RecordSetBody {
    fn properties(self) -> Value {
        let records: Option<Vec<String>> = self
            .resource_records
            .map(|records| records.resource_record.into_iter().map(|record| record.value).collect());
        let alias = self.alias_target.map(|target| {
            json!({"DNSName": target.name, "HostedZoneId": target.hosted_zone_id, "EvaluateTargetHealth": target.evaluate_target_health})
        });
        let geo = self.geo_location.map(|location| {
            let fields = location.as_object().cloned().unwrap_or_default();
            // The reader of XML gives texts of elements under `$text`.
            Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, value.get("$text").cloned().unwrap_or(value)))
                    .collect::<Map<_, _>>(),
            )
        });
        json!({
            "Name": self.name, "Type": self.r#type, "TTL": self.ttl, "ResourceRecords": records, "AliasTarget": alias,
            "SetIdentifier": self.set_identifier, "Weight": self.weight, "Region": self.region, "Failover": self.failover,
            "MultiValueAnswer": self.multi_value_answer, "GeoLocation": geo, "HealthCheckId": self.health_check_id,
        })
    }
}

/// `<HostedZone>`.
pub(super) fn write_zone(xml: &mut XmlWriter, zone: &Zone) {
    xml.element("HostedZone", |xml| {
        xml.text("Id", format!("/hostedzone/{}", zone.id));
        xml.text("Name", &zone.name);
        xml.text("CallerReference", &zone.caller_reference);
        xml.element("Config", |xml| {
            if !zone.comment.is_empty() {
                xml.text("Comment", &zone.comment);
            }
            xml.text("PrivateZone", (!zone.networks.is_empty()).to_string());
        });
        xml.text("ResourceRecordSetCount", zone.record_sets.len().to_string());
    });
}

/// `<DelegationSet>`.
pub(super) fn write_delegation(xml: &mut XmlWriter) {
    xml.element("DelegationSet", |xml| {
        xml.element("NameServers", |xml| NAME_SERVERS.iter().for_each(|server| xml.text("NameServer", server)));
    });
}

/// `<ResourceRecordSet>`.
pub(super) fn write_record_set(xml: &mut XmlWriter, record_set: &RecordSet) {
    xml.element("ResourceRecordSet", |xml| {
        xml.text("Name", text(record_set, "Name").replace('*', "\\052"));
        xml.text("Type", text(record_set, "Type"));
        for member in ["SetIdentifier", "Weight", "Region", "Failover", "MultiValueAnswer"] {
            match record_set.get(member) {
                Some(Value::String(value)) => xml.text(member, value),
                Some(value) => xml.text(member, value.to_string()),
                None => {}
            }
        }
        if let Some(Value::Object(location)) = record_set.get("GeoLocation") {
            xml.element("GeoLocation", |xml| {
                for (name, value) in location {
                    xml.text(name, value.as_str().unwrap_or_default());
                }
            });
        }
        if let Some(seconds) = record_set.get("TTL").and_then(Value::as_str) {
            xml.text("TTL", seconds);
        }
        if let Some(Value::Array(records)) = record_set.get("ResourceRecords") {
            xml.element("ResourceRecords", |xml| {
                for record in records.iter().filter_map(Value::as_str) {
                    xml.element("ResourceRecord", |xml| xml.text("Value", record));
                }
            });
        }
        if let Some(target) = record_set.get("AliasTarget") {
            xml.element("AliasTarget", |xml| {
                xml.text("HostedZoneId", target["HostedZoneId"].as_str().unwrap_or_default());
                xml.text("DNSName", target["DNSName"].as_str().unwrap_or_default());
                xml.text("EvaluateTargetHealth", (target["EvaluateTargetHealth"] == true).to_string());
            });
        }
        xml.optional("HealthCheckId", record_set.get("HealthCheckId").and_then(Value::as_str));
    });
}

//! Resources that a service keeps as they were described: properties in the form of the template, and what the service adds.
//!
//! CloudFormation and the service's API write the same records, so drift is what differs between a record and a template.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cloudformation::provider::{Live, Provisioned, ResourceContext};
use crate::error::LocalError;
use crate::persist::Store;
use crate::wire::ServiceError;
use crate::wire::properties::tags;

/// One resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Last part of the resource type: `Subnet`, `Repository`.
    pub(crate) kind: String,
    /// What `Ref` gives.
    pub(crate) id: String,
    pub(crate) region: String,
    /// In the form of the template, without `Tags`.
    pub(crate) properties: Map<String, Value>,
    /// What the service adds, by the names of `Fn::GetAtt`.
    pub(crate) attributes: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
}

impl Record {
    /// A record made now from a template's properties.
    pub(crate) fn new(kind: &str, id: impl Into<String>, region: &str, properties: &Value) -> Self {
        Self {
            kind: kind.to_owned(),
            id: id.into(),
            region: region.to_owned(),
            properties: without_tags(properties),
            created: now(),
            ..Self::default()
        }
    }

    /// The same with an attribute.
    pub(crate) fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(attribute.to_owned(), value.into());
        self
    }

    /// The same with tags.
    pub(crate) fn tagged(mut self, tags: BTreeMap<String, String>) -> Self {
        self.tags = tags;
        self
    }

    /// A property.
    pub(crate) fn property(&self, name: &str) -> &Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    /// A text property; absent reads as empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.property(name).as_str().unwrap_or_default()
    }

    /// A text attribute; absent reads as empty.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Takes over the properties of a changed template and the tags.
    pub(crate) fn describe(&mut self, properties: &Value, tags: BTreeMap<String, String>) {
        self.properties = without_tags(properties);
        self.tags = tags;
    }

    /// As CloudFormation has it.
    pub(crate) fn provisioned(&self) -> Provisioned {
        Provisioned { physical_id: self.id.clone(), attributes: self.attributes.clone() }
    }

    /// When it was made, as ISO 8601.
    pub(crate) fn created_iso(&self) -> String {
        iso_time(self.created)
    }
}

fn without_tags(properties: &Value) -> Map<String, Value> {
    let mut properties = properties.as_object().cloned().unwrap_or_default();
    properties.remove("Tags");
    properties
}

/// The tags that a resource gets: its own over those of its stack. `Tags` may be a list of pairs or a map.
pub(crate) fn all_tags(context: &ResourceContext, properties: &Value) -> BTreeMap<String, String> {
    let mut all = tags(properties, &context.tags);
    if let Some(Value::Object(map)) = properties.get("Tags") {
        all.extend(map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))));
    }
    all
}

/// What drift detection sees of a record: its properties, and the tags that the stack did not bring.
pub(crate) fn live(record: Option<Record>, context: &ResourceContext, declared: &Value) -> Live {
    let Some(record) = record else { return Live::Gone };
    let declared_tags = declared.get("Tags");
    let own: BTreeMap<&String, &String> = record
        .tags
        .iter()
        .filter(|(key, value)| {
            let from_stack = context.tags.get(*key) == Some(*value) || key.starts_with("aws:");
            !from_stack || declared_tags.is_some_and(|tags| names_tag(tags, key))
        })
        .collect();
    let mut properties = record.properties.clone();
    if declared_tags.is_some() || !own.is_empty() {
        let tags = match declared_tags {
            Some(Value::Object(_)) => json!(own),
            _ => own.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
        };
        properties.insert("Tags".to_owned(), tags);
    }
    Live::Properties(Value::Object(properties))
}

fn names_tag(tags: &Value, key: &str) -> bool {
    match tags {
        Value::Object(map) => map.contains_key(key),
        Value::Array(list) => list.iter().any(|tag| tag["Key"] == key),
        _ => false,
    }
}

/// All records of a service, by region, kind and id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Table(BTreeMap<String, Record>);

fn key(region: &str, kind: &str, id: &str) -> String {
    format!("{region}/{kind}/{id}")
}

impl Table {
    /// One record.
    pub(crate) fn get(&self, region: &str, kind: &str, id: &str) -> Option<&Record> {
        self.0.get(&key(region, kind, id))
    }

    /// One record to change.
    pub(crate) fn get_mut(&mut self, region: &str, kind: &str, id: &str) -> Option<&mut Record> {
        self.0.get_mut(&key(region, kind, id))
    }

    /// The records of a kind in a region, by id.
    pub(crate) fn list<'a>(&'a self, region: &str, kind: &str) -> impl Iterator<Item = &'a Record> + use<'a> {
        let prefix = key(region, kind, "");
        self.0.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix)).map(|(_, record)| record)
    }

    /// All records of a region.
    pub(crate) fn of_region<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Record> {
        self.0.values().filter(move |record| record.region == region)
    }

    /// All records.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Record> {
        self.0.values()
    }

    /// Adds a record or writes it anew.
    pub(crate) fn put(&mut self, record: Record) {
        self.0.insert(key(&record.region, &record.kind, &record.id), record);
    }

    /// Removes a record.
    pub(crate) fn remove(&mut self, region: &str, kind: &str, id: &str) -> Option<Record> {
        self.0.remove(&key(region, kind, id))
    }
}

/// The records of one service.
pub(crate) struct Records(Store<Table>);

impl Records {
    /// Opens `<data directory>/<service>.json`, or starts empty in memory.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) fn open(data_directory: Option<&Path>, service: &str) -> Result<Self, LocalError> {
        Ok(Self(Store::open(data_directory, service)?))
    }

    /// Looks at the records.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Table) -> R) -> R {
        self.0.read(look)
    }

    /// Changes the records, all or nothing.
    ///
    /// # Errors
    /// What `change` refuses with, or that the file cannot be written.
    pub(crate) fn change<R>(
        &self,
        change: impl FnOnce(&mut Table) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.0.change(change)
    }

    /// A copy of one record.
    pub(crate) fn get(&self, region: &str, kind: &str, id: &str) -> Option<Record> {
        self.read(|table| table.get(region, kind, id).cloned())
    }

    /// Copies of the records of a kind in a region.
    pub(crate) fn list(&self, region: &str, kind: &str) -> Vec<Record> {
        self.read(|table| table.list(region, kind).cloned().collect())
    }

    /// `(ARN, tags)` of every record of a region that has an ARN under `attribute`.
    pub(crate) fn tagged_arns(&self, region: &str, attribute: &str) -> Vec<(String, BTreeMap<String, String>)> {
        self.read(|table| {
            let arns =
                table.of_region(region).map(|record| (record.attribute(attribute).to_owned(), record.tags.clone()));
            arns.filter(|(arn, _)| arn.starts_with("arn:")).collect()
        })
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// Milliseconds since 1970 as ISO 8601 with milliseconds.
pub(crate) fn iso_time(milliseconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Milliseconds since 1970 as JSON protocols have times: seconds with a fraction.
#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit into 53 bits")]
pub(crate) fn epoch_seconds(milliseconds: i64) -> Value {
    json!(milliseconds as f64 / 1000.0)
}

/// `length` random hexadecimal digits, at most 32.
pub(crate) fn random_hex(length: usize) -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(length);
    text
}

/// Declares a module with the four functions of a provider for each kind; the functions of the same names around them do the
/// work, with the kind as their first argument.
macro_rules! providers {
    ($($(#[$attribute:meta])* $module:ident = $kind:expr;)*) => {$(
        $(#[$attribute])*
        pub(crate) mod $module {
            use serde_json::Value;
            use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};

            pub(crate) async fn create(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
                super::create($kind, context, properties).await
            }

            pub(crate) async fn update(
                context: &ResourceContext,
                physical_id: &str,
                old: &Value,
                new: &Value,
            ) -> Result<Update, ProviderError> {
                super::update($kind, context, physical_id, old, new).await
            }

            pub(crate) async fn delete(
                context: &ResourceContext,
                physical_id: &str,
                properties: &Value,
            ) -> Result<(), ProviderError> {
                super::delete($kind, context, physical_id, properties).await
            }

            pub(crate) async fn read(
                context: &ResourceContext,
                physical_id: &str,
                declared: &Value,
            ) -> Result<Live, ProviderError> {
                super::read($kind, context, physical_id, declared).await
            }
        }
    )*};
}
pub(crate) use providers;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_listed_by_kind_and_region() {
        let records = Records::open(None, "things").unwrap();
        records
            .change(|table| {
                for (kind, id, region) in [("A", "2", "r1"), ("A", "1", "r1"), ("Ab", "3", "r1"), ("A", "4", "r2")] {
                    table.put(Record::new(kind, id, region, &json!({"Name": id, "Tags": []})));
                }
                Ok(())
            })
            .unwrap();
        let ids: Vec<String> = records.list("r1", "A").into_iter().map(|record| record.id).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(records.get("r2", "A", "4").unwrap().properties, *json!({"Name": "4"}).as_object().unwrap());
        assert_eq!(records.get("r2", "A", "1"), None);
    }

    #[test]
    fn times_are_written_as_both_kinds_of_protocols_have_them() {
        assert_eq!(iso_time(1_790_000_000_500), "2026-09-21T14:13:20.5Z");
        assert_eq!(epoch_seconds(1_790_000_000_500), json!(1_790_000_000.5));
    }
}

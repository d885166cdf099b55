//! How CloudFormation makes hosted zones and record sets.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::batch::normal;
use super::names::{absolute, key};
use super::{Action, Change, NAME_SERVERS, RecordSet, Zone};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, required_text, text};

fn zone_tags(context: &ResourceContext, properties: &Value) -> BTreeMap<String, String> {
    crate::wire::properties::tags(&json!({"Tags": properties.get("HostedZoneTags")}), &context.tags)
}

fn settle(zone: &mut Zone, context: &ResourceContext, properties: &Value) {
    properties["HostedZoneConfig"]["Comment"].as_str().unwrap_or_default().clone_into(&mut zone.comment);
    zone.tags = zone_tags(context, properties);
    let networks = properties["VPCs"].as_array().map_or(&[][..], Vec::as_slice).iter();
    zone.networks = networks
        .filter_map(|network| Some((text(network, "VPCRegion")?.to_owned(), text(network, "VPCId")?.to_owned())))
        .collect();
}

fn provisioned_zone(zone: &Zone) -> Provisioned {
    let servers: &[&str] = if zone.networks.is_empty() { &NAME_SERVERS } else { &[] };
    let attributes = Map::from_iter([("Id".to_owned(), json!(zone.id)), ("NameServers".to_owned(), json!(servers))]);
    Provisioned { physical_id: zone.id.clone(), attributes }
}

/// `AWS::Route53::HostedZone`. `Ref` is its id.
pub(crate) async fn create_hosted_zone(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let reference = uuid::Uuid::new_v4().to_string();
    let name = required_text(properties, "Name")?;
    let zone = context.cloud.route53.create_zone(name, &reference, |zone| settle(zone, context, properties))?;
    Ok(provisioned_zone(&zone))
}

/// Changes comment, networks and tags.
pub(crate) async fn update_hosted_zone(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name"]) {
        return Ok(Update::Replace);
    }
    let zone = context.cloud.route53.change_zone(physical_id, |zone| settle(zone, context, new))?;
    Ok(Update::InPlace(provisioned_zone(&zone)))
}

/// Removes a zone that nobody put records into.
pub(crate) async fn delete_hosted_zone(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.route53.delete_zone(physical_id)?)
}

/// A zone as its template has it.
pub(crate) async fn read_hosted_zone(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(zone) = context.cloud.route53.zone(physical_id) else { return Ok(Live::Gone) };
    let declared_name = text(declared, "Name").filter(|name| absolute(name) == zone.name);
    let mut properties =
        json!({"Name": declared_name.unwrap_or(&zone.name), "HostedZoneConfig": {"Comment": zone.comment}});
    if !zone.networks.is_empty() {
        let networks = zone.networks.iter().map(|(region, id)| json!({"VPCRegion": region, "VPCId": id}));
        properties["VPCs"] = networks.collect();
    }
    let own = zone.tags.iter().filter(|(key, value)| context.tags.get(*key) != Some(*value));
    properties["HostedZoneTags"] = own.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Live::Properties(properties))
}

/// The zone that a record set says it is in, where it is here.
fn zone_of(context: &ResourceContext, properties: &Value) -> Option<String> {
    let service = &context.cloud.route53;
    if let Some(id) = text(properties, "HostedZoneId") {
        return service.zone(id).ok().map(|zone| zone.id);
    }
    let name = absolute(text(properties, "HostedZoneName")?);
    service.zones().into_iter().find(|zone| zone.name == name).map(|zone| zone.id)
}

/// The same for writing: a zone that is kept elsewhere is made, wide enough for the record set `record`.
fn open_zone_of(context: &ResourceContext, properties: &Value, record: &Value) -> Result<String, ProviderError> {
    let service = &context.cloud.route53;
    let zone = match (text(properties, "HostedZoneId"), text(properties, "HostedZoneName")) {
        (Some(id), _) => service.open_zone(id, text(record, "Name").unwrap_or_default()).map_err(|error| {
            let help = "give the id of a zone, or make one with `aws route53 create-hosted-zone` or in the template";
            ProviderError::new("NotFound", format!("{}: {help}", error.message))
        })?,
        (None, Some(name)) => service.open_zone_named(name)?,
        (None, None) => return Err(ProviderError::invalid("a record set needs `HostedZoneId` or `HostedZoneName`")),
    };
    Ok(zone.id)
}

/// Changes a zone; one that is kept elsewhere is forgotten where nothing is in it after that.
fn change(context: &ResourceContext, zone: &str, changes: &[Change]) -> Result<(), ProviderError> {
    let outcome = context.cloud.route53.change_record_sets(zone, changes);
    context.cloud.route53.close_zone(zone)?;
    Ok(outcome.map(drop)?)
}

fn check_owner(properties: &Value) -> Result<(), ProviderError> {
    required_text(properties, "Name")?;
    required_text(properties, "Type")?;
    Ok(())
}

/// `AWS::Route53::RecordSet`. `Ref` is its name.
pub(crate) async fn create_record_set(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    check_owner(properties)?;
    let zone = open_zone_of(context, properties, properties)?;
    change(context, &zone, &[Change::new(Action::Create, properties)])?;
    Ok(provisioned_record_set(properties))
}

fn provisioned_record_set(properties: &Value) -> Provisioned {
    Provisioned { physical_id: text(properties, "Name").unwrap_or_default().to_owned(), attributes: Map::new() }
}

/// Writes the record set anew.
pub(crate) async fn update_record_set(
    context: &ResourceContext,
    _physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["HostedZoneId", "HostedZoneName", "Name"]) {
        return Ok(Update::Replace);
    }
    check_owner(new)?;
    let zone = open_zone_of(context, new, new)?;
    let mut changes = Vec::new();
    let (before, after) = (normal(old), normal(new));
    if key(&before) != key(&after) {
        changes
            .extend(present(context, &zone, &before).map(|record_set| Change { action: Action::Delete, record_set }));
    }
    changes.push(Change { action: Action::Upsert, record_set: after });
    change(context, &zone, &changes)?;
    Ok(Update::InPlace(provisioned_record_set(new)))
}

/// The record set of a zone that has the name, type and identifier of this one.
fn present(context: &ResourceContext, zone: &str, like: &RecordSet) -> Option<RecordSet> {
    context.cloud.route53.zone(zone).ok()?.record_sets.get(&key(like)).cloned()
}

/// Removes the record set, whatever it says by now.
pub(crate) async fn delete_record_set(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    delete_all(context, properties, &[normal(properties)])
}

fn delete_all(context: &ResourceContext, owner: &Value, like: &[RecordSet]) -> Result<(), ProviderError> {
    // Where the zone is gone, so are its records.
    let Some(zone) = zone_of(context, owner) else { return Ok(()) };
    let present = like.iter().filter_map(|like| present(context, &zone, like));
    let changes: Vec<Change> = present.map(|record_set| Change { action: Action::Delete, record_set }).collect();
    if !changes.is_empty() {
        change(context, &zone, &changes)?;
    }
    Ok(())
}

/// A record set as its template has it.
pub(crate) async fn read_record_set(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(zone) = zone_of(context, declared) else { return Ok(Live::Gone) };
    let Some(found) = present(context, &zone, &normal(declared)) else { return Ok(Live::Gone) };
    let mut properties = as_declared(&found, declared);
    for name in ["HostedZoneId", "HostedZoneName"] {
        if let Some(value) = declared.get(name) {
            properties.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Live::Properties(Value::Object(properties)))
}

/// A record set that is written as the template writes it where both mean the same: `WWW.Example.com` and `www.example.com.`.
fn as_declared(found: &RecordSet, declared: &Value) -> RecordSet {
    let mut properties = found.clone();
    let meant = normal(declared);
    for (name, value) in found {
        if meant.get(name) == Some(value)
            && let Some(written) = declared.get(name)
        {
            properties.insert(name.clone(), written.clone());
        }
    }
    properties
}

fn group(properties: &Value) -> Vec<Value> {
    properties["RecordSets"].as_array().cloned().unwrap_or_default()
}

/// `AWS::Route53::RecordSetGroup`: record sets of one zone, made together. `Ref` is a generated name.
pub(crate) async fn create_record_set_group(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let sets = group(properties);
    sets.iter().try_for_each(check_owner)?;
    let zone = open_zone_of(context, properties, sets.first().unwrap_or(&Value::Null))?;
    let changes: Vec<Change> = sets.iter().map(|one| Change::new(Action::Create, one)).collect();
    change(context, &zone, &changes)?;
    Ok(Provisioned { physical_id: context.generated_name(64), attributes: Map::new() })
}

/// Writes the record sets anew and removes those that are no longer listed, in one batch.
pub(crate) async fn update_record_set_group(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["HostedZoneId", "HostedZoneName"]) {
        return Ok(Update::Replace);
    }
    let zone = open_zone_of(context, new, new["RecordSets"].get(0).unwrap_or(&Value::Null))?;
    let wanted: Vec<RecordSet> = group(new).iter().map(normal).collect();
    let gone = group(old)
        .iter()
        .map(normal)
        .filter(|one| !wanted.iter().any(|wanted| key(wanted) == key(one)))
        .collect::<Vec<_>>();
    let gone = gone.iter().filter_map(|one| present(context, &zone, one));
    let mut changes: Vec<Change> = gone.map(|record_set| Change { action: Action::Delete, record_set }).collect();
    changes.extend(wanted.into_iter().map(|record_set| Change { action: Action::Upsert, record_set }));
    change(context, &zone, &changes)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes the record sets.
pub(crate) async fn delete_record_set_group(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let like: Vec<RecordSet> = group(properties).iter().map(normal).collect();
    delete_all(context, properties, &like)
}

#[cfg(test)]
mod tests {
    use super::super::names::text as member;
    use super::*;

    #[test]
    fn a_record_set_reads_as_its_template_writes_it() {
        let declared = json!({"Name": "WWW.example.com", "Type": "A", "TTL": 300, "ResourceRecords": ["192.0.2.1"]});
        let mut found = normal(&declared);
        assert_eq!(member(&found, "Name"), "www.example.com.");
        assert_eq!(Value::Object(as_declared(&found, &declared)), declared);
        found.insert("TTL".to_owned(), json!("60"));
        assert_eq!(as_declared(&found, &declared)["TTL"], "60");
    }
}

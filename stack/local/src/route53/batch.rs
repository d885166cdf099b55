//! Changing record sets: everything that is wrong with a batch is found before anything of it is done.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::names::{absolute, is_record_name, is_within, key, key_of, text};
use super::{RecordSet, Zone};
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Delete,
    Upsert,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) record_set: RecordSet,
}

impl Change {
    /// A change with a record set in the form of the template; names are made absolute, texts of numbers one kind.
    pub(crate) fn new(action: Action, record_set: &Value) -> Self {
        Self { action, record_set: normal(record_set) }
    }
}

/// Types that record sets can have.
const TYPES: [&str; 16] = [
    "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TXT",
];

/// Members of a record set; others (the zone, comments) are not a part of it.
const MEMBERS: [&str; 14] = [
    "Name",
    "Type",
    "TTL",
    "ResourceRecords",
    "AliasTarget",
    "SetIdentifier",
    "Weight",
    "Region",
    "Failover",
    "MultiValueAnswer",
    "GeoLocation",
    "HealthCheckId",
    "CidrRoutingConfig",
    "GeoProximityLocation",
];

/// A record set as it is kept: names absolute, the TTL a text.
pub(super) fn normal(record_set: &Value) -> RecordSet {
    let mut kept = RecordSet::new();
    for member in MEMBERS {
        let Some(value) = record_set.get(member).filter(|value| !value.is_null()) else { continue };
        let value = match member {
            "Name" => json!(absolute(value.as_str().unwrap_or_default())),
            "TTL" => json!(as_integer(value).map_or_else(|| value.to_string(), |seconds| seconds.to_string())),
            "Weight" => as_integer(value).map_or_else(|| value.clone(), Value::from),
            "AliasTarget" => {
                let mut target = value.clone();
                target["DNSName"] = json!(absolute(value["DNSName"].as_str().unwrap_or_default()));
                let evaluates = value["EvaluateTargetHealth"]
                    .as_bool()
                    .or_else(|| value["EvaluateTargetHealth"].as_str().map(|text| text == "true"));
                target["EvaluateTargetHealth"] = json!(evaluates.unwrap_or(false));
                target
            }
            _ => value.clone(),
        };
        kept.insert(member.to_owned(), value);
    }
    kept
}

/// The record set that answers for a name: its own, or that of the wildcard above it.
pub(super) fn find<'a>(zone: &'a Zone, name: &str, record_type: &str) -> Option<&'a RecordSet> {
    let of_name = |name: &str| {
        let prefix = key_of(name, record_type, "");
        zone.record_sets
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .map(|(_, one)| one)
            .next()
    };
    of_name(name).or_else(|| {
        let mut rest = name;
        while let Some((_, above)) = rest.split_once('.') {
            if !is_within(above, &zone.name) {
                return None;
            }
            if let Some(found) = of_name(&format!("*.{above}")) {
                return Some(found);
            }
            rest = above;
        }
        None
    })
}

/// Applies a batch to a zone.
pub(super) fn apply(zone: &mut Zone, changes: &[Change]) -> Result<(), ServiceError> {
    let mut faults = Vec::new();
    for Change { action, record_set } in changes {
        let name = text(record_set, "Name");
        let shown = format!(
            "[name='{name}', type='{}'{}]",
            text(record_set, "Type"),
            match text(record_set, "SetIdentifier") {
                "" => String::new(),
                identifier => format!(", set-identifier='{identifier}'"),
            }
        );
        if !is_within(name, &zone.name) {
            faults.push(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
            continue;
        }
        if let Some(fault) = form_fault(record_set) {
            faults.push(format!("{fault} in resource record set {shown}"));
            continue;
        }
        let key = key(record_set);
        let present = zone.record_sets.get(&key);
        match (action, present) {
            (Action::Create, Some(_)) => {
                faults.push(format!("Tried to create resource record set {shown} but it already exists"));
            }
            (Action::Delete, None) => {
                faults.push(format!("Tried to delete resource record set {shown} but it was not found"));
            }
            (Action::Delete, Some(_)) if name == zone.name && ["NS", "SOA"].contains(&text(record_set, "Type")) => {
                faults.push(match text(record_set, "Type") {
                    "SOA" => "A HostedZone must contain exactly one SOA record.".to_owned(),
                    _ => "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
                });
            }
            (Action::Delete, Some(present)) if present != record_set => faults.push(format!(
                "Tried to delete resource record set {shown} but the values provided do not match the current values"
            )),
            (Action::Delete, Some(_)) => {
                zone.record_sets.remove(&key);
            }
            (Action::Create | Action::Upsert, _) => match conflict(zone, record_set) {
                Some(fault) => faults.push(fault),
                None => {
                    zone.record_sets.insert(key, record_set.clone());
                }
            },
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(ServiceError::bad_request("InvalidChangeBatch", format!("[{}]", faults.join(", "))))
}

/// What is wrong with a record set whatever the zone holds.
fn form_fault(record_set: &RecordSet) -> Option<String> {
    let name = text(record_set, "Name");
    let record_type = text(record_set, "Type");
    if !is_record_name(name) {
        return Some(format!(
            "FATAL problem: DomainLabelEmpty or a character that is not allowed (Domain name `{name}`)"
        ));
    }
    if !TYPES.contains(&record_type) {
        return Some(format!("`{record_type}` is not a type of record sets"));
    }
    let records = record_set.get("ResourceRecords").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match (record_set.get("AliasTarget"), record_set.get("TTL"), records) {
        (Some(_), None, []) => {}
        (Some(_), ..) => return Some("an alias has neither TTL nor records of its own".to_owned()),
        (None, _, []) => return Some("Expected at least one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none".to_owned()),
        (None, None, _) => return Some("Missing field 'TTL'".to_owned()),
        (None, Some(seconds), _) if as_integer(seconds).is_none_or(|seconds| !(0..=2_147_483_647).contains(&seconds)) => {
            return Some(format!("Invalid TTL {seconds}"));
        }
        _ => {}
    }
    let routed = [
        "Weight",
        "Region",
        "Failover",
        "GeoLocation",
        "MultiValueAnswer",
        "CidrRoutingConfig",
        "GeoProximityLocation",
    ];
    let routings = routed.iter().filter(|name| record_set.contains_key(**name)).count();
    if (routings > 0) != record_set.contains_key("SetIdentifier") || routings > 1 {
        return Some("a routing policy needs a SetIdentifier, and a SetIdentifier one routing policy".to_owned());
    }
    records.iter().filter_map(Value::as_str).find_map(|value| value_fault(record_type, value))
}

fn value_fault(record_type: &str, value: &str) -> Option<String> {
    let fits = match record_type {
        "A" => value.parse::<Ipv4Addr>().is_ok(),
        "AAAA" => value.parse::<Ipv6Addr>().is_ok(),
        "CNAME" | "NS" | "PTR" => is_record_name(value),
        "MX" => value
            .split_once(' ')
            .is_some_and(|(priority, host)| priority.parse::<u16>().is_ok() && is_record_name(host.trim())),
        "TXT" | "SPF" => value.len() >= 2 && value.starts_with('"') && value.ends_with('"'),
        _ => !value.is_empty(),
    };
    let why = match record_type {
        "A" => "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)",
        "AAAA" => "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)",
        "CNAME" => "CNAMERRDATANotSingleField (Value is not a domain name)",
        "TXT" | "SPF" => "InvalidCharacterString (Value should be enclosed in quotation marks)",
        _ => "InvalidRData (Value does not fit the type)",
    };
    (!fits).then(|| format!("Invalid Resource Record: 'FATAL problem: {why} encountered with '{value}''"))
}

/// What does not go with the other record sets of the zone.
fn conflict(zone: &Zone, record_set: &RecordSet) -> Option<String> {
    let (name, record_type) = (text(record_set, "Name"), text(record_set, "Type"));
    if record_type == "CNAME" && name == zone.name {
        return Some(format!(
            "RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {}",
            zone.name
        ));
    }
    let others =
        || zone.record_sets.values().filter(|one| text(one, "Name") == name && text(one, "Type") != record_type);
    let with_alias =
        others().any(|one| text(one, "Type") == "CNAME") || (record_type == "CNAME" && others().next().is_some());
    if with_alias {
        return Some(format!(
            "RRSet of type {record_type} with DNS name {name} is not permitted because a conflicting RRSet of another type with the same DNS name already exists in zone {}",
            zone.name
        ));
    }
    let of_name = zone.record_sets.values().filter(|one| text(one, "Name") == name && text(one, "Type") == record_type);
    let mixed = of_name
        .filter(|one| key(one) != key(record_set))
        .any(|one| text(one, "SetIdentifier").is_empty() || text(record_set, "SetIdentifier").is_empty());
    if mixed {
        return Some(format!(
            "RRSet with DNS name {name}, type {record_type} cannot be created as a non-weighted set beside one with a SetIdentifier"
        ));
    }
    let target = record_set.get("AliasTarget")?;
    let (target_name, target_zone) = (target["DNSName"].as_str()?, target["HostedZoneId"].as_str()?);
    if target_zone != zone.id {
        return None;
    }
    if !is_within(target_name, &zone.name) {
        return Some(format!(
            "Tried to create an alias that targets {target_name}, type {record_type} in zone {target_zone}, but the alias target name does not lie within the target zone"
        ));
    }
    find(zone, target_name, record_type).is_none().then(|| {
        format!("Tried to create an alias that targets {target_name}, type {record_type} in zone {target_zone}, but that target was not found")
    })
}

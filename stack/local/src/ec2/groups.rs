//! Security groups and their rules. A rule is a record of its own, whoever made it: the group's template, a template's
//! `SecurityGroupIngress`, or the API.

use serde_json::{Map, Value, json};

use super::cidr::Block;
use super::create::plain;
use super::{Ec2, Kind, require, required};
use crate::records::{Record, Table};
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

/// Attribute of rules that are resources of their own, and no part of what their group's template says.
const ALONE: &str = "Alone";

/// Properties that name the peer of a rule; exactly one is there.
const PEERS: [&str; 7] = [
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
    "SourceSecurityGroupName",
];

/// Everything that makes two rules the same rule.
const IDENTITY: [&str; 4] = ["GroupId", "IpProtocol", "FromPort", "ToPort"];

fn invalid(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(code, message)
}

pub(super) fn create_group(table: &mut Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    required(properties, "GroupDescription")?;
    let vpc = if let Some(vpc) = properties.get("VpcId").and_then(Value::as_str) {
        require(table, region, Kind::Vpc, vpc)?.id.clone()
    } else {
        let default = table.list(region, Kind::Vpc.as_str()).find(|vpc| is_default(vpc));
        default.map(|vpc| vpc.id.clone()).ok_or_else(|| {
            invalid(
                "VPCIdNotSpecified",
                "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
            )
        })?
    };
    let mut record = plain(Kind::SecurityGroup, region, properties, "GroupId");
    let name = match properties.get("GroupName").and_then(Value::as_str) {
        Some(name) if name.starts_with("sg-") => {
            return Err(invalid(
                "InvalidParameterValue",
                "invalid value for parameter groupName: Group names may not be in the format sg-*",
            ));
        }
        Some(name) => name.to_owned(),
        None => record.id.clone(),
    };
    let is_taken = table
        .list(region, Kind::SecurityGroup.as_str())
        .any(|group| group.text("VpcId") == vpc && group.text("GroupName") == name);
    if is_taken {
        return Err(invalid(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc}'"),
        ));
    }
    record = record.clone().with("Id", record.id.clone()).with("VpcId", vpc.clone());
    record.properties.insert("VpcId".to_owned(), json!(vpc));
    record.properties.insert("GroupName".to_owned(), json!(name));
    // Rules are records of their own; `put_rules` makes them once the group is there.
    let rules = (record.properties.remove("SecurityGroupIngress"), record.properties.remove("SecurityGroupEgress"));
    table.put(record.clone());
    put_rules(table, region, &record.id, false, rules.0.as_ref())?;
    let everywhere = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
    put_rules(table, region, &record.id, true, Some(rules.1.as_ref().unwrap_or(&everywhere)))?;
    Ok(record)
}

/// True for the VPC that a region has from the start.
pub(super) fn is_default(vpc: &Record) -> bool {
    vpc.attributes.get("IsDefault") == Some(&Value::Bool(true))
}

/// Makes the rules of a group what its template lists; rules that are resources of their own stay.
pub(super) fn put_rules(
    table: &mut Table,
    region: &str,
    group: &str,
    egress: bool,
    wanted: Option<&Value>,
) -> Result<(), ServiceError> {
    let wanted: Vec<Value> = wanted
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|rule| {
            let mut rule = rule.clone();
            rule["GroupId"] = json!(group);
            rule
        })
        .collect();
    let present: Vec<Record> =
        rules_of(table, region, group, egress).filter(|rule| !rule.attributes.contains_key(ALONE)).cloned().collect();
    for rule in &present {
        if !wanted.iter().any(|wanted| same_rule(&rule.properties, wanted)) {
            table.remove(region, Kind::Rule.as_str(), &rule.id);
        }
    }
    for rule in wanted {
        let known = present.iter().find(|known| same_rule(&known.properties, &rule));
        if let Some(known) = known {
            // The description alone may differ.
            if let Some(known) = table.get_mut(region, Kind::Rule.as_str(), &known.id) {
                known.properties = rule.as_object().cloned().unwrap_or_default();
            }
            continue;
        }
        let made = rule_record(table, region, egress, &rule)?;
        table.put(made);
    }
    Ok(())
}

/// The rules of a group in one direction.
pub(super) fn rules_of<'a>(
    table: &'a Table,
    region: &str,
    group: &'a str,
    egress: bool,
) -> impl Iterator<Item = &'a Record> {
    table.list(region, Kind::Rule.as_str()).filter(move |rule| {
        rule.text("GroupId") == group && rule.attributes.get("Egress") == Some(&Value::Bool(egress))
    })
}

/// A rule that is a resource of its own: `Egress` says which way.
pub(super) fn create_rule(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let mut properties = properties.clone();
    let egress = properties.as_object_mut().and_then(|fields| fields.remove("Egress")) == Some(Value::Bool(true));
    Ok(rule_record(table, region, egress, &properties)?.with(ALONE, true))
}

pub(super) fn rule_record(
    table: &Table,
    region: &str,
    egress: bool,
    properties: &Value,
) -> Result<Record, ServiceError> {
    let group = require(table, region, Kind::SecurityGroup, required(properties, "GroupId")?)?;
    check_rule(table, region, properties)?;
    if rules_of(table, region, &group.id, egress).any(|other| same_rule(&other.properties, properties)) {
        let show =
            |name: &str| properties.get(name).and_then(as_integer).map_or("ALL".to_owned(), |port| port.to_string());
        let peer = PEERS.iter().find_map(|name| properties.get(*name)?.as_str()).unwrap_or_default();
        return Err(invalid(
            "InvalidPermission.Duplicate",
            format!(
                "the specified rule \"peer: {peer}, {}, from port: {}, to port: {}, ALLOW\" already exists",
                properties["IpProtocol"].as_str().unwrap_or_default(),
                show("FromPort"),
                show("ToPort")
            ),
        ));
    }
    let id = Kind::Rule.fresh_id();
    Ok(Record::new(Kind::Rule.as_str(), &id, region, properties).with("Id", id).with("Egress", egress))
}

fn check_rule(table: &Table, region: &str, properties: &Value) -> Result<(), ServiceError> {
    let protocol = required(properties, "IpProtocol")?;
    let peers: Vec<&str> =
        PEERS.into_iter().filter(|name| properties.get(*name).is_some_and(|peer| !peer.is_null())).collect();
    let [peer] = peers.as_slice() else {
        return Err(invalid(
            "InvalidParameterCombination",
            "a rule names one peer: a CIDR block, a security group or a prefix list",
        ));
    };
    let named = properties[*peer].as_str().unwrap_or_default();
    match *peer {
        "CidrIp" if Block::parse(named).is_none() => {
            return Err(invalid("InvalidParameterValue", format!("CIDR block {named} is malformed")));
        }
        "SourceSecurityGroupId" | "DestinationSecurityGroupId" => {
            require(table, region, Kind::SecurityGroup, named)?;
        }
        "SourceSecurityGroupName" => {
            return Err(invalid("InvalidParameterValue", "groups are named by `SourceSecurityGroupId` inside a VPC"));
        }
        _ => {}
    }
    let port = |name: &str| properties.get(name).and_then(as_integer);
    if ["tcp", "udp", "6", "17"].contains(&protocol) {
        match (port("FromPort"), port("ToPort")) {
            (Some(from), Some(to)) if (0..=65535).contains(&from) && from <= to && to <= 65535 => {}
            (Some(-1), Some(-1)) | (None, None) => {}
            (from, to) => {
                let show = |port: Option<i64>| port.map_or_else(|| "nothing".to_owned(), |port| port.to_string());
                return Err(invalid(
                    "InvalidParameterValue",
                    format!("Invalid TCP/UDP port range ({}:{})", show(from), show(to)),
                ));
            }
        }
    } else if protocol != "-1" && !["icmp", "icmpv6", "1", "58"].contains(&protocol) && protocol.parse::<u8>().is_err()
    {
        return Err(invalid(
            "InvalidPermission.Malformed",
            format!("Invalid value '{protocol}' for IP protocol. Unknown protocol."),
        ));
    }
    Ok(())
}

/// Whether two rules of one direction let the same through, whatever their descriptions say.
pub(super) fn same_rule(one: &Map<String, Value>, other: &Value) -> bool {
    IDENTITY.iter().chain(&PEERS).all(|name| {
        let normal = |value: Option<&Value>| match value {
            None | Some(Value::Null) => Value::Null,
            Some(value) => as_integer(value).map_or_else(|| value.clone(), Value::from),
        };
        normal(one.get(*name)) == normal(other.get(*name))
    })
}

impl Ec2 {
    /// The rules of a group that its own template speaks of, as the template writes them.
    pub(super) fn template_rules(&self, region: &str, group: &str, egress: bool) -> Value {
        self.records.read(|table| {
            rules_of(table, region, group, egress)
                .filter(|rule| !rule.attributes.contains_key(ALONE))
                .map(|rule| {
                    let mut properties = rule.properties.clone();
                    properties.remove("GroupId");
                    Value::Object(properties)
                })
                .collect()
        })
    }
}

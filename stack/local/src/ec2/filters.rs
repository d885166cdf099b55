//! Which records a `Describe...` asks for: ids and filters.

use serde_json::Value;

use super::groups::is_default;
use super::{Ec2, Kind};
use crate::records::Record;
use crate::wire::{Form, ServiceError};

impl Ec2 {
    /// The records of a kind that the request's ids (`ids` is the name of their list) and filters let through, by id.
    ///
    /// # Errors
    /// An id that is not there, a filter that is not served.
    pub(super) fn select(&self, form: &Form, region: &str, kind: Kind, ids: &str) -> Result<Vec<Record>, ServiceError> {
        let wanted = form.flat_list(ids);
        let mut records = self.records.list(region, kind.as_str());
        for record in &mut records {
            self.join(record, kind);
        }
        if let Some(missing) = wanted.iter().find(|id| !records.iter().any(|record| record.id == **id)) {
            return Err(kind.not_found(missing));
        }
        records.retain(|record| wanted.is_empty() || wanted.contains(&record.id));
        for filter in form.flat_structures("Filter") {
            let name = filter.require("Name")?.to_owned();
            let values = filter.flat_list("Value");
            if let Some(first) = records.first() {
                // An unknown filter is refused, rather than read as one that nothing passes.
                field(first, kind, &name)?;
            }
            records.retain(|record| {
                let found = field(record, kind, &name).unwrap_or_default();
                found.iter().any(|text| values.iter().any(|value| matches(value, text)))
            });
        }
        Ok(records)
    }
}

impl Ec2 {
    /// Adds what other records say of this one: where a gateway is attached, which subnets a route table has.
    fn join(&self, record: &mut Record, kind: Kind) {
        let others = |kind: Kind| self.records.list(&record.region, kind.as_str());
        match kind {
            Kind::InternetGateway => {
                let mut attachments = others(Kind::VpcGatewayAttachment).into_iter();
                let attachment = attachments.find(|one| one.text("InternetGatewayId") == record.id);
                let vpc = attachment.map(|one| one.text("VpcId").to_owned()).unwrap_or_default();
                record.attributes.insert("AttachedTo".to_owned(), vpc.into());
            }
            Kind::RouteTable => {
                let associations = others(Kind::SubnetRouteTableAssociation);
                let own = associations.iter().filter(|one| one.text("RouteTableId") == record.id);
                let subnets: Vec<&str> = own.map(|one| one.text("SubnetId")).collect();
                record.attributes.insert("Subnets".to_owned(), subnets.into());
            }
            _ => {}
        }
    }
}

/// Texts of a record under the name of a filter.
fn field(record: &Record, kind: Kind, name: &str) -> Result<Vec<String>, ServiceError> {
    if let Some(key) = name.strip_prefix("tag:") {
        return Ok(record.tags.get(key).cloned().into_iter().collect());
    }
    let one = |text: &str| Ok(vec![text.to_owned()]);
    let list = |name: &str| {
        let list = record.property(name).as_array().map_or(&[][..], Vec::as_slice);
        Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    match (name, kind) {
        ("tag-key", _) => Ok(record.tags.keys().cloned().collect()),
        ("vpc-id", Kind::NatGateway) => one(record.attribute("VpcId")),
        ("subnet-id", Kind::NatGateway) => one(record.text("SubnetId")),
        ("group-id", Kind::Rule) => one(record.text("GroupId")),
        ("internet-gateway-id", Kind::InternetGateway)
        | ("nat-gateway-id", Kind::NatGateway)
        | ("route-table-id", Kind::RouteTable)
        | ("security-group-rule-id", Kind::Rule)
        | ("allocation-id", Kind::Eip)
        | ("vpc-id", Kind::Vpc)
        | ("subnet-id", Kind::Subnet)
        | ("group-id", Kind::SecurityGroup)
        | ("vpc-endpoint-id", Kind::VpcEndpoint) => one(&record.id),
        ("vpc-id", _) => one(record.text("VpcId")),
        ("public-ip", Kind::Eip) => one(record.attribute("PublicIp")),
        ("group-name", _) => one(record.text("GroupName")),
        ("description", _) => one(record.text("GroupDescription")),
        ("cidr" | "cidr-block" | "cidrBlock" | "cidr-block-association.cidr-block", _) => one(record.text("CidrBlock")),
        ("availability-zone" | "availabilityZone", _) => one(record.text("AvailabilityZone")),
        ("is-default" | "isDefault" | "default-for-az" | "defaultForAz", _) => one(&is_default(record).to_string()),
        ("map-public-ip-on-launch", _) => one(&(record.property("MapPublicIpOnLaunch") == true).to_string()),
        ("state" | "vpc-endpoint-state", _) => one("available"),
        ("owner-id", _) => one(crate::settings::DEFAULT_ACCOUNT),
        ("service-name", _) => one(record.text("ServiceName")),
        ("vpc-endpoint-type", _) => one(record.text("VpcEndpointType")),
        ("attachment.vpc-id", _) => one(record.attribute("AttachedTo")),
        ("attachment.state", _) if !record.attribute("AttachedTo").is_empty() => one("available"),
        ("attachment.state", _) => Ok(Vec::new()),
        ("association.main", Kind::RouteTable) => {
            one(&(record.attributes.get("Main") == Some(&Value::Bool(true))).to_string())
        }
        ("association.subnet-id", Kind::RouteTable) => {
            let subnets = record.attributes.get("Subnets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            Ok(subnets.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        ("route-table-id" | "route-table-ids", _) => list("RouteTableIds"),
        _ => Err(ServiceError::bad_request(
            "InvalidParameterValue",
            format!("The filter '{name}' is invalid, or not one that the local cloud serves"),
        )),
    }
}

/// Whether a text is what a filter asks for: `*` is any text, `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut position, mut star) = (0, 0, None);
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                at = back + 1;
                position = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_filters() {
        for (pattern, text, expected) in [
            ("main", "main", true),
            ("main", "Main", false),
            ("*", "", true),
            ("ma*", "main", true),
            ("*a*n", "main", true),
            ("m?in", "main", true),
            ("m?n", "main", false),
            ("*x", "main", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

//! Records as EC2 writes them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::create::ROUTE_TARGETS;
use super::groups::{is_default, rules_of};
use super::input::peer_properties;
use super::{Ec2, Kind};
use crate::records::Record;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::XmlWriter;
use crate::wire::properties::{as_flag, as_integer};

/// `<tagSet>`.
pub(super) fn write_tags(xml: &mut XmlWriter, tags: &BTreeMap<String, String>) {
    xml.items("tagSet", tags, |xml, (key, value)| {
        xml.text("key", key);
        xml.text("value", value);
    });
}

fn flag(record: &Record, name: &str) -> &'static str {
    if record.properties.get(name).and_then(as_flag).unwrap_or(false) { "true" } else { "false" }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str)
}

impl Ec2 {
    /// The members of a record of any kind.
    pub(super) fn write(&self, xml: &mut XmlWriter, kind: Kind, record: &Record) {
        match kind {
            Kind::Vpc => write_vpc(xml, record),
            Kind::Subnet => write_subnet(xml, record),
            Kind::SecurityGroup => self.write_group(xml, record),
            Kind::Rule => write_rule(xml, record),
            Kind::RouteTable => self.write_route_table(xml, record),
            Kind::InternetGateway => write_internet_gateway(xml, record),
            Kind::NatGateway => self.write_nat_gateway(xml, record),
            Kind::Eip => self.write_address(xml, record),
            Kind::VpcEndpoint => self.write_endpoint(xml, record),
            Kind::Route | Kind::SubnetRouteTableAssociation | Kind::VpcGatewayAttachment => {}
        }
    }

    fn others(&self, record: &Record, kind: Kind) -> Vec<Record> {
        self.records.list(&record.region, kind.as_str())
    }

    fn write_group(&self, xml: &mut XmlWriter, record: &Record) {
        xml.text("ownerId", DEFAULT_ACCOUNT);
        xml.text("groupId", &record.id);
        xml.text("groupName", record.text("GroupName"));
        xml.text("groupDescription", record.text("GroupDescription"));
        xml.text("vpcId", record.text("VpcId"));
        self.records.read(|table| {
            for (name, egress) in [("ipPermissions", false), ("ipPermissionsEgress", true)] {
                xml.items(name, rules_of(table, &record.region, &record.id, egress), |xml, rule| {
                    write_permission(xml, rule, egress);
                });
            }
        });
        write_tags(xml, &record.tags);
    }

    fn write_route_table(&self, xml: &mut XmlWriter, record: &Record) {
        xml.text("routeTableId", &record.id);
        xml.text("vpcId", record.text("VpcId"));
        xml.text("ownerId", DEFAULT_ACCOUNT);
        let vpc = self.records.get(&record.region, Kind::Vpc.as_str(), record.text("VpcId"));
        let routes = self.others(record, Kind::Route);
        xml.element("routeSet", |xml| {
            xml.element("item", |xml| {
                xml.text("destinationCidrBlock", vpc.as_ref().map_or("", |vpc| vpc.text("CidrBlock")));
                xml.text("gatewayId", "local");
                xml.text("state", "active");
                xml.text("origin", "CreateRouteTable");
            });
            for route in routes.iter().filter(|route| route.text("RouteTableId") == record.id) {
                xml.element("item", |xml| write_route(xml, route));
            }
        });
        let associations = self.others(record, Kind::SubnetRouteTableAssociation);
        let state = |xml: &mut XmlWriter| xml.element("associationState", |xml| xml.text("state", "associated"));
        xml.element("associationSet", |xml| {
            if record.attributes.get("Main") == Some(&Value::Bool(true)) {
                xml.element("item", |xml| {
                    xml.text("routeTableAssociationId", record.id.replace("rtb-", "rtbassoc-"));
                    xml.text("routeTableId", &record.id);
                    xml.text("main", "true");
                    state(xml);
                });
            }
            for association in associations.iter().filter(|one| one.text("RouteTableId") == record.id) {
                xml.element("item", |xml| {
                    xml.text("routeTableAssociationId", &association.id);
                    xml.text("routeTableId", &record.id);
                    xml.text("subnetId", association.text("SubnetId"));
                    xml.text("main", "false");
                    state(xml);
                });
            }
        });
        write_tags(xml, &record.tags);
    }

    fn write_nat_gateway(&self, xml: &mut XmlWriter, record: &Record) {
        let allocation = record.text("AllocationId");
        let address = self.records.get(&record.region, Kind::Eip.as_str(), allocation);
        xml.text("natGatewayId", &record.id);
        xml.text("subnetId", record.text("SubnetId"));
        xml.text("vpcId", record.attribute("VpcId"));
        xml.text("state", "available");
        xml.text("createTime", record.created_iso());
        let public = address.is_some();
        xml.text("connectivityType", if public { "public" } else { "private" });
        xml.items("natGatewayAddressSet", address.iter(), |xml, address| {
            xml.text("allocationId", allocation);
            xml.text("publicIp", address.attribute("PublicIp"));
            xml.text("isPrimary", "true");
            xml.text("status", "succeeded");
        });
        write_tags(xml, &record.tags);
    }

    fn write_address(&self, xml: &mut XmlWriter, record: &Record) {
        xml.text("publicIp", record.attribute("PublicIp"));
        xml.text("allocationId", &record.id);
        xml.text("domain", "vpc");
        let holder =
            self.others(record, Kind::NatGateway).into_iter().find(|nat| nat.text("AllocationId") == record.id);
        xml.optional("associationId", holder.map(|_| record.id.replace("eipalloc-", "eipassoc-")));
        write_tags(xml, &record.tags);
    }

    fn write_endpoint(&self, xml: &mut XmlWriter, record: &Record) {
        let kind = record.properties.get("VpcEndpointType").and_then(Value::as_str).unwrap_or("Gateway");
        xml.text("vpcEndpointId", &record.id);
        xml.text("vpcEndpointType", kind);
        xml.text("vpcId", record.text("VpcId"));
        xml.text("serviceName", record.text("ServiceName"));
        xml.text("state", "available");
        xml.text("privateDnsEnabled", flag(record, "PrivateDnsEnabled"));
        xml.text("requesterManaged", "false");
        match record.property("PolicyDocument") {
            Value::Null => {
                let everything = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
                xml.text("policyDocument", everything);
            }
            Value::String(text) => xml.text("policyDocument", text),
            document => xml.text("policyDocument", document.to_string()),
        }
        xml.texts("routeTableIdSet", texts(record.property("RouteTableIds")));
        xml.texts("subnetIdSet", texts(record.property("SubnetIds")));
        xml.items("groupSet", texts(record.property("SecurityGroupIds")), |xml, id| {
            let group = self.records.get(&record.region, Kind::SecurityGroup.as_str(), id);
            xml.text("groupId", id);
            xml.text("groupName", group.as_ref().map_or("", |group| group.text("GroupName")));
        });
        xml.texts("networkInterfaceIdSet", texts(record.attributes.get("NetworkInterfaceIds").unwrap_or(&Value::Null)));
        xml.items("dnsEntrySet", texts(record.attributes.get("DnsEntries").unwrap_or(&Value::Null)), |xml, entry| {
            let (zone, name) = entry.split_once(':').unwrap_or(("", entry));
            xml.text("dnsName", name);
            xml.text("hostedZoneId", zone);
        });
        xml.text("creationTimestamp", record.created_iso());
        xml.text("ownerId", DEFAULT_ACCOUNT);
        write_tags(xml, &record.tags);
    }
}

fn write_vpc(xml: &mut XmlWriter, record: &Record) {
    xml.text("vpcId", &record.id);
    xml.text("ownerId", DEFAULT_ACCOUNT);
    xml.text("state", "available");
    xml.text("cidrBlock", record.text("CidrBlock"));
    xml.items("cidrBlockAssociationSet", [record], |xml, record| {
        let id = record.attributes.get("CidrBlockAssociations").and_then(|list| list[0].as_str());
        xml.text("associationId", id.map_or_else(|| record.id.replace("vpc-", "vpc-cidr-assoc-"), str::to_owned));
        xml.text("cidrBlock", record.text("CidrBlock"));
        xml.element("cidrBlockState", |xml| xml.text("state", "associated"));
    });
    xml.text("dhcpOptionsId", "default");
    let tenancy = record.property("InstanceTenancy").as_str().unwrap_or("default");
    xml.text("instanceTenancy", tenancy);
    xml.text("isDefault", is_default(record).to_string());
    write_tags(xml, &record.tags);
}

fn write_subnet(xml: &mut XmlWriter, record: &Record) {
    let zone = record.text("AvailabilityZone");
    xml.text("subnetId", &record.id);
    xml.text("subnetArn", super::arn_of(record, DEFAULT_ACCOUNT));
    xml.text("state", "available");
    xml.text("ownerId", DEFAULT_ACCOUNT);
    xml.text("vpcId", record.text("VpcId"));
    xml.text("cidrBlock", record.text("CidrBlock"));
    let block = super::cidr::Block::parse(record.text("CidrBlock"));
    xml.text("availableIpAddressCount", block.map_or(0, super::cidr::Block::usable).to_string());
    xml.text("availabilityZone", zone);
    xml.text("availabilityZoneId", zone_id(zone));
    xml.text("defaultForAz", is_default(record).to_string());
    xml.text("mapPublicIpOnLaunch", flag(record, "MapPublicIpOnLaunch"));
    xml.text("assignIpv6AddressOnCreation", "false");
    write_tags(xml, &record.tags);
}

/// `use1-az1` for `us-east-1a`.
pub(super) fn zone_id(zone: &str) -> String {
    let (region, letter) = zone.split_at(zone.len().saturating_sub(1));
    let number = letter.bytes().next().unwrap_or(b'a').saturating_sub(b'a') + 1;
    let parts: Vec<&str> = region.split('-').collect();
    let short: String = match parts.as_slice() {
        [area, direction, digit] => {
            // `north` and `south` come whole words as one letter, `northeast` and its like as two.
            let direction = match *direction {
                "northeast" => "ne",
                "northwest" => "nw",
                "southeast" => "se",
                "southwest" => "sw",
                other => &other[..1.min(other.len())],
            };
            format!("{area}{direction}{digit}")
        }
        _ => region.to_owned(),
    };
    format!("{short}-az{number}")
}

fn write_internet_gateway(xml: &mut XmlWriter, record: &Record) {
    xml.text("internetGatewayId", &record.id);
    xml.text("ownerId", DEFAULT_ACCOUNT);
    let vpc = record.attribute("AttachedTo");
    xml.items("attachmentSet", Some(vpc).filter(|vpc| !vpc.is_empty()), |xml, vpc| {
        xml.text("vpcId", vpc);
        xml.text("state", "available");
    });
    write_tags(xml, &record.tags);
}

fn write_route(xml: &mut XmlWriter, route: &Record) {
    for (property, element) in [
        ("DestinationCidrBlock", "destinationCidrBlock"),
        ("DestinationIpv6CidrBlock", "destinationIpv6CidrBlock"),
        ("DestinationPrefixListId", "destinationPrefixListId"),
    ] {
        xml.optional(element, route.property(property).as_str());
    }
    for (property, _) in ROUTE_TARGETS {
        let element = match property {
            "NatGatewayId" => "natGatewayId",
            _ => "gatewayId",
        };
        xml.optional(element, route.property(property).as_str());
    }
    xml.text("state", "active");
    xml.text("origin", "CreateRoute");
}

fn port(record: &Record, name: &str) -> Option<String> {
    record.properties.get(name).and_then(as_integer).map(|port| port.to_string())
}

fn write_permission(xml: &mut XmlWriter, rule: &Record, egress: bool) {
    xml.text("ipProtocol", rule.text("IpProtocol"));
    xml.optional("fromPort", port(rule, "FromPort"));
    xml.optional("toPort", port(rule, "ToPort"));
    let (group, list) = peer_properties(egress);
    let mut peer = |set: &str, element: &str, property: &str| {
        xml.items(set, rule.property(property).as_str(), |xml, peer| {
            if property == group {
                xml.text("userId", DEFAULT_ACCOUNT);
            }
            xml.text(element, peer);
            xml.optional("description", rule.property("Description").as_str());
        });
    };
    peer("ipRanges", "cidrIp", "CidrIp");
    peer("ipv6Ranges", "cidrIpv6", "CidrIpv6");
    peer("groups", "groupId", group);
    peer("prefixListIds", "prefixListId", list);
}

fn write_rule(xml: &mut XmlWriter, rule: &Record) {
    let egress = rule.attributes.get("Egress") == Some(&Value::Bool(true));
    xml.text("securityGroupRuleId", &rule.id);
    xml.text("groupId", rule.text("GroupId"));
    xml.text("groupOwnerId", DEFAULT_ACCOUNT);
    xml.text("isEgress", egress.to_string());
    xml.text("ipProtocol", rule.text("IpProtocol"));
    xml.text("fromPort", port(rule, "FromPort").unwrap_or_else(|| "-1".to_owned()));
    xml.text("toPort", port(rule, "ToPort").unwrap_or_else(|| "-1".to_owned()));
    xml.optional("cidrIpv4", rule.property("CidrIp").as_str());
    xml.optional("cidrIpv6", rule.property("CidrIpv6").as_str());
    let (group, list) = peer_properties(egress);
    if let Some(peer) = rule.property(group).as_str() {
        xml.element("referencedGroupInfo", |xml| {
            xml.text("groupId", peer);
            xml.text("userId", DEFAULT_ACCOUNT);
        });
    }
    xml.optional("prefixListId", rule.property(list).as_str());
    xml.optional("description", rule.property("Description").as_str());
    write_tags(xml, &rule.tags);
}

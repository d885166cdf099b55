//! Making each kind, with the checks that AWS makes.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::cidr::Block;
use super::defaults::lay_companions;
use super::{Ec2, Kind, groups, require, required, zones};
use crate::records::{Record, Table, random_hex};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, reference_list};

/// First address of those that are handed out as public ones: a block that is reserved for documentation.
const PUBLIC: u32 = u32::from_be_bytes([203, 0, 113, 0]);

impl Ec2 {
    /// Makes a resource of the kind from properties in the form of the template.
    pub(super) fn create(
        &self,
        kind: Kind,
        region: &str,
        properties: &Value,
        tags: super::input::Tags,
    ) -> Result<Record, ServiceError> {
        self.prepare(region)?;
        self.records.change(|table| create(table, kind, region, properties, tags))
    }
}

fn create(
    table: &mut Table,
    kind: Kind,
    region: &str,
    properties: &Value,
    tags: super::input::Tags,
) -> Result<Record, ServiceError> {
    let record = match kind {
        Kind::Vpc => vpc(table, region, properties)?,
        Kind::Subnet => subnet(table, region, properties)?,
        Kind::RouteTable => {
            require(table, region, Kind::Vpc, required(properties, "VpcId")?)?;
            plain(kind, region, properties, "RouteTableId")
        }
        Kind::Route => route(table, region, properties)?,
        Kind::SubnetRouteTableAssociation => association(table, region, properties)?,
        Kind::InternetGateway => plain(kind, region, properties, "InternetGatewayId"),
        Kind::VpcGatewayAttachment => attachment(table, region, properties)?,
        Kind::Eip => eip(table, region, properties)?,
        Kind::NatGateway => nat_gateway(table, region, properties)?,
        Kind::VpcEndpoint => endpoint(table, region, properties)?,
        Kind::SecurityGroup => groups::create_group(table, region, properties)?,
        Kind::Rule => groups::create_rule(table, region, properties)?,
    };
    let record = record.tagged(tags);
    table.put(record.clone());
    Ok(record)
}

/// A record whose id is its one attribute.
pub(super) fn plain(kind: Kind, region: &str, properties: &Value, attribute: &str) -> Record {
    let id = kind.fresh_id();
    Record::new(kind.as_str(), &id, region, properties).with(attribute, id)
}

fn invalid(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(code, message)
}

/// A block of a VPC or a subnet: /16 to /28.
fn network_block(properties: &Value, code: &str) -> Result<Block, ServiceError> {
    let text = required(properties, "CidrBlock")?;
    let block = Block::parse(text).ok_or_else(|| {
        invalid(
            "InvalidParameterValue",
            format!("Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."),
        )
    })?;
    if !(16..=28).contains(&block.prefix) {
        return Err(invalid(code, format!("The CIDR '{text}' is invalid.")));
    }
    Ok(block)
}

fn vpc(table: &mut Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let block = network_block(properties, "InvalidVpc.Range")?;
    let record = plain(Kind::Vpc, region, properties, "VpcId");
    let (routes, group) = (Kind::RouteTable.fresh_id(), Kind::SecurityGroup.fresh_id());
    lay_companions(table, region, &record.id, &routes, &group);
    Ok(record
        .with("CidrBlock", block.to_string())
        .with("DefaultSecurityGroup", group)
        .with("DefaultNetworkAcl", format!("acl-{}", random_hex(17)))
        .with("CidrBlockAssociations", json!([format!("vpc-cidr-assoc-{}", random_hex(17))]))
        .with("Ipv6CidrBlocks", json!([])))
}

fn subnet(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let vpc = require(table, region, Kind::Vpc, required(properties, "VpcId")?)?;
    let block = network_block(properties, "InvalidSubnet.Range")?;
    if !Block::parse(vpc.text("CidrBlock")).is_some_and(|vpc| vpc.contains(block)) {
        return Err(invalid("InvalidSubnet.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let taken = table
        .list(region, Kind::Subnet.as_str())
        .filter(|other| other.text("VpcId") == vpc.id)
        .any(|other| Block::parse(other.text("CidrBlock")).is_some_and(|other| other.overlaps(block)));
    if taken {
        return Err(invalid("InvalidSubnet.Conflict", format!("The CIDR '{block}' conflicts with another subnet")));
    }
    let zones = zones(region);
    let zone = match properties.get("AvailabilityZone").and_then(Value::as_str) {
        Some(zone) if !zones.iter().any(|known| known == zone) => {
            return Err(invalid(
                "InvalidParameterValue",
                format!(
                    "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: {}.",
                    zones.join(", ")
                ),
            ));
        }
        Some(zone) => zone.to_owned(),
        None => zones[0].clone(),
    };
    let mut record = plain(Kind::Subnet, region, properties, "SubnetId")
        .with("AvailabilityZone", zone.clone())
        .with("CidrBlock", block.to_string())
        .with("VpcId", vpc.id.clone())
        .with("NetworkAclAssociationId", format!("aclassoc-{}", random_hex(17)))
        .with("Ipv6CidrBlocks", json!([]))
        .with("OutpostArn", "");
    record.properties.insert("AvailabilityZone".to_owned(), json!(zone));
    Ok(record)
}

/// Properties of a route that say where it leads, with the kind that must be there.
pub(super) const ROUTE_TARGETS: [(&str, Kind); 3] =
    [("GatewayId", Kind::InternetGateway), ("NatGatewayId", Kind::NatGateway), ("VpcEndpointId", Kind::VpcEndpoint)];

/// Refuses a route that leads nowhere or to what is not served.
pub(super) fn check_route_target(
    table: &Table,
    region: &str,
    routes: &Record,
    properties: &Value,
) -> Result<(), ServiceError> {
    let mut targets = 0;
    for (name, kind) in ROUTE_TARGETS {
        if let Some(id) = properties.get(name).and_then(Value::as_str) {
            targets += 1;
            require(table, region, kind, id)?;
            let attached = |id: &str| {
                let attachment =
                    table.get(region, Kind::VpcGatewayAttachment.as_str(), &format!("IGW|{}", routes.text("VpcId")));
                attachment.is_some_and(|attachment| attachment.text("InternetGatewayId") == id)
            };
            if kind == Kind::InternetGateway && !attached(id) {
                return Err(invalid(
                    "InvalidParameterValue",
                    format!("route table {} and network gateway {id} belong to different networks", routes.id),
                ));
            }
        }
    }
    if targets == 1 {
        return Ok(());
    }
    Err(invalid(
        "InvalidParameterCombination",
        "a route of the local cloud has one target: `GatewayId` (an internet gateway), `NatGatewayId` or `VpcEndpointId`",
    ))
}

fn route(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let routes = require(table, region, Kind::RouteTable, required(properties, "RouteTableId")?)?;
    let destination = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"]
        .iter()
        .find_map(|name| properties.get(*name)?.as_str())
        .ok_or_else(|| invalid("MissingParameter", "The request must contain the parameter destinationCidrBlock"))?;
    check_route_target(table, region, routes, properties)?;
    let id = format!("{}|{destination}", routes.id);
    if table.get(region, Kind::Route.as_str(), &id).is_some() {
        return Err(invalid("RouteAlreadyExists", format!("The route identified by {destination} already exists.")));
    }
    Ok(Record::new(Kind::Route.as_str(), id, region, properties).with("CidrBlock", destination))
}

fn association(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let subnet = require(table, region, Kind::Subnet, required(properties, "SubnetId")?)?;
    let routes = require(table, region, Kind::RouteTable, required(properties, "RouteTableId")?)?;
    if subnet.text("VpcId") != routes.text("VpcId") {
        return Err(invalid(
            "InvalidParameterValue",
            format!("Route table {} and subnet {} belong to different networks", routes.id, subnet.id),
        ));
    }
    let other = table
        .list(region, Kind::SubnetRouteTableAssociation.as_str())
        .find(|other| other.text("SubnetId") == subnet.id);
    if let Some(other) = other {
        return Err(invalid(
            "Resource.AlreadyAssociated",
            format!(
                "the specified association for route table {} conflicts with an existing association {}",
                other.text("RouteTableId"),
                other.id
            ),
        ));
    }
    Ok(plain(Kind::SubnetRouteTableAssociation, region, properties, "Id"))
}

fn attachment(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let vpc = require(table, region, Kind::Vpc, required(properties, "VpcId")?)?;
    if properties.get("VpnGatewayId").is_some() {
        return Err(invalid(
            "UnsupportedOperation",
            "the local cloud has no VPN gateways: `VpnGatewayId` cannot be attached",
        ));
    }
    let gateway = require(table, region, Kind::InternetGateway, required(properties, "InternetGatewayId")?)?;
    for other in table.list(region, Kind::VpcGatewayAttachment.as_str()) {
        let taken = |what: &str, id: &str| {
            Err(invalid("Resource.AlreadyAssociated", format!("resource {id} is already attached to {what}")))
        };
        if other.text("InternetGatewayId") == gateway.id {
            return taken(&format!("network {}", other.text("VpcId")), &gateway.id);
        }
        if other.text("VpcId") == vpc.id {
            return taken("an internet gateway", &vpc.id);
        }
    }
    let id = format!("IGW|{}", vpc.id);
    Ok(Record::new(Kind::VpcGatewayAttachment.as_str(), id, region, properties).with("AttachmentType", "IGW"))
}

fn eip(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let held: Vec<&str> =
        table.all().filter(|other| other.kind == Kind::Eip.as_str()).map(|other| other.attribute("PublicIp")).collect();
    let free = (1..255)
        .map(|host| Ipv4Addr::from(PUBLIC + host).to_string())
        .find(|address| !held.contains(&address.as_str()));
    let address =
        free.ok_or_else(|| invalid("AddressLimitExceeded", "The maximum number of addresses has been reached."))?;
    let id = Kind::Eip.fresh_id();
    Ok(Record::new(Kind::Eip.as_str(), &id, region, properties).with("AllocationId", id).with("PublicIp", address))
}

fn nat_gateway(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let subnet = require(table, region, Kind::Subnet, required(properties, "SubnetId")?)?;
    let public = properties.get("ConnectivityType").and_then(Value::as_str).unwrap_or("public") == "public";
    if public {
        let allocation = required(properties, "AllocationId")?;
        require(table, region, Kind::Eip, allocation)?;
        let mut others = table.list(region, Kind::NatGateway.as_str());
        if let Some(other) = others.find(|other| other.text("AllocationId") == allocation) {
            return Err(invalid(
                "Resource.AlreadyAssociated",
                format!("Elastic IP address [{allocation}] is already associated with {}", other.id),
            ));
        }
    }
    let vpc = subnet.text("VpcId").to_owned();
    Ok(plain(Kind::NatGateway, region, properties, "NatGatewayId").with("VpcId", vpc))
}

/// Services with an endpoint of the type `Gateway`.
const GATEWAY_SERVICES: [&str; 2] = ["s3", "dynamodb"];

fn endpoint(table: &Table, region: &str, properties: &Value) -> Result<Record, ServiceError> {
    let vpc = require(table, region, Kind::Vpc, required(properties, "VpcId")?)?;
    let service = required(properties, "ServiceName")?;
    let refuse = || invalid("InvalidServiceName", format!("The Vpc Endpoint Service '{service}' does not exist"));
    let short = service.strip_prefix(&format!("com.amazonaws.{region}.")).ok_or_else(refuse)?;
    let kind = properties.get("VpcEndpointType").and_then(Value::as_str).unwrap_or("Gateway");
    match kind {
        "Gateway" if !GATEWAY_SERVICES.contains(&short) => {
            return Err(invalid(
                "InvalidParameter",
                format!("Endpoint type (Gateway) does not match available service types ([Interface]) of {service}."),
            ));
        }
        "Gateway" | "Interface" => {}
        other => {
            return Err(invalid(
                "InvalidParameter",
                format!("the local cloud has no endpoints of the type `{other}`: use `Gateway` or `Interface`"),
            ));
        }
    }
    check_endpoint(table, region, &vpc.id, properties)?;
    if kind == "Interface" && properties.get("PrivateDnsEnabled").and_then(as_flag) == Some(true) {
        for (property, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
            if !vpc.properties.get(property).and_then(as_flag).unwrap_or(default) {
                return Err(invalid(
                    "InvalidParameter",
                    "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for the VPC.",
                ));
            }
        }
        let taken = table.list(region, Kind::VpcEndpoint.as_str()).any(|other| {
            other.text("VpcId") == vpc.id
                && other.text("ServiceName") == service
                && other.property("PrivateDnsEnabled").as_bool() == Some(true)
        });
        if taken {
            return Err(invalid(
                "InvalidParameter",
                format!(
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {service} in the VPC {}",
                    vpc.id
                ),
            ));
        }
    }
    let record = plain(Kind::VpcEndpoint, region, properties, "Id");
    let interfaces: Vec<String> =
        reference_list(properties, "SubnetIds").iter().map(|_| format!("eni-{}", random_hex(17))).collect();
    let names = if kind == "Interface" {
        vec![format!("Z7HUB22UULQXV:{}-{}.{short}.{region}.vpce.amazonaws.com", record.id, random_hex(8))]
    } else {
        Vec::new()
    };
    let created = record.created_iso();
    Ok(record.with("CreationTimestamp", created).with("NetworkInterfaceIds", interfaces).with("DnsEntries", names))
}

/// Refuses an endpoint whose route tables, subnets or groups are not there, or are of another network.
pub(super) fn check_endpoint(table: &Table, region: &str, vpc: &str, properties: &Value) -> Result<(), ServiceError> {
    for (name, kind) in
        [("RouteTableIds", Kind::RouteTable), ("SubnetIds", Kind::Subnet), ("SecurityGroupIds", Kind::SecurityGroup)]
    {
        for id in reference_list(properties, name) {
            let found = require(table, region, kind, &id)?;
            if found.text("VpcId") != vpc {
                return Err(invalid(
                    "InvalidParameter",
                    format!("{id} belongs to the network {}, not to {vpc}", found.text("VpcId")),
                ));
            }
        }
    }
    Ok(())
}

//! How CloudFormation makes networks.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::create::{check_endpoint, check_route_target};
use super::{Kind, groups, require};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{Record, all_tags, live, providers};
use crate::wire::ServiceError;
use crate::wire::properties::changed;

providers! {
    /// `AWS::EC2::EIP`. `Ref` is the address.
    eip = super::Kind::Eip;
    /// `AWS::EC2::InternetGateway`.
    internet_gateway = super::Kind::InternetGateway;
    /// `AWS::EC2::NatGateway`.
    nat_gateway = super::Kind::NatGateway;
    /// `AWS::EC2::Route`. `Ref` is table and destination.
    route = super::Kind::Route;
    /// `AWS::EC2::RouteTable`.
    route_table = super::Kind::RouteTable;
    /// `AWS::EC2::SecurityGroup`.
    security_group = super::Kind::SecurityGroup;
    /// `AWS::EC2::Subnet`.
    subnet = super::Kind::Subnet;
    /// `AWS::EC2::SubnetRouteTableAssociation`.
    association = super::Kind::SubnetRouteTableAssociation;
    /// `AWS::EC2::VPC`.
    vpc = super::Kind::Vpc;
    /// `AWS::EC2::VPCEndpoint`.
    vpc_endpoint = super::Kind::VpcEndpoint;
    /// `AWS::EC2::VPCGatewayAttachment`.
    vpc_gateway_attachment = super::Kind::VpcGatewayAttachment;
    /// `AWS::EC2::SecurityGroupIngress`.
    ingress = super::Rule { egress: false };
    /// `AWS::EC2::SecurityGroupEgress`.
    egress = super::Rule { egress: true };
}

/// A type of this service: a kind, or one of the two types of rules.
pub(crate) trait Made: Copy {
    /// The kind of its records.
    fn kind(self) -> Kind;
    /// The properties that its records are made from.
    fn properties(self, properties: &Value) -> Value {
        properties.clone()
    }
}

impl Made for Kind {
    fn kind(self) -> Kind {
        self
    }
}

/// A rule that is a resource of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// False for ingress.
    pub(crate) egress: bool,
}

impl Made for Rule {
    fn kind(self) -> Kind {
        Kind::Rule
    }

    fn properties(self, properties: &Value) -> Value {
        let mut properties = properties.clone();
        properties["Egress"] = json!(self.egress);
        properties
    }
}

/// Properties that a change in place cannot reach.
fn create_only(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Eip => &["Domain", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress"],
        Kind::InternetGateway => &[],
        Kind::NatGateway => &["SubnetId", "ConnectivityType", "AllocationId", "PrivateIpAddress"],
        Kind::Route => &["RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"],
        Kind::RouteTable => &["VpcId"],
        Kind::Rule => &[
            "GroupId",
            "GroupName",
            "IpProtocol",
            "FromPort",
            "ToPort",
            "CidrIp",
            "CidrIpv6",
            "SourceSecurityGroupId",
            "SourcePrefixListId",
            "SourceSecurityGroupName",
            "DestinationSecurityGroupId",
            "DestinationPrefixListId",
        ],
        Kind::SecurityGroup => &["GroupDescription", "GroupName", "VpcId"],
        Kind::Subnet => &["VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"],
        Kind::SubnetRouteTableAssociation => &["SubnetId", "RouteTableId"],
        Kind::Vpc => &["CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength"],
        Kind::VpcEndpoint => &["VpcId", "ServiceName", "VpcEndpointType"],
        Kind::VpcGatewayAttachment => &["VpcId", "InternetGatewayId"],
    }
}

/// Properties that ask for what the local cloud does not have.
const UNSERVED: [&str; 6] =
    ["Ipv4IpamPoolId", "Ipv6CidrBlock", "Ipv6IpamPoolId", "AvailabilityZoneId", "VpnGatewayId", "InstanceId"];

fn refuse_unserved(properties: &Value) -> Result<(), ProviderError> {
    match UNSERVED.iter().find(|name| properties.get(**name).is_some()) {
        Some(name) => Err(ProviderError::invalid(format!("the local cloud does not serve `{name}` of networks"))),
        None => Ok(()),
    }
}

/// What `Ref` gives: the address of an elastic address, the id of everything else.
fn provisioned(record: &Record) -> Provisioned {
    let mut made = record.provisioned();
    if record.kind == Kind::Eip.as_str() {
        record.attribute("PublicIp").clone_into(&mut made.physical_id);
    }
    made
}

/// The id of the record behind a physical id.
fn record_id(context: &ResourceContext, kind: Kind, physical_id: &str) -> String {
    let addresses =
        if kind == Kind::Eip { context.cloud.ec2.records.list(&context.region, kind.as_str()) } else { Vec::new() };
    let found = addresses.into_iter().find(|address| address.attribute("PublicIp") == physical_id);
    found.map_or_else(|| physical_id.to_owned(), |address| address.id)
}

async fn create(made: impl Made, context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    refuse_unserved(properties)?;
    let tags = all_tags(context, properties);
    let record = context.cloud.ec2.create(made.kind(), &context.region, &made.properties(properties), tags)?;
    Ok(provisioned(&record))
}

async fn update(
    made: impl Made,
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let kind = made.kind();
    if changed(old, new, create_only(kind)) {
        return Ok(Update::Replace);
    }
    refuse_unserved(new)?;
    let region = &context.region;
    let id = record_id(context, kind, physical_id);
    let record = context.cloud.ec2.records.change(|table| {
        let before = require(table, region, kind, &id)?.clone();
        match kind {
            Kind::VpcEndpoint => check_endpoint(table, region, before.text("VpcId"), new)?,
            Kind::Route => {
                let routes = require(table, region, Kind::RouteTable, before.text("RouteTableId"))?;
                check_route_target(table, region, routes, new)?;
            }
            _ => {}
        }
        let record = table.get_mut(region, kind.as_str(), &id).ok_or_else(|| kind.not_found(&id))?;
        record.describe(new, all_tags(context, new));
        // What was chosen when it was made stays.
        for name in ["VpcId", "GroupName", "AvailabilityZone"] {
            if let Some(value) = before.properties.get(name) {
                record.properties.insert(name.to_owned(), value.clone());
            }
        }
        let record = record.clone();
        if kind == Kind::SecurityGroup {
            return update_rules(table, record, new);
        }
        Ok(record)
    })?;
    Ok(Update::InPlace(provisioned(&record)))
}

fn update_rules(table: &mut crate::records::Table, mut record: Record, new: &Value) -> Result<Record, ServiceError> {
    for (name, egress) in [("SecurityGroupIngress", false), ("SecurityGroupEgress", true)] {
        record.properties.remove(name);
        let everywhere = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
        let wanted = new.get(name).or(egress.then_some(&everywhere));
        groups::put_rules(table, &record.region, &record.id, egress, wanted)?;
    }
    table.put(record.clone());
    Ok(record)
}

async fn delete(
    made: impl Made,
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let kind = made.kind();
    let id = record_id(context, kind, physical_id);
    context.cloud.ec2.remove(kind, &context.region, &id).map_err(|error| match error.code.as_str() {
        code if code.ends_with("NotFound") => ProviderError::new("NotFound", error.message),
        "DependencyViolation" => ProviderError::new("ResourceConflict", error.message),
        _ => error.into(),
    })?;
    Ok(())
}

async fn read(
    made: impl Made,
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let kind = made.kind();
    let ec2 = &context.cloud.ec2;
    let id = record_id(context, kind, physical_id);
    let mut record = ec2.records.get(&context.region, kind.as_str(), &id);
    if let Some(record) = record.as_mut().filter(|_| kind == Kind::SecurityGroup) {
        for (name, egress) in [("SecurityGroupIngress", false), ("SecurityGroupEgress", true)] {
            record.properties.insert(name.to_owned(), ec2.template_rules(&context.region, &id, egress));
        }
    }
    Ok(live(record, context, declared))
}

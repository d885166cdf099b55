//! EC2 as far as functions and databases need it: networks, recorded with real ids and checked as AWS checks them. Nothing
//! is routed or filtered: everything here listens on loopback.
//!
//! `create` and `remove` hold the checks of each kind, `groups` the rules of security groups, `defaults` what every region has
//! from the start, `api` and `describe` the wire format.

use std::path::Path;

use serde_json::Value;

use crate::error::LocalError;
use crate::records::{Record, Records, Table, random_hex};
use crate::wire::ServiceError;

pub(crate) mod api;
mod changes;
mod cidr;
mod create;
mod defaults;
mod describe;
mod filters;
mod groups;
mod input;
mod remove;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Eip,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    /// A rule of a security group, ingress or egress.
    Rule,
    SecurityGroup,
    Subnet,
    SubnetRouteTableAssociation,
    Vpc,
    VpcEndpoint,
    VpcGatewayAttachment,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Eip => "EIP",
            Self::InternetGateway => "InternetGateway",
            Self::NatGateway => "NatGateway",
            Self::Route => "Route",
            Self::RouteTable => "RouteTable",
            Self::Rule => "SecurityGroupRule",
            Self::SecurityGroup => "SecurityGroup",
            Self::Subnet => "Subnet",
            Self::SubnetRouteTableAssociation => "SubnetRouteTableAssociation",
            Self::Vpc => "VPC",
            Self::VpcEndpoint => "VPCEndpoint",
            Self::VpcGatewayAttachment => "VPCGatewayAttachment",
        }
    }

    /// What ids begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Eip => "eipalloc",
            Self::InternetGateway => "igw",
            Self::NatGateway => "nat",
            // Routes and attachments have no ids of their own.
            Self::Route => "r",
            Self::VpcGatewayAttachment => "attachment",
            Self::RouteTable => "rtb",
            Self::Rule => "sgr",
            Self::SecurityGroup => "sg",
            Self::Subnet => "subnet",
            Self::SubnetRouteTableAssociation => "rtbassoc",
            Self::Vpc => "vpc",
            Self::VpcEndpoint => "vpce",
        }
    }

    /// The word of ARNs.
    fn arn_part(self) -> &'static str {
        match self {
            Self::Eip => "elastic-ip",
            Self::InternetGateway | Self::VpcGatewayAttachment => "internet-gateway",
            Self::NatGateway => "natgateway",
            Self::RouteTable | Self::Route | Self::SubnetRouteTableAssociation => "route-table",
            Self::Rule => "security-group-rule",
            Self::SecurityGroup => "security-group",
            Self::Subnet => "subnet",
            Self::Vpc => "vpc",
            Self::VpcEndpoint => "vpc-endpoint",
        }
    }

    /// An id as EC2 makes them: 17 hexadecimal digits.
    fn fresh_id(self) -> String {
        format!("{}-{}", self.prefix(), random_hex(17))
    }

    /// The refusal of an id that is not there.
    fn not_found(self, id: &str) -> ServiceError {
        let (code, what) = match self {
            Self::Eip => ("InvalidAllocationID.NotFound", "allocation ID"),
            Self::InternetGateway => ("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
            Self::NatGateway => ("NatGatewayNotFound", "nat gateway"),
            Self::Route => ("InvalidRoute.NotFound", "route"),
            Self::RouteTable => ("InvalidRouteTableID.NotFound", "routeTable ID"),
            Self::Rule => ("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
            Self::SecurityGroup => ("InvalidGroup.NotFound", "security group"),
            Self::Subnet => ("InvalidSubnetID.NotFound", "subnet ID"),
            Self::SubnetRouteTableAssociation => ("InvalidAssociationID.NotFound", "association ID"),
            Self::Vpc => ("InvalidVpcID.NotFound", "vpc ID"),
            Self::VpcEndpoint => ("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
            Self::VpcGatewayAttachment => ("Gateway.NotAttached", "attachment"),
        };
        ServiceError::bad_request(code, format!("The {what} '{id}' does not exist"))
    }
}

/// State of the service.
pub(crate) struct Ec2 {
    records: Records,
}

impl Ec2 {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { records: Records::open(data_directory, "ec2")? })
    }
}

/// What other services ask of EC2.
impl Ec2 {
    /// Refuses a subnet that is not there, and gives the VPC of one that is.
    pub(crate) fn vpc_of_subnet(&self, region: &str, subnet: &str) -> Result<String, ServiceError> {
        self.prepare(region)?;
        let found = self.records.get(region, Kind::Subnet.as_str(), subnet);
        found.map(|subnet| subnet.text("VpcId").to_owned()).ok_or_else(|| Kind::Subnet.not_found(subnet))
    }

    /// The zone of a subnet, empty where there is none.
    pub(crate) fn zone_of_subnet(&self, region: &str, subnet: &str) -> String {
        let found = self.records.get(region, Kind::Subnet.as_str(), subnet);
        found.map(|subnet| subnet.text("AvailabilityZone").to_owned()).unwrap_or_default()
    }

    /// Refuses a security group that is not there.
    pub(crate) fn require_group(&self, region: &str, group: &str) -> Result<(), ServiceError> {
        self.prepare(region)?;
        let found = self.records.get(region, Kind::SecurityGroup.as_str(), group);
        found.map(drop).ok_or_else(|| Kind::SecurityGroup.not_found(group))
    }

    /// `(ARN, tags)` of everything in a region.
    pub(crate) fn tagged(
        &self,
        region: &str,
        account: &str,
    ) -> Vec<(String, std::collections::BTreeMap<String, String>)> {
        self.records.read(|table| {
            table.of_region(region).map(|record| (arn_of(record, account), record.tags.clone())).collect()
        })
    }
}

fn arn_of(record: &Record, account: &str) -> String {
    let part = KINDS.into_iter().find(|kind| kind.as_str() == record.kind).map_or("vpc", Kind::arn_part);
    format!("arn:aws:ec2:{}:{account}:{part}/{}", record.region, record.id)
}

const KINDS: [Kind; 12] = [
    Kind::Eip,
    Kind::InternetGateway,
    Kind::NatGateway,
    Kind::Route,
    Kind::RouteTable,
    Kind::Rule,
    Kind::SecurityGroup,
    Kind::Subnet,
    Kind::SubnetRouteTableAssociation,
    Kind::Vpc,
    Kind::VpcEndpoint,
    Kind::VpcGatewayAttachment,
];

/// A record that must be there.
fn require<'a>(table: &'a Table, region: &str, kind: Kind, id: &str) -> Result<&'a Record, ServiceError> {
    table.get(region, kind.as_str(), id).ok_or_else(|| kind.not_found(id))
}

/// A property that must be there.
fn required<'a>(properties: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    properties.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        ServiceError::bad_request("MissingParameter", format!("The request must contain the parameter {name}"))
    })
}

/// The refusal of what is still used.
fn in_use(kind: Kind, id: &str) -> ServiceError {
    let what = match kind {
        Kind::SecurityGroup => return dependency(format!("resource {id} has a dependent object")),
        Kind::InternetGateway => "internetGateway",
        Kind::RouteTable => "routeTable",
        Kind::Subnet => "subnet",
        _ => "vpc",
    };
    dependency(format!("The {what} '{id}' has dependencies and cannot be deleted."))
}

fn dependency(message: String) -> ServiceError {
    ServiceError::bad_request("DependencyViolation", message)
}

/// Zones of a region, as `Fn::GetAZs` gives them.
fn zones(region: &str) -> [String; 3] {
    ["a", "b", "c"].map(|letter| format!("{region}{letter}"))
}

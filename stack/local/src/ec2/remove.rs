//! Removing each kind: what is still used stays.

use super::groups::rules_of;
use super::{Ec2, Kind, dependency, in_use, require};
use crate::records::{Record, Table};
use crate::wire::ServiceError;
use crate::wire::properties::reference_list;

impl Ec2 {
    /// Removes a resource that nothing needs any more.
    pub(super) fn remove(&self, kind: Kind, region: &str, id: &str) -> Result<Record, ServiceError> {
        self.prepare(region)?;
        self.records.change(|table| {
            let record = require(table, region, kind, id)?.clone();
            check(table, region, kind, &record)?;
            drop_parts(table, region, kind, &record);
            table.remove(region, kind.as_str(), id);
            Ok(record)
        })
    }
}

/// Refuses to remove what something else refers to.
fn check(table: &Table, region: &str, kind: Kind, record: &Record) -> Result<(), ServiceError> {
    let id = record.id.as_str();
    let any = |other: Kind, uses: &dyn Fn(&Record) -> bool| table.list(region, other.as_str()).any(uses);
    let names = |record: &Record, property: &str, id: &str| {
        reference_list(&serde_json::Value::Object(record.properties.clone()), property).iter().any(|one| one == id)
    };
    let used = match kind {
        Kind::Vpc => {
            let inside = |other: &Record| other.text("VpcId") == id;
            any(Kind::Subnet, &inside)
                || any(Kind::VpcEndpoint, &inside)
                || any(Kind::VpcGatewayAttachment, &inside)
                || any(Kind::SecurityGroup, &|group| inside(group) && group.text("GroupName") != "default")
                || any(Kind::RouteTable, &|routes| inside(routes) && !is_main(routes))
        }
        Kind::Subnet => {
            any(Kind::NatGateway, &|gateway| gateway.text("SubnetId") == id)
                || any(Kind::VpcEndpoint, &|endpoint| names(endpoint, "SubnetIds", id))
        }
        Kind::RouteTable => {
            is_main(record)
                || any(Kind::SubnetRouteTableAssociation, &|association| association.text("RouteTableId") == id)
        }
        Kind::InternetGateway => {
            any(Kind::VpcGatewayAttachment, &|attachment| attachment.text("InternetGatewayId") == id)
        }
        Kind::SecurityGroup => {
            if record.text("GroupName") == "default" {
                return Err(ServiceError::bad_request(
                    "CannotDelete",
                    format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
                ));
            }
            any(Kind::VpcEndpoint, &|endpoint| names(endpoint, "SecurityGroupIds", id))
                || any(Kind::Rule, &|rule| {
                    rule.text("GroupId") != id
                        && (rule.text("SourceSecurityGroupId") == id || rule.text("DestinationSecurityGroupId") == id)
                })
        }
        Kind::VpcGatewayAttachment => {
            let gateway = record.text("InternetGatewayId");
            let vpc = record.text("VpcId");
            let has_address =
                any(Kind::NatGateway, &|nat| nat.attribute("VpcId") == vpc && !nat.text("AllocationId").is_empty());
            if has_address {
                return Err(dependency(format!(
                    "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway {gateway}."
                )));
            }
            false
        }
        Kind::Eip => {
            if any(Kind::NatGateway, &|gateway| gateway.text("AllocationId") == id) {
                return Err(ServiceError::bad_request(
                    "InvalidIPAddress.InUse",
                    format!("Address with allocation id [{id}] cannot be released: a NAT gateway has it."),
                ));
            }
            false
        }
        Kind::NatGateway | Kind::Route | Kind::Rule | Kind::SubnetRouteTableAssociation | Kind::VpcEndpoint => false,
    };
    if used { Err(in_use(kind, id)) } else { Ok(()) }
}

fn is_main(routes: &Record) -> bool {
    routes.attributes.get("Main") == Some(&serde_json::Value::Bool(true))
}

/// Removes what goes with a resource: rules with their group, routes with their table, the companions of a VPC.
fn drop_parts(table: &mut Table, region: &str, kind: Kind, record: &Record) {
    let mut gone: Vec<(Kind, String)> = Vec::new();
    let rules = |table: &Table, group: &str| -> Vec<(Kind, String)> {
        [false, true]
            .into_iter()
            .flat_map(|egress| {
                rules_of(table, region, group, egress).map(|rule| (Kind::Rule, rule.id.clone())).collect::<Vec<_>>()
            })
            .collect()
    };
    let routes = |table: &Table, id: &str| -> Vec<(Kind, String)> {
        let of_table = table.list(region, Kind::Route.as_str()).filter(|route| route.text("RouteTableId") == id);
        of_table.map(|route| (Kind::Route, route.id.clone())).collect()
    };
    match kind {
        Kind::SecurityGroup => gone = rules(table, &record.id),
        Kind::RouteTable => gone = routes(table, &record.id),
        Kind::Subnet => {
            let associations = table.list(region, Kind::SubnetRouteTableAssociation.as_str());
            let own = associations.filter(|association| association.text("SubnetId") == record.id);
            gone = own.map(|association| (Kind::SubnetRouteTableAssociation, association.id.clone())).collect();
        }
        Kind::Vpc => {
            for part in [Kind::SecurityGroup, Kind::RouteTable] {
                let inside: Vec<String> = table
                    .list(region, part.as_str())
                    .filter(|other| other.text("VpcId") == record.id)
                    .map(|other| other.id.clone())
                    .collect();
                for id in inside {
                    gone.extend(if part == Kind::SecurityGroup { rules(table, &id) } else { routes(table, &id) });
                    gone.push((part, id));
                }
            }
        }
        _ => {}
    }
    for (kind, id) in gone {
        table.remove(region, kind.as_str(), &id);
    }
}

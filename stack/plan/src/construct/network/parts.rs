//! The parts of a network under their ids: those that it makes, and those that it imports.

use serde_json::{Value, json};

use super::import::Imported;
use super::{Network, Shape};
use crate::deferred;
use crate::naming::Naming;
use crate::values::{Nat, NetworkBlock};

/// Where the public subnets begin among the sixteen of a network.
const PUBLIC: u32 = 8;

/// Ids of a network's parts: literal, or marks of what is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) vpc: String,
    /// Private subnets.
    pub(crate) subnets: Vec<String>,
    /// Route tables of the private subnets.
    pub(crate) route_tables: Vec<String>,
    /// Groups of the network's functions.
    pub(crate) security_groups: Vec<String>,
}

impl Parts {
    pub(super) fn of_import(id: &str, imported: &Imported) -> Self {
        let groups = if imported.security_groups.is_empty() {
            vec![deferred::attribute(&group_id(id), "GroupId")]
        } else {
            imported.security_groups.clone()
        };
        Self {
            vpc: imported.vpc.clone(),
            subnets: imported.subnets.clone(),
            route_tables: imported.route_tables.clone(),
            security_groups: groups,
        }
    }

    pub(super) fn of_own(id: &str, zones: u32, nat: Nat) -> Self {
        let tables = if nat == Nat::PerZone { zones } else { 1 };
        Self {
            vpc: deferred::reference(id),
            subnets: (1..=zones).map(|zone| deferred::reference(&format!("{id}PrivateSubnet{zone}"))).collect(),
            route_tables: (1..=tables).map(|zone| deferred::reference(&format!("{id}PrivateRoutes{zone}"))).collect(),
            security_groups: vec![deferred::attribute(&group_id(id), "GroupId")],
        }
    }
}

pub(super) fn group_id(id: &str) -> String {
    format!("{id}SecurityGroup")
}

impl Network {
    /// Values of the VPC that the network makes; nothing for one that it imports.
    pub(super) fn own_values(&self, id: &str, vpc_name: &str, naming: &Naming) -> Option<Value> {
        let Shape::Own { block, zones, public, nat } = &self.shape else { return None };
        let (zones, nat) = (*zones, *nat);
        let gateways = match nat {
            Nat::None => 0,
            Nat::One => 1,
            Nat::PerZone => zones,
        };
        let has_public = *public || nat != Nat::None;
        let subnets = |kind: &str, first: u32| -> Vec<Value> {
            (1..=zones)
                .map(|zone| subnet_values(&format!("{id}{kind}"), zone, first, *block, kind, naming, &self.name))
                .collect()
        };
        let tables = if nat == Nat::PerZone { zones } else { 1 };
        let mut private = subnets("Private", 0);
        for (zone, subnet) in (1..).zip(&mut private) {
            subnet["routes_id"] = json!(format!("{id}PrivateRoutes{}", if nat == Nat::PerZone { zone } else { 1 }));
        }
        let private_tables: Vec<Value> = (1..=tables)
            .map(|zone| {
                json!({
                    "id": format!("{id}PrivateRoutes{zone}"),
                    "route_id": format!("{id}PrivateRoute{zone}"),
                    "gateway_id": (gateways > 0).then(|| format!("{id}NatGateway{}", zone.min(gateways))),
                })
            })
            .collect();
        let gateways: Vec<Value> = (1..=gateways)
            .map(|zone| {
                json!({
                    "id": format!("{id}NatGateway{zone}"),
                    "address_id": format!("{id}NatAddress{zone}"),
                    "subnet_id": format!("{id}PublicSubnet{zone}"),
                })
            })
            .collect();
        Some(json!({
            "block": block.to_string(),
            "vpc_name": vpc_name,
            "private_subnets": private,
            "private_tables": private_tables,
            "has_public": has_public,
            "public_subnets": if has_public { subnets("Public", PUBLIC) } else { Vec::new() },
            "internet_gateway_id": format!("{id}InternetGateway"),
            "attachment_id": format!("{id}InternetAttachment"),
            "public_table_id": format!("{id}PublicRoutes"),
            "public_route_id": format!("{id}PublicRoute"),
            "nat_gateways": gateways,
        }))
    }
}

fn subnet_values(
    id: &str,
    zone: u32,
    first: u32,
    block: NetworkBlock,
    kind: &str,
    naming: &Naming,
    network: &str,
) -> Value {
    let name = format!("{network}-{}-{zone}", kind.to_ascii_lowercase());
    json!({
        "id": format!("{id}Subnet{zone}"),
        "association_id": format!("{id}Association{zone}"),
        "zone_index": zone - 1,
        "block": block.subnet(first + zone - 1),
        "name": naming.physical(&name, super::NAME_TAG),
    })
}

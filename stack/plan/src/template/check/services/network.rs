//! Networks: blocks of subnets inside the block of their VPC.

use std::net::IpAddr;

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::gather::target_of;
use crate::template::check::resources::Selected;
use crate::template::check::scenario::scenarios;
use crate::template::check::{Checker, SchemaFault};

/// An instance is made from an image, which a launch template may name.
pub(super) fn instance(properties: &Value, at: &At<'_>, found: &mut Found) {
    if properties.get("ImageId").is_none() && properties.get("LaunchTemplate").is_none() {
        found.push(at, SchemaFault::MissingProperty { name: "ImageId".to_owned() });
    }
}

/// A subnet whose block is not inside that of its VPC, where both are literal.
pub(super) fn subnet(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(text) = properties.get("CidrBlock").and_then(Value::as_str) else { return };
    let Some(block) = Block::parse(text) else { return };
    let Some(id) = properties.get("VpcId").and_then(target_of) else { return };
    let Some(vpc) = checker.resources.get(&id) else { return };
    let mut blocks: Vec<&Value> = vpc.pointer("/Properties/CidrBlock").into_iter().collect();
    for resource in checker.resources.values() {
        let is_of_vpc = resource.get("Type").is_some_and(|name| name == "AWS::EC2::VPCCidrBlock")
            && resource.pointer("/Properties/VpcId").and_then(target_of).as_ref() == Some(&id);
        if is_of_vpc {
            blocks.extend(resource.pointer("/Properties/CidrBlock"));
        }
    }
    let literal: Option<Vec<Block>> = blocks.iter().map(|block| Block::parse(block.as_str()?)).collect();
    let Some(literal) = literal.filter(|literal| !literal.is_empty()) else { return };
    if !literal.iter().any(|outer| block.first >= outer.first && block.last <= outer.last) {
        found.say(&at.key("CidrBlock"), format!("block `{text}` is not inside a block of VPC `{id}`"));
    }
}

/// Subnets of one VPC that can exist at the same time, with addresses in common.
pub(super) fn overlaps(checker: &Checker<'_>, found: &mut Found) {
    let mut seen: Vec<(&str, String, Block, Selected)> = Vec::new();
    for (id, properties, under) in of_type(checker, "AWS::EC2::Subnet") {
        let path = format!("/Resources/{id}/Properties");
        for vpc in checker.selected(properties, "VpcId", &At::path(&path), &under) {
            let network = target_of(&vpc.value).unwrap_or_else(|| vpc.value.to_string());
            for key in ["CidrBlock", "Ipv6CidrBlock"] {
                for block in checker.selected(properties, key, &At::path(&path), &vpc.under) {
                    let Some(parsed) = block.value.as_str().and_then(Block::parse) else { continue };
                    for (other, same_network, known, place) in &seen {
                        let both = place.under.iter().chain(&block.under).cloned().collect();
                        if *other != id
                            && *same_network == network
                            && parsed.overlaps(known)
                            && checker.conditions.is_possible(&both)
                        {
                            let message = format!("block {} overlaps that of `{other}`", block.value);
                            found.say(&At::path(&block.path), message);
                            let message = format!("block {} overlaps that of `{id}`", place.value);
                            found.say(&At::path(&place.path), message);
                        }
                    }
                    seen.push((id, network.clone(), parsed, block));
                }
            }
        }
    }
}

/// Interface endpoints of one service in one VPC, of which one only can have the private name.
pub(super) fn private_names(checker: &Checker<'_>, found: &mut Found) {
    let mut seen: Vec<(&str, String, Selected)> = Vec::new();
    for (id, properties, under) in of_type(checker, "AWS::EC2::VPCEndpoint") {
        let path = format!("/Resources/{id}/Properties");
        for (form, under) in scenarios(&checker.conditions, properties, &under) {
            let is_private = form.get("VpcEndpointType").is_some_and(|kind| kind == "Interface")
                && form.get("PrivateDnsEnabled") == Some(&Value::Bool(true));
            let (Some(vpc), Some(service)) = (form.get("VpcId"), form.get("ServiceName")) else { continue };
            if !is_private {
                continue;
            }
            let key = format!("{vpc} {service}");
            for (other, known, place) in &seen {
                let both = place.under.iter().chain(&under).cloned().collect();
                if *other != id && *known == key && checker.conditions.is_possible(&both) {
                    let path = format!("{path}/PrivateDnsEnabled");
                    found.say(&At::path(&path), format!("`{other}` has the private name of this service in this VPC"));
                }
            }
            seen.push((id, key, Selected { value: service.clone(), path: path.clone(), under }));
        }
    }
}

/// Resources of a type that have properties, and under which condition they exist.
fn of_type<'c>(
    checker: &'c Checker<'_>,
    type_name: &'c str,
) -> impl Iterator<Item = (&'c str, &'c Value, Assumptions)> + use<'c> {
    checker.resources.iter().filter_map(move |(id, resource)| {
        let is_it = resource.get("Type").is_some_and(|name| name == type_name);
        let condition = resource.get("Condition").and_then(Value::as_str);
        let under = condition.map(|name| (name.to_owned(), true)).into_iter().collect();
        is_it.then_some(())?;
        Some((id.as_str(), resource.get("Properties")?, under))
    })
}

/// Addresses of one family, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Block {
    is_version_6: bool,
    first: u128,
    last: u128,
}

impl Block {
    /// Reads `10.0.0.0/16` and `fd00::/48`; nothing when bits of the host are set.
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let (address, width) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= width)?;
        let hosts = 1_u128.checked_shl(width - bits).map_or(u128::MAX, |size| size - 1);
        (address & hosts == 0 || bits == 0).then_some(Self {
            is_version_6: width == 128,
            first: address,
            last: address | hosts,
        })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.is_version_6 == other.is_version_6 && self.first <= other.last && other.first <= self.last
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn blocks_overlap_within_their_family() {
        let block = |text: &str| Block::parse(text).unwrap();
        assert!(block("10.0.0.0/16").overlaps(&block("10.0.255.0/24")));
        assert!(!block("10.0.0.0/24").overlaps(&block("10.0.1.0/24")));
        assert!(block("fd00::/56").overlaps(&block("fd00:0:0:10::/64")));
        assert!(!block("::/0").overlaps(&block("0.0.0.0/0")));
        assert_eq!(Block::parse("10.0.0.1/24"), None);
        assert_eq!(Block::parse("10.0.0.0/33"), None);
    }
}

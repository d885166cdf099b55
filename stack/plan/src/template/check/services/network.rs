//! Networks: blocks of subnets inside the block of their VPC.

use std::net::Ipv4Addr;

use serde_json::Value;

use crate::template::check::found::{At, Found};
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
    let Some(block) = parse(text) else { return };
    for (other, resource) in checker.resources {
        let is_subnet = resource.get("Type").is_some_and(|name| name == "AWS::EC2::Subnet");
        let of_vpc = resource.pointer("/Properties/VpcId") == properties.get("VpcId");
        let Some(properties_of_other) = resource.get("Properties").filter(|_| is_subnet && of_vpc) else { continue };
        let other_block = properties_of_other.get("CidrBlock").and_then(Value::as_str).and_then(parse);
        // Subnets with conditions may be meant for different cases.
        let is_sure = resource.get("Condition").is_none() && !std::ptr::eq(properties_of_other, properties);
        if let Some(other_block) = other_block.filter(|_| is_sure)
            && block.0 <= other_block.1
            && other_block.0 <= block.1
            && !at.to_string().starts_with(&format!("/Resources/{other}/"))
        {
            found.say(&at.key("CidrBlock"), format!("block `{text}` overlaps that of `{other}`"));
        }
    }
    let Some(id) = properties.pointer("/VpcId/Ref").and_then(Value::as_str) else { return };
    let Some(vpc) = checker.resources.get(id) else { return };
    let mut blocks: Vec<&Value> = vpc.pointer("/Properties/CidrBlock").into_iter().collect();
    for resource in checker.resources.values() {
        let is_of_vpc = resource.get("Type").is_some_and(|name| name == "AWS::EC2::VPCCidrBlock")
            && resource.pointer("/Properties/VpcId/Ref").and_then(Value::as_str) == Some(id);
        if is_of_vpc {
            blocks.extend(resource.pointer("/Properties/CidrBlock"));
        }
    }
    let literal: Option<Vec<(u32, u32)>> = blocks.iter().map(|block| parse(block.as_str()?)).collect();
    let Some(literal) = literal.filter(|literal| !literal.is_empty()) else { return };
    if !literal.iter().any(|outer| block.0 >= outer.0 && block.1 <= outer.1) {
        found.say(&at.key("CidrBlock"), format!("block `{text}` is not inside a block of VPC `{id}`"));
    }
}

/// First and last address.
fn parse(text: &str) -> Option<(u32, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    let size = u32::MAX.checked_shr(bits).unwrap_or(0);
    let first = address & !size;
    Some((first, first | size))
}

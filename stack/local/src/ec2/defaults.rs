//! What a region has before anybody makes anything: the default VPC with a subnet in each zone.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Ec2, Kind, zones};
use crate::records::{Record, Table};
use crate::wire::ServiceError;

/// Marks a region in which the defaults were laid, so that a default VPC that was deleted stays so.
const MARK: &str = "Region";

/// The same id in every local cloud, so that projects and tests may name it.
fn default_id(kind: Kind, region: &str, name: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("default {} {region} {name}", kind.as_str())));
    format!("{}-{}", kind.prefix(), &digest[..17])
}

impl Ec2 {
    /// Lays the defaults of a region that nobody looked at before.
    pub(super) fn prepare(&self, region: &str) -> Result<(), ServiceError> {
        if self.records.read(|table| table.get(region, MARK, region).is_some()) {
            return Ok(());
        }
        self.records.change(|table| {
            lay(table, region);
            Ok(())
        })
    }
}

fn lay(table: &mut Table, region: &str) {
    let put = |table: &mut Table, kind: Kind, id: &str, properties: Value, attribute: (&str, Value)| {
        table.put(Record::new(kind.as_str(), id, region, &properties).with(attribute.0, attribute.1));
    };
    table.put(Record::new(MARK, region, region, &json!({})));
    let vpc = default_id(Kind::Vpc, region, "");
    let properties = json!({
        "CidrBlock": "172.31.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true, "InstanceTenancy": "default",
    });
    put(table, Kind::Vpc, &vpc, properties, ("IsDefault", json!(true)));
    for (index, zone) in zones(region).iter().enumerate() {
        let properties = json!({
            "VpcId": vpc, "CidrBlock": format!("172.31.{}.0/20", index * 16), "AvailabilityZone": zone, "MapPublicIpOnLaunch": true,
        });
        put(table, Kind::Subnet, &default_id(Kind::Subnet, region, zone), properties, ("IsDefault", json!(true)));
    }
    let gateway = default_id(Kind::InternetGateway, region, "");
    put(table, Kind::InternetGateway, &gateway, json!({}), ("InternetGatewayId", json!(gateway)));
    let properties = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    put(table, Kind::VpcGatewayAttachment, &format!("IGW|{vpc}"), properties, ("AttachmentType", json!("IGW")));
    lay_companions(
        table,
        region,
        &vpc,
        &default_id(Kind::RouteTable, region, ""),
        &default_id(Kind::SecurityGroup, region, ""),
    );
    let routes = default_id(Kind::RouteTable, region, "");
    let properties = json!({"RouteTableId": routes, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    put(table, Kind::Route, &format!("{routes}|0.0.0.0/0"), properties, ("CidrBlock", json!("0.0.0.0/0")));
}

/// What every VPC has from its start: a main route table and a group `default`, whose members may call each other.
pub(super) fn lay_companions(table: &mut Table, region: &str, vpc: &str, routes: &str, group: &str) {
    let properties = json!({"VpcId": vpc});
    table.put(
        Record::new(Kind::RouteTable.as_str(), routes, region, &properties)
            .with("RouteTableId", routes)
            .with("Main", true),
    );
    let properties = json!({"VpcId": vpc, "GroupName": "default", "GroupDescription": "default VPC security group"});
    table.put(
        Record::new(Kind::SecurityGroup.as_str(), group, region, &properties)
            .with("GroupId", group)
            .with("VpcId", vpc)
            .with("Id", group),
    );
    for (egress, properties) in [
        (false, json!({"GroupId": group, "IpProtocol": "-1", "SourceSecurityGroupId": group})),
        (true, json!({"GroupId": group, "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})),
    ] {
        let id = Kind::Rule.fresh_id();
        table.put(Record::new(Kind::Rule.as_str(), id, region, &properties).with("Egress", egress));
    }
}

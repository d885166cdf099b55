//! The wire format of EC2: its kind of Query. Here is what looks; `changes` makes, changes and removes.

use std::sync::Arc;

use super::changes::CREATED;
use super::describe::zone_id;
use super::input::tags;
use super::{Kind, groups, zones};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::records::Record;
use crate::wire::{Form, Protocol, ServiceError, XmlWriter, ec2_response, read_form, signed_region};

pub(super) const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Regions that `DescribeRegions` names: those that an account has without opting in.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// One request.
pub(super) struct Call<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) region: String,
    pub(super) form: Form,
}

/// What `Describe...` operations list: action, kind, list of ids, element of the list.
const DESCRIBED: [(&str, Kind, &str, &str); 9] = [
    ("DescribeVpcs", Kind::Vpc, "VpcId", "vpcSet"),
    ("DescribeSubnets", Kind::Subnet, "SubnetId", "subnetSet"),
    ("DescribeSecurityGroups", Kind::SecurityGroup, "GroupId", "securityGroupInfo"),
    ("DescribeSecurityGroupRules", Kind::Rule, "SecurityGroupRuleId", "securityGroupRuleSet"),
    ("DescribeRouteTables", Kind::RouteTable, "RouteTableId", "routeTableSet"),
    ("DescribeInternetGateways", Kind::InternetGateway, "InternetGatewayId", "internetGatewaySet"),
    ("DescribeNatGateways", Kind::NatGateway, "NatGatewayId", "natGatewaySet"),
    ("DescribeAddresses", Kind::Eip, "AllocationId", "addressesSet"),
    ("DescribeVpcEndpoints", Kind::VpcEndpoint, "VpcEndpointId", "vpcEndpointSet"),
];

/// What accounts without servers and private lines have none of, but tools ask for.
const EMPTY: [(&str, &str); 6] = [
    ("DescribeInstances", "reservationSet"),
    ("DescribeNetworkInterfaces", "networkInterfaceSet"),
    ("DescribeVpnGateways", "vpnGatewaySet"),
    ("DescribeTransitGateways", "transitGatewaySet"),
    ("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet"),
    ("DescribeEgressOnlyInternetGateways", "egressOnlyInternetGatewaySet"),
];

/// Fields that name what an operation is about, and the kind of it, for authorization.
const SUBJECTS: [(&str, Kind); 10] = [
    ("SecurityGroupRuleId.1", Kind::Rule),
    ("GroupId", Kind::SecurityGroup),
    ("RouteTableId", Kind::RouteTable),
    ("InternetGatewayId", Kind::InternetGateway),
    ("NatGatewayId", Kind::NatGateway),
    ("SubnetId", Kind::Subnet),
    ("AllocationId", Kind::Eip),
    ("VpcEndpointId", Kind::VpcEndpoint),
    ("VpcEndpointId.1", Kind::VpcEndpoint),
    ("VpcId", Kind::Vpc),
];

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let region = signed_region(&request).unwrap_or_else(|| cloud.region.clone());
    let caller = Principal::of(&request);
    let answered = match read_form(request).await {
        Ok(form) => answer(&Call { cloud, region, form }, &caller),
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| Protocol::Ec2.render_error(&error))
}

fn answer(call: &Call<'_>, caller: &Principal) -> Result<Response, ServiceError> {
    let action = call.form.action();
    call.cloud.iam.authorize(caller, &Access::new(&format!("ec2:{action}"), &call.subject(action)))?;
    call.cloud.ec2.prepare(&call.region)?;
    let respond = |write: &dyn Fn(&mut XmlWriter)| Ok(ec2_response(NAMESPACE, action, |xml| write(xml)));
    if let Some((_, kind, ids, set)) = DESCRIBED.into_iter().find(|(name, ..)| *name == action) {
        let records = call.described(kind, ids)?;
        return respond(&|xml| xml.items(set, &records, |xml, record| call.cloud.ec2.write(xml, kind, record)));
    }
    if let Some((_, set)) = EMPTY.into_iter().find(|(name, _)| *name == action) {
        return respond(&|xml| xml.element(set, |_| {}));
    }
    match action {
        "DescribeRegions" => respond(&|xml| call.write_regions(xml)),
        "DescribeAvailabilityZones" => respond(&|xml| call.write_zones(xml)),
        "DescribeAccountAttributes" => respond(&|xml| call.write_account(xml)),
        "DescribeVpcAttribute" => call.describe_vpc_attribute(),
        "DescribeTags" => call.describe_tags(),
        "CreateTags" | "DeleteTags" => call.change_tags(action),
        _ => call.change(action),
    }
}

impl Call<'_> {
    /// ARN of what the operation is about.
    fn subject(&self, action: &str) -> String {
        let arn = |kind: Kind, id: &str| {
            format!("arn:aws:ec2:{}:{}:{}/{id}", self.region, self.cloud.account, kind.arn_part())
        };
        if action.starts_with("Describe") {
            return "*".to_owned();
        }
        if let Some((_, kind)) = CREATED.iter().find(|(name, _)| *name == action) {
            return arn(*kind, "*");
        }
        let named = SUBJECTS.iter().find_map(|(field, kind)| Some(arn(*kind, self.form.get(field)?)));
        named.unwrap_or_else(|| "*".to_owned())
    }

    fn described(&self, kind: Kind, ids: &str) -> Result<Vec<Record>, ServiceError> {
        let mut records = self.cloud.ec2.select(&self.form, &self.region, kind, ids)?;
        let names = self.form.flat_list("GroupName");
        if kind == Kind::SecurityGroup && !names.is_empty() {
            records.retain(|group| names.iter().any(|name| name == group.text("GroupName")));
            if records.is_empty() {
                return Err(Kind::SecurityGroup.not_found(&names[0]));
            }
        }
        Ok(records)
    }

    fn write_regions(&self, xml: &mut XmlWriter) {
        let wanted = self.form.flat_list("RegionName");
        let regions =
            REGIONS.into_iter().filter(|region| wanted.is_empty() || wanted.iter().any(|name| name == region));
        xml.items("regionInfo", regions, |xml, region| {
            xml.text("regionName", region);
            xml.text("regionEndpoint", format!("ec2.{region}.amazonaws.com"));
            xml.text("optInStatus", "opt-in-not-required");
        });
    }

    fn write_zones(&self, xml: &mut XmlWriter) {
        xml.items("availabilityZoneInfo", zones(&self.region), |xml, zone| {
            xml.text("zoneName", &zone);
            xml.text("zoneId", zone_id(&zone));
            xml.text("zoneState", "available");
            xml.text("regionName", &self.region);
            xml.text("groupName", &self.region);
            xml.text("networkBorderGroup", &self.region);
            xml.text("optInStatus", "opt-in-not-required");
            xml.text("zoneType", "availability-zone");
        });
    }

    fn write_account(&self, xml: &mut XmlWriter) {
        let default =
            self.cloud.ec2.records.list(&self.region, Kind::Vpc.as_str()).into_iter().find(groups::is_default);
        let default = default.map_or_else(|| "none".to_owned(), |vpc| vpc.id);
        xml.items(
            "accountAttributeSet",
            [("supported-platforms", "VPC"), ("default-vpc", &default)],
            |xml, (name, value)| {
                xml.text("attributeName", name);
                xml.items("attributeValueSet", [value], |xml, value| xml.text("attributeValue", value));
            },
        );
    }

    fn describe_vpc_attribute(&self) -> Result<Response, ServiceError> {
        let id = self.form.require("VpcId")?;
        let vpc =
            self.cloud.ec2.records.get(&self.region, Kind::Vpc.as_str(), id).ok_or_else(|| Kind::Vpc.not_found(id))?;
        let attribute = self.form.require("Attribute")?;
        let (property, default) = match attribute {
            "enableDnsSupport" => ("EnableDnsSupport", true),
            "enableDnsHostnames" => ("EnableDnsHostnames", false),
            _ => ("EnableNetworkAddressUsageMetrics", false),
        };
        let value = vpc.properties.get(property).and_then(crate::wire::properties::as_flag).unwrap_or(default);
        Ok(ec2_response(NAMESPACE, self.form.action(), |xml| {
            xml.text("vpcId", id);
            xml.element(attribute, |xml| xml.text("value", value.to_string()));
        }))
    }

    fn describe_tags(&self) -> Result<Response, ServiceError> {
        let filters = self.form.flat_structures("Filter");
        let passes = |name: &str, text: &str| {
            let of_name = filters.iter().filter(|filter| filter.get("Name") == Some(name));
            of_name.into_iter().all(|filter| filter.flat_list("Value").iter().any(|value| value == text))
        };
        let known = ["resource-id", "key", "value"];
        if let Some(other) = filters.iter().filter_map(|filter| filter.get("Name")).find(|name| !known.contains(name)) {
            return Err(ServiceError::bad_request(
                "InvalidParameterValue",
                format!("The filter '{other}' is invalid, or not one that the local cloud serves"),
            ));
        }
        let rows: Vec<(String, String, String)> = self.cloud.ec2.records.read(|table| {
            let all = table.of_region(&self.region);
            all.flat_map(|record| {
                record.tags.iter().map(|(key, value)| (record.id.clone(), key.clone(), value.clone()))
            })
            .collect()
        });
        let rows = rows
            .into_iter()
            .filter(|(id, key, value)| passes("resource-id", id) && passes("key", key) && passes("value", value));
        Ok(ec2_response(NAMESPACE, "DescribeTags", |xml| {
            xml.items("tagSet", rows, |xml, (id, key, value)| {
                xml.text("resourceId", id);
                xml.text("key", key);
                xml.text("value", value);
            });
        }))
    }

    fn change_tags(&self, action: &str) -> Result<Response, ServiceError> {
        let given = tags(&self.form, "Tag");
        self.cloud.ec2.records.change(|table| {
            for id in self.form.flat_list("ResourceId") {
                let kind = super::KINDS.into_iter().find(|kind| table.get(&self.region, kind.as_str(), &id).is_some());
                let record = kind.and_then(|kind| table.get_mut(&self.region, kind.as_str(), &id));
                let Some(record) = record else {
                    return Err(ServiceError::bad_request("InvalidID", format!("The ID '{id}' is not valid")));
                };
                if action == "CreateTags" {
                    record.tags.extend(given.clone());
                } else {
                    record
                        .tags
                        .retain(|key, value| !given.get(key).is_some_and(|given| given.is_empty() || given == value));
                }
            }
            Ok(())
        })?;
        Ok(done(action))
    }
}

/// The answer of an operation that has nothing to tell.
pub(super) fn done(action: &str) -> Response {
    ec2_response(NAMESPACE, action, |xml| xml.text("return", "true"))
}

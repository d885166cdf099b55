//! Operations of EC2 that make, change and remove.

use serde_json::{Value, json};

use super::api::{Call, NAMESPACE, done};
use super::describe::write_tags;
use super::input::{permissions, properties, tag_specifications};
use super::{Kind, groups, require};
use crate::http_types::Response;
use crate::records::Record;
use crate::wire::{ServiceError, ec2_response};

/// Operations that make something, and what.
pub(super) const CREATED: [(&str, Kind); 8] = [
    ("CreateVpc", Kind::Vpc),
    ("CreateSubnet", Kind::Subnet),
    ("CreateSecurityGroup", Kind::SecurityGroup),
    ("CreateRouteTable", Kind::RouteTable),
    ("CreateInternetGateway", Kind::InternetGateway),
    ("CreateNatGateway", Kind::NatGateway),
    ("CreateVpcEndpoint", Kind::VpcEndpoint),
    ("AllocateAddress", Kind::Eip),
];

/// Operations that remove something: what, and the field of its id.
const REMOVED: [(&str, Kind, &str); 7] = [
    ("DeleteVpc", Kind::Vpc, "VpcId"),
    ("DeleteSubnet", Kind::Subnet, "SubnetId"),
    ("DeleteRouteTable", Kind::RouteTable, "RouteTableId"),
    ("DeleteInternetGateway", Kind::InternetGateway, "InternetGatewayId"),
    ("DeleteNatGateway", Kind::NatGateway, "NatGatewayId"),
    ("ReleaseAddress", Kind::Eip, "AllocationId"),
    ("DisassociateRouteTable", Kind::SubnetRouteTableAssociation, "AssociationId"),
];

impl Call<'_> {
    pub(super) fn change(&self, action: &str) -> Result<Response, ServiceError> {
        if let Some((_, kind)) = CREATED.into_iter().find(|(name, _)| *name == action) {
            return self.create(action, kind);
        }
        if let Some((_, kind, field)) = REMOVED.into_iter().find(|(name, ..)| *name == action) {
            let removed = self.cloud.ec2.remove(kind, &self.region, self.form.require(field)?)?;
            return Ok(match kind {
                Kind::NatGateway => ec2_response(NAMESPACE, action, |xml| xml.text("natGatewayId", &removed.id)),
                _ => done(action),
            });
        }
        match action {
            "DeleteSecurityGroup" => {
                let id = self.group()?;
                self.cloud.ec2.remove(Kind::SecurityGroup, &self.region, &id)?;
                Ok(ec2_response(NAMESPACE, action, |xml| {
                    xml.text("return", "true");
                    xml.text("groupId", &id);
                }))
            }
            "AuthorizeSecurityGroupIngress" => self.authorize_rules(action, false),
            "AuthorizeSecurityGroupEgress" => self.authorize_rules(action, true),
            "RevokeSecurityGroupIngress" => self.revoke_rules(action, false),
            "RevokeSecurityGroupEgress" => self.revoke_rules(action, true),
            "CreateRoute" => {
                self.make(Kind::Route, &self.route())?;
                Ok(done(action))
            }
            "ReplaceRoute" => self.replace_route(action),
            "DeleteRoute" => {
                let id = self.route_id()?;
                self.cloud.ec2.remove(Kind::Route, &self.region, &id)?;
                Ok(done(action))
            }
            "AssociateRouteTable" => {
                let given = properties(&self.form, &["RouteTableId", "SubnetId"], &[], &[]);
                let made = self.make(Kind::SubnetRouteTableAssociation, &given)?;
                Ok(ec2_response(NAMESPACE, action, |xml| {
                    xml.text("associationId", &made.id);
                    xml.element("associationState", |xml| xml.text("state", "associated"));
                }))
            }
            "AttachInternetGateway" => {
                self.make(
                    Kind::VpcGatewayAttachment,
                    &properties(&self.form, &["VpcId", "InternetGatewayId"], &[], &[]),
                )?;
                Ok(done(action))
            }
            "DetachInternetGateway" => {
                let id = format!("IGW|{}", self.form.require("VpcId")?);
                self.cloud.ec2.remove(Kind::VpcGatewayAttachment, &self.region, &id)?;
                Ok(done(action))
            }
            "DeleteVpcEndpoints" => {
                for id in self.form.flat_list("VpcEndpointId") {
                    self.cloud.ec2.remove(Kind::VpcEndpoint, &self.region, &id)?;
                }
                Ok(ec2_response(NAMESPACE, action, |xml| xml.element("unsuccessful", |_| {})))
            }
            "ModifyVpcEndpoint" => self.modify_endpoint(action),
            "ModifyVpcAttribute" => {
                self.modify(action, Kind::Vpc, "VpcId", &["EnableDnsSupport", "EnableDnsHostnames"])
            }
            "ModifySubnetAttribute" => self.modify(action, Kind::Subnet, "SubnetId", &["MapPublicIpOnLaunch"]),
            "RunInstances" => Err(ServiceError::bad_request(
                "UnsupportedOperation",
                "the local cloud runs no servers: what it has of EC2 is networks, which functions and databases refer to",
            )),
            other => Err(ServiceError::unknown_operation("EC2", other)),
        }
    }

    fn make(&self, kind: Kind, properties: &Value) -> Result<Record, ServiceError> {
        self.cloud.ec2.create(kind, &self.region, properties, tag_specifications(&self.form))
    }

    fn create(&self, action: &str, kind: Kind) -> Result<Response, ServiceError> {
        let form = &self.form;
        let mut given = match kind {
            Kind::Vpc => properties(form, &["CidrBlock", "InstanceTenancy"], &[], &[]),
            Kind::Subnet => properties(form, &["VpcId", "CidrBlock", "AvailabilityZone"], &[], &[]),
            Kind::SecurityGroup => properties(form, &["GroupName", "VpcId"], &[], &[]),
            Kind::RouteTable => properties(form, &["VpcId"], &[], &[]),
            Kind::NatGateway => properties(form, &["SubnetId", "AllocationId", "ConnectivityType"], &[], &[]),
            Kind::Eip => properties(form, &["Domain"], &[], &[]),
            Kind::VpcEndpoint => properties(
                form,
                &["VpcEndpointType", "VpcId", "ServiceName", "PolicyDocument"],
                &["PrivateDnsEnabled"],
                &[
                    ("RouteTableId", "RouteTableIds"),
                    ("SubnetId", "SubnetIds"),
                    ("SecurityGroupId", "SecurityGroupIds"),
                ],
            ),
            _ => json!({}),
        };
        if kind == Kind::SecurityGroup {
            given["GroupDescription"] =
                json!(form.require("GroupDescription").or_else(|_| form.require("Description"))?);
            form.require("GroupName")?;
        }
        let record = self.make(kind, &given)?;
        Ok(ec2_response(NAMESPACE, action, |xml| match kind {
            Kind::SecurityGroup => {
                xml.text("return", "true");
                xml.text("groupId", &record.id);
                write_tags(xml, &record.tags);
            }
            Kind::Eip => self.cloud.ec2.write(xml, kind, &record),
            _ => xml.element(created_element(kind), |xml| self.cloud.ec2.write(xml, kind, &record)),
        }))
    }

    /// The group of a request: `GroupId`, or the group `GroupName` of the default VPC.
    fn group(&self) -> Result<String, ServiceError> {
        if let Some(id) = self.form.get("GroupId") {
            return Ok(id.to_owned());
        }
        let name = self.form.require("GroupName")?;
        let groups = self.cloud.ec2.records.list(&self.region, Kind::SecurityGroup.as_str());
        let found = groups.into_iter().find(|group| group.text("GroupName") == name);
        found.map(|group| group.id).ok_or_else(|| Kind::SecurityGroup.not_found(name))
    }

    fn authorize_rules(&self, action: &str, egress: bool) -> Result<Response, ServiceError> {
        let group = self.group()?;
        let rules = permissions(&self.form, &group, egress);
        if rules.is_empty() {
            return Err(ServiceError::bad_request(
                "MissingParameter",
                "The request must contain the parameter ipPermissions",
            ));
        }
        let made = self.cloud.ec2.records.change(|table| {
            let mut made = Vec::new();
            for rule in &rules {
                let record =
                    groups::rule_record(table, &self.region, egress, rule)?.tagged(tag_specifications(&self.form));
                table.put(record.clone());
                made.push(record);
            }
            Ok(made)
        })?;
        Ok(ec2_response(NAMESPACE, action, |xml| {
            xml.text("return", "true");
            xml.items("securityGroupRuleSet", &made, |xml, rule| self.cloud.ec2.write(xml, Kind::Rule, rule));
        }))
    }

    fn revoke_rules(&self, action: &str, egress: bool) -> Result<Response, ServiceError> {
        let group = self.group()?;
        let mut ids = self.form.flat_list("SecurityGroupRuleId");
        self.cloud.ec2.records.change(|table| {
            require(table, &self.region, Kind::SecurityGroup, &group)?;
            for rule in permissions(&self.form, &group, egress) {
                let mut present = groups::rules_of(table, &self.region, &group, egress);
                let found = present.find(|one| groups::same_rule(&one.properties, &rule)).map(|one| one.id.clone());
                ids.push(found.ok_or_else(|| {
                    ServiceError::bad_request(
                        "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.",
                    )
                })?);
            }
            for id in &ids {
                table.remove(&self.region, Kind::Rule.as_str(), id).ok_or_else(|| Kind::Rule.not_found(id))?;
            }
            Ok(())
        })?;
        Ok(done(action))
    }

    fn route(&self) -> Value {
        properties(
            &self.form,
            &[
                "RouteTableId",
                "DestinationCidrBlock",
                "DestinationIpv6CidrBlock",
                "GatewayId",
                "NatGatewayId",
                "VpcEndpointId",
            ],
            &[],
            &[],
        )
    }

    fn route_id(&self) -> Result<String, ServiceError> {
        let destination =
            self.form.get("DestinationIpv6CidrBlock").map_or_else(|| self.form.require("DestinationCidrBlock"), Ok)?;
        Ok(format!("{}|{destination}", self.form.require("RouteTableId")?))
    }

    fn replace_route(&self, action: &str) -> Result<Response, ServiceError> {
        let (id, given) = (self.route_id()?, self.route());
        self.cloud.ec2.records.change(|table| {
            let routes = require(table, &self.region, Kind::RouteTable, self.form.require("RouteTableId")?)?;
            super::create::check_route_target(table, &self.region, routes, &given)?;
            let route =
                table.get_mut(&self.region, Kind::Route.as_str(), &id).ok_or_else(|| Kind::Route.not_found(&id))?;
            route.properties = given.as_object().cloned().unwrap_or_default();
            Ok(())
        })?;
        Ok(done(action))
    }

    fn modify(&self, action: &str, kind: Kind, field: &str, flags: &[&str]) -> Result<Response, ServiceError> {
        let id = self.form.require(field)?;
        self.cloud.ec2.records.change(|table| {
            let record = table.get_mut(&self.region, kind.as_str(), id).ok_or_else(|| kind.not_found(id))?;
            for name in flags {
                if let Some(flag) = self.form.flag(&format!("{name}.Value")) {
                    record.properties.insert((*name).to_owned(), json!(flag));
                }
            }
            Ok(())
        })?;
        Ok(done(action))
    }

    fn modify_endpoint(&self, action: &str) -> Result<Response, ServiceError> {
        let id = self.form.require("VpcEndpointId")?;
        let form = &self.form;
        self.cloud.ec2.records.change(|table| {
            let mut endpoint = require(table, &self.region, Kind::VpcEndpoint, id)?.clone();
            let given = properties(form, &["PolicyDocument"], &["PrivateDnsEnabled"], &[]);
            endpoint.properties.extend(given.as_object().cloned().unwrap_or_default());
            for (field, property) in
                [("RouteTableId", "RouteTableIds"), ("SubnetId", "SubnetIds"), ("SecurityGroupId", "SecurityGroupIds")]
            {
                let mut list =
                    crate::wire::properties::reference_list(&Value::Object(endpoint.properties.clone()), property);
                let removed = form.flat_list(&format!("Remove{field}"));
                list.retain(|id| !removed.contains(id));
                for id in form.flat_list(&format!("Add{field}")) {
                    if !list.contains(&id) {
                        list.push(id);
                    }
                }
                if endpoint.properties.contains_key(property) || !list.is_empty() {
                    endpoint.properties.insert(property.to_owned(), json!(list));
                }
            }
            let vpc = endpoint.text("VpcId").to_owned();
            super::create::check_endpoint(table, &self.region, &vpc, &Value::Object(endpoint.properties.clone()))?;
            table.put(endpoint);
            Ok(())
        })?;
        Ok(done(action))
    }
}

/// The element that an operation which makes something answers with.
fn created_element(kind: Kind) -> &'static str {
    match kind {
        Kind::Subnet => "subnet",
        Kind::RouteTable => "routeTable",
        Kind::InternetGateway => "internetGateway",
        Kind::NatGateway => "natGateway",
        Kind::VpcEndpoint => "vpcEndpoint",
        _ => "vpc",
    }
}

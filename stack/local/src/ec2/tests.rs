//! Networks through their providers and the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{
    association, egress, eip, ingress, internet_gateway, nat_gateway, route, route_table, security_group, subnet, vpc,
    vpc_endpoint, vpc_gateway_attachment,
};
use crate::cloud::Cloud;
use crate::cloudformation::provider::{Live, Update};
use crate::testing::{REGION, cloud, context, drifted, element, read, request};

async fn call(cloud: &Arc<Cloud>, form: &str) -> (u16, String) {
    read(super::api::handle(cloud, request("ec2", "POST", "/", &[], form)).await).await
}

async fn ok(cloud: &Arc<Cloud>, form: &str) -> String {
    let (status, body) = call(cloud, form).await;
    assert_eq!(status, 200, "{form}: {body}");
    body
}

async fn refused(cloud: &Arc<Cloud>, form: &str) -> String {
    let (status, body) = call(cloud, form).await;
    assert_eq!(status, 400, "{form}: {body}");
    element(&body, "Code").to_owned()
}

#[tokio::test]
async fn a_region_has_a_default_network() {
    let cloud = cloud();
    let body = ok(&cloud, "Action=DescribeVpcs&Filter.1.Name=is-default&Filter.1.Value.1=true").await;
    assert_eq!(element(&body, "cidrBlock"), "172.31.0.0/16");
    let vpc = element(&body, "vpcId").to_owned();
    let body = ok(&cloud, &format!("Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}")).await;
    assert_eq!(body.matches("<subnetId>").count(), 3);
    assert!(body.contains("<availabilityZone>eu-central-1c</availabilityZone>"), "{body}");
    assert!(body.contains("<availabilityZoneId>euc1-az1</availabilityZoneId>"), "{body}");
    let body = ok(&cloud, "Action=DescribeRouteTables").await;
    assert!(body.contains("<main>true</main>") && body.contains("<gatewayId>igw-"), "{body}");
    assert_eq!(refused(&cloud, "Action=DescribeVpcs&VpcId.1=vpc-1").await, "InvalidVpcID.NotFound");
    assert_eq!(
        refused(&cloud, "Action=DescribeVpcs&Filter.1.Name=colour&Filter.1.Value.1=red").await,
        "InvalidParameterValue"
    );
}

/// Makes a network as the template of the construct does, and gives its ids.
async fn network(cloud: &Arc<Cloud>) -> (String, Vec<String>, String) {
    let context = context(cloud);
    let declared = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true, "EnableDnsHostnames": true, "Tags": [{"Key": "Name", "Value": "main"}]});
    let made = vpc::create(&context, &declared).await.unwrap();
    let id = made.physical_id.clone();
    assert_eq!(made.attributes["VpcId"], json!(id));
    assert_eq!(drifted(&declared, &vpc::read(&context, &id, &declared).await.unwrap()), Vec::<String>::new());
    let mut subnets = Vec::new();
    for (index, zone) in ["a", "b"].iter().enumerate() {
        let declared = json!({"VpcId": id, "AvailabilityZone": format!("{REGION}{zone}"), "CidrBlock": format!("10.0.{index}.0/24"), "MapPublicIpOnLaunch": false});
        subnets.push(subnet::create(&context, &declared).await.unwrap().physical_id);
    }
    let routes = route_table::create(&context, &json!({"VpcId": id})).await.unwrap().physical_id;
    for subnet in &subnets {
        association::create(&context, &json!({"SubnetId": subnet, "RouteTableId": routes})).await.unwrap();
    }
    (id, subnets, routes)
}

#[tokio::test]
async fn what_does_not_fit_into_a_network_is_refused() {
    let cloud = cloud();
    let context = context(&cloud);
    let (id, subnets, routes) = network(&cloud).await;
    let message = |refusal: crate::cloudformation::provider::ProviderError| refusal.message;
    let overlapping = subnet::create(&context, &json!({"VpcId": id, "CidrBlock": "10.0.1.128/25"})).await;
    assert_eq!(message(overlapping.unwrap_err()), "The CIDR '10.0.1.128/25' conflicts with another subnet");
    let outside = subnet::create(&context, &json!({"VpcId": id, "CidrBlock": "10.1.0.0/24"})).await;
    assert_eq!(message(outside.unwrap_err()), "The CIDR '10.1.0.0/24' is invalid.");
    let elsewhere = json!({"VpcId": id, "CidrBlock": "10.0.9.0/24", "AvailabilityZone": "us-east-1a"});
    assert!(message(subnet::create(&context, &elsewhere).await.unwrap_err()).contains("availabilityZone is invalid"));
    let again = association::create(&context, &json!({"SubnetId": subnets[0], "RouteTableId": routes})).await;
    assert!(message(again.unwrap_err()).contains("conflicts with an existing association"));
    let gateway = internet_gateway::create(&context, &json!({})).await.unwrap().physical_id;
    let to_gateway = json!({"RouteTableId": routes, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    assert!(message(route::create(&context, &to_gateway).await.unwrap_err()).contains("different networks"));
    let attachment = json!({"VpcId": id, "InternetGatewayId": gateway});
    let attached = vpc_gateway_attachment::create(&context, &attachment).await.unwrap().physical_id;
    assert_eq!(attached, format!("IGW|{id}"));
    let made = route::create(&context, &to_gateway).await.unwrap();
    assert_eq!(made.physical_id, format!("{routes}|0.0.0.0/0"));
    assert!(message(route::create(&context, &to_gateway).await.unwrap_err()).contains("already exists"));
    assert_eq!(vpc::delete(&context, &id, &json!({})).await.unwrap_err().code, "ResourceConflict");
    assert_eq!(route_table::delete(&context, &routes, &json!({})).await.unwrap_err().code, "ResourceConflict");
}

#[tokio::test]
async fn an_address_serves_one_gateway() {
    let cloud = cloud();
    let context = context(&cloud);
    let (_, subnets, routes) = network(&cloud).await;
    let address = eip::create(&context, &json!({"Domain": "vpc"})).await.unwrap();
    assert!(address.physical_id.starts_with("203.0.113."), "{address:?}");
    let declared = json!({"AllocationId": address.attributes["AllocationId"], "SubnetId": subnets[0]});
    let gateway = nat_gateway::create(&context, &declared).await.unwrap().physical_id;
    assert!(nat_gateway::create(&context, &declared).await.is_err());
    let to_gateway = json!({"RouteTableId": routes, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": gateway});
    let made = route::create(&context, &to_gateway).await.unwrap().physical_id;
    assert_eq!(drifted(&to_gateway, &route::read(&context, &made, &to_gateway).await.unwrap()), Vec::<String>::new());
    assert!(eip::delete(&context, &address.physical_id, &json!({})).await.is_err());
    nat_gateway::delete(&context, &gateway, &json!({})).await.unwrap();
    eip::delete(&context, &address.physical_id, &json!({})).await.unwrap();
    assert_eq!(eip::read(&context, &address.physical_id, &json!({})).await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn rules_of_groups_are_read_as_the_template_writes_them() {
    let cloud = cloud();
    let context = context(&cloud);
    let (id, ..) = network(&cloud).await;
    let declared = json!({
        "GroupDescription": "functions", "VpcId": id,
        "SecurityGroupEgress": [{"Description": "HTTPS", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}],
    });
    let group = security_group::create(&context, &declared).await.unwrap().physical_id;
    let other = security_group::create(&context, &json!({"GroupDescription": "database", "VpcId": id}))
        .await
        .unwrap()
        .physical_id;
    let rule = json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "SourceSecurityGroupId": other});
    let alone = ingress::create(&context, &rule).await.unwrap().physical_id;
    assert_eq!(ingress::create(&context, &rule).await.unwrap_err().code, "InvalidRequest");
    let read_group = || security_group::read(&context, &group, &declared);
    assert_eq!(drifted(&declared, &read_group().await.unwrap()), Vec::<String>::new());
    assert_eq!(drifted(&rule, &ingress::read(&context, &alone, &rule).await.unwrap()), Vec::<String>::new());
    let form = format!(
        "Action=AuthorizeSecurityGroupEgress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80&IpPermissions.1.ToPort=80&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
    );
    assert!(ok(&cloud, &form).await.contains("<securityGroupRuleId>sgr-"));
    assert_eq!(refused(&cloud, &form).await, "InvalidPermission.Duplicate");
    assert_eq!(drifted(&declared, &read_group().await.unwrap()), ["SecurityGroupEgress"]);
    ok(&cloud, &form.replace("Authorize", "Revoke")).await;
    assert_eq!(refused(&cloud, &form.replace("Authorize", "Revoke")).await, "InvalidPermission.NotFound");
    assert_eq!(drifted(&declared, &read_group().await.unwrap()), Vec::<String>::new());
    // A group that others let in stays.
    assert_eq!(refused(&cloud, &format!("Action=DeleteSecurityGroup&GroupId={other}")).await, "DependencyViolation");
    let mut wider = declared.clone();
    wider["SecurityGroupIngress"] =
        json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]);
    assert!(matches!(security_group::update(&context, &group, &declared, &wider).await.unwrap(), Update::InPlace(_)));
    assert_eq!(drifted(&wider, &security_group::read(&context, &group, &wider).await.unwrap()), Vec::<String>::new());
    ingress::delete(&context, &alone, &rule).await.unwrap();
    let nowhere = json!({"GroupId": group, "IpProtocol": "-1", "CidrIp": "127.0.0.1/32"});
    egress::create(&context, &nowhere).await.unwrap();
    security_group::delete(&context, &group, &declared).await.unwrap();
    security_group::delete(&context, &other, &json!({})).await.unwrap();
}

#[tokio::test]
async fn endpoints_need_what_they_refer_to() {
    let cloud = cloud();
    let context = context(&cloud);
    let (id, subnets, routes) = network(&cloud).await;
    let gateway = json!({"VpcEndpointType": "Gateway", "VpcId": id, "ServiceName": format!("com.amazonaws.{REGION}.s3"), "RouteTableIds": [routes]});
    let made = vpc_endpoint::create(&context, &gateway).await.unwrap().physical_id;
    assert_eq!(drifted(&gateway, &vpc_endpoint::read(&context, &made, &gateway).await.unwrap()), Vec::<String>::new());
    let group = security_group::create(&context, &json!({"GroupDescription": "endpoints", "VpcId": id}))
        .await
        .unwrap()
        .physical_id;
    let secrets = json!({"VpcEndpointType": "Interface", "VpcId": id, "ServiceName": format!("com.amazonaws.{REGION}.secretsmanager"),
        "PrivateDnsEnabled": true, "SubnetIds": subnets, "SecurityGroupIds": [group]});
    vpc_endpoint::create(&context, &secrets).await.unwrap();
    assert!(vpc_endpoint::create(&context, &secrets).await.unwrap_err().message.contains("conflicting DNS domain"));
    for (name, value) in [
        ("ServiceName", json!("com.amazonaws.us-east-1.s3")),
        ("SubnetIds", json!(["subnet-1"])),
        ("VpcId", json!("vpc-1")),
    ] {
        let mut wrong = secrets.clone();
        wrong[name] = value;
        assert!(vpc_endpoint::create(&context, &wrong).await.is_err(), "{name}");
    }
    ok(&cloud, &format!("Action=ModifyVpcEndpoint&VpcEndpointId={made}&RemoveRouteTableId.1={routes}")).await;
    assert_eq!(drifted(&gateway, &vpc_endpoint::read(&context, &made, &gateway).await.unwrap()), ["RouteTableIds"]);
}

#[tokio::test]
async fn tags_of_the_stack_are_no_drift_and_others_are() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared = json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "main"}]});
    let id = vpc::create(&context, &declared).await.unwrap().physical_id;
    let body = ok(&cloud, &format!("Action=DescribeVpcs&VpcId.1={id}")).await;
    assert!(body.contains("<key>stack:project</key>"), "{body}");
    ok(&cloud, &format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key=Owner&Tag.1.Value=me")).await;
    assert_eq!(drifted(&declared, &vpc::read(&context, &id, &declared).await.unwrap()), ["Tags"]);
    ok(&cloud, &format!("Action=DeleteTags&ResourceId.1={id}&Tag.1.Key=Owner")).await;
    assert_eq!(drifted(&declared, &vpc::read(&context, &id, &declared).await.unwrap()), Vec::<String>::new());
    ok(&cloud, &format!("Action=ModifyVpcAttribute&VpcId={id}&EnableDnsHostnames.Value=true")).await;
    let live = vpc::read(&context, &id, &declared).await.unwrap();
    assert_eq!(drifted(&json!({"EnableDnsHostnames": false}), &live), ["EnableDnsHostnames"]);
    vpc::delete(&context, &id, &Value::Null).await.unwrap();
    assert_eq!(vpc::read(&context, &id, &declared).await.unwrap(), Live::Gone);
}

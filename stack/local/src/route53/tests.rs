//! Zones and record sets through their providers and the API.

use std::sync::Arc;

use serde_json::json;

use super::resources::{
    create_hosted_zone, create_record_set, create_record_set_group, delete_hosted_zone, delete_record_set,
    delete_record_set_group, read_hosted_zone, read_record_set, update_record_set, update_record_set_group,
};
use crate::cloud::Cloud;
use crate::cloudformation::provider::Live;
use crate::testing::{cloud, context, drifted, element, read, request};

async fn call(cloud: &Arc<Cloud>, method: &str, path: &str, body: &str) -> (u16, String) {
    read(super::api::handle(cloud, request("route53", method, &format!("/2013-04-01/{path}"), &[], body)).await).await
}

/// A batch of one change.
fn batch(action: &str, name: &str, record_type: &str, value: &str) -> String {
    format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>{record_type}</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    )
}

async fn zone(cloud: &Arc<Cloud>) -> String {
    let declared = json!({"Name": "example.com", "HostedZoneConfig": {"Comment": "ours"}});
    let made = create_hosted_zone(&context(cloud), &declared).await.unwrap();
    assert_eq!(made.attributes["NameServers"].as_array().unwrap().len(), 4);
    let live = read_hosted_zone(&context(cloud), &made.physical_id, &declared).await.unwrap();
    assert_eq!(drifted(&declared, &live), Vec::<String>::new());
    made.physical_id
}

#[tokio::test]
async fn batches_are_checked_as_a_whole() {
    let cloud = cloud();
    let id = zone(&cloud).await;
    let path = format!("hostedzone/{id}/rrset/");
    let (status, body) = call(&cloud, "POST", &path, &batch("CREATE", "www.example.com", "A", "192.0.2.1")).await;
    assert_eq!((status, element(&body, "Status")), (200, "INSYNC"), "{body}");
    let change = element(&body, "Id").trim_start_matches('/').to_owned();
    assert_eq!(element(&call(&cloud, "GET", &change, "").await.1, "Status"), "INSYNC");
    for (action, name, record_type, value, expected) in [
        ("CREATE", "www.example.com", "A", "192.0.2.2", "it already exists"),
        ("DELETE", "www.example.com", "A", "192.0.2.2", "do not match the current values"),
        ("DELETE", "no.example.com", "A", "192.0.2.2", "it was not found"),
        ("CREATE", "www.example.org", "A", "192.0.2.2", "is not permitted in zone example.com."),
        ("CREATE", "example.com", "CNAME", "a.example.org", "is not permitted at apex"),
        ("CREATE", "www.example.com", "CNAME", "a.example.org", "conflicting RRSet"),
        ("CREATE", "a.example.com", "A", "192.0.2.256", "not a valid IPv4 address"),
        ("CREATE", "a.example.com", "TXT", "bare", "quotation marks"),
        ("DELETE", "example.com", "NS", "ns.example.org", "must contain at least one NS record"),
    ] {
        let (status, body) = call(&cloud, "POST", &path, &batch(action, name, record_type, value)).await;
        assert_eq!((status, element(&body, "Code")), (400, "InvalidChangeBatch"), "{body}");
        assert!(element(&body, "Message").contains(expected), "{expected}: {body}");
    }
    let (_, body) = call(&cloud, "GET", &format!("hostedzone/{id}/rrset"), "").await;
    assert_eq!(body.matches("<ResourceRecordSet>").count(), 3, "{body}");
    assert_eq!(element(&call(&cloud, "DELETE", &format!("hostedzone/{id}"), "").await.1, "Code"), "HostedZoneNotEmpty");
    assert_eq!(call(&cloud, "POST", &path, &batch("DELETE", "www.example.com", "A", "192.0.2.1")).await.0, 200);
    assert_eq!(call(&cloud, "DELETE", &format!("hostedzone/{id}"), "").await.0, 200);
    assert_eq!(call(&cloud, "GET", &format!("hostedzone/{id}"), "").await.0, 404);
}

#[tokio::test]
async fn zones_are_made_once_per_reference_and_listed_by_name() {
    let cloud = cloud();
    let body = |name: &str, reference: &str| {
        format!(
            "<CreateHostedZoneRequest><Name>{name}</Name><CallerReference>{reference}</CallerReference></CreateHostedZoneRequest>"
        )
    };
    for (name, reference) in [("b.example", "1"), ("a.example", "2")] {
        assert_eq!(call(&cloud, "POST", "hostedzone", &body(name, reference)).await.0, 201);
    }
    assert_eq!(
        element(&call(&cloud, "POST", "hostedzone", &body("c.example", "1")).await.1, "Code"),
        "HostedZoneAlreadyExists"
    );
    assert_eq!(element(&call(&cloud, "POST", "hostedzone", &body("a..b", "3")).await.1, "Code"), "InvalidDomainName");
    let (_, listed) = call(&cloud, "GET", "hostedzonesbyname?dnsname=a.example", "").await;
    assert_eq!(element(&listed, "Name"), "a.example.");
}

#[tokio::test]
async fn record_sets_of_templates_follow_their_template() {
    let cloud = cloud();
    let context = context(&cloud);
    let id = zone(&cloud).await;
    let alias = json!({"HostedZoneId": id, "Name": "Assets.example.com", "Type": "A",
        "AliasTarget": {"DNSName": "d111.cloudfront.net", "HostedZoneId": "Z2FDTNDATAQYW2", "EvaluateTargetHealth": false}});
    let made = create_record_set(&context, &alias).await.unwrap();
    assert_eq!(made.physical_id, "Assets.example.com");
    assert_eq!(create_record_set(&context, &alias).await.unwrap_err().code, "InvalidRequest");
    assert_eq!(drifted(&alias, &read_record_set(&context, "", &alias).await.unwrap()), Vec::<String>::new());
    let mut moved = alias.clone();
    moved["AliasTarget"]["DNSName"] = json!("d222.cloudfront.net");
    update_record_set(&context, "", &alias, &moved).await.unwrap();
    assert_eq!(drifted(&alias, &read_record_set(&context, "", &alias).await.unwrap()), ["AliasTarget"]);
    let answer = cloud.route53.answer("assets.example.com", "A").unwrap();
    assert_eq!(answer["AliasTarget"]["DNSName"], "d222.cloudfront.net.");
    // Removed although somebody changed it.
    delete_record_set(&context, "", &alias).await.unwrap();
    assert_eq!(read_record_set(&context, "", &moved).await.unwrap(), Live::Gone);
    let unknown = json!({"HostedZoneId": "zone", "Name": "a.example.com", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
    assert_eq!(create_record_set(&context, &unknown).await.unwrap_err().code, "NotFound");
}

#[tokio::test]
async fn groups_change_in_one_batch_and_wildcards_answer() {
    let cloud = cloud();
    let context = context(&cloud);
    let id = zone(&cloud).await;
    let set = |name: &str, value: &str| json!({"Name": name, "Type": "A", "TTL": "60", "ResourceRecords": [value]});
    let before = json!({"HostedZoneName": "example.com.", "RecordSets": [set("a.example.com", "192.0.2.1"), set("*.example.com", "192.0.2.9")]});
    let after = json!({"HostedZoneName": "example.com.", "RecordSets": [set("*.example.com", "192.0.2.8")]});
    create_record_set_group(&context, &before).await.unwrap();
    assert_eq!(cloud.route53.answer("a.example.com", "A").unwrap()["ResourceRecords"], json!(["192.0.2.1"]));
    update_record_set_group(&context, "g", &before, &after).await.unwrap();
    assert_eq!(cloud.route53.answer("a.example.com", "A").unwrap()["ResourceRecords"], json!(["192.0.2.8"]));
    delete_record_set_group(&context, "g", &after).await.unwrap();
    assert_eq!(cloud.route53.answer("a.example.com", "A"), None);
    delete_hosted_zone(&context, &id, &json!({})).await.unwrap();
}

#[tokio::test]
async fn a_zone_that_is_kept_elsewhere_takes_the_records_of_stacks() {
    let cloud = cloud();
    let context = context(&cloud);
    let id = "Z0123456789ABCDEFGHIJ";
    let of = |name: &str| json!({"HostedZoneId": id, "Name": name, "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
    let (first, second) = (of("assets.example.com"), of("example.com"));
    for declared in [&first, &second] {
        create_record_set(&context, declared).await.unwrap();
        let live = read_record_set(&context, "", declared).await.unwrap();
        assert_eq!(drifted(declared, &live), Vec::<String>::new());
    }
    let zone = cloud.route53.zone(id).unwrap();
    assert_eq!((zone.name.as_str(), zone.is_foreign), ("example.com.", true));
    // Nobody asks this zone what is elsewhere.
    assert!(!cloud.route53.has_zone_of("www.example.com"));
    let outside = create_record_set(&context, &of("www.example.org")).await.unwrap_err();
    assert!(outside.message.contains("is not permitted in zone example.com."), "{}", outside.message);
    delete_record_set(&context, "", &first).await.unwrap();
    assert!(cloud.route53.zone(id).is_ok());
    delete_record_set(&context, "", &second).await.unwrap();
    assert!(cloud.route53.zone(id).is_err());
    assert_eq!(read_record_set(&context, "", &first).await.unwrap(), Live::Gone);

    let named = json!({"HostedZoneName": "example.net.", "RecordSets": [
        {"Name": "a.example.net", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]}]});
    create_record_set_group(&context, &named).await.unwrap();
    let (_, listed) = call(&cloud, "GET", "hostedzone", "").await;
    assert!(listed.contains("example.net.") && listed.contains("kept elsewhere"), "{listed}");
    delete_record_set_group(&context, "", &named).await.unwrap();
    assert!(!call(&cloud, "GET", "hostedzone", "").await.1.contains("example.net."));

    let wrong = json!({"HostedZoneId": "example.com", "Name": "a.example.com", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
    let refused = create_record_set(&context, &wrong).await.unwrap_err();
    assert_eq!(refused.code, "NotFound");
    // Clients name zones that are here.
    let (status, _) =
        call(&cloud, "POST", &format!("hostedzone/{id}/rrset/"), &batch("CREATE", "a.example.com", "A", "192.0.2.1"))
            .await;
    assert_eq!(status, 404);
}

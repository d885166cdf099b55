//! Certificates through their provider and the API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resources::{create_certificate, delete_certificate, read_certificate};
use crate::cloud::Cloud;
use crate::cloudformation::provider::Live;
use crate::route53::{Action, Change};
use crate::testing::{cloud, context, drifted, read, request};

async fn call(cloud: &Arc<Cloud>, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("CertificateManager.{operation}");
    let request = request("acm", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
    let (status, body) = read(super::api::handle(cloud, request).await).await;
    (status, serde_json::from_str(&body).unwrap())
}

async fn zone(cloud: &Arc<Cloud>) -> String {
    let made = crate::route53::resources::create_hosted_zone(&context(cloud), &json!({"Name": "example.com"})).await;
    made.unwrap().physical_id
}

#[tokio::test]
async fn a_name_in_a_zone_waits_for_its_record() {
    let cloud = cloud();
    let zone = zone(&cloud).await;
    let (_, requested) =
        call(&cloud, "RequestCertificate", json!({"DomainName": "*.example.com", "ValidationMethod": "DNS"})).await;
    let arn = json!({"CertificateArn": requested["CertificateArn"]});
    let (_, described) = call(&cloud, "DescribeCertificate", arn.clone()).await;
    assert_eq!(described["Certificate"]["Status"], "PENDING_VALIDATION");
    let record = &described["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"];
    assert!(record["Name"].as_str().unwrap().ends_with(".example.com."), "{record}");
    assert_eq!(call(&cloud, "GetCertificate", arn.clone()).await.1["__type"], "RequestInProgressException");
    let set = json!({"Name": record["Name"], "Type": "CNAME", "TTL": "300", "ResourceRecords": [record["Value"]]});
    cloud.route53.change_record_sets(&zone, &[Change::new(Action::Upsert, &set)]).unwrap();
    let (_, described) = call(&cloud, "DescribeCertificate", arn.clone()).await;
    assert_eq!(described["Certificate"]["Status"], "ISSUED");
    let (_, got) = call(&cloud, "GetCertificate", arn.clone()).await;
    assert!(got["Certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    assert_ne!(got["Certificate"], got["CertificateChain"]);
    assert_eq!(call(&cloud, "DeleteCertificate", arn.clone()).await.0, 200);
    assert_eq!(call(&cloud, "DescribeCertificate", arn).await.1["__type"], "ResourceNotFoundException");
}

#[tokio::test]
async fn a_name_of_nobodys_zone_is_issued_at_once_and_nonsense_never() {
    let cloud = cloud();
    let (_, requested) =
        call(&cloud, "RequestCertificate", json!({"DomainName": "example.org", "ValidationMethod": "DNS"})).await;
    let (_, described) =
        call(&cloud, "DescribeCertificate", json!({"CertificateArn": requested["CertificateArn"]})).await;
    assert_eq!(described["Certificate"]["Status"], "ISSUED");
    for name in ["example", "a b.example", "*.*.example.org", ""] {
        assert_eq!(
            call(&cloud, "RequestCertificate", json!({"DomainName": name})).await.1["__type"],
            "ValidationException",
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_template_puts_its_validation_records_and_takes_them_away() {
    let cloud = cloud();
    let context = context(&cloud);
    let zone = zone(&cloud).await;
    let declared = json!({
        "DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"], "ValidationMethod": "DNS",
        "DomainValidationOptions": [{"DomainName": "example.com", "HostedZoneId": zone}, {"DomainName": "*.example.com", "HostedZoneId": zone}],
    });
    let made = create_certificate(&context, &declared).await.unwrap();
    assert!(!made.attributes.contains_key("Key"), "{made:?}");
    assert_eq!(cloud.acm.certificate(&made.physical_id).unwrap().attribute("Status"), "ISSUED");
    assert_eq!(cloud.route53.zone(&zone).unwrap().record_sets.len(), 3);
    let live = read_certificate(&context, &made.physical_id, &declared).await.unwrap();
    assert_eq!(
        drifted(&json!({"DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"]}), &live),
        Vec::<String>::new()
    );
    delete_certificate(&context, &made.physical_id, &declared).await.unwrap();
    assert_eq!(cloud.route53.zone(&zone).unwrap().record_sets.len(), 2);
    assert_eq!(read_certificate(&context, &made.physical_id, &declared).await.unwrap(), Live::Gone);
}

#[test]
fn one_authority_signs_everything() {
    let cloud = cloud();
    let one = cloud.acm.issue(&["one.example".to_owned()]).unwrap();
    let other = cloud.acm.issue(&["127.0.0.1".to_owned()]).unwrap();
    assert_eq!(one.chain, other.chain);
    assert_ne!(one.key, other.key);
}

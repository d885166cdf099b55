//! The wire format of ACM: JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Acm, CERTIFICATE, names, validation_record};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::Access;
use crate::records::{Record, epoch_seconds};
use crate::wire::{JsonCall, Protocol, ServiceError};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let answered = JsonCall::read(cloud, request).await.and_then(|call| answer(cloud, &call));
    Protocol::Json.json_answer(answered)
}

fn answer(cloud: &Cloud, call: &JsonCall) -> Result<Value, ServiceError> {
    let JsonCall { caller, region, operation, input } = call;
    let operation = operation.as_str();
    let acm = &cloud.acm;
    let anywhere = matches!(operation, "RequestCertificate" | "ListCertificates" | "GetAccountConfiguration");
    let arn = input["CertificateArn"].as_str();
    if !anywhere && arn.is_none() {
        return Err(ServiceError::bad_request(
            "ValidationException",
            "1 validation error detected: Value null at 'certificateArn' failed to satisfy constraint: Member must not be null",
        ));
    }
    cloud.iam.authorize(caller, &Access::new(&format!("acm:{operation}"), arn.unwrap_or("*")))?;
    let arn = arn.unwrap_or_default();
    match operation {
        "RequestCertificate" => {
            let mut properties = Map::new();
            for name in ["DomainName", "SubjectAlternativeNames", "ValidationMethod", "KeyAlgorithm"] {
                if let Some(value) = input.get(name) {
                    properties.insert(name.to_owned(), value.clone());
                }
            }
            properties.entry("ValidationMethod").or_insert(json!("EMAIL"));
            let record = acm.request(cloud, region, &Value::Object(properties), tags(input))?;
            Ok(json!({"CertificateArn": record.id}))
        }
        "DescribeCertificate" => {
            let record = acm.settle(cloud, acm.certificate(arn)?)?;
            Ok(json!({"Certificate": describe(cloud, &record)?}))
        }
        "ListCertificates" => list(cloud, region, input),
        "GetCertificate" => {
            acm.settle(cloud, acm.certificate(arn)?)?;
            let issued = acm.issued(arn)?;
            Ok(json!({"Certificate": issued.certificate, "CertificateChain": issued.chain}))
        }
        "DeleteCertificate" => acm.delete(cloud, arn).map(|()| json!({})),
        "AddTagsToCertificate" => change(acm, arn, |record| record.tags.extend(tags(input))),
        "RemoveTagsFromCertificate" => change(acm, arn, |record| {
            for (key, value) in tags(input) {
                if record.tags.get(&key).is_some_and(|present| value.is_empty() || *present == value) {
                    record.tags.remove(&key);
                }
            }
        }),
        "ListTagsForCertificate" => {
            let list: Vec<Value> =
                acm.certificate(arn)?.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({"Tags": list}))
        }
        "UpdateCertificateOptions" => {
            let preference = &input["Options"]["CertificateTransparencyLoggingPreference"];
            change(acm, arn, |record| {
                record.properties.insert("CertificateTransparencyLoggingPreference".to_owned(), preference.clone());
            })
        }
        "GetAccountConfiguration" => Ok(json!({"ExpiryEvents": {"DaysBeforeExpiry": 45}})),
        other => Err(ServiceError::unknown_operation("ACM", other)),
    }
}

fn tags(input: &Value) -> BTreeMap<String, String> {
    crate::wire::properties::tags(input, &BTreeMap::new())
}

fn change(acm: &Acm, arn: &str, change: impl FnOnce(&mut Record)) -> Result<Value, ServiceError> {
    let mut record = acm.certificate(arn)?;
    change(&mut record);
    acm.records.change(|table| {
        table.put(record);
        Ok(json!({}))
    })
}

fn list(cloud: &Cloud, region: &str, input: &Value) -> Result<Value, ServiceError> {
    let wanted: Vec<&str> = input["CertificateStatuses"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut summaries = Vec::new();
    for record in cloud.acm.records.list(region, CERTIFICATE) {
        let record = cloud.acm.settle(cloud, record)?;
        let status = record.attribute("Status");
        if !wanted.is_empty() && !wanted.contains(&status) {
            continue;
        }
        let names = names(&Value::Object(record.properties.clone()))?;
        summaries.push(json!({
            "CertificateArn": record.id, "DomainName": names[0], "SubjectAlternativeNameSummaries": names,
            "HasAdditionalSubjectAlternativeNames": false, "Status": status, "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": "EC_prime256v1", "InUse": !Acm::users(cloud, &record.id).is_empty(),
            "CreatedAt": epoch_seconds(record.created),
        }));
    }
    Ok(json!({"CertificateSummaryList": summaries}))
}

fn describe(cloud: &Cloud, record: &Record) -> Result<Value, ServiceError> {
    let names = names(&Value::Object(record.properties.clone()))?;
    let method = record.properties.get("ValidationMethod").and_then(Value::as_str).unwrap_or("EMAIL");
    let is_issued = record.attribute("Status") == "ISSUED";
    let mut described = json!({
        "CertificateArn": record.id, "DomainName": names[0], "SubjectAlternativeNames": names,
        "Subject": format!("CN={}", names[0]), "Issuer": Acm::issuer_name(), "CreatedAt": epoch_seconds(record.created),
        "Status": record.attribute("Status"), "KeyAlgorithm": "EC_prime256v1", "SignatureAlgorithm": "SHA256WITHECDSA",
        "InUseBy": Acm::users(cloud, &record.id), "Type": "AMAZON_ISSUED", "RenewalEligibility": "INELIGIBLE",
        "KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}],
        "ExtendedKeyUsages": [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}],
        "Options": {"CertificateTransparencyLoggingPreference": record.properties.get("CertificateTransparencyLoggingPreference").cloned().unwrap_or(json!("ENABLED"))},
    });
    let options: Vec<Value> = names.iter().map(|name| validation(name, method, is_issued)).collect();
    described["DomainValidationOptions"] = json!(options);
    if is_issued {
        let issued = record.attributes.get("IssuedAt").and_then(Value::as_i64).unwrap_or(record.created);
        let (begin, end) = Acm::validity(issued);
        described["IssuedAt"] = epoch_seconds(issued);
        described["NotBefore"] = epoch_seconds(begin);
        described["NotAfter"] = epoch_seconds(end);
    }
    Ok(described)
}

fn validation(name: &str, method: &str, is_issued: bool) -> Value {
    let mut option = json!({
        "DomainName": name, "ValidationDomain": name, "ValidationMethod": method,
        "ValidationStatus": if is_issued { "SUCCESS" } else { "PENDING_VALIDATION" },
    });
    if method == "DNS" {
        let (record, value) = validation_record(name);
        option["ResourceRecord"] = json!({"Name": record, "Type": "CNAME", "Value": value});
    }
    option
}

//! How CloudFormation makes certificates.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::Value;

use super::{put_validation_records, validation_record};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{Record, all_tags, live};
use crate::route53::Action;
use crate::wire::properties::{changed, required_text, text};

/// Properties that make another certificate.
const CREATE_ONLY: [&str; 6] = [
    "CertificateAuthorityArn",
    "DomainName",
    "DomainValidationOptions",
    "KeyAlgorithm",
    "SubjectAlternativeNames",
    "ValidationMethod",
];

/// `AWS::CertificateManager::Certificate`. `Ref` is the ARN. With `HostedZoneId` among the validation options the records are
/// put into the zone; without it the certificate is issued at once, where AWS would wait for somebody to put them.
pub(crate) async fn create_certificate(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    required_text(properties, "DomainName")?;
    if text(properties, "CertificateAuthorityArn").is_some() {
        return Err(ProviderError::invalid(
            "the local cloud has no private authorities: leave `CertificateAuthorityArn` out",
        ));
    }
    let cloud = &context.cloud;
    put_validation_records(&cloud.route53, properties, Action::Upsert)?;
    let tags = all_tags(context, properties);
    let record = cloud.acm.request(cloud, &context.region, properties, tags)?;
    let record = if record.attribute("Status") == "ISSUED" {
        record
    } else {
        let names = super::names(properties)?;
        let issued = cloud.acm.issue_into(record, &names)?;
        cloud.acm.records.change(|table| {
            table.put(issued.clone());
            Ok(issued)
        })?
    };
    Ok(provisioned(&record))
}

fn provisioned(record: &Record) -> Provisioned {
    let mut made = record.provisioned();
    made.attributes.retain(|name, _| name == "Id");
    made
}

/// Changes tags and transparency logging in place.
pub(crate) async fn update_certificate(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &CREATE_ONLY) {
        return Ok(Update::Replace);
    }
    let acm = &context.cloud.acm;
    let mut record = acm.certificate(physical_id)?;
    record.describe(new, all_tags(context, new));
    acm.records.change(|table| {
        table.put(record.clone());
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(&record)))
}

/// Removes a certificate that nothing uses, and the validation records that came with it.
pub(crate) async fn delete_certificate(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let cloud = &context.cloud;
    cloud.acm.delete(cloud, physical_id).map_err(|error| match error.code.as_str() {
        "ResourceNotFoundException" => ProviderError::new("NotFound", error.message),
        "ResourceInUseException" => ProviderError::new("ResourceConflict", error.message),
        _ => error.into(),
    })?;
    let options = properties["DomainValidationOptions"].as_array().cloned().unwrap_or_default();
    for option in options {
        let (Some(name), Some(zone)) = (option["DomainName"].as_str(), option["HostedZoneId"].as_str()) else {
            continue;
        };
        // Another certificate for the name needs the same record.
        let still_needed = cloud.acm.records.list(&context.region, super::CERTIFICATE).iter().any(|other| {
            super::names(&Value::Object(other.properties.clone()))
                .is_ok_and(|names| names.iter().any(|one| validation_record(one) == validation_record(name)))
        });
        let present = cloud.route53.answer(&validation_record(name).0, "CNAME").is_some();
        if !still_needed && present && cloud.route53.zone(zone).is_ok() {
            let only = serde_json::json!({"DomainValidationOptions": [option]});
            put_validation_records(&cloud.route53, &only, Action::Delete)?;
        }
    }
    Ok(())
}

/// A certificate as its template has it. How its names were validated cannot be read back.
pub(crate) async fn read_certificate(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let mut record = context.cloud.acm.certificate(physical_id).ok();
    if let Some(record) = &mut record {
        record.properties.remove("ValidationMethod");
        record.properties.remove("DomainValidationOptions");
    }
    Ok(live(record, context, declared))
}

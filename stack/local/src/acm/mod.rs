//! ACM: certificates, signed by an authority of this local cloud that nobody else trusts.
//!
//! A name in a zone of the local Route 53 is validated when its record is there, any other name at once: nobody else's DNS is
//! asked.

use std::path::Path;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records, now};
use crate::route53::{Action, Change, Route53, absolute};
use crate::wire::ServiceError;
use crate::wire::properties::reference_list;

pub(crate) mod api;
mod authority;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

const CERTIFICATE: &str = "Certificate";

/// Days that a certificate is good for, as ACM's are.
const LIFE_DAYS: i64 = 198;

/// State of the service.
pub(crate) struct Acm {
    records: Records,
}

/// A certificate with its key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Acm {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { records: Records::open(data_directory, "acm")? })
    }

    /// A certificate by ARN.
    pub(crate) fn certificate(&self, arn: &str) -> Result<Record, ServiceError> {
        let region = arn.split(':').nth(3).unwrap_or_default();
        self.records.get(region, CERTIFICATE, arn).ok_or_else(|| {
            ServiceError::bad_request("ResourceNotFoundException", format!("Could not find certificate {arn}."))
        })
    }

    /// Certificate, chain and key of an issued certificate.
    pub(crate) fn issued(&self, arn: &str) -> Result<Issued, ServiceError> {
        let record = self.certificate(arn)?;
        if record.attribute("Certificate").is_empty() {
            return Err(ServiceError::bad_request(
                "RequestInProgressException",
                format!("Certificate request is in progress or failed {arn}."),
            ));
        }
        let text = |name: &str| record.attribute(name).to_owned();
        Ok(Issued { certificate: text("Certificate"), chain: text("Chain"), key: text("Key") })
    }

    /// Makes a certificate from properties in the form of the template: pending, or issued where every name is validated.
    fn request(
        &self,
        cloud: &Cloud,
        region: &str,
        properties: &Value,
        tags: std::collections::BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let names = names(properties)?;
        let arn = format!("arn:aws:acm:{region}:{}:certificate/{}", cloud.account, uuid::Uuid::new_v4());
        let record = Record::new(CERTIFICATE, &arn, region, properties)
            .with("Id", arn.clone())
            .with("Status", "PENDING_VALIDATION")
            .tagged(tags);
        let wants_dns = properties["ValidationMethod"] == "DNS";
        let validated = !wants_dns || names.iter().all(|name| is_validated(&cloud.route53, name));
        let record = if validated { self.issue_into(record, &names)? } else { record };
        self.records.change(|table| {
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Issues a pending certificate if its records are there by now.
    fn settle(&self, cloud: &Cloud, record: Record) -> Result<Record, ServiceError> {
        if record.attribute("Status") != "PENDING_VALIDATION" {
            return Ok(record);
        }
        let names = names(&Value::Object(record.properties.clone()))?;
        if !names.iter().all(|name| is_validated(&cloud.route53, name)) {
            return Ok(record);
        }
        let record = self.issue_into(record, &names)?;
        self.records.change(|table| {
            table.put(record.clone());
            Ok(record)
        })
    }

    fn issue_into(&self, record: Record, names: &[String]) -> Result<Record, ServiceError> {
        let issued = self.issue(names)?;
        Ok(record
            .with("Status", "ISSUED")
            .with("IssuedAt", now())
            .with("Certificate", issued.certificate)
            .with("Chain", issued.chain)
            .with("Key", issued.key))
    }

    /// What uses a certificate: distributions that name it.
    fn users(cloud: &Cloud, arn: &str) -> Vec<String> {
        cloud.cloudfront.distributions_with(arn)
    }

    /// Removes a certificate that nothing uses.
    fn delete(&self, cloud: &Cloud, arn: &str) -> Result<(), ServiceError> {
        let record = self.certificate(arn)?;
        if let Some(user) = Self::users(cloud, arn).first() {
            return Err(ServiceError::bad_request(
                "ResourceInUseException",
                format!("Certificate {arn} is in use by {user}."),
            ));
        }
        self.records.change(|table| {
            table.remove(&record.region, CERTIFICATE, arn);
            Ok(())
        })
    }

    /// `(ARN, tags)` of the certificates of a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, std::collections::BTreeMap<String, String>)> {
        self.records.tagged_arns(region, "Id")
    }
}

/// The names of a certificate, its own first.
fn names(properties: &Value) -> Result<Vec<String>, ServiceError> {
    let own = properties["DomainName"].as_str().unwrap_or_default();
    let mut names = vec![own.to_owned()];
    for name in reference_list(properties, "SubjectAlternativeNames") {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_domain = |name: &str| {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        name.len() <= 253 && bare.contains('.') && bare.split('.').all(is_label)
    };
    match names.iter().find(|name| !is_domain(name)) {
        Some(wrong) => Err(ServiceError::bad_request(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{wrong}' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\*\\.)?(((?!-)[A-Za-z0-9-]{{0,62}}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{{1,62}}[A-Za-z0-9])"
            ),
        )),
        None => Ok(names),
    }
}

/// The record that shows that a name is one's own: `(name, value)` of a CNAME. `*.example.com` has that of `example.com`.
fn validation_record(name: &str) -> (String, String) {
    use sha2::{Digest as _, Sha256};
    let bare = absolute(name.strip_prefix("*.").unwrap_or(name));
    let digest = hex::encode(Sha256::digest(format!("validation of {bare}")));
    (format!("_{}.{bare}", &digest[..32]), format!("_{}.acm-validations.aws.", &digest[32..]))
}

/// Whether a name is validated: its record is in Route 53, or no zone of the local Route 53 has the name.
fn is_validated(route53: &Route53, name: &str) -> bool {
    let (record, value) = validation_record(name);
    let bare = name.strip_prefix("*.").unwrap_or(name);
    match route53.answer(&record, "CNAME") {
        Some(found) => {
            found["ResourceRecords"].as_array().is_some_and(|values| values.iter().any(|one| *one == json!(value)))
        }
        None => !route53.has_zone_of(bare),
    }
}

/// Writes or removes the validation records of the zones that `DomainValidationOptions` name.
fn put_validation_records(route53: &Route53, properties: &Value, action: Action) -> Result<(), ServiceError> {
    let options = properties["DomainValidationOptions"].as_array().map_or(&[][..], Vec::as_slice);
    let mut done: Vec<(String, String)> = Vec::new();
    for option in options {
        let (Some(name), Some(zone)) = (option["DomainName"].as_str(), option["HostedZoneId"].as_str()) else {
            continue;
        };
        let (record, value) = validation_record(name);
        if done.iter().any(|(zone_done, record_done)| zone_done == zone && *record_done == record) {
            continue;
        }
        let set = json!({"Name": record, "Type": "CNAME", "TTL": "300", "ResourceRecords": [value]});
        if action == Action::Upsert {
            route53.open_zone(zone, name)?;
        }
        let changed = route53.change_record_sets(zone, &[Change::new(action, &set)]);
        route53.close_zone(zone)?;
        changed?;
        done.push((zone.to_owned(), record));
    }
    Ok(())
}

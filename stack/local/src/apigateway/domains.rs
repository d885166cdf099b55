//! Custom domain names and base path mappings as API Gateway v1 shows them.

use serde_json::{Value, json};

use super::{bad, not_found};
use crate::cloud::Cloud;
use crate::execute_api::domains::{Domain, Mapping, fresh, tags_of};
use crate::execute_api::short_id;
use crate::wire::ServiceError;

/// What stands for no base path.
const NONE: &str = "(none)";

/// Members of a domain name.
pub(super) fn show(domain: &Domain) -> Value {
    let mut members = json!({
        "domainName": domain.name,
        "domainNameArn": domain.arn(),
        "domainNameStatus": "AVAILABLE",
        "endpointConfiguration": {"types": [domain.endpoint_type], "ipAddressType": domain.ip_address_type},
        "securityPolicy": domain.security_policy,
        "tags": domain.tags,
    });
    let (target, zone, certificate) = if domain.endpoint_type == "EDGE" {
        ("distributionDomainName", "distributionHostedZoneId", "certificateArn")
    } else {
        ("regionalDomainName", "regionalHostedZoneId", "regionalCertificateArn")
    };
    members[target] = json!(domain.target());
    members[zone] = json!(domain.zone());
    if let Some(arn) = &domain.certificate_arn {
        members[certificate] = json!(arn);
    }
    if let Some(mode) = &domain.endpoint_access_mode {
        members["endpointAccessMode"] = json!(mode);
    }
    members
}

/// Reads members into a domain.
pub(super) fn read(domain: &mut Domain, members: &Value) -> Result<(), ServiceError> {
    let text = |name: &str| members[name].as_str().map(str::to_owned);
    if members["mutualTlsAuthentication"].is_object() {
        return Err(bad("the local cloud does not serve mutual TLS of domain names: it has no TLS"));
    }
    let kind = members["endpointConfiguration"]["types"][0].as_str();
    let kind = kind.or(if members["regionalCertificateArn"].is_string() { Some("REGIONAL") } else { None });
    domain.endpoint_type = match kind {
        None | Some("EDGE") => "EDGE".to_owned(),
        Some("REGIONAL") => "REGIONAL".to_owned(),
        Some(other) => {
            return Err(bad(format!("the local cloud does not serve domain names of the endpoint type {other}")));
        }
    };
    if let Some(address) = members["endpointConfiguration"]["ipAddressType"].as_str() {
        address.clone_into(&mut domain.ip_address_type);
    }
    let certificate = text("regionalCertificateArn").or_else(|| text("certificateArn"));
    domain.certificate_arn =
        Some(certificate.ok_or_else(|| bad("The certificate ARN must be specified for the domain name"))?);
    domain.security_policy = text("securityPolicy").unwrap_or_else(|| "TLS_1_2".to_owned());
    domain.endpoint_access_mode = text("endpointAccessMode");
    domain.tags = tags_of(members);
    Ok(())
}

/// Makes a domain name.
pub(super) fn create(cloud: &Cloud, region: &str, members: &Value) -> Result<Domain, ServiceError> {
    let name = members["domainName"].as_str().ok_or_else(|| bad("Domain name is required"))?;
    let mut domain = fresh(name, region);
    read(&mut domain, members)?;
    cloud.execute_api.domains.create(domain)
}

/// Members of a mapping.
pub(super) fn show_mapping(mapping: &Mapping) -> Value {
    let base_path = if mapping.key.is_empty() { NONE } else { &mapping.key };
    let mut members = json!({"basePath": base_path, "restApiId": mapping.api_id});
    if !mapping.stage.is_empty() {
        members["stage"] = json!(mapping.stage);
    }
    members
}

/// The mapping of a base path.
pub(super) fn find_mapping(cloud: &Cloud, domain: &str, base_path: &str) -> Result<Mapping, ServiceError> {
    let domain = cloud.execute_api.domains.get(domain).ok_or_else(crate::execute_api::domains::no_domain)?;
    let key = key_of(base_path);
    let found = domain.mappings.values().find(|mapping| mapping.key == key).cloned();
    found.ok_or_else(|| not_found("Invalid base path mapping identifier specified"))
}

/// The key of a base path: empty for `(none)`.
pub(super) fn key_of(base_path: &str) -> String {
    if base_path == NONE { String::new() } else { base_path.trim_matches('/').to_owned() }
}

/// Makes a mapping, or changes the one with this id.
pub(super) fn put_mapping(
    cloud: &Cloud,
    domain: &str,
    id: Option<String>,
    members: &Value,
) -> Result<Mapping, ServiceError> {
    let api_id = members["restApiId"].as_str().ok_or_else(|| bad("REST API id is required"))?;
    let stage = members["stage"].as_str().unwrap_or_default();
    cloud.apigateway.region_of(api_id).ok_or_else(super::no_api)?;
    if !stage.is_empty() && !cloud.apigateway.has_stage(api_id, stage) {
        return Err(bad("Invalid stage identifier specified"));
    }
    let key = key_of(members["basePath"].as_str().unwrap_or_default());
    let mapping = Mapping { id: id.unwrap_or_else(short_id), key, api_id: api_id.to_owned(), stage: stage.to_owned() };
    cloud.execute_api.domains.put_mapping(domain, mapping)
}

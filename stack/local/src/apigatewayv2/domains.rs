//! Custom domain names as API Gateway v2 shows them.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::execute_api::domains::{Domain, Mapping, fresh, tags_of};
use crate::execute_api::short_id;
use crate::wire::ServiceError;

fn bad(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}

/// Members of a domain name.
pub(super) fn show(domain: &Domain) -> Value {
    let mut configuration = json!({
        "apiGatewayDomainName": domain.target(),
        "domainNameStatus": "AVAILABLE",
        "endpointType": domain.endpoint_type,
        "hostedZoneId": domain.zone(),
        "ipAddressType": domain.ip_address_type,
        "securityPolicy": domain.security_policy,
    });
    if let Some(certificate) = &domain.certificate_arn {
        configuration["certificateArn"] = json!(certificate);
    }
    json!({
        "apiMappingSelectionExpression": "$request.basepath",
        "domainName": domain.name,
        "domainNameArn": domain.arn(),
        "domainNameConfigurations": [configuration],
        "tags": domain.tags,
    })
}

/// Reads `domainNameConfigurations` and tags into a domain.
fn read(domain: &mut Domain, members: &Value) -> Result<(), ServiceError> {
    if members["mutualTlsAuthentication"].is_object() {
        return Err(bad("the local cloud does not serve mutual TLS of domain names: it has no TLS"));
    }
    if let Some(configurations) = members["domainNameConfigurations"].as_array() {
        let [configuration] = configurations.as_slice() else {
            return Err(bad("A domain name must have one configuration"));
        };
        let text = |name: &str| configuration[name].as_str().map(str::to_owned);
        domain.endpoint_type = text("endpointType").unwrap_or_else(|| "REGIONAL".to_owned());
        if domain.endpoint_type != "REGIONAL" {
            return Err(bad("Domain names of HTTP APIs must have the endpoint type REGIONAL"));
        }
        domain.certificate_arn = Some(text("certificateArn").ok_or_else(|| bad("CertificateArn is required"))?);
        domain.security_policy = text("securityPolicy").unwrap_or_else(|| "TLS_1_2".to_owned());
        domain.ip_address_type = text("ipAddressType").unwrap_or_else(|| "ipv4".to_owned());
    }
    if members["tags"].is_object() {
        domain.tags = tags_of(members);
    }
    Ok(())
}

/// Makes a domain name.
pub(super) fn create(cloud: &Cloud, region: &str, members: &Value) -> Result<Value, ServiceError> {
    let name = members["domainName"].as_str().ok_or_else(|| bad("DomainName is required"))?;
    let mut domain = fresh(name, region);
    read(&mut domain, members)?;
    cloud.execute_api.domains.create(domain).map(|domain| show(&domain))
}

/// Changes a domain name.
pub(super) fn update(cloud: &Cloud, name: &str, members: &Value) -> Result<Value, ServiceError> {
    cloud.execute_api.domains.change(name, |domain| {
        read(domain, members)?;
        Ok(show(domain))
    })
}

/// Members of a mapping.
pub(super) fn show_mapping(mapping: &Mapping) -> Value {
    json!({"apiId": mapping.api_id, "apiMappingId": mapping.id, "apiMappingKey": mapping.key, "stage": mapping.stage})
}

/// Makes a mapping, or changes the one with this id.
pub(super) fn put_mapping(
    cloud: &Cloud,
    domain: &str,
    id: Option<&str>,
    members: &Value,
) -> Result<Value, ServiceError> {
    let api_id = members["apiId"].as_str().ok_or_else(|| bad("ApiId is required"))?;
    let stage = members["stage"].as_str().ok_or_else(|| bad("Stage is required"))?;
    let key = members["apiMappingKey"].as_str().unwrap_or_default().trim_matches('/');
    let is_http = cloud.apigatewayv2.region_of(api_id).is_some();
    let has_stage = if is_http {
        cloud.apigatewayv2.get_part(api_id, super::Part::Stage, stage).is_ok()
    } else {
        cloud.apigateway.region_of(api_id).ok_or_else(|| super::no_api(api_id))?;
        cloud.apigateway.has_stage(api_id, stage)
    };
    if !has_stage {
        return Err(bad(format!("Invalid stage identifier specified: {stage}")));
    }
    let id = id.map_or_else(short_id, str::to_owned);
    let mapping = Mapping { id, key: key.to_owned(), api_id: api_id.to_owned(), stage: stage.to_owned() };
    cloud.execute_api.domains.put_mapping(domain, mapping).map(|mapping| show_mapping(&mapping))
}

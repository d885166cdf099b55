//! Custom domain names and base path mappings.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::super::domains;
use super::convert::tag_list;
use super::{live, provisioned, removed};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::execute_api::domains::{Domain, no_domain};
use crate::wire::case::{to_members, to_properties};
use crate::wire::properties::{changed, required_text, tags, text};

fn members_of(context: &ResourceContext, properties: &Value) -> Value {
    let mut members = to_members(properties);
    members["tags"] = json!(tags(properties, &context.tags));
    members
}

fn provisioned_domain(domain: &Domain) -> Provisioned {
    let (target, zone) = if domain.endpoint_type == "EDGE" {
        ("DistributionDomainName", "DistributionHostedZoneId")
    } else {
        ("RegionalDomainName", "RegionalHostedZoneId")
    };
    provisioned(&domain.name, &[("DomainNameArn", &domain.arn()), (target, &domain.target()), (zone, domain.zone())])
}

/// `AWS::ApiGateway::DomainName`. `Ref` is the name.
pub(crate) async fn create_domain_name(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let made = domains::create(&context.cloud, &context.region, &members_of(context, properties))?;
    Ok(provisioned_domain(&made))
}

/// Changes everything but the name in place.
pub(crate) async fn update_domain_name(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["DomainName"]) {
        return Ok(Update::Replace);
    }
    let members = members_of(context, new);
    let changed = context.cloud.execute_api.domains.change(physical_id, |domain| {
        domains::read(domain, &members)?;
        Ok(domain.clone())
    })?;
    Ok(Update::InPlace(provisioned_domain(&changed)))
}

/// Removes the domain name and its mappings.
pub(crate) async fn delete_domain_name(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.execute_api.domains.delete(physical_id))
}

/// The domain name as it is now.
pub(crate) async fn read_domain_name(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    live(
        context.cloud.execute_api.domains.get(physical_id).ok_or_else(no_domain).map(|domain| domains::show(&domain)),
        |members| {
            let mut members = members.clone();
            let tags = tag_list(&members["tags"]);
            if let Some(object) = members.as_object_mut() {
                object.retain(|name, _| {
                    matches!(
                        name.as_str(),
                        "certificateArn"
                            | "domainName"
                            | "endpointAccessMode"
                            | "endpointConfiguration"
                            | "regionalCertificateArn"
                            | "securityPolicy"
                    )
                });
            }
            let mut properties = to_properties(&members);
            properties["Tags"] = tags;
            properties
        },
    )
}

/// `AWS::ApiGateway::BasePathMapping`. `Ref` is `<domain>|<base path>`.
pub(crate) async fn create_base_path_mapping(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let domain = required_text(properties, "DomainName")?;
    let made = domains::put_mapping(&context.cloud, domain, None, &to_members(properties))?;
    Ok(provisioned(&format!("{domain}|{}", domains::show_mapping(&made)["basePath"].as_str().unwrap_or_default()), &[]))
}

fn base_path(properties: &Value) -> &str {
    text(properties, "BasePath").unwrap_or_default()
}

/// Changes API and stage in place.
pub(crate) async fn update_base_path_mapping(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["BasePath", "DomainName"]) {
        return Ok(Update::Replace);
    }
    let domain = required_text(new, "DomainName")?;
    let mapping = domains::find_mapping(&context.cloud, domain, base_path(new))?;
    domains::put_mapping(&context.cloud, domain, Some(mapping.id), &to_members(new))?;
    Ok(Update::InPlace(provisioned(physical_id, &[])))
}

/// Removes the mapping.
pub(crate) async fn delete_base_path_mapping(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let domain = required_text(properties, "DomainName")?;
    let found = domains::find_mapping(&context.cloud, domain, base_path(properties));
    removed(found.and_then(|mapping| context.cloud.execute_api.domains.delete_mapping(domain, &mapping.id)))
}

/// The mapping as it is now.
pub(crate) async fn read_base_path_mapping(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let domain = required_text(declared, "DomainName")?;
    let found = domains::find_mapping(&context.cloud, domain, base_path(declared));
    live(found.map(|mapping| domains::show_mapping(&mapping)), |members| {
        let mut properties = json!({"DomainName": domain, "RestApiId": members["restApiId"]});
        for (name, value) in [("BasePath", declared.get("BasePath")), ("Stage", members.get("stage"))] {
            if let Some(value) = value {
                properties[name] = value.clone();
            }
        }
        properties
    })
}

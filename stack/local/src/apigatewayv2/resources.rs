//! How CloudFormation makes HTTP APIs and what belongs to them.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::{Part, domains, merge};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::ServiceError;
use crate::wire::case::{to_members, to_properties};
use crate::wire::properties::{changed, required_text};

/// Members that are no properties of a template.
const NOT_PROPERTIES: [&str; 12] = [
    "apiEndpoint",
    "apiId",
    "apiKeySelectionExpression",
    "apiMappingId",
    "authorizerId",
    "autoDeployed",
    "createdDate",
    "deploymentStatus",
    "integrationId",
    "lastUpdatedDate",
    "routeId",
    "routeSelectionExpression",
];

fn provisioned(physical_id: &str, attributes: &[(&str, &str)]) -> Provisioned {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    Provisioned { physical_id: physical_id.to_owned(), attributes }
}

/// The members that a template gives; tags of the stack are under those of the resource.
fn members_of(context: &ResourceContext, part: Option<Part>, properties: &Value) -> Value {
    let mut members = to_members(properties);
    if matches!(part, None | Some(Part::Stage)) {
        let own = members["tags"].clone();
        members["tags"] = merge(&json!(context.tags), &own);
    }
    if part == Some(Part::Integration) {
        for (_, mappings) in members["responseParameters"].as_object_mut().into_iter().flatten() {
            // The template lists sources and destinations, the API has a map.
            let list = mappings["responseParameters"].as_array().cloned().unwrap_or_default();
            let pair = |one: &Value| Some((one["destination"].as_str()?.to_owned(), one["source"].clone()));
            *mappings = Value::Object(list.iter().filter_map(pair).collect());
        }
    }
    if let Some(members) = members.as_object_mut() {
        members.remove("apiId");
    }
    members
}

/// Properties that can be compared with those of a template.
fn properties_of(members: &Value, ids: &[(&str, &str)]) -> Live {
    let mut members = members.clone();
    if let Some(members) = members.as_object_mut() {
        members.retain(|name, _| !NOT_PROPERTIES.contains(&name.as_str()));
    }
    for (_, mappings) in members["responseParameters"].as_object_mut().into_iter().flatten() {
        let pair = |(destination, source): (&String, &Value)| json!({"destination": destination, "source": source});
        let list: Vec<Value> = mappings.as_object().into_iter().flatten().map(pair).collect();
        *mappings = json!({ "responseParameters": list });
    }
    let mut properties = to_properties(&members);
    for (name, value) in ids {
        properties[*name] = json!(value);
    }
    Live::Properties(properties)
}

/// What a reading found, or that it is gone.
fn live(found: Result<Value, ServiceError>, ids: &[(&str, &str)]) -> Result<Live, ProviderError> {
    match found {
        Ok(members) => Ok(properties_of(&members, ids)),
        Err(error) if error.status == http::StatusCode::NOT_FOUND => Ok(Live::Gone),
        Err(error) => Err(error.into()),
    }
}

/// What was removed already is removed.
fn removed(result: Result<(), ServiceError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.status == http::StatusCode::NOT_FOUND => Ok(()),
        other => Ok(other?),
    }
}

fn provisioned_api(members: &Value) -> Provisioned {
    let text = |name: &str| members[name].as_str().unwrap_or_default();
    provisioned(text("apiId"), &[("ApiId", text("apiId")), ("ApiEndpoint", text("apiEndpoint"))])
}

/// `AWS::ApiGatewayV2::Api`. `Ref` is the id.
pub(crate) async fn create_api(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let members = members_of(context, None, properties);
    Ok(provisioned_api(&context.cloud.apigatewayv2.create(&context.region, &members)?))
}

/// Changes everything but the protocol in place.
pub(crate) async fn update_api(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["ProtocolType"]) {
        return Ok(Update::Replace);
    }
    let mut change = members_of(context, None, new);
    // What the template no longer says goes back to its default.
    for (name, _) in to_members(old).as_object().into_iter().flatten() {
        if change.get(name).is_none() {
            change[name.as_str()] = Value::Null;
        }
    }
    Ok(Update::InPlace(provisioned_api(&context.cloud.apigatewayv2.update(physical_id, &change)?)))
}

/// Removes the API with all that belongs to it.
pub(crate) async fn delete_api(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigatewayv2.delete(&context.cloud, physical_id))
}

/// The API as it is now.
pub(crate) async fn read_api(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    live(context.cloud.apigatewayv2.get(physical_id), &[])
}

/// The four functions of a part of an API.
macro_rules! part {
    ($create:ident, $update:ident, $delete:ident, $read:ident, $part:expr, $attribute:literal, [$($create_only:literal),*], $what:literal) => {
        #[doc = concat!("Makes ", $what, ". `Ref` is its id (the name of a stage).")]
        pub(crate) async fn $create(
            context: &ResourceContext,
            properties: &Value,
        ) -> Result<Provisioned, ProviderError> {
            let api = required_text(properties, "ApiId")?;
            let members = members_of(context, Some($part), properties);
            let made = context.cloud.apigatewayv2.create_part(api, $part, &members)?;
            let id = made[$part.id_member()].as_str().unwrap_or_default();
            Ok(provisioned(id, &[($attribute, id)]))
        }

        #[doc = concat!("Changes ", $what, ".")]
        pub(crate) async fn $update(
            context: &ResourceContext,
            physical_id: &str,
            old: &Value,
            new: &Value,
        ) -> Result<Update, ProviderError> {
            if changed(old, new, &["ApiId" $(, $create_only)*]) {
                return Ok(Update::Replace);
            }
            let api = required_text(new, "ApiId")?;
            let members = members_of(context, Some($part), new);
            context.cloud.apigatewayv2.update_part(api, $part, physical_id, &members, true)?;
            context.cloud.execute_api.authorizers.forget(&format!("{api}/"));
            Ok(Update::InPlace(provisioned(physical_id, &[($attribute, physical_id)])))
        }

        #[doc = concat!("Removes ", $what, ".")]
        pub(crate) async fn $delete(
            context: &ResourceContext,
            physical_id: &str,
            properties: &Value,
        ) -> Result<(), ProviderError> {
            let api = required_text(properties, "ApiId")?;
            removed(context.cloud.apigatewayv2.delete_part(api, $part, physical_id))
        }

        #[doc = concat!("Reads ", $what, ".")]
        pub(crate) async fn $read(
            context: &ResourceContext,
            physical_id: &str,
            declared: &Value,
        ) -> Result<Live, ProviderError> {
            let api = required_text(declared, "ApiId")?;
            live(context.cloud.apigatewayv2.get_part(api, $part, physical_id), &[("ApiId", api)])
        }
    };
}

part!(
    create_authorizer,
    update_authorizer,
    delete_authorizer,
    read_authorizer,
    Part::Authorizer,
    "AuthorizerId",
    [],
    "an authorizer"
);
part!(
    create_deployment,
    update_deployment,
    delete_deployment,
    read_deployment,
    Part::Deployment,
    "DeploymentId",
    [],
    "a deployment"
);
part!(
    create_integration,
    update_integration,
    delete_integration,
    read_integration,
    Part::Integration,
    "IntegrationId",
    [],
    "an integration"
);
part!(create_route, update_route, delete_route, read_route, Part::Route, "RouteId", [], "a route");
part!(create_stage, update_stage, delete_stage, read_stage, Part::Stage, "StageName", ["StageName"], "a stage");

fn provisioned_domain(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    let domain = context.cloud.execute_api.domains.get(name).ok_or_else(crate::execute_api::domains::no_domain)?;
    Ok(provisioned(
        &domain.name,
        &[
            ("DomainName", &domain.name),
            ("DomainNameArn", &domain.arn()),
            ("RegionalDomainName", &domain.target()),
            ("RegionalHostedZoneId", domain.zone()),
        ],
    ))
}

/// `AWS::ApiGatewayV2::DomainName`. `Ref` is the name.
pub(crate) async fn create_domain_name(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let made = domains::create(&context.cloud, &context.region, &members_of(context, None, properties))?;
    provisioned_domain(context, made["domainName"].as_str().unwrap_or_default())
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
    domains::update(&context.cloud, physical_id, &members_of(context, None, new))?;
    provisioned_domain(context, physical_id).map(Update::InPlace)
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
    let Some(domain) = context.cloud.execute_api.domains.get(physical_id) else { return Ok(Live::Gone) };
    let mut configuration = json!({
        "EndpointType": domain.endpoint_type,
        "SecurityPolicy": domain.security_policy,
        "IpAddressType": domain.ip_address_type,
    });
    if let Some(certificate) = &domain.certificate_arn {
        configuration["CertificateArn"] = json!(certificate);
    }
    Ok(Live::Properties(
        json!({"DomainName": domain.name, "DomainNameConfigurations": [configuration], "Tags": domain.tags}),
    ))
}

/// `AWS::ApiGatewayV2::ApiMapping`. `Ref` is the id.
pub(crate) async fn create_api_mapping(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let domain = required_text(properties, "DomainName")?;
    let made = domains::put_mapping(&context.cloud, domain, None, &to_members(properties))?;
    let id = made["apiMappingId"].as_str().unwrap_or_default();
    Ok(provisioned(id, &[("ApiMappingId", id)]))
}

/// Changes everything but the domain in place.
pub(crate) async fn update_api_mapping(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["DomainName"]) {
        return Ok(Update::Replace);
    }
    let domain = required_text(new, "DomainName")?;
    domains::put_mapping(&context.cloud, domain, Some(physical_id), &to_members(new))?;
    Ok(Update::InPlace(provisioned(physical_id, &[("ApiMappingId", physical_id)])))
}

/// Removes the mapping.
pub(crate) async fn delete_api_mapping(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let domain = required_text(properties, "DomainName")?;
    removed(context.cloud.execute_api.domains.delete_mapping(domain, physical_id))
}

/// The mapping as it is now.
pub(crate) async fn read_api_mapping(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let domain = required_text(declared, "DomainName")?;
    let mapping =
        context.cloud.execute_api.domains.get(domain).and_then(|domain| domain.mappings.get(physical_id).cloned());
    Ok(mapping.map_or(Live::Gone, |mapping| {
        properties_of(&domains::show_mapping(&mapping), &[("DomainName", domain), ("ApiId", &mapping.api_id)])
    }))
}

//! How CloudFormation makes pools, clients, domains, groups and users.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::{Pool, pool_arn, tokens};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::ServiceError;
use crate::wire::properties::{changed, required_text, text};

/// `AWS::Cognito::UserPool`. `Ref` is the id.
pub(crate) async fn create_user_pool(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let mut input = properties.clone();
    input["PoolName"] =
        json!(text(properties, "UserPoolName").map_or_else(|| context.generated_name(128), str::to_owned));
    let pool = context.cloud.cognito.create_pool(&context.region, &input)?;
    Ok(provisioned(context, &pool.id))
}

/// Changes everything but the name and what users are named by in place.
pub(crate) async fn update_user_pool(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["UserPoolName", "UsernameAttributes", "AliasAttributes", "UsernameConfiguration"]) {
        return Ok(Update::Replace);
    }
    if changed(old, new, &["Schema"]) {
        return Err(ProviderError::invalid(
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum: the local cloud does not change the Schema of an existing user pool",
        ));
    }
    context.cloud.cognito.update_pool(physical_id, new)?;
    Ok(Update::InPlace(provisioned(context, physical_id)))
}

/// Removes the pool with its users.
pub(crate) async fn delete_user_pool(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.cognito.delete_pool(physical_id))
}

/// The settings that the template declares, as they are now.
pub(crate) async fn read_user_pool(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    live(context, physical_id, |pool| {
        let mut found = settings(&pool.settings, declared, &[("Schema", "SchemaAttributes")]);
        found.insert("UserPoolName".to_owned(), json!(pool.name));
        Some(found)
    })
}

fn provisioned(context: &ResourceContext, id: &str) -> Provisioned {
    let issuer = tokens::issuer(id);
    let name = issuer.strip_prefix("https://").unwrap_or(&issuer).to_owned();
    Provisioned {
        physical_id: id.to_owned(),
        attributes: Map::from_iter([
            ("Arn".to_owned(), json!(pool_arn(&context.account, id))),
            ("UserPoolId".to_owned(), json!(id)),
            ("ProviderName".to_owned(), json!(name)),
            ("ProviderURL".to_owned(), json!(issuer)),
        ]),
    }
}

/// `AWS::Cognito::UserPoolClient`. `Ref` is the client's id.
pub(crate) async fn create_client(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let mut input = properties.clone();
    input["ClientName"] =
        json!(text(properties, "ClientName").map_or_else(|| context.generated_name(128), str::to_owned));
    let client = context.cloud.cognito.create_client(required_text(properties, "UserPoolId")?, &input)?;
    Ok(provisioned_client(&client.id, client.secret.as_deref()))
}

/// Changes everything but the pool and whether there is a secret in place.
pub(crate) async fn update_client(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["UserPoolId", "GenerateSecret"]) {
        return Ok(Update::Replace);
    }
    let client = context.cloud.cognito.update_client(required_text(new, "UserPoolId")?, physical_id, new)?;
    Ok(Update::InPlace(provisioned_client(&client.id, client.secret.as_deref())))
}

/// Removes the client.
pub(crate) async fn delete_client(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.cognito.delete_client(required_text(properties, "UserPoolId")?, physical_id))
}

/// The settings that the template declares, as they are now.
pub(crate) async fn read_client(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let pool_id = required_text(declared, "UserPoolId")?;
    live(context, pool_id, |pool| {
        let mut found = settings(&pool.clients.get(physical_id)?.settings, declared, &[]);
        found.insert("UserPoolId".to_owned(), json!(pool_id));
        Some(found)
    })
}

fn provisioned_client(id: &str, secret: Option<&str>) -> Provisioned {
    let mut attributes = Map::from_iter([("ClientId".to_owned(), json!(id)), ("Name".to_owned(), json!(id))]);
    if let Some(secret) = secret {
        attributes.insert("ClientSecret".to_owned(), json!(secret));
    }
    Provisioned { physical_id: id.to_owned(), attributes }
}

/// `AWS::Cognito::UserPoolDomain`. `Ref` is the domain.
pub(crate) async fn create_domain(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let domain = required_text(properties, "Domain")?;
    context.cloud.cognito.create_domain(required_text(properties, "UserPoolId")?, domain)?;
    // A domain of one's own stands behind a distribution on AWS; here all are served by this process.
    let distribution = json!(format!("{domain}.cloudfront.net"));
    Ok(Provisioned {
        physical_id: domain.to_owned(),
        attributes: Map::from_iter([("CloudFrontDistribution".to_owned(), distribution)]),
    })
}

/// A domain changes by being replaced.
pub(crate) async fn update_domain(
    _context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Domain", "UserPoolId"]) {
        return Ok(Update::Replace);
    }
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Takes the domain from its pool.
pub(crate) async fn delete_domain(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let deleted = context.cloud.cognito.delete_domain(required_text(properties, "UserPoolId")?, physical_id);
    match deleted {
        Err(error) if error.message.starts_with("No such domain") => Ok(()),
        other => absent_is_done(other),
    }
}

/// Whether the pool has this domain.
pub(crate) async fn read_domain(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let pool_id = required_text(declared, "UserPoolId")?;
    live(context, pool_id, |pool| {
        pool.domain.as_deref().filter(|domain| *domain == physical_id)?;
        Some(Map::from_iter([("Domain".to_owned(), json!(physical_id)), ("UserPoolId".to_owned(), json!(pool_id))]))
    })
}

/// `AWS::Cognito::UserPoolGroup`. `Ref` is the name.
pub(crate) async fn create_group(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let mut input = properties.clone();
    input["GroupName"] =
        json!(text(properties, "GroupName").map_or_else(|| context.generated_name(128), str::to_owned));
    let group = context.cloud.cognito.create_group(required_text(properties, "UserPoolId")?, &input)?;
    Ok(Provisioned { physical_id: group.name, attributes: Map::new() })
}

/// Changes description, role and precedence in place.
pub(crate) async fn update_group(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["GroupName", "UserPoolId"]) {
        return Ok(Update::Replace);
    }
    context.cloud.cognito.update_group(required_text(new, "UserPoolId")?, physical_id, new)?;
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), attributes: Map::new() }))
}

/// Removes the group.
pub(crate) async fn delete_group(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    absent_is_done(context.cloud.cognito.delete_group(required_text(properties, "UserPoolId")?, physical_id))
}

/// The group as it is now.
pub(crate) async fn read_group(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let pool_id = required_text(declared, "UserPoolId")?;
    live(context, pool_id, |pool| {
        let shown = super::show::group(pool_id, pool.groups.get(physical_id)?);
        let mut found = shown.as_object().cloned().unwrap_or_default();
        found.retain(|name, _| !name.ends_with("Date"));
        Some(found)
    })
}

/// The settings that a template declares, with their present values; a setting may have another name in the API.
fn settings(present: &Map<String, Value>, declared: &Value, renamed: &[(&str, &str)]) -> Map<String, Value> {
    let mut found = Map::new();
    for name in declared.as_object().into_iter().flatten().map(|(name, _)| name) {
        let api = renamed.iter().find(|(own, _)| own == name).map_or(name.as_str(), |(_, api)| api);
        if let Some(value) = present.get(api) {
            found.insert(name.clone(), value.clone());
        }
    }
    found
}

fn live(
    context: &ResourceContext,
    pool_id: &str,
    read: impl FnOnce(&Pool) -> Option<Map<String, Value>>,
) -> Result<Live, ProviderError> {
    match context.cloud.cognito.with_pool(pool_id, |pool| Ok(read(pool))) {
        Ok(found) => Ok(found.map_or(Live::Gone, |found| Live::Properties(found.into()))),
        Err(error) if error.code == "ResourceNotFoundException" => Ok(Live::Gone),
        Err(error) => Err(error.into()),
    }
}

fn absent_is_done(result: Result<(), ServiceError>) -> Result<(), ProviderError> {
    match result {
        Err(error) if error.code != "ResourceNotFoundException" => Err(error.into()),
        _ => Ok(()),
    }
}

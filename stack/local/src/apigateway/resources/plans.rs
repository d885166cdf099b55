//! API keys, usage plans, and keys in plans.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::convert::{plan_members, plan_properties, tag_list};
use super::{live, provisioned, removed, text_of};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::case::to_members;
use crate::wire::properties::{changed, required_text, tags, text};

/// Members of a key that a template can change.
fn key_members(context: &ResourceContext, properties: &Value, name: &str) -> Value {
    let mut members = to_members(properties);
    if let Some(object) = members.as_object_mut() {
        object.remove("stageKeys");
    }
    members["name"] = json!(name);
    members["tags"] = json!(tags(properties, &context.tags));
    members
}

/// `AWS::ApiGateway::ApiKey`. `Ref` is the id.
pub(crate) async fn create_api_key(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "Name").map_or_else(|| context.generated_name(128), str::to_owned);
    let made = context.cloud.apigateway.create_key(&key_members(context, properties, &name))?;
    let id = text_of(&made, "id");
    Ok(provisioned(id, &[("APIKeyId", id)]))
}

/// Changes everything but name and value in place.
pub(crate) async fn update_api_key(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["GenerateDistinctId", "Name", "Value"]) {
        return Ok(Update::Replace);
    }
    context.cloud.apigateway.update_key(physical_id, |members| {
        let name = members["name"].as_str().unwrap_or_default().to_owned();
        let wanted = key_members(context, new, &name);
        for member in ["customerId", "description", "enabled", "tags"] {
            members[member] = wanted[member].clone();
        }
        if members["enabled"].is_null() {
            members["enabled"] = json!(false);
        }
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(physical_id, &[("APIKeyId", physical_id)])))
}

/// Removes the key.
pub(crate) async fn delete_api_key(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigateway.delete_key(physical_id))
}

/// The key as it is now, with its value where the template has one.
pub(crate) async fn read_api_key(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    live(context.cloud.apigateway.get_key(physical_id, true), |members| {
        let mut properties =
            json!({"Name": members["name"], "Enabled": members["enabled"], "Tags": tag_list(&members["tags"])});
        for (member, property) in [("customerId", "CustomerId"), ("description", "Description"), ("value", "Value")] {
            let is_told = member != "value" || declared.get("Value").is_some();
            if let Some(value) = members[member].as_str().filter(|_| is_told) {
                properties[property] = json!(value);
            }
        }
        properties
    })
}

fn members_of(context: &ResourceContext, properties: &Value, old_name: Option<&str>) -> Value {
    let name =
        text(properties, "UsagePlanName").or(old_name).map_or_else(|| context.generated_name(128), str::to_owned);
    plan_members(properties, &name, &tags(properties, &context.tags))
}

/// `AWS::ApiGateway::UsagePlan`. `Ref` is the id.
pub(crate) async fn create_usage_plan(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let made = context.cloud.apigateway.create_plan(&members_of(context, properties, None))?;
    let id = text_of(&made, "id");
    Ok(provisioned(id, &[("Id", id)]))
}

/// Changes everything in place.
pub(crate) async fn update_usage_plan(
    context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    context.cloud.apigateway.update_plan(physical_id, |members| {
        *members = members_of(context, new, members["name"].as_str());
        members["id"] = json!(physical_id);
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(physical_id, &[("Id", physical_id)])))
}

/// Removes the plan.
pub(crate) async fn delete_usage_plan(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigateway.delete_plan(physical_id))
}

/// The plan as it is now.
pub(crate) async fn read_usage_plan(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    live(context.cloud.apigateway.get_plan(physical_id), plan_properties)
}

/// `AWS::ApiGateway::UsagePlanKey`. `Ref` is `<key>:<plan>`.
pub(crate) async fn create_usage_plan_key(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (key, plan) = (required_text(properties, "KeyId")?, required_text(properties, "UsagePlanId")?);
    context.cloud.apigateway.add_plan_key(plan, &to_members(properties))?;
    let id = format!("{key}:{plan}");
    Ok(provisioned(&id, &[("Id", &id)]))
}

/// Nothing of it changes in place.
pub(crate) async fn update_usage_plan_key(
    _context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["KeyId", "KeyType", "UsagePlanId"]) {
        return Ok(Update::Replace);
    }
    Ok(Update::InPlace(provisioned(physical_id, &[("Id", physical_id)])))
}

/// Takes the key out of the plan.
pub(crate) async fn delete_usage_plan_key(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let (key, plan) = (required_text(properties, "KeyId")?, required_text(properties, "UsagePlanId")?);
    removed(context.cloud.apigateway.remove_plan_key(plan, key))
}

/// Whether the key is in the plan.
pub(crate) async fn read_usage_plan_key(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (key, plan) = (required_text(declared, "KeyId")?, required_text(declared, "UsagePlanId")?);
    let keys = context.cloud.apigateway.plan_keys(plan).unwrap_or_default();
    if keys.iter().any(|one| one["id"] == key) {
        return Ok(Live::Properties(json!({"KeyId": key, "KeyType": "API_KEY", "UsagePlanId": plan})));
    }
    Ok(Live::Gone)
}

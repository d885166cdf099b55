//! Deployments and stages.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::convert::{stage_members, stage_properties};
use super::{live, provisioned, removed, text_of};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::case::to_members;
use crate::wire::properties::{changed, required_text, tags, text};

/// `AWS::ApiGateway::Deployment`. `Ref` is the id.
pub(crate) async fn create_deployment(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    if properties.get("DeploymentCanarySettings").is_some() {
        return Err(ProviderError::invalid("the local cloud does not serve `DeploymentCanarySettings`"));
    }
    let api = required_text(properties, "RestApiId")?;
    let mut members =
        json!({"stageName": text(properties, "StageName"), "description": text(properties, "Description")});
    let stage = to_members(&properties["StageDescription"]);
    members["variables"] = stage["variables"].clone();
    members["stageDescription"] = stage["description"].clone();
    let made = context.cloud.apigateway.create_deployment(api, &members)?;
    let id = text_of(&made, "id");
    if let (Some(name), Some(_)) = (text(properties, "StageName"), properties["StageDescription"].as_object()) {
        let mut wanted =
            stage_members(&properties["StageDescription"], &tags(&properties["StageDescription"], &context.tags));
        for (member, value) in [("stageName", json!(name)), ("deploymentId", json!(id))] {
            wanted[member] = value;
        }
        context.cloud.apigateway.update_stage(api, name, |members| {
            *members = wanted;
            Ok(())
        })?;
    }
    Ok(provisioned(id, &[("DeploymentId", id)]))
}

/// A picture does not change: its description does, and nothing else may without another deployment.
pub(crate) async fn update_deployment(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["DeploymentCanarySettings", "RestApiId"]) {
        return Ok(Update::Replace);
    }
    let api = required_text(new, "RestApiId")?;
    let operation = super::super::patch::Operation {
        verb: super::super::patch::Verb::Replace,
        path: vec!["description".to_owned()],
        value: json!(text(new, "Description").unwrap_or_default()),
    };
    context.cloud.apigateway.update_deployment(api, physical_id, &[operation])?;
    Ok(Update::InPlace(provisioned(physical_id, &[("DeploymentId", physical_id)])))
}

/// Removes the deployment, and the stage that it made where it still serves it.
pub(crate) async fn delete_deployment(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let service = &context.cloud.apigateway;
    let api = required_text(properties, "RestApiId")?;
    if let Some(name) = text(properties, "StageName")
        && service.get_stage(api, name).is_ok_and(|stage| stage["deploymentId"] == physical_id)
    {
        removed(service.delete_stage(api, name))?;
    }
    removed(service.delete_deployment(api, physical_id))
}

/// The deployment as it is now.
pub(crate) async fn read_deployment(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let api = required_text(declared, "RestApiId")?;
    live(context.cloud.apigateway.get_deployment(api, physical_id), |members| {
        let mut properties = json!({ "RestApiId": api });
        if let Some(description) = members["description"].as_str().filter(|text| !text.is_empty()) {
            properties["Description"] = json!(description);
        }
        // Who serves the picture is for the stage to say.
        for name in ["StageDescription", "StageName"] {
            if let Some(value) = declared.get(name) {
                properties[name] = value.clone();
            }
        }
        properties
    })
}

/// `AWS::ApiGateway::Stage`. `Ref` is the name.
pub(crate) async fn create_stage(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let api = required_text(properties, "RestApiId")?;
    let members = stage_members(properties, &tags(properties, &context.tags));
    let made = context.cloud.apigateway.create_stage(api, &members).map_err(|error| {
        if error.code == "ConflictException" {
            ProviderError::new("AlreadyExists", error.message)
        } else {
            error.into()
        }
    })?;
    Ok(provisioned(text_of(&made, "stageName"), &[]))
}

/// Changes everything but its name in place.
pub(crate) async fn update_stage(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["RestApiId", "StageName"]) {
        return Ok(Update::Replace);
    }
    let api = required_text(new, "RestApiId")?;
    let wanted = stage_members(new, &tags(new, &context.tags));
    context.cloud.apigateway.update_stage(api, physical_id, |members| {
        let created = members["createdDate"].clone();
        *members = wanted;
        members["createdDate"] = created;
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(physical_id, &[])))
}

/// Removes the stage.
pub(crate) async fn delete_stage(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigateway.delete_stage(required_text(properties, "RestApiId")?, physical_id))
}

/// The stage as it is now.
pub(crate) async fn read_stage(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let api = required_text(declared, "RestApiId")?;
    live(context.cloud.apigateway.get_stage(api, physical_id), |members| stage_properties(members, declared))
}

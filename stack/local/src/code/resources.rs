//! How CloudFormation makes projects, pipelines and connections.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::Kind;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{all_tags, live, providers};
use crate::wire::ServiceError;
use crate::wire::properties::changed;

providers! {
    /// `AWS::CodeConnections::Connection`. `Ref` is the ARN.
    connection = super::Kind::Connection;
    /// `AWS::CodePipeline::Pipeline`.
    pipeline = super::Kind::Pipeline;
    /// `AWS::CodeBuild::Project`.
    project = super::Kind::Project;
}

fn of_provider(error: ServiceError) -> ProviderError {
    match error.code.as_str() {
        "ResourceAlreadyExistsException" | "PipelineNameInUseException" => {
            ProviderError::new("AlreadyExists", error.message)
        }
        "ResourceNotFoundException" | "PipelineNotFoundException" => ProviderError::new("NotFound", error.message),
        _ => error.into(),
    }
}

async fn create(kind: Kind, context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let mut properties = properties.clone();
    if !properties[kind.name_property()].is_string() {
        properties[kind.name_property()] =
            json!(context.generated_name(if kind == Kind::Connection { 32 } else { 100 }));
    }
    let cloud = &context.cloud;
    let made = cloud.code.create(cloud, &context.region, kind, &properties, all_tags(context, &properties));
    Ok(made.map_err(of_provider)?.provisioned())
}

async fn update(
    kind: Kind,
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let create_only: &[&str] = match kind {
        Kind::Connection => &["ConnectionName", "ProviderType", "HostArn"],
        Kind::Pipeline | Kind::Project => &["Name"],
    };
    if changed(old, new, create_only) {
        return Ok(Update::Replace);
    }
    let code = &context.cloud.code;
    let before = code.get(&context.region, kind, physical_id).map_err(of_provider)?;
    let mut new = new.clone();
    new[kind.name_property()] = before.property(kind.name_property()).clone();
    let made = code.update(&context.region, kind, physical_id, &new, all_tags(context, &new));
    Ok(Update::InPlace(made.map_err(of_provider)?.provisioned()))
}

async fn delete(
    kind: Kind,
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.code.remove(&context.region, kind, physical_id).map(drop).map_err(of_provider)
}

/// A pipeline that exists already.
pub(crate) fn adopt_pipeline(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(context.cloud.code.get(&context.region, Kind::Pipeline, name).map_err(of_provider)?.provisioned())
}

async fn read(
    kind: Kind,
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(live(context.cloud.code.get(&context.region, kind, physical_id).ok(), context, declared))
}

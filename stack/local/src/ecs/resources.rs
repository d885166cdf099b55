//! How CloudFormation makes clusters and services of Express Mode.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::Kind;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{all_tags, live, providers};
use crate::wire::ServiceError;
use crate::wire::properties::changed;

providers! {
    /// `AWS::ECS::Cluster`.
    cluster = super::Kind::Cluster;
    /// `AWS::ECS::ExpressGatewayService`. `Ref` is the ARN.
    express = super::Kind::ExpressGatewayService;
}

fn of_provider(error: ServiceError) -> ProviderError {
    match error.code.as_str() {
        code if code.ends_with("NotFoundException") => ProviderError::new("NotFound", error.message),
        _ if error.message.contains("idempotent") => ProviderError::new("AlreadyExists", error.message),
        _ => error.into(),
    }
}

async fn create(kind: Kind, context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let mut properties = properties.clone();
    if !properties[kind.name_property()].is_string() {
        properties[kind.name_property()] = json!(context.generated_name(255));
    }
    let cloud = &context.cloud;
    let made = cloud.ecs.create(cloud, &context.region, kind, &properties, all_tags(context, &properties));
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
        Kind::Cluster => &["ClusterName"],
        Kind::ExpressGatewayService => &["Cluster", "InfrastructureRoleArn", "ServiceName"],
    };
    if changed(old, new, create_only) {
        return Ok(Update::Replace);
    }
    let ecs = &context.cloud.ecs;
    let before = ecs.get(&context.region, kind, physical_id).map_err(of_provider)?;
    let mut new = new.clone();
    new[kind.name_property()] = before.property(kind.name_property()).clone();
    let made = ecs.update(&context.region, kind, physical_id, &new, all_tags(context, &new));
    Ok(Update::InPlace(made.map_err(of_provider)?.provisioned()))
}

async fn delete(
    kind: Kind,
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.ecs.remove(&context.region, kind, physical_id).map(drop).map_err(of_provider)
}

/// A cluster that exists already.
pub(crate) fn adopt_cluster(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    Ok(context.cloud.ecs.get(&context.region, Kind::Cluster, name).map_err(of_provider)?.provisioned())
}

async fn read(
    kind: Kind,
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(live(context.cloud.ecs.get(&context.region, kind, physical_id).ok(), context, declared))
}

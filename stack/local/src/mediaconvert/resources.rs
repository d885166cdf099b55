//! How CloudFormation makes queues, job templates and presets.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::QUEUE;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::records::{all_tags, live, providers};
use crate::wire::properties::changed;

providers! {
    /// `AWS::MediaConvert::Queue`.
    queue = super::super::QUEUE;
    /// `AWS::MediaConvert::JobTemplate`.
    job_template = super::super::TEMPLATE;
    /// `AWS::MediaConvert::Preset`.
    preset = super::super::PRESET;
}

async fn create(kind: &str, context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let mut properties = properties.clone();
    if !properties["Name"].is_string() {
        properties["Name"] = json!(context.generated_name(80));
    }
    let cloud = &context.cloud;
    let record = cloud
        .mediaconvert
        .create(cloud, &context.region, kind, &properties, all_tags(context, &properties))
        .map_err(|error| match error.code.as_str() {
        "ConflictException" => ProviderError::new("AlreadyExists", error.message),
        _ => error.into(),
    })?;
    Ok(record.provisioned())
}

async fn update(
    kind: &str,
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name"]) {
        return Ok(Update::Replace);
    }
    let cloud = &context.cloud;
    let before = cloud.mediaconvert.named(cloud, &context.region, kind, physical_id)?;
    let mut new = new.clone();
    new["Name"] = json!(before.id);
    let record = cloud.mediaconvert.update(cloud, &before, &new, all_tags(context, &new))?;
    if kind == QUEUE {
        cloud.mediaconvert.start_waiting(cloud, &record);
    }
    Ok(Update::InPlace(record.provisioned()))
}

async fn delete(
    kind: &str,
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    let cloud = &context.cloud;
    Ok(cloud.mediaconvert.remove(cloud, &context.region, kind, physical_id)?)
}

async fn read(
    kind: &str,
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let record = context.cloud.mediaconvert.records.get(&context.region, kind, physical_id);
    Ok(live(record, context, declared))
}

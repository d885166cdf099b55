//! How CloudFormation makes schedules and their groups.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::api::settings;
use super::{DEFAULT_GROUP, field, group_arn, schedule_arn};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, tags, text};

fn provisioned(physical_id: &str, arn: &str) -> Provisioned {
    Provisioned { physical_id: physical_id.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}

/// A schedule group that exists already.
pub(crate) fn adopt_schedule_group(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned(name, &group_arn(&context.region, name))
}

fn group_of(properties: &Value) -> &str {
    field(properties, "GroupName").unwrap_or(DEFAULT_GROUP)
}

/// `AWS::Scheduler::Schedule`. `Ref` is the name.
pub(crate) async fn create_schedule(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "Name").map_or_else(|| context.generated_name(64), str::to_owned);
    let group = group_of(properties);
    context.cloud.scheduler.put(&context.cloud, group, &name, settings(properties), false)?;
    Ok(provisioned(&name, &schedule_arn(&context.region, group, &name)))
}

/// Changes a schedule in place; another name or group needs another schedule.
pub(crate) async fn update_schedule(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["GroupName", "Name"]) {
        return Ok(Update::Replace);
    }
    let group = group_of(new);
    context.cloud.scheduler.put(&context.cloud, group, physical_id, settings(new), true)?;
    Ok(Update::InPlace(provisioned(physical_id, &schedule_arn(&context.region, group, physical_id))))
}

/// Removes a schedule; one that ended itself is gone already.
pub(crate) async fn delete_schedule(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.scheduler.delete(group_of(properties), physical_id) {
        Err(error) if error.status != http::StatusCode::NOT_FOUND => Err(error.into()),
        _ => Ok(()),
    }
}

/// The schedule as it is now. Defaults that the template leaves out are left out here, too.
pub(crate) async fn read_schedule(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(schedule) = context.cloud.scheduler.schedule(group_of(declared), physical_id) else {
        return Ok(Live::Gone);
    };
    let mut live = schedule.settings;
    live["Name"] = json!(schedule.name);
    live["GroupName"] = json!(schedule.group);
    let defaults = settings(&json!({}));
    if let Some(fields) = live.as_object_mut() {
        fields.retain(|name, value| {
            let implied = defaults.get(name) == Some(value) || (name == "GroupName" && *value == json!(DEFAULT_GROUP));
            !implied || declared.get(name.as_str()).is_some()
        });
    }
    Ok(Live::Properties(live))
}

/// `AWS::Scheduler::ScheduleGroup`. `Ref` is the name.
pub(crate) async fn create_schedule_group(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "Name").map_or_else(|| context.generated_name(64), str::to_owned);
    context.cloud.scheduler.create_group(&name, tags(properties, &context.tags))?;
    Ok(provisioned(&name, &group_arn(&context.region, &name)))
}

/// Changes tags in place.
pub(crate) async fn update_schedule_group(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name"]) {
        return Ok(Update::Replace);
    }
    context.cloud.scheduler.change_group(physical_id, |kept| *kept = tags(new, &context.tags))?;
    Ok(Update::InPlace(provisioned(physical_id, &group_arn(&context.region, physical_id))))
}

/// Removes a group with its schedules.
pub(crate) async fn delete_schedule_group(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.scheduler.delete_group(physical_id) {
        Err(error) if error.status != http::StatusCode::NOT_FOUND => Err(error.into()),
        _ => Ok(()),
    }
}

/// The group as it is now.
pub(crate) async fn read_schedule_group(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    Ok(match context.cloud.scheduler.group_tags(physical_id) {
        Some(_) => Live::Properties(json!({ "Name": physical_id })),
        None => Live::Gone,
    })
}

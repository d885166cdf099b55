//! How CloudFormation makes alarms.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Map, Value, json};

use super::alarm::{Alarm, alarm_arn};
use super::api::put_alarm;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::ServiceError;
use crate::wire::properties::{changed, tags, text};

/// How an alarm's properties are read.
type Read = fn(&Value, &str) -> Result<Alarm, ServiceError>;

fn provisioned(context: &ResourceContext, name: &str) -> Provisioned {
    let arn = alarm_arn(&context.region, name);
    Provisioned { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}

/// An alarm of either kind that exists already.
pub(crate) fn adopt_alarm(context: &ResourceContext, name: &str) -> Provisioned {
    provisioned(context, name)
}

fn create(context: &ResourceContext, properties: &Value, read: Read) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "AlarmName").map_or_else(|| context.generated_name(255), str::to_owned);
    if context.cloud.cloudwatch.alarm(&name).is_some() {
        return Err(ProviderError::new("AlreadyExists", format!("the alarm {name} already exists")));
    }
    let mut alarm = read(properties, &name)?;
    alarm.tags = tags(properties, &context.tags);
    put_alarm(&context.cloud, alarm)?;
    Ok(provisioned(context, &name))
}

fn update(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
    read: Read,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["AlarmName"]) {
        return Ok(Update::Replace);
    }
    put_alarm(&context.cloud, read(new, physical_id)?)?;
    let tags = tags(new, &context.tags);
    context.cloud.cloudwatch.store.change(|state| {
        if let Some(alarm) = state.alarms.get_mut(physical_id) {
            alarm.tags = tags;
        }
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned(context, physical_id)))
}

/// `AWS::CloudWatch::Alarm`. `Ref` is the name.
pub(crate) async fn create_alarm(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    create(context, properties, Alarm::read)
}

/// Changes an alarm in place; its state stays.
pub(crate) async fn update_alarm(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    update(context, physical_id, old, new, Alarm::read)
}

/// `AWS::CloudWatch::CompositeAlarm`. `Ref` is the name.
pub(crate) async fn create_composite_alarm(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    create(context, properties, Alarm::read_composite)
}

/// Changes an alarm in place.
pub(crate) async fn update_composite_alarm(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    update(context, physical_id, old, new, Alarm::read_composite)
}

/// Removes an alarm.
pub(crate) async fn delete_alarm(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(context.cloud.cloudwatch.delete_alarms(&[physical_id.to_owned()])?)
}

/// The alarm as it is now. Defaults that the template leaves out are left out here, too.
pub(crate) async fn read_alarm(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Some(alarm) = context.cloud.cloudwatch.alarm(physical_id) else { return Ok(Live::Gone) };
    let mut live = alarm.settings();
    if let Some(fields) = live.as_object_mut() {
        fields.retain(|name, value| {
            let empty =
                value.as_array().is_some_and(Vec::is_empty) || (name == "ActionsEnabled" && *value == json!(true));
            !empty || declared.get(name.as_str()).is_some()
        });
    }
    Ok(Live::Properties(live))
}

//! Wait conditions, and the signals that resources wait for.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::api::{Answer, answer};
use super::input::{Call, constraint, invalid};
use super::operation::Operation;
use super::provider::{ProviderError, Provisioned, ResourceContext, Update};
use super::signals::{Signal, Signals};
use super::stacks::no_stack;
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// Seconds that a wait condition may wait.
const LONGEST: i64 = 43_200;

/// Seconds that a creation policy waits unless it says how long.
const POLICY_TIMEOUT: u64 = 300;

/// `AWS::CloudFormation::WaitConditionHandle`: `Ref` is an address that takes signals by PUT.
#[expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]
pub(crate) async fn create_wait_condition_handle(
    context: &ResourceContext,
    _properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let physical_id = Signals::new_handle(&context.cloud.url);
    context.cloud.cloudformation.signals.open(&physical_id);
    Ok(Provisioned { physical_id, ..Provisioned::default() })
}

/// Takes any change, because nothing depends on the properties.
#[expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]
pub(crate) async fn update_wait_condition_handle(
    _context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Ok(Update::InPlace(Provisioned { physical_id: physical_id.to_owned(), ..Provisioned::default() }))
}

/// From here on the address takes no more signals.
#[expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]
pub(crate) async fn delete_wait_condition_handle(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    context.cloud.cloudformation.signals.close(physical_id);
    Ok(())
}

/// `AWS::CloudFormation::WaitCondition`: waits for signals to its handle. One without a handle waits by its creation policy.
pub(crate) async fn create_wait_condition(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let physical_id =
        context.own_row().map_or_else(String::new, |(stack_id, _)| format!("{stack_id}/{}", context.logical_id));
    let Some(handle) = text(properties, "Handle") else {
        return Ok(Provisioned { physical_id, ..Provisioned::default() });
    };
    context.initiated(&physical_id);
    let number = |name: &str, default: i64, most: i64| match properties.get(name) {
        None => Ok(default),
        Some(value) => as_integer(value)
            .filter(|number| (0..=most).contains(number))
            .ok_or_else(|| ProviderError::plain(format!("{name} must be a number up to {most}, not `{value}`"))),
    };
    let count = usize::try_from(number("Count", 1, 1000)?).unwrap_or(1);
    let seconds = number("Timeout", 0, LONGEST)?;
    let signals = &context.cloud.cloudformation.signals;
    let stopped = context.stopped();
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(Duration::from_secs(seconds.unsigned_abs()), signals.wait(handle, count)) => outcome,
        () = stopped => return Err(ProviderError::plain("Resource creation cancelled")),
    };
    match outcome {
        Ok(Ok(received)) => {
            let data: Map<String, Value> = received
                .into_values()
                .map(|signal| (signal.unique_id, json!(signal.data.unwrap_or_default())))
                .collect();
            let attributes = Map::from_iter([("Data".to_owned(), json!(Value::Object(data).to_string()))]);
            Ok(Provisioned { physical_id, attributes })
        }
        Ok(Err(failure)) => Err(ProviderError::plain(format!(
            "WaitCondition received failed message: '{}' for uniqueId: {}",
            failure.reason.unwrap_or_default(),
            failure.unique_id
        ))),
        Err(_) => Err(ProviderError::plain(format!(
            "WaitCondition timed out. Received {} conditions when expecting {count}",
            signals.count(handle)
        ))),
    }
}

/// A wait condition waits once; its properties cannot change.
#[expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]
pub(crate) async fn update_wait_condition(
    _context: &ResourceContext,
    _physical_id: &str,
    _old: &Value,
    _new: &Value,
) -> Result<Update, ProviderError> {
    Err(ProviderError::plain("Update to resource type AWS::CloudFormation::WaitCondition is not supported."))
}

/// There is nothing to remove.
#[expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]
pub(crate) async fn delete_wait_condition(
    _context: &ResourceContext,
    _physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(())
}

/// Waits for the signals that a resource's `CreationPolicy` asks for. On failure, the reason for its row.
pub(super) async fn wait_for_creation_policy(operation: &Operation, logical_id: &str) -> Result<(), String> {
    let policy =
        operation.look(|stack| stack.definition.template.resources.get(logical_id)?.creation_policy.clone()).flatten();
    let Some(wanted) = policy.as_ref().and_then(|policy| policy.get("ResourceSignal")) else { return Ok(()) };
    let count = wanted.get("Count").map_or(Some(1), as_integer).and_then(|count| usize::try_from(count).ok());
    let seconds = match text(wanted, "Timeout") {
        None => Some(POLICY_TIMEOUT),
        Some(text) => duration(text),
    };
    let (Some(count), Some(seconds)) = (count, seconds) else {
        return Err(format!("Invalid CreationPolicy: `{wanted}` is no ResourceSignal"));
    };
    let signals = &operation.cloud.cloudformation.signals;
    let key = format!("{} {logical_id}", operation.stack_id);
    signals.open(&key);
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(Duration::from_secs(seconds), signals.wait(&key, count)) => outcome,
        () = operation.running.stopped() => Ok(Ok(std::collections::BTreeMap::new())),
    };
    let received = signals.count(&key);
    signals.close(&key);
    match outcome {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(failure)) => Err(format!("Received FAILURE signal with UniqueId {}", failure.unique_id)),
        Err(_) => {
            Err(format!("Failed to receive {count} resource signal(s) within the specified duration: {received} came"))
        }
    }
}

/// Seconds of an ISO 8601 duration of hours, minutes and seconds (`PT1H5M`).
fn duration(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty())?;
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let unit = match rest.as_bytes().get(digits)? {
            b'H' => 3600,
            b'M' => 60,
            b'S' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = rest.get(digits + 1..)?;
    }
    Some(seconds)
}

/// `SignalResource`.
pub(super) fn signal_resource(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let logical_id = call.form.require("LogicalResourceId")?;
    let unique_id = call.form.require("UniqueId")?.to_owned();
    let status = call.form.require("Status")?.to_owned();
    if !matches!(status.as_str(), "SUCCESS" | "FAILURE") {
        return Err(constraint("status", &status, "Member must satisfy enum value set: [SUCCESS, FAILURE]"));
    }
    let (stack_id, handle) = call.cloud.cloudformation.store.read(|state| {
        let stack = state.find(name, &call.region).filter(|stack| stack.is_live()).ok_or_else(|| no_stack(name))?;
        let row = stack
            .resources
            .get(logical_id)
            .ok_or_else(|| invalid(format!("Resource {logical_id} does not exist for stack {name}")))?;
        let handle = text(&row.properties, "Handle").map(str::to_owned);
        Ok::<_, ServiceError>((stack.id.clone(), handle))
    })?;
    let key = handle.unwrap_or_else(|| format!("{stack_id} {logical_id}"));
    let signal = Signal { status, unique_id, reason: None, data: None };
    if !call.cloud.cloudformation.signals.keep(&key, signal) {
        return Err(invalid(format!("Signal not expected: resource {logical_id} is not waiting for signals")));
    }
    answer(|_| {})
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("PT5M", Some(300)),
            ("PT1H30M", Some(5400)),
            ("PT10S", Some(10)),
            ("PT", None),
            ("5M", None),
            ("PT5", None),
            ("PT5D", None),
            ("PT99999999999999999999S", None),
        ] {
            assert_eq!(duration(text), seconds, "{text}");
        }
    }
}

//! The entries of `PutEvents`.

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::buses::{bus_arn, bus_name};
use super::{Event, delivery, validation};
use crate::cloud::Cloud;
use crate::iam::{Access, Principal};
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// Entries of one request.
const ENTRIES: usize = 10;

/// Bytes that the entries of one request may have together.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Puts the entries of a request, each accepted or refused by itself.
pub(super) fn put(cloud: &Arc<Cloud>, principal: &Principal, input: &Value) -> Result<Value, ServiceError> {
    let entries = input.get("Entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if entries.is_empty() || entries.len() > ENTRIES {
        return Err(validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and {ENTRIES}, it has {}",
            entries.len()
        )));
    }
    if text(input, "EndpointId").is_some() {
        return Err(validation("the local cloud does not serve global endpoints (`EndpointId`)"));
    }
    if entries.iter().map(size).sum::<usize>() > SIZE_LIMIT {
        return Err(validation("Total size of the entries in the request is over the limit."));
    }
    let results: Vec<Value> = entries
        .iter()
        .map(|entry| match put_entry(cloud, principal, entry) {
            Ok(id) => json!({"EventId": id}),
            Err(error) => json!({"ErrorCode": error.code, "ErrorMessage": error.message}),
        })
        .collect();
    let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    Ok(json!({"FailedEntryCount": failed, "Entries": results}))
}

/// Bytes of an entry, counted as AWS does: 14 for a time, and the texts.
fn size(entry: &Value) -> usize {
    let texts = ["Source", "DetailType", "Detail"].iter().filter_map(|name| text(entry, name)).map(str::len);
    let resources = entry.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let resources = resources.filter_map(Value::as_str).map(str::len);
    texts.chain(resources).sum::<usize>() + if entry.get("Time").is_some() { 14 } else { 0 }
}

fn put_entry(cloud: &Arc<Cloud>, principal: &Principal, entry: &Value) -> Result<String, ServiceError> {
    let required = |name: &str| {
        text(entry, name).filter(|value| !value.is_empty()).ok_or_else(|| {
            ServiceError::bad_request(
                "InvalidArgument",
                format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
            )
        })
    };
    let (source, detail_type, detail) = (required("Source")?, required("DetailType")?, required("Detail")?);
    if source.starts_with("aws.") {
        return Err(ServiceError::bad_request("NotAuthorizedForSourceException", "Not authorized for the source."));
    }
    if detail_type.len() > 128 {
        return Err(ServiceError::bad_request(
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: it has more than 128 characters.",
        ));
    }
    let detail: Value = serde_json::from_str(detail)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| ServiceError::bad_request("MalformedDetail", "Detail is malformed."))?;
    let bus = bus_name(text(entry, "EventBusName"));
    let policy = cloud
        .events
        .bus(bus)
        .map_err(|_| ServiceError::bad_request("InvalidArgument", format!("Event bus {bus} does not exist.")))?
        .document();
    cloud.iam.authorize(
        principal,
        &Access {
            action: "events:PutEvents",
            resource: &bus_arn(&cloud.region, bus),
            context: &[("events:source", source), ("events:detail-type", detail_type)],
            resource_policy: policy.as_ref(),
        },
    )?;
    let resources = entry.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default();
    let event = Event::new(&cloud.region, source, detail_type, time_of(entry), resources, detail);
    let id = event.fields["id"].as_str().unwrap_or_default().to_owned();
    delivery::dispatch(&cloud.events, cloud, bus, &event);
    Ok(id)
}

/// Clients send seconds since 1970.
fn time_of(entry: &Value) -> OffsetDateTime {
    let seconds = entry.get("Time").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a date are far below the limit, others are cut")]
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds as i64).ok());
    time.unwrap_or_else(OffsetDateTime::now_utc)
}

//! Batches: up to ten entries, each with an id, an outcome and a place of its own.

use serde_json::{Value, json};

use super::api::{Asked, number};
use super::errors::missing;
use super::message::size;
use super::show::show_sent;
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// Bytes that the messages of a batch may have together.
const BATCH_LIMIT: usize = 1_048_576;

/// Entries of a batch.
const ENTRY_LIMIT: usize = 10;

pub(super) fn send(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.queue("sqs:SendMessage")?;
    let entries = entries(asked)?;
    let outgoing: Vec<_> = entries.iter().map(|(_, entry)| asked.outgoing(entry)).collect();
    let total: usize = outgoing.iter().flatten().map(size).sum();
    if total > BATCH_LIMIT {
        return Err(ServiceError::bad_request(
            "BatchRequestTooLong",
            format!("Batch requests cannot be longer than {BATCH_LIMIT} bytes. You have sent {total} bytes."),
        ));
    }
    let mut outgoing = outgoing.into_iter();
    Ok(outcome(&entries, |entry| {
        let message = outgoing.next().unwrap_or_else(|| Err(missing("MessageBody")))?;
        let message = asked.cloud.sqs.send(&queue, message, crate::logs::now())?;
        Ok(show_sent(&queue, &message, entry))
    }))
}

pub(super) fn delete(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.queue("sqs:DeleteMessage")?;
    let entries = entries(asked)?;
    Ok(outcome(&entries, |entry| {
        let handle = text(entry, "ReceiptHandle").ok_or_else(|| missing("ReceiptHandle"))?;
        asked.cloud.sqs.delete_message(&queue.name, handle, crate::logs::now())?;
        Ok(json!({}))
    }))
}

pub(super) fn change_visibility(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let queue = asked.queue("sqs:ChangeMessageVisibility")?;
    let entries = entries(asked)?;
    Ok(outcome(&entries, |entry| {
        let handle = text(entry, "ReceiptHandle").ok_or_else(|| missing("ReceiptHandle"))?;
        let seconds = number(entry, "VisibilityTimeout")?.ok_or_else(|| missing("VisibilityTimeout"))?;
        asked.cloud.sqs.change_visibility(&queue.name, handle, seconds, crate::logs::now())?;
        Ok(json!({}))
    }))
}

/// The entries by id.
fn entries<'a>(asked: &'a Asked<'_>) -> Result<Vec<(&'a str, &'a Value)>, ServiceError> {
    let list = asked.input.get("Entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.is_empty() {
        return Err(ServiceError::bad_request(
            "EmptyBatchRequest",
            "There should be at least one entry in the request.",
        ));
    }
    if list.len() > ENTRY_LIMIT {
        return Err(ServiceError::bad_request(
            "TooManyEntriesInBatchRequest",
            format!("Maximum number of entries per request are {ENTRY_LIMIT}. You have sent {}.", list.len()),
        ));
    }
    let mut entries: Vec<(&str, &Value)> = Vec::new();
    for entry in list {
        let id = text(entry, "Id").unwrap_or_default();
        let well_formed = (1..=80).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !well_formed {
            return Err(ServiceError::bad_request(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
            ));
        }
        if entries.iter().any(|(other, _)| *other == id) {
            return Err(ServiceError::bad_request("BatchEntryIdsNotDistinct", format!("Id {id} repeated.")));
        }
        entries.push((id, entry));
    }
    Ok(entries)
}

/// Does every entry; one that is refused does not stop the others.
fn outcome(entries: &[(&str, &Value)], mut act: impl FnMut(&Value) -> Result<Value, ServiceError>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, entry) in entries {
        match act(entry) {
            Ok(mut done) => {
                done["Id"] = json!(id);
                successful.push(done);
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "Code": super::errors::query_code(&error.code),
                "Message": error.message,
                "SenderFault": !error.status.is_server_error(),
            })),
        }
    }
    let mut answer = json!({ "Successful": successful });
    if !failed.is_empty() {
        answer["Failed"] = json!(failed);
    }
    answer
}

//! From a queue to a function: batches are gathered, filtered, handed over, and deleted as far as they were processed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::PROBLEM_PAUSE;
use super::call::{self, EVENT_BYTES};
use super::filter::wants;
use super::mapping::Mapping;
use crate::cloud::Cloud;
use crate::sqs::{Message, Queue, Wanted};
use crate::wire::ServiceError;

/// Batches of one queue that are processed at the same time unless the mapping says otherwise, as on AWS.
const CONCURRENCY: u32 = 5;

/// How long one look at an empty queue lasts.
const LOOK: Duration = Duration::from_secs(20);

/// Wait before a throttled function is called again.
const THROTTLE_PAUSE: Duration = Duration::from_millis(200);

/// System attributes that every record has, and those of FIFO queues and traces.
const SYSTEM: [&str; 9] = [
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageGroupId",
    "SenderId",
    "MessageDeduplicationId",
    "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
];

/// Works until the mapping is removed or disabled. `changed` is told when it is.
pub(super) async fn work(cloud: Arc<Cloud>, id: String, changed: Arc<Notify>) {
    let mut limit = 0;
    let mut running = Arc::new(Semaphore::new(0));
    loop {
        let Some(mapping) = cloud.lambda.event_sources.enabled(&id) else { return };
        let wanted = mapping.maximum_concurrency.unwrap_or(CONCURRENCY);
        if wanted != limit {
            limit = wanted;
            running = Arc::new(Semaphore::new(limit as usize));
        }
        let permit = tokio::select! {
            permit = Arc::clone(&running).acquire_owned() => permit,
            () = changed.notified() => continue,
        };
        let Ok(permit) = permit else { return };
        match gather(&cloud, &mapping, &changed).await {
            Ok(None) => {}
            Ok(Some((queue, messages))) => {
                tokio::spawn(process(Arc::clone(&cloud), mapping, queue, messages, permit));
            }
            Err(error) => {
                cloud.lambda.event_sources.note(&id, &format!("PROBLEM: {}", error.message));
                tokio::select! {
                    () = tokio::time::sleep(PROBLEM_PAUSE) => {}
                    () = changed.notified() => {}
                }
            }
        }
    }
}

/// The next batch; `None` when there was nothing or the mapping changed.
async fn gather(
    cloud: &Cloud,
    mapping: &Mapping,
    changed: &Notify,
) -> Result<Option<(Queue, Vec<Message>)>, ServiceError> {
    let configuration = call::configuration(cloud, &mapping.function_arn)?;
    call::check_role(cloud, &configuration, &mapping.source_arn)?;
    let sqs = &cloud.sqs;
    let queue = sqs.queue(&mapping.source_arn).ok_or_else(|| {
        ServiceError::bad_request("QueueDoesNotExist", format!("the queue {} does not exist", mapping.source_arn))
    })?;
    let size = mapping.batch_size as usize;
    let wanted = |have: usize| Wanted { limit: (size - have).min(10), visibility: None };
    let mut messages = tokio::select! {
        messages = sqs.receive_waiting(&queue.name, wanted(0), LOOK) => messages?,
        () = changed.notified() => return Ok(None),
    };
    if messages.is_empty() {
        return Ok(None);
    }
    let deadline = Instant::now() + Duration::from_secs(mapping.window.into());
    let mut bytes: usize = messages.iter().map(weight).sum();
    while mapping.window > 0 && messages.len() < size && bytes < EVENT_BYTES / 2 && Instant::now() < deadline {
        let more = tokio::select! {
            more = sqs.receive_waiting(&queue.name, wanted(messages.len()), deadline - Instant::now()) => more?,
            () = changed.notified() => break,
        };
        bytes += more.iter().map(weight).sum::<usize>();
        messages.extend(more);
    }
    Ok(Some((queue, messages)))
}

fn weight(message: &Message) -> usize {
    // Escapes may double a text.
    2 * message.body.len() + 1024
}

async fn process(
    cloud: Arc<Cloud>,
    mapping: Mapping,
    queue: Queue,
    messages: Vec<Message>,
    permit: OwnedSemaphorePermit,
) {
    let records: Vec<(Message, Value)> = messages
        .into_iter()
        .map(|message| {
            let record = record(&queue, &mapping, &message);
            (message, record)
        })
        .collect();
    let (wanted, unwanted): (Vec<_>, Vec<_>) = records.into_iter().partition(|(_, record)| wants(&mapping, record));
    delete(&cloud, &queue, unwanted.iter().map(|(message, _)| message));
    // Messages that are too large for one event together come in several.
    let mut rest = wanted.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let count = rest
            .iter()
            .take_while(|(_, record)| {
                bytes += record.to_string().len() + 1;
                bytes <= EVENT_BYTES
            })
            .count()
            .max(1);
        let (batch, after) = rest.split_at(count);
        rest = after;
        hand_over(&cloud, &mapping, &queue, batch).await;
    }
    drop(permit);
}

async fn hand_over(cloud: &Arc<Cloud>, mapping: &Mapping, queue: &Queue, batch: &[(Message, Value)]) {
    let records: Vec<Value> = batch.iter().map(|(_, record)| record.clone()).collect();
    let trace = batch.iter().find_map(|(message, _)| message.trace_header.as_deref());
    let visible_again = Instant::now() + Duration::from_secs(queue.visibility_timeout());
    let sources = &cloud.lambda.event_sources;
    let outcome = loop {
        match call::call(cloud, mapping, &records, trace).await {
            Err(error) if error.status == http::StatusCode::TOO_MANY_REQUESTS => {
                if Instant::now() + THROTTLE_PAUSE > visible_again {
                    break Err(error);
                }
                tokio::time::sleep(THROTTLE_PAUSE).await;
            }
            other => break other,
        }
    };
    let ids: Vec<&str> = batch.iter().map(|(message, _)| message.id.as_str()).collect();
    let failed = match &outcome {
        Ok(outcome) => match &outcome.result {
            Ok(answer) => call::failures(mapping, answer, &ids),
            Err(_) => None,
        },
        Err(_) => None,
    };
    // What failed becomes visible again when its time is over.
    if let Some(failed) = failed {
        let done = batch.iter().map(|(message, _)| message).filter(|message| !failed.contains(&message.id));
        delete(cloud, queue, done);
        let result = if failed.is_empty() { "OK" } else { "PROBLEM: Function call failed for some items" };
        sources.note(&mapping.id, result);
    } else {
        let why = outcome.err().map_or_else(|| "Function call failed".to_owned(), |error| error.message);
        sources.note(&mapping.id, &format!("PROBLEM: {why}"));
    }
}

fn delete<'a>(cloud: &Cloud, queue: &Queue, messages: impl Iterator<Item = &'a Message>) {
    for message in messages {
        let receipt = message.receipt(&queue.name);
        if let Err(error) = cloud.sqs.delete_message(&queue.name, &receipt, crate::logs::now()) {
            tracing::warn!(
                queue = queue.name,
                message = message.id,
                error = error.message,
                "a processed message could not be deleted"
            );
        }
    }
}

/// A message as a function gets it.
fn record(queue: &Queue, mapping: &Mapping, message: &Message) -> Value {
    let system = SYSTEM.map(str::to_owned);
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .map(|(name, attribute)| {
            let member = if attribute.is_binary() { "binaryValue" } else { "stringValue" };
            let shown = json!({
                (member): attribute.value,
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": attribute.data_type,
            });
            (name.clone(), shown)
        })
        .collect();
    let mut record = json!({
        "messageId": message.id,
        "receiptHandle": message.receipt(&queue.name),
        "body": message.body,
        "attributes": crate::sqs::show_attributes(queue, message, &system),
        "messageAttributes": attributes,
        "md5OfBody": message.digest(),
    });
    if let Some(digest) = message.attribute_digest() {
        record["md5OfMessageAttributes"] = json!(digest);
    }
    record["eventSource"] = json!("aws:sqs");
    record["eventSourceARN"] = json!(mapping.source_arn);
    record["awsRegion"] = json!(queue.region);
    record
}

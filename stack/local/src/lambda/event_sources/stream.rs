//! From a stream to a function: in order, a batch after the other; one that fails is tried again, halved where the mapping says so,
//! and given up at last.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::PROBLEM_PAUSE;
use super::call;
use super::filter::wants;
use super::mapping::Mapping;
use crate::cloud::Cloud;
use crate::dynamodb::Position;
use crate::lambda::destinations;
use crate::lambda::payload::Outcome;
use crate::wire::ServiceError;

/// How long one look at an idle stream lasts.
const LOOK: Duration = Duration::from_secs(20);

/// Wait before a failed batch is tried again; it doubles up to the second one.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// What became of a batch.
enum End {
    Done,
    /// Retries are used up, or the records are too old.
    GivenUp(&'static str),
    /// The mapping was changed; the batch is begun anew if it is still enabled.
    Interrupted,
}

/// Works until the mapping is removed or disabled. `changed` is told when it is.
pub(super) async fn work(cloud: Arc<Cloud>, id: String, changed: Arc<Notify>) {
    let mut iterator = None;
    loop {
        let Some(mapping) = cloud.lambda.event_sources.enabled(&id) else { return };
        if let Err(error) = step(&cloud, &mapping, &changed, &mut iterator).await {
            cloud.lambda.event_sources.note(&id, &format!("PROBLEM: {}", error.message));
            iterator = None;
            tokio::select! {
                () = tokio::time::sleep(PROBLEM_PAUSE) => {}
                () = changed.notified() => {}
            }
        }
    }
}

/// Reads and processes the next batch.
async fn step(
    cloud: &Arc<Cloud>,
    mapping: &Mapping,
    changed: &Notify,
    iterator: &mut Option<String>,
) -> Result<(), ServiceError> {
    let configuration = call::configuration(cloud, &mapping.function_arn)?;
    call::check_role(cloud, &configuration, &mapping.source_arn)?;
    let sources = &cloud.lambda.event_sources;
    let tables = &cloud.dynamodb;
    let region = &cloud.region;
    let begin = if let Some(iterator) = iterator.clone() {
        iterator
    } else {
        let position = match (sources.checkpoint(&mapping.id), mapping.starting_position.as_deref()) {
            (Some(sequence), _) => Position::After(sequence),
            (None, Some("LATEST")) => Position::Latest,
            (None, _) => Position::Oldest,
        };
        let begin = tables.iterator(region, &mapping.source_arn, &position).await?;
        iterator.insert(begin).clone()
    };
    let (mut records, mut next) = tokio::select! {
        read = tables.records(region, &begin, mapping.batch_size, LOOK) => read?,
        () = changed.notified() => return Ok(()),
    };
    let deadline = Instant::now() + Duration::from_secs(mapping.window.into());
    while !records.is_empty() && records.len() < mapping.batch_size as usize && Instant::now() < deadline {
        let wanted = mapping.batch_size - u32::try_from(records.len()).unwrap_or(u32::MAX);
        let (more, after) = tokio::select! {
            read = tables.records(region, &next, wanted, deadline - Instant::now()) => read?,
            () = changed.notified() => break,
        };
        records.extend(more);
        next = after;
    }
    let last = records.last().map(sequence);
    for record in &mut records {
        record["eventSourceARN"] = json!(mapping.source_arn);
    }
    records.retain(|record| wants(mapping, record));
    if !process(cloud, mapping, changed, records).await {
        *iterator = None;
        return Ok(());
    }
    *iterator = Some(next);
    match last {
        Some(last) => sources.set_checkpoint(&mapping.id, &last),
        None => Ok(()),
    }
}

fn sequence(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}

/// Processes records in order. `false`: interrupted.
async fn process(cloud: &Arc<Cloud>, mapping: &Mapping, changed: &Notify, records: Vec<Value>) -> bool {
    let mut batches = vec![(records, 0)];
    while let Some((batch, tries)) = batches.pop() {
        if batch.is_empty() {
            continue;
        }
        let mut tries = tries;
        let mut rest = batch;
        let mut pause = RETRY_PAUSES.0;
        let (end, outcome) = loop {
            let outcome = call::call(cloud, mapping, &rest, None).await;
            let throttled = outcome.as_ref().is_err_and(|error| error.status == http::StatusCode::TOO_MANY_REQUESTS);
            match failed_from(mapping, &outcome, &rest) {
                None => break (End::Done, None),
                Some(from) => {
                    if from > 0 {
                        // What came before the first failure is done; retries count anew.
                        rest.drain(..from);
                        tries = 0;
                    }
                }
            }
            cloud.lambda.event_sources.note(&mapping.id, "PROBLEM: Function call failed");
            tries += u32::from(!throttled);
            let outcome = outcome.ok();
            if too_old(mapping, &rest) {
                break (End::GivenUp("RecordAgeExceeded"), outcome);
            }
            if mapping.bisects && rest.len() > 1 && !throttled {
                let second = rest.split_off(rest.len() / 2);
                // The first half comes first; halving does not count as a try.
                batches.push((second, tries - 1));
                tries -= 1;
                continue;
            }
            if mapping.maximum_retries.is_some_and(|most| tries > most) {
                break (End::GivenUp("RetryAttemptsExhausted"), outcome);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = changed.notified() => break (End::Interrupted, None),
            }
            pause = (pause * 2).min(RETRY_PAUSES.1);
        };
        match end {
            End::Done => cloud.lambda.event_sources.note(&mapping.id, "OK"),
            End::GivenUp(condition) => give_up(cloud, mapping, &rest, condition, tries, outcome.as_ref()).await,
            End::Interrupted => return false,
        }
    }
    true
}

/// The place of the first record that was not processed; `None` when all were.
fn failed_from(mapping: &Mapping, outcome: &Result<Outcome, ServiceError>, records: &[Value]) -> Option<usize> {
    let Ok(outcome) = outcome else { return Some(0) };
    let Ok(answer) = &outcome.result else { return Some(0) };
    let ids: Vec<String> = records.iter().map(sequence).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    match call::failures(mapping, answer, &names) {
        None => Some(0),
        Some(failed) => ids.iter().position(|id| failed.contains(id)),
    }
}

fn too_old(mapping: &Mapping, records: &[Value]) -> bool {
    let Some(most) = mapping.maximum_age else { return false };
    let written = records.first().and_then(|record| record["dynamodb"]["ApproximateCreationDateTime"].as_f64());
    #[expect(clippy::cast_precision_loss, reason = "times of this age are exact in a floating-point number")]
    let now = crate::logs::now() as f64 / 1000.0;
    written.is_some_and(|written| now - written > f64::from(most))
}

/// Tells the mapping's destination of records that nobody processed.
async fn give_up(
    cloud: &Arc<Cloud>,
    mapping: &Mapping,
    records: &[Value],
    condition: &str,
    tries: u32,
    outcome: Option<&Outcome>,
) {
    let Ok(configuration) = call::configuration(cloud, &mapping.function_arn) else { return };
    let Some(destination) = &mapping.on_failure else {
        tracing::warn!(mapping = mapping.id, condition, records = records.len(), "records of a stream were given up");
        return;
    };
    let at = |record: Option<&Value>| {
        let seconds = record.and_then(|record| record["dynamodb"]["ApproximateCreationDateTime"].as_f64());
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
        let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds as i64).ok());
        time.and_then(|time| time.format(&Rfc3339).ok())
    };
    let table = mapping.source_arn.split('/').nth(1).unwrap_or_default();
    let mut message = json!({
        "requestContext": {
            "requestId": outcome.map_or_else(|| uuid::Uuid::new_v4().to_string(), |outcome| outcome.request_id.clone()),
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "version": "1.0",
        "timestamp": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        "DDBStreamBatchInfo": {
            "shardId": dynoxide::streams::shard_id(table),
            "startSequenceNumber": records.first().map(sequence),
            "endSequenceNumber": records.last().map(sequence),
            "approximateArrivalOfFirstRecord": at(records.first()),
            "approximateArrivalOfLastRecord": at(records.last()),
            "batchSize": records.len(),
            "streamArn": mapping.source_arn,
        },
    });
    if let Some(outcome) = outcome {
        message["responseContext"] = json!({"statusCode": 200, "executedVersion": outcome.version});
        if outcome.result.is_err() {
            message["responseContext"]["functionError"] = json!("Unhandled");
        }
    }
    if let Err(error) = destinations::tell(cloud, &configuration, destination, &message.to_string()).await {
        let line =
            format!("records given up by {} are undeliverable to `{destination}`: {}", mapping.id, error.message);
        cloud.logs.append(&configuration.log_group, "event-sources", vec![(crate::logs::now(), line)]);
    }
}

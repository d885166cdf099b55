//! Taking dead letters back to where they came from, or elsewhere.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::errors::{invalid_value, no_queue};
use super::shelf::Record;
use super::{Queue, Sqs};
use crate::cloud::Cloud;
use crate::persist::lock;
use crate::wire::ServiceError;

/// Tasks that are remembered for each queue.
const REMEMBERED: usize = 10;

/// A task. They are not kept over a restart.
#[derive(Debug, Clone)]
pub(super) struct MoveTask {
    /// What the client names it by.
    pub(super) handle: String,
    pub(super) source: String,
    pub(super) destination: Option<String>,
    pub(super) per_second: Option<usize>,
    pub(super) status: Status,
    pub(super) to_move: usize,
    pub(super) moved: usize,
    /// Milliseconds since 1970.
    pub(super) started: i64,
    pub(super) failure: Option<String>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Completed,
    Cancelled,
    Failed,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl Sqs {
    /// Starts a task and gives its handle.
    pub(super) fn start_move(
        &self,
        cloud: &Arc<Cloud>,
        source: &Queue,
        destination: Option<&str>,
        per_second: Option<usize>,
    ) -> Result<String, ServiceError> {
        if self.sources_of(&source.arn()).is_empty() {
            return Err(invalid_value("Source queue must be configured as a Dead Letter Queue."));
        }
        if let Some(destination) = destination
            && self.queue(destination).is_none_or(|queue| queue.arn() != destination)
        {
            return Err(ServiceError::not_found(
                "ResourceNotFoundException",
                "The resource that you specified for the DestinationArn parameter doesn't exist.",
            ));
        }
        if per_second.is_some_and(|rate| !(1..=500).contains(&rate)) {
            return Err(invalid_value(
                "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a value that's between 1 and 500.",
            ));
        }
        let mut moves = lock(&self.moves);
        if moves.iter().any(|task| task.source == source.arn() && task.status == Status::Running) {
            return Err(ServiceError::bad_request(
                "UnsupportedOperation",
                format!(
                    "There is already a task running. Only one active task is allowed for a source queue arn at a given time: {}",
                    source.arn()
                ),
            ));
        }
        let id = uuid::Uuid::new_v4();
        let handle = STANDARD.encode(json!({"taskId": id.to_string(), "sourceArn": source.arn()}).to_string());
        let (visible, in_flight, delayed) = self.counts(&source.name);
        moves.push(MoveTask {
            handle: handle.clone(),
            source: source.arn(),
            destination: destination.map(str::to_owned),
            per_second,
            status: Status::Running,
            to_move: visible + in_flight + delayed,
            moved: 0,
            started: crate::logs::now(),
            failure: None,
        });
        let old: Vec<String> = moves
            .iter()
            .rev()
            .filter(|task| task.source == source.arn())
            .skip(REMEMBERED)
            .map(|task| task.handle.clone())
            .collect();
        moves.retain(|task| !old.contains(&task.handle));
        drop(moves);
        let (cloud, task) = (Arc::clone(cloud), handle.clone());
        tokio::spawn(async move { cloud.sqs.work(&task).await });
        Ok(handle)
    }

    async fn work(&self, handle: &str) {
        loop {
            let task = lock(&self.moves).iter().find(|task| task.handle == handle).cloned();
            let Some(task) = task.filter(|task| task.status == Status::Running) else { return };
            let result = self.move_some(&task, crate::logs::now());
            let done = {
                let mut moves = lock(&self.moves);
                let Some(task) = moves.iter_mut().find(|task| task.handle == handle) else { return };
                match result {
                    Ok(count) => {
                        task.moved += count;
                        if count == 0 && task.status == Status::Running {
                            task.status = Status::Completed;
                        }
                    }
                    Err(error) => {
                        task.status = Status::Failed;
                        task.failure = Some(error.code);
                    }
                }
                task.status != Status::Running
            };
            self.arrived.notify_waiters();
            if done {
                return;
            }
            match task.per_second {
                Some(_) => tokio::time::sleep(Duration::from_secs(1)).await,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Moves the next visible messages and says how many.
    fn move_some(&self, task: &MoveTask, now: i64) -> Result<usize, ServiceError> {
        let source = self.queue(&task.source).ok_or_else(no_queue)?;
        let mut shelves = lock(&self.shelves);
        let Some(held) = shelves.by_queue.get(&source.name) else { return Ok(0) };
        let visible = held.messages.values().filter(|message| message.visible_at <= now);
        let messages: Vec<_> = visible.take(task.per_second.unwrap_or(100)).cloned().collect();
        let mut records = Vec::new();
        for mut message in messages {
            let target = task.destination.as_ref().or(message.dead_letter_source.as_ref());
            let target = target.ok_or_else(|| {
                ServiceError::bad_request("CouldNotDetermineMessageSource", "the message did not come from a queue")
            })?;
            let target = self.queue(target).ok_or_else(no_queue)?;
            records.push(Record::Gone { queue: source.name.clone(), sequences: vec![message.sequence] });
            message.sequence = shelves.next_sequence(now);
            message.received = 0;
            message.first_received = None;
            message.visible_at = now;
            message.sent = now;
            message.dead_letter_source = None;
            records.push(Record::Put { queue: target.name, message: Box::new(message) });
        }
        self.commit(&mut shelves, &records)?;
        Ok(records.len() / 2)
    }

    /// Stops a task and says how many messages it has moved.
    pub(super) fn cancel_move(&self, handle: &str) -> Result<usize, ServiceError> {
        let mut moves = lock(&self.moves);
        let task = moves
            .iter_mut()
            .find(|task| task.handle == handle)
            .ok_or_else(|| ServiceError::not_found("ResourceNotFoundException", "Task does not exist."))?;
        if task.status != Status::Running {
            return Err(ServiceError::bad_request(
                "UnsupportedOperation",
                "Only active message movement tasks can be cancelled.",
            ));
        }
        task.status = Status::Cancelled;
        Ok(task.moved)
    }

    /// The source queue's tasks, newest first.
    pub(super) fn list_moves(&self, source: &Queue, limit: usize) -> Vec<Value> {
        let moves = lock(&self.moves);
        moves.iter().rev().filter(|task| task.source == source.arn()).take(limit).map(show).collect()
    }
}

fn show(task: &MoveTask) -> Value {
    let mut shown = json!({
        "SourceArn": task.source,
        "Status": task.status.name(),
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started,
    });
    if task.status == Status::Running {
        shown["TaskHandle"] = json!(task.handle);
    }
    if let Some(destination) = &task.destination {
        shown["DestinationArn"] = json!(destination);
    }
    if let Some(rate) = task.per_second {
        shown["MaxNumberOfMessagesPerSecond"] = json!(rate);
    }
    if let Some(failure) = &task.failure {
        shown["FailureReason"] = json!(failure);
    }
    shown
}

/// The ARN of the source queue that a handle names.
pub(super) fn source_of(handle: &str) -> Option<String> {
    let value: Value = serde_json::from_slice(&STANDARD.decode(handle).ok()?).ok()?;
    value["sourceArn"].as_str().map(str::to_owned)
}

//! Starting and stopping the tasks that take dead letters back.

use serde_json::{Value, json};

use super::Queue;
use super::api::Asked;
use super::errors::invalid_value;
use crate::wire::ServiceError;
use crate::wire::properties::text;

pub(super) fn start_move(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let source = asked.require("SourceArn")?;
    let queue = asked.queue_of_arn("sqs:StartMessageMoveTask", source)?;
    for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
        asked.queue_of_arn(action, source)?;
    }
    let destination = text(asked.input, "DestinationArn");
    let targets = match destination {
        Some(arn) => vec![arn.to_owned()],
        None => asked.cloud.sqs.sources_of(&queue.arn()).iter().map(Queue::arn).collect(),
    };
    for target in &targets {
        let of_target = asked.cloud.sqs.queue(target);
        asked.authorize("sqs:SendMessage", target, of_target.as_ref())?;
    }
    let rate = asked.number("MaxNumberOfMessagesPerSecond")?.map(|rate| usize::try_from(rate).unwrap_or_default());
    let handle = asked.cloud.sqs.start_move(asked.cloud, &queue, destination, rate)?;
    Ok(json!({"TaskHandle": handle}))
}

pub(super) fn cancel_move(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let handle = asked.require("TaskHandle")?;
    let source =
        super::moves::source_of(handle).ok_or_else(|| invalid_value("Value for parameter TaskHandle is invalid."))?;
    asked.queue_of_arn("sqs:CancelMessageMoveTask", &source)?;
    let moved = asked.cloud.sqs.cancel_move(handle)?;
    Ok(json!({"ApproximateNumberOfMessagesMoved": moved}))
}

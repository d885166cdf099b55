//! Messages in and out of queues.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::errors::{invalid, invalid_handle, invalid_value, missing, no_queue};
use super::message::{Message, Outgoing, Receipt, check, size};
use super::shelf::{Record, Shelf, Take};
use super::{Queue, Shelves, Sqs, queue_name};
use crate::journal::Journal;
use crate::persist::lock;
use crate::wire::ServiceError;

/// Messages of a queue that may be in flight.
const IN_FLIGHT_LIMIT: usize = 120_000;

/// The journal is written anew when it has this many records, and four times as many as there are messages.
const REWRITE_AFTER: usize = 10_000;

/// How messages are to be received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// At most this many messages.
    pub(crate) limit: usize,
    /// Seconds that they are hidden; absent for the queue's own time.
    pub(crate) visibility: Option<i64>,
}

impl Sqs {
    /// Writes changes to the journal, then makes them.
    pub(super) fn commit(&self, shelves: &mut Shelves, records: &Vec<Record>) -> Result<(), ServiceError> {
        if records.is_empty() {
            return Ok(());
        }
        let failed = |error: std::io::Error| ServiceError::internal(format!("cannot write the messages: {error}"));
        if let (Some(journal), Some(path)) = (&mut shelves.journal, &self.journal_path) {
            journal.append(records).map_err(failed)?;
            shelves.recorded += 1;
            let messages: usize = shelves.by_queue.values().map(|held| held.messages.len()).sum();
            if shelves.recorded > REWRITE_AFTER && shelves.recorded / 4 > messages {
                for record in records {
                    shelves.apply(record);
                }
                let snapshot = shelves.snapshot();
                shelves.recorded = snapshot.len();
                shelves.journal = Some(Journal::rewrite(path, &snapshot).map_err(failed)?);
                return Ok(());
            }
        }
        for record in records {
            shelves.apply(record);
        }
        Ok(())
    }

    /// Sends a message at a time (milliseconds since 1970). A double of a FIFO queue is answered with the message that it
    /// doubles.
    pub(super) fn send(&self, queue: &Queue, outgoing: Outgoing, now: i64) -> Result<Message, ServiceError> {
        check(&outgoing)?;
        let limit = queue.number("MaximumMessageSize");
        if i64::try_from(size(&outgoing)).unwrap_or(i64::MAX) > limit {
            return Err(invalid_value(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
            )));
        }
        let deduplication = check_order(queue, &outgoing)?;
        let delay = outgoing.delay.unwrap_or_else(|| queue.number("DelaySeconds"));
        if !(0..=900).contains(&delay) {
            return Err(invalid("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900."));
        }
        let mut shelves = lock(&self.shelves);
        // Deleted since it was looked up.
        self.queue(&queue.name).ok_or_else(no_queue)?;
        let key = deduplication.as_ref().map(|id| {
            let by_group = queue.attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
            let group = outgoing.group.as_deref().filter(|_| by_group).unwrap_or_default();
            format!("{group}\0{id}")
        });
        let mut message = Message {
            sequence: 0,
            id: uuid::Uuid::new_v4().to_string(),
            body: outgoing.body,
            attributes: outgoing.attributes,
            trace_header: outgoing.trace_header,
            sender: outgoing.sender,
            sent: now,
            visible_at: now + delay * 1000,
            received: 0,
            first_received: None,
            group: outgoing.group,
            deduplication,
            dead_letter_source: None,
        };
        let held = shelves.by_queue.entry(queue.name.clone()).or_default();
        if let Some(double) = key.as_ref().and_then(|key| held.remembered(key, now)) {
            message.id.clone_from(&double.id);
            message.sequence = double.sequence;
            return Ok(message);
        }
        message.sequence = shelves.next_sequence(now);
        let record = Record::Put { queue: queue.name.clone(), message: Box::new(message.clone()) };
        self.commit(&mut shelves, &vec![record])?;
        if let (Some(key), Some(held)) = (key, shelves.by_queue.get_mut(&queue.name)) {
            held.remember(key, &message);
        }
        drop(shelves);
        self.arrived.notify_waiters();
        Ok(message)
    }

    /// Receives what is visible at a time. Messages that were received too often go to the dead-letter queue instead.
    pub(crate) fn receive(&self, queue: &str, wanted: Wanted, now: i64) -> Result<Vec<Message>, ServiceError> {
        let queue = self.queue(queue).ok_or_else(no_queue)?;
        // A dead-letter queue that is gone takes nothing: messages stay where they are.
        let redrive = queue.redrive().and_then(|redrive| Some((redrive.max_receives, self.queue(&redrive.target)?)));
        let mut shelves = lock(&self.shelves);
        let Some(held) = shelves.by_queue.get(&queue.name) else { return Ok(Vec::new()) };
        if held.counts(now).1 >= IN_FLIGHT_LIMIT {
            return Err(ServiceError::new(
                http::StatusCode::FORBIDDEN,
                "OverLimit",
                format!("the queue {} has {IN_FLIGHT_LIMIT} messages in flight", queue.name),
            ));
        }
        let mut records = Self::expiry(held, &queue, now);
        let gone: Vec<u64> = records
            .iter()
            .flat_map(|record| match record {
                Record::Gone { sequences, .. } => sequences.clone(),
                _ => Vec::new(),
            })
            .collect();
        let take = Take {
            now,
            limit: wanted.limit,
            visibility: wanted.visibility.unwrap_or_else(|| queue.number("VisibilityTimeout")) * 1000,
            fifo: queue.is_fifo(),
            max_receives: redrive.as_ref().map(|(most, _)| *most),
        };
        let taken = held.take(take);
        let dead: Vec<Message> =
            taken.dead.iter().filter_map(|sequence| held.messages.get(sequence)).cloned().collect();
        let mut received = taken.received;
        received.retain(|message| !gone.contains(&message.sequence));
        for message in &received {
            records.push(Record::Seen {
                queue: queue.name.clone(),
                sequence: message.sequence,
                visible_at: message.visible_at,
                received: message.received,
                first_received: message.first_received,
            });
        }
        let buried = !dead.is_empty();
        if let Some((_, target)) = redrive {
            for mut message in dead {
                if gone.contains(&message.sequence) {
                    continue;
                }
                records.push(Record::Gone { queue: queue.name.clone(), sequences: vec![message.sequence] });
                message.sequence = shelves.next_sequence(now);
                message.received = 0;
                message.first_received = None;
                message.visible_at = now;
                message.dead_letter_source = Some(queue.arn());
                records.push(Record::Put { queue: target.name.clone(), message: Box::new(message) });
            }
        }
        self.commit(&mut shelves, &records)?;
        drop(shelves);
        if buried {
            self.arrived.notify_waiters();
        }
        Ok(received)
    }

    /// Receives, and waits at most `wait` for the first message.
    pub(crate) async fn receive_waiting(
        &self,
        queue: &str,
        wanted: Wanted,
        wait: Duration,
    ) -> Result<Vec<Message>, ServiceError> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            // Registered before looking, so that nothing that arrives in between is missed.
            arrived.as_mut().enable();
            let now = crate::logs::now();
            let received = self.receive(queue, wanted, now)?;
            if !received.is_empty() || tokio::time::Instant::now() >= deadline {
                return Ok(received);
            }
            let next = lock(&self.shelves).by_queue.get(queue_name(queue)).and_then(|held| held.next_visible(now));
            let next = next.and_then(|at| u64::try_from(at - now).ok()).map(Duration::from_millis);
            let wake = next.map_or(deadline, |next| deadline.min(tokio::time::Instant::now() + next));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    /// Deletes a message that was received. Gone already is fine.
    pub(crate) fn delete_message(&self, queue: &str, handle: &str, now: i64) -> Result<(), ServiceError> {
        let queue = self.queue(queue).ok_or_else(no_queue)?;
        let receipt = read_receipt(&queue, handle)?;
        let mut shelves = lock(&self.shelves);
        let message = shelves.by_queue.get(&queue.name).and_then(|held| held.messages.get(&receipt.sequence));
        let Some(message) = message else { return Ok(()) };
        if queue.is_fifo() && (message.received != receipt.received || message.visible_at <= now) {
            return Err(invalid("ReceiptHandle", handle, "The receipt handle has expired."));
        }
        let record = Record::Gone { queue: queue.name.clone(), sequences: vec![receipt.sequence] };
        self.commit(&mut shelves, &vec![record])?;
        drop(shelves);
        // The next message of its group may be received now.
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Hides a received message for another `seconds` from `now`; 0 gives it back.
    pub(crate) fn change_visibility(
        &self,
        queue: &str,
        handle: &str,
        seconds: i64,
        now: i64,
    ) -> Result<(), ServiceError> {
        let queue = self.queue(queue).ok_or_else(no_queue)?;
        if !(0..=43_200).contains(&seconds) {
            return Err(invalid("VisibilityTimeout", seconds, "Must be >= 0 and <= 43200, if provided."));
        }
        let receipt = read_receipt(&queue, handle)?;
        let mut shelves = lock(&self.shelves);
        let message = shelves.by_queue.get(&queue.name).and_then(|held| held.messages.get(&receipt.sequence));
        let message = message.filter(|message| message.received == receipt.received);
        let Some(message) = message else {
            return Err(invalid(
                "ReceiptHandle",
                handle,
                "Message does not exist or is not available for visibility timeout change.",
            ));
        };
        if message.visible_at <= now {
            return Err(ServiceError::bad_request("MessageNotInflight", "The specified message isn't in flight."));
        }
        let record = Record::Seen {
            queue: queue.name.clone(),
            sequence: message.sequence,
            visible_at: now + seconds * 1000,
            received: message.received,
            first_received: message.first_received,
        };
        self.commit(&mut shelves, &vec![record])?;
        drop(shelves);
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Deletes all messages of a queue.
    pub(super) fn purge(&self, queue: &Queue) -> Result<(), ServiceError> {
        let mut shelves = lock(&self.shelves);
        self.commit(&mut shelves, &vec![Record::Emptied { queue: queue.name.clone() }])
    }

    /// The record that drops messages older than the queue keeps them.
    fn expiry(held: &Shelf, queue: &Queue, now: i64) -> Vec<Record> {
        let sequences = held.expired(now, queue.number("MessageRetentionPeriod") * 1000);
        if sequences.is_empty() {
            return Vec::new();
        }
        vec![Record::Gone { queue: queue.name.clone(), sequences }]
    }
}

fn read_receipt(queue: &Queue, handle: &str) -> Result<Receipt, ServiceError> {
    Receipt::parse(handle).filter(|receipt| receipt.queue == queue.name).ok_or_else(invalid_handle)
}

/// Holds group, deduplication id and delay to the kind of queue; gives the deduplication id that counts.
fn check_order(queue: &Queue, outgoing: &Outgoing) -> Result<Option<String>, ServiceError> {
    let foreign = "The request includes a parameter that is not valid for this queue type.";
    let fits = |text: &str| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(group) = &outgoing.group
        && !fits(group)
    {
        return Err(invalid(
            "MessageGroupId",
            group,
            "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        ));
    }
    if !queue.is_fifo() {
        return match &outgoing.deduplication {
            Some(id) => Err(invalid("MessageDeduplicationId", id, foreign)),
            None => Ok(None),
        };
    }
    if outgoing.group.is_none() {
        return Err(missing("MessageGroupId"));
    }
    if let Some(delay) = outgoing.delay.filter(|delay| *delay != 0) {
        return Err(invalid("DelaySeconds", delay, foreign));
    }
    match &outgoing.deduplication {
        Some(id) if !fits(id) => Err(invalid(
            "MessageDeduplicationId",
            id,
            "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        )),
        Some(id) => Ok(Some(id.clone())),
        None if queue.flag("ContentBasedDeduplication") => Ok(Some(hex::encode(Sha256::digest(&outgoing.body)))),
        None => Err(invalid_value(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

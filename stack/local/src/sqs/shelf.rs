//! The messages of one queue: who may receive which, and what changes when.
//!
//! Nothing here changes by itself: an operation finds out what has to change, as records; records are written to the journal, then
//! applied. The next start applies the same records.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Shelves;
use super::message::Message;

/// How long a FIFO queue remembers what it was sent, in milliseconds.
const MEMORY: i64 = 5 * 60 * 1000;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Record {
    /// A message is new here.
    Put { queue: String, message: Box<Message> },
    /// A message was received, or is hidden for another while.
    Seen { queue: String, sequence: u64, visible_at: i64, received: u32, first_received: Option<i64> },
    /// Messages are gone for good.
    Gone { queue: String, sequences: Vec<u64> },
    /// All of them are.
    Emptied { queue: String },
}

/// What a FIFO queue was sent within the last minutes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Remembered {
    until: i64,
    pub(super) id: String,
    pub(super) sequence: u64,
}

/// The messages of one queue in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) messages: BTreeMap<u64, Message>,
    remembered: HashMap<String, Remembered>,
}

/// What a receive gives.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// For the receiver, as they are afterwards.
    pub(super) received: Vec<Message>,
    /// Received too often: for the dead-letter queue.
    pub(super) dead: Vec<u64>,
}

/// How messages are to be taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take {
    /// Milliseconds since 1970.
    pub(super) now: i64,
    pub(super) limit: usize,
    /// Milliseconds that they are hidden from others.
    pub(super) visibility: i64,
    /// The messages of a group are given out in order, and while one is out, none after it is.
    pub(super) fifo: bool,
    /// Messages that were received this often are dead.
    pub(super) max_receives: Option<u32>,
}

impl Shelf {
    /// The messages that a receiver gets now.
    pub(super) fn take(&self, take: Take) -> Taken {
        let mut taken = Taken::default();
        let mut closed: HashSet<&str> = HashSet::new();
        for message in self.messages.values() {
            if taken.received.len() == take.limit {
                break;
            }
            let group = message.group.as_deref().unwrap_or_default();
            if take.fifo && closed.contains(group) {
                continue;
            }
            if message.visible_at > take.now {
                closed.insert(group);
                continue;
            }
            if take.max_receives.is_some_and(|most| message.received >= most) {
                taken.dead.push(message.sequence);
                continue;
            }
            let mut message = message.clone();
            message.received += 1;
            message.visible_at = take.now + take.visibility;
            message.first_received.get_or_insert(take.now);
            taken.received.push(message);
        }
        taken
    }

    /// Messages that are older than the queue keeps them.
    pub(super) fn expired(&self, now: i64, retention: i64) -> Vec<u64> {
        let old = self.messages.values().filter(|message| message.sent + retention <= now);
        old.map(|message| message.sequence).collect()
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_visible(&self, now: i64) -> Option<i64> {
        self.messages.values().map(|message| message.visible_at).filter(|at| *at > now).min()
    }

    /// How many messages are visible, in flight and delayed.
    pub(super) fn counts(&self, now: i64) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for message in self.messages.values() {
            match (message.visible_at > now, message.received > 0) {
                (false, _) => counts.0 += 1,
                (true, true) => counts.1 += 1,
                (true, false) => counts.2 += 1,
            }
        }
        counts
    }

    /// What was sent under a deduplication key a short while ago.
    pub(super) fn remembered(&self, key: &str, now: i64) -> Option<&Remembered> {
        self.remembered.get(key).filter(|remembered| remembered.until > now)
    }

    /// Remembers that `message` was sent under a deduplication key.
    pub(super) fn remember(&mut self, key: String, message: &Message) {
        self.remembered.retain(|_, remembered| remembered.until > message.sent);
        let remembered =
            Remembered { until: message.sent + MEMORY, id: message.id.clone(), sequence: message.sequence };
        self.remembered.insert(key, remembered);
    }
}

impl Shelves {
    /// Makes a change in memory.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Put { queue, message } => {
                self.last_sequence = self.last_sequence.max(message.sequence);
                self.by_queue.entry(queue.clone()).or_default().messages.insert(message.sequence, (**message).clone());
            }
            Record::Seen { queue, sequence, visible_at, received, first_received } => {
                let message = self.by_queue.get_mut(queue).and_then(|shelf| shelf.messages.get_mut(sequence));
                if let Some(message) = message {
                    message.visible_at = *visible_at;
                    message.received = *received;
                    message.first_received = *first_received;
                }
            }
            Record::Gone { queue, sequences } => {
                if let Some(shelf) = self.by_queue.get_mut(queue) {
                    for sequence in sequences {
                        shelf.messages.remove(sequence);
                    }
                }
            }
            Record::Emptied { queue } => {
                if let Some(shelf) = self.by_queue.get_mut(queue) {
                    shelf.messages.clear();
                }
            }
        }
    }

    /// The records that make all messages from nothing, one operation for each.
    pub(super) fn snapshot(&self) -> Vec<Vec<Record>> {
        let put = |(queue, message): (&String, &Message)| {
            vec![Record::Put { queue: queue.clone(), message: Box::new(message.clone()) }]
        };
        self.by_queue
            .iter()
            .flat_map(|(queue, shelf)| shelf.messages.values().map(move |message| (queue, message)))
            .map(put)
            .collect()
    }

    /// The next sequence number. Numbers of earlier runs are smaller, because they began with an earlier time.
    pub(super) fn next_sequence(&mut self, now: i64) -> u64 {
        let time = u64::try_from(now).unwrap_or_default().saturating_mul(1000);
        self.last_sequence = time.max(self.last_sequence + 1);
        self.last_sequence
    }
}

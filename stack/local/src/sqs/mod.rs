//! SQS: queues and their messages.
//!
//! `queues` keeps what queues are like, `attributes` what may be set on them, `shelf` the messages of one queue, `transfer`
//! brings messages in and out, `moves` takes dead letters back, `query` is the wire format of older clients.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;

use crate::error::LocalError;
use crate::iam::resource_policy::{Caller, allows};
use crate::journal::Journal;
use crate::persist::{Store, lock};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod attributes;
mod batches;
mod errors;
pub(crate) mod message;
mod move_requests;
mod moves;
mod permissions;
mod query;
mod queues;
pub(crate) mod resources;
mod shelf;
mod show;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use message::{Message, Outgoing};
use moves::MoveTask;
use shelf::{Record, Shelf};
pub(crate) use show::show_attributes;
pub(crate) use transfer::Wanted;

/// A queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Ends with `.fifo` where order is kept.
    pub(crate) name: String,
    pub(crate) region: String,
    /// Seconds since 1970.
    pub(crate) created: i64,
    /// Seconds since 1970.
    pub(crate) modified: i64,
    /// As set: `VisibilityTimeout`, `Policy`, `RedrivePolicy` ...
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Queue {
    /// `arn:aws:sqs:<region>:<account>:<name>`.
    pub(crate) fn arn(&self) -> String {
        queue_arn(&self.region, &self.name)
    }

    /// Whether order is kept and doubles are dropped.
    pub(crate) fn is_fifo(&self) -> bool {
        is_fifo(&self.name)
    }

    /// Seconds that a received message is hidden.
    pub(crate) fn visibility_timeout(&self) -> u64 {
        u64::try_from(self.number("VisibilityTimeout")).unwrap_or_default()
    }

    /// The queue's policy.
    pub(crate) fn policy(&self) -> Option<Value> {
        self.attributes.get("Policy").and_then(|policy| serde_json::from_str(policy).ok())
    }
}

/// Whether a name or an ARN is that of a queue that keeps order.
pub(crate) fn is_fifo(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}

/// ARN of the queue of a name.
fn queue_arn(region: &str, name: &str) -> String {
    format!("arn:aws:sqs:{region}:{DEFAULT_ACCOUNT}:{name}")
}

/// The name of a queue from its ARN or from its URL.
pub(crate) fn queue_name(reference: &str) -> &str {
    reference.rsplit(['/', ':']).next().unwrap_or(reference)
}

/// The messages of all queues and the file that remembers them.
#[derive(Debug, Default)]
struct Shelves {
    by_queue: BTreeMap<String, Shelf>,
    journal: Option<Journal>,
    /// Records in the journal.
    recorded: usize,
    /// Sequence number given last.
    last_sequence: u64,
}

/// State of the service.
pub(crate) struct Sqs {
    queues: Store<BTreeMap<String, Queue>>,
    shelves: Mutex<Shelves>,
    journal_path: Option<PathBuf>,
    /// Told whenever a message may have become visible.
    arrived: Notify,
    moves: Mutex<Vec<MoveTask>>,
}

impl Sqs {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        let queues: Store<BTreeMap<String, Queue>> = Store::open(data_directory, "sqs")?;
        let mut shelves = Shelves::default();
        let journal_path = data_directory.map(|directory| directory.join("sqs.journal"));
        if let Some(path) = &journal_path {
            let opened = Journal::open::<Vec<Record>>(path);
            let (journal, operations) =
                opened.map_err(|source| LocalError::DataDirectory { path: path.clone(), source })?;
            shelves.recorded = operations.len();
            operations.iter().flatten().for_each(|record| shelves.apply(record));
            shelves.journal = Some(journal);
            queues.read(|queues| shelves.by_queue.retain(|name, _| queues.contains_key(name)));
        }
        Ok(Self { queues, shelves: Mutex::new(shelves), journal_path, arrived: Notify::new(), moves: Mutex::default() })
    }
}

/// What other services ask of SQS. Clients come through [`api`].
impl Sqs {
    /// A queue by name, ARN or URL.
    pub(crate) fn queue(&self, reference: &str) -> Option<Queue> {
        self.queues.read(|queues| queues.get(queue_name(reference)).cloned())
    }

    /// All queues by name.
    pub(crate) fn queues(&self) -> Vec<Queue> {
        self.queues.read(|queues| queues.values().cloned().collect())
    }

    /// Whether the queue's policy lets a service principal (`s3.amazonaws.com`) send for `source_arn`.
    pub(crate) fn allows_send(&self, queue: &str, service: &str, source_arn: &str, source_account: &str) -> bool {
        let caller = Caller::Service { name: service, source_arn, source_account };
        self.queue(queue).is_some_and(|queue| {
            queue.policy().is_some_and(|policy| allows(&policy, caller, "sqs:SendMessage", &queue.arn()))
        })
    }

    /// Sends a message in the name of a service, whose right to do so was asked for already. Returns the message id.
    ///
    /// # Errors
    /// The queue is not there, or it does not take such a message (a FIFO queue wants a group).
    pub(crate) fn put(&self, queue: &str, outgoing: Outgoing) -> Result<String, ServiceError> {
        let queue = self.queue(queue).ok_or_else(errors::no_queue)?;
        self.send(&queue, outgoing, crate::logs::now()).map(|message| message.id)
    }

    /// How many messages of a queue are visible, in flight and delayed.
    pub(crate) fn counts(&self, queue: &str) -> (usize, usize, usize) {
        let shelves = lock(&self.shelves);
        shelves.by_queue.get(queue_name(queue)).map_or((0, 0, 0), |shelf| shelf.counts(crate::logs::now()))
    }
}

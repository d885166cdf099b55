//! Event source mappings: functions that read queues and streams.
//!
//! `mapping` is what one is, `api` and `resources` make them; `queue` and `stream` work for those that are enabled, `call` runs
//! the function, `filter` chooses records.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::journal::Journal;
use crate::persist::{Store, lock};
use crate::wire::ServiceError;

pub(super) mod api;
mod call;
mod check;
mod filter;
mod mapping;
mod queue;
pub(crate) mod resources;
mod stream;

pub(crate) use call::call_once;
pub(crate) use mapping::Mapping;
use mapping::{Source, invalid};

/// Wait after a failure to read a source, for example because the role may not.
const PROBLEM_PAUSE: Duration = Duration::from_secs(1);

/// The mappings and who works for them.
pub(crate) struct EventSources {
    mappings: Store<BTreeMap<String, Mapping>>,
    /// By mapping: told when it was changed.
    workers: Mutex<HashMap<String, Arc<Notify>>>,
    /// By mapping: what became of the last batch.
    results: Mutex<HashMap<String, String>>,
    checkpoints: Mutex<Checkpoints>,
}

/// How far streams were read.
#[derive(Debug, Default)]
struct Checkpoints {
    /// By mapping: sequence number of the last record that is done.
    done: BTreeMap<String, String>,
    /// `[mapping, sequence number]` for each batch.
    journal: Option<Journal>,
}

impl EventSources {
    /// Opens the mappings; they are read from and kept in `data_directory` where one is given.
    pub(super) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        let mappings: Store<BTreeMap<String, Mapping>> = Store::open(data_directory, "event-source-mappings")?;
        let mut checkpoints = Checkpoints::default();
        if let Some(path) = data_directory.map(|directory| directory.join("event-sources.journal")) {
            let failed = |source| LocalError::DataDirectory { path: path.clone(), source };
            let (journal, records) = Journal::open::<(String, String)>(&path).map_err(failed)?;
            let written = records.len();
            checkpoints.done = records.into_iter().collect();
            mappings.read(|mappings| checkpoints.done.retain(|id, _| mappings.contains_key(id)));
            // One record for each mapping is enough to begin with.
            let kept: Vec<_> = checkpoints.done.clone().into_iter().collect();
            let small = written == kept.len();
            checkpoints.journal = Some(if small { journal } else { Journal::rewrite(&path, &kept).map_err(failed)? });
        }
        Ok(Self {
            mappings,
            workers: Mutex::default(),
            results: Mutex::default(),
            checkpoints: Mutex::new(checkpoints),
        })
    }

    /// The last record of a stream that a mapping is done with.
    fn checkpoint(&self, id: &str) -> Option<String> {
        lock(&self.checkpoints).done.get(id).cloned()
    }

    /// Remembers the last record that a mapping is done with.
    fn set_checkpoint(&self, id: &str, sequence: &str) -> Result<(), ServiceError> {
        let mut checkpoints = lock(&self.checkpoints);
        if let Some(journal) = &mut checkpoints.journal {
            let appended = journal.append(&(id, sequence));
            appended
                .map_err(|error| ServiceError::internal(format!("cannot write how far a stream was read: {error}")))?;
        }
        checkpoints.done.insert(id.to_owned(), sequence.to_owned());
        Ok(())
    }

    /// All mappings by id.
    pub(crate) fn all(&self) -> Vec<Mapping> {
        self.mappings.read(|mappings| mappings.values().cloned().collect())
    }

    /// A mapping with what became of its last batch.
    fn mapping(&self, id: &str) -> Result<Mapping, ServiceError> {
        let found = self.mappings.read(|mappings| mappings.get(id).cloned());
        let mut mapping = found.ok_or_else(|| {
            ServiceError::not_found("ResourceNotFoundException", "The resource you requested does not exist.")
        })?;
        mapping.last_result = lock(&self.results).get(id).cloned();
        Ok(mapping)
    }

    /// A mapping that is there and enabled.
    fn enabled(&self, id: &str) -> Option<Mapping> {
        self.mappings.read(|mappings| mappings.get(id).filter(|mapping| mapping.enabled).cloned())
    }

    /// Remembers what became of a batch.
    fn note(&self, id: &str, result: &str) {
        lock(&self.results).insert(id.to_owned(), result.to_owned());
    }

    /// Makes a mapping and starts to work for it.
    fn create(&self, cloud: &Arc<Cloud>, mapping: Mapping) -> Result<Mapping, ServiceError> {
        check(cloud, &mapping)?;
        self.mappings.change(|mappings| {
            let same = mappings
                .values()
                .find(|other| other.source_arn == mapping.source_arn && other.function_arn == mapping.function_arn);
            if let Some(same) = same {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "ResourceConflictException",
                    format!(
                        "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please update or delete the existing mapping with UUID {}",
                        mapping.source_arn, mapping.function_arn, same.id
                    ),
                ));
            }
            mappings.insert(mapping.id.clone(), mapping.clone());
            Ok(())
        })?;
        self.start(cloud, &mapping);
        Ok(mapping)
    }

    /// Changes a mapping; what runs is finished as it began.
    fn change(
        &self,
        cloud: &Arc<Cloud>,
        id: &str,
        change: impl FnOnce(&mut Mapping) -> Result<(), ServiceError>,
    ) -> Result<Mapping, ServiceError> {
        let mut mapping = self.mapping(id)?;
        change(&mut mapping)?;
        check(cloud, &mapping)?;
        self.mappings.change(|mappings| {
            mappings.insert(id.to_owned(), mapping.clone());
            Ok(())
        })?;
        self.start(cloud, &mapping);
        Ok(mapping)
    }

    /// Removes a mapping.
    fn remove(&self, id: &str) -> Result<Mapping, ServiceError> {
        let mapping = self.mapping(id)?;
        self.mappings.change(|mappings| {
            mappings.remove(id);
            Ok(())
        })?;
        lock(&self.results).remove(id);
        if let Some(changed) = lock(&self.workers).get(id) {
            changed.notify_one();
        }
        Ok(mapping)
    }

    /// Works for every enabled mapping: after a start with a data directory.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        for mapping in self.all() {
            self.start(cloud, &mapping);
        }
    }

    /// Starts to work for a mapping, or tells its worker that something changed.
    fn start(&self, cloud: &Arc<Cloud>, mapping: &Mapping) {
        let mut workers = lock(&self.workers);
        if let Some(changed) = workers.get(&mapping.id) {
            changed.notify_one();
            return;
        }
        if !mapping.enabled {
            return;
        }
        let changed = Arc::new(Notify::new());
        workers.insert(mapping.id.clone(), Arc::clone(&changed));
        tokio::spawn(work(Arc::clone(cloud), mapping.clone(), changed));
    }
}

async fn work(cloud: Arc<Cloud>, mapping: Mapping, changed: Arc<Notify>) {
    let mut stopped = cloud.lambda.stopped.subscribe();
    let worker = async {
        match Source::of(&mapping.source_arn) {
            Ok(source) if source.is_queue() => queue::work(Arc::clone(&cloud), mapping.id.clone(), changed).await,
            Ok(_) => stream::work(Arc::clone(&cloud), mapping.id.clone(), changed).await,
            Err(_) => {}
        }
    };
    tokio::select! {
        () = worker => {}
        _ = stopped.wait_for(|stopped| *stopped) => return,
    }
    let sources = &cloud.lambda.event_sources;
    lock(&sources.workers).remove(&mapping.id);
    // It may have been enabled again just now, before the worker was gone.
    if let Some(mapping) = sources.enabled(&mapping.id) {
        sources.start(&cloud, &mapping);
    }
}

/// Refuses a mapping whose function, source or role is not as it must be.
fn check(cloud: &Cloud, mapping: &Mapping) -> Result<(), ServiceError> {
    let configuration = call::configuration(cloud, &mapping.function_arn)?;
    if Source::of(&mapping.source_arn)?.is_queue() {
        let queue = cloud.sqs.queue(&mapping.source_arn).filter(|queue| queue.arn() == mapping.source_arn);
        let queue = queue.ok_or_else(|| {
            invalid(format!(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist. ({})",
                mapping.source_arn
            ))
        })?;
        if queue.visibility_timeout() < u64::from(configuration.timeout) {
            return Err(invalid(format!(
                "Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                queue.visibility_timeout(),
                configuration.timeout
            )));
        }
    } else {
        let table = crate::dynamodb::table_name(&mapping.source_arn);
        if cloud.dynamodb.stream_arn(&cloud.region, table)?.as_deref() != Some(&mapping.source_arn) {
            return Err(ServiceError::not_found(
                "ResourceNotFoundException",
                format!("Stream not found: {}", mapping.source_arn),
            ));
        }
    }
    call::check_role(cloud, &configuration, &mapping.source_arn)
}

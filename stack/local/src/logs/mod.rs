//! CloudWatch Logs: groups, streams, events.
//!
//! Lines that come in go through the group's metric filters and subscription filters, and those of the embedded metric
//! format become metrics.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::persist::{Store, lock};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

pub(crate) mod api;
mod deliveries;
mod embedded;
mod filter;
pub(crate) mod filter_resources;
mod filters_api;
pub(crate) mod live;
mod metric_filters;
mod query;
pub(crate) mod resources;
mod subscriptions;

use metric_filters::MetricFilter;
use subscriptions::SubscriptionFilter;

/// Events that a stream keeps; the oldest go first.
const EVENTS_PER_STREAM: usize = 10_000;

/// Bytes of text that a stream keeps.
const BYTES_PER_STREAM: usize = 4 * 1024 * 1024;

/// Streams that a group keeps; the one written to longest ago goes first.
const STREAMS_PER_GROUP: usize = 200;

/// What a group is, apart from its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    /// Days after which events are gone; kept for as long as memory allows where there are none.
    pub(crate) retention_days: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    metric_filters: Vec<MetricFilter>,
    #[serde(default)]
    subscriptions: Vec<SubscriptionFilter>,
}

/// One event. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogEvent {
    /// Grows with every event of the cloud.
    pub(crate) id: u64,
    pub(crate) timestamp: i64,
    pub(crate) ingested: i64,
    pub(crate) message: String,
}

/// One stream's events, oldest first.
#[derive(Debug, Default)]
struct LogStream {
    created: i64,
    last_ingested: Option<i64>,
    events: VecDeque<LogEvent>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Events {
    /// By group, then by stream.
    streams: BTreeMap<String, BTreeMap<String, LogStream>>,
    next_id: u64,
}

/// State of the service. Groups survive a restart; events are kept in memory, newest only.
pub(crate) struct Logs {
    groups: Store<BTreeMap<String, LogGroup>>,
    /// Resource policies by name.
    policies: Store<BTreeMap<String, String>>,
    events: Mutex<Events>,
    /// Absent until the cloud is whole, and in tests of single services.
    cloud: OnceLock<Weak<Cloud>>,
}

impl Logs {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            groups: Store::open(data_directory, "logs")?,
            policies: Store::open(data_directory, "logs-policies")?,
            events: Mutex::default(),
            cloud: OnceLock::new(),
        })
    }

    /// Gives the service the cloud that it is part of: lines become metrics and go to functions from then on.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        let _ = self.cloud.set(Arc::downgrade(cloud));
    }

    /// A group by name.
    pub(crate) fn group(&self, name: &str) -> Option<LogGroup> {
        self.groups.read(|groups| groups.get(name).cloned())
    }

    /// All groups whose name starts with `prefix`.
    pub(crate) fn groups(&self, prefix: &str) -> Vec<LogGroup> {
        self.groups.read(|groups| groups.values().filter(|group| group.name.starts_with(prefix)).cloned().collect())
    }

    /// Makes a group.
    pub(crate) fn create_group(
        &self,
        name: &str,
        retention_days: Option<u32>,
        tags: BTreeMap<String, String>,
    ) -> Result<(), ServiceError> {
        check_name("logGroupName", name, false)?;
        self.groups.change(|groups| {
            if groups.contains_key(name) {
                return Err(ServiceError::bad_request(
                    "ResourceAlreadyExistsException",
                    "The specified log group already exists",
                ));
            }
            let group = LogGroup {
                name: name.to_owned(),
                created: now(),
                retention_days,
                tags,
                metric_filters: Vec::new(),
                subscriptions: Vec::new(),
            };
            groups.insert(name.to_owned(), group);
            Ok(())
        })
    }

    /// Changes a group.
    pub(crate) fn change_group(&self, name: &str, change: impl FnOnce(&mut LogGroup)) -> Result<(), ServiceError> {
        self.groups.change(|groups| {
            change(groups.get_mut(name).ok_or_else(no_group)?);
            Ok(())
        })
    }

    /// Removes a group and its events.
    pub(crate) fn delete_group(&self, name: &str) -> Result<(), ServiceError> {
        self.groups.change(|groups| groups.remove(name).map(drop).ok_or_else(no_group))?;
        lock(&self.events).streams.remove(name);
        Ok(())
    }

    /// Makes a stream.
    pub(crate) fn create_stream(&self, group: &str, stream: &str) -> Result<(), ServiceError> {
        check_name("logStreamName", stream, true)?;
        self.group(group).ok_or_else(no_group)?;
        let mut events = lock(&self.events);
        let streams = events.streams.entry(group.to_owned()).or_default();
        if streams.contains_key(stream) {
            return Err(ServiceError::bad_request(
                "ResourceAlreadyExistsException",
                "The specified log stream already exists",
            ));
        }
        add_stream(streams, stream);
        Ok(())
    }

    /// Removes a stream and its events.
    pub(crate) fn delete_stream(&self, group: &str, stream: &str) -> Result<(), ServiceError> {
        self.group(group).ok_or_else(no_group)?;
        let mut events = lock(&self.events);
        events.streams.get_mut(group).and_then(|streams| streams.remove(stream)).map(drop).ok_or_else(no_stream)
    }

    /// Appends to a stream that exists.
    pub(crate) fn put_events(&self, group: &str, stream: &str, new: Vec<(i64, String)>) -> Result<(), ServiceError> {
        self.group(group).ok_or_else(no_group)?;
        if !lock(&self.events).streams.get(group).is_some_and(|streams| streams.contains_key(stream)) {
            return Err(no_stream());
        }
        self.take_in(group, stream, new);
        Ok(())
    }

    /// Keeps new events, and gives them to the filters of their group.
    fn take_in(&self, group: &str, stream: &str, new: Vec<(i64, String)>) {
        let filters = self.groups.read(|groups| {
            let group = groups.get(group)?;
            Some((group.metric_filters.clone(), group.subscriptions.clone(), group.retention_days))
        });
        let Some((metric_filters, subscriptions, retention)) = filters else { return };
        let cloud = self.cloud.get().and_then(Weak::upgrade);
        let mut seen = Vec::new();
        if cloud.is_some() {
            seen.clone_from(&new);
        }
        let first_id = {
            let mut events = lock(&self.events);
            let first_id = events.next_id;
            events.append(group, stream, new);
            events.expire(group, retention, now());
            first_id
        };
        let Some(cloud) = cloud else { return };
        for filter in &metric_filters {
            filter.apply(&cloud.cloudwatch, &seen);
        }
        for (time, message) in &seen {
            embedded::record(&cloud.cloudwatch, *time, message);
        }
        for subscription in &subscriptions {
            subscription.apply(&cloud, group, stream, first_id, &seen);
        }
    }
}

/// What other services ask of CloudWatch Logs. Clients come through [`api`].
impl Logs {
    /// Appends lines to a stream; group and stream are made when they are missing. Times are milliseconds since 1970.
    pub(crate) fn append(&self, group: &str, stream: &str, events: Vec<(i64, String)>) {
        if !self.groups.read(|groups| groups.contains_key(group))
            && let Err(error) = self.create_group(group, None, BTreeMap::new())
            && error.code != "ResourceAlreadyExistsException"
        {
            tracing::warn!(group, error = error.message, "a log group could not be made, so lines are lost");
            return;
        }
        self.take_in(group, stream, events);
    }

    /// The newest `limit` events of a group over all its streams, oldest first: the console's view.
    pub(crate) fn tail(&self, group: &str, limit: usize) -> Vec<LogEvent> {
        let events = lock(&self.events);
        let mut newest: Vec<LogEvent> = events
            .streams
            .get(group)
            .into_iter()
            .flat_map(BTreeMap::values)
            .flat_map(|stream| stream.events.iter().rev().take(limit).cloned())
            .collect();
        newest.sort_by_key(|event| (event.timestamp, event.id));
        newest.split_off(newest.len().saturating_sub(limit))
    }
}

impl Events {
    /// Forgets the events of a group that its retention does not keep. `now` is in milliseconds since 1970.
    fn expire(&mut self, group: &str, retention_days: Option<u32>, now: i64) {
        let Some(days) = retention_days else { return };
        let oldest = now - i64::from(days) * 86_400_000;
        for stream in self.streams.get_mut(group).into_iter().flat_map(BTreeMap::values_mut) {
            // Events come in order nearly always; those that do not are forgotten with the ones before them.
            while stream.events.front().is_some_and(|event| event.timestamp < oldest) {
                if let Some(event) = stream.events.pop_front() {
                    stream.bytes -= event.message.len();
                }
            }
        }
    }

    fn append(&mut self, group: &str, stream: &str, new: Vec<(i64, String)>) {
        let ingested = now();
        let streams = self.streams.entry(group.to_owned()).or_default();
        let stream = add_stream(streams, stream);
        stream.last_ingested = Some(ingested);
        for (timestamp, message) in new {
            stream.bytes += message.len();
            stream.events.push_back(LogEvent { id: self.next_id, timestamp, ingested, message });
            self.next_id += 1;
        }
        while stream.events.len() > EVENTS_PER_STREAM || (stream.bytes > BYTES_PER_STREAM && stream.events.len() > 1) {
            if let Some(oldest) = stream.events.pop_front() {
                stream.bytes -= oldest.message.len();
            }
        }
    }
}

fn add_stream<'a>(streams: &'a mut BTreeMap<String, LogStream>, name: &str) -> &'a mut LogStream {
    if streams.len() >= STREAMS_PER_GROUP && !streams.contains_key(name) {
        let oldest = streams
            .iter()
            .min_by_key(|(_, stream)| stream.last_ingested.unwrap_or(stream.created))
            .map(|(name, _)| name.clone());
        if let Some(oldest) = oldest {
            streams.remove(&oldest);
        }
    }
    streams.entry(name.to_owned()).or_insert_with(|| LogStream { created: now(), ..LogStream::default() })
}

/// ARN of a group, without the `:*` that some answers add.
pub(crate) fn group_arn(region: &str, name: &str) -> String {
    format!("arn:aws:logs:{region}:{DEFAULT_ACCOUNT}:log-group:{name}")
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn check_name(field: &str, name: &str, stream: bool) -> Result<(), ServiceError> {
    let allowed = |character: char| {
        if stream {
            !matches!(character, ':' | '*') && !character.is_control()
        } else {
            character.is_ascii_alphanumeric() || "._-/#".contains(character)
        }
    };
    if !name.is_empty() && name.len() <= 512 && name.chars().all(allowed) {
        return Ok(());
    }
    let pattern = if stream { "[^:*]*" } else { "[\\.\\-_/#A-Za-z0-9]+" };
    Err(ServiceError::bad_request(
        "InvalidParameterException",
        format!(
            "1 validation error detected: Value '{name}' at '{field}' failed to satisfy constraint: Member must have 1 to 512 characters and satisfy regular expression pattern: {pattern}"
        ),
    ))
}

fn no_group() -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", "The specified log group does not exist.")
}

fn no_stream() -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", "The specified log stream does not exist.")
}

#[cfg(test)]
mod tests;

//! CloudWatch: metrics, and alarms that watch them.
//!
//! `metrics` keeps data in bounded memory, `statistics` sums it up, `alarm` says what an alarm is and `evaluate` in which
//! state it is, `watch` looks at alarms when data comes and when time passes, `actions` tells others.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::persist::{Store, lock};

mod actions;
mod alarm;
pub(crate) mod api;
mod composite;
mod data;
mod evaluate;
mod metrics;
pub(crate) mod resources;
mod settings;
mod statistics;
mod watch;

use alarm::Alarm;
use metrics::{Datum, MetricKey, Metrics};

/// Entries of the history that are kept; the oldest go first.
const HISTORY: usize = 2000;

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// By name.
    alarms: BTreeMap<String, Alarm>,
}

/// A line of the history of alarms.
#[derive(Debug, Clone, PartialEq)]
struct HistoryItem {
    alarm: String,
    composite: bool,
    /// Milliseconds since 1970.
    time: i64,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    kind: &'static str,
    summary: String,
    data: Value,
}

/// State of the service. Alarms survive a restart; metrics and history are kept in memory, newest only.
pub(crate) struct CloudWatch {
    store: Store<State>,
    metrics: Mutex<Metrics>,
    history: Mutex<VecDeque<HistoryItem>>,
    watch: watch::Watch,
    /// Told when an alarm changed its state, was put or was removed.
    changed: Notify,
    /// Absent until the cloud is whole, and in tests of single services.
    cloud: OnceLock<Weak<Cloud>>,
}

impl CloudWatch {
    /// Opens the service; alarms are read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            store: Store::open(data_directory, "cloudwatch")?,
            metrics: Mutex::default(),
            history: Mutex::default(),
            watch: watch::Watch::default(),
            changed: Notify::new(),
            cloud: OnceLock::new(),
        })
    }

    /// Gives the service the cloud that it is part of, and goes on watching alarms that were kept.
    pub(crate) fn resume(&self, cloud: &Arc<Cloud>) {
        let _ = self.cloud.set(Arc::downgrade(cloud));
        self.watch.start(cloud);
    }

    /// Tells when an alarm changed its state, was put or was removed.
    pub(crate) fn alarms_changed(&self) -> &Notify {
        &self.changed
    }

    /// Whether an alarm is in the state ALARM; `None` when there is no such alarm of this type in the region.
    pub(crate) fn is_in_alarm(&self, region: &str, arn: &str, is_composite: bool) -> Option<bool> {
        let (_, name) = arn.split_once(":alarm:")?;
        let alarm = self.alarm(name).filter(|alarm| alarm.rule.is_some() == is_composite)?;
        (alarm::alarm_arn(region, name) == arn).then_some(alarm.state == alarm::AlarmState::Alarm)
    }

    /// Records a value of a metric (`AWS/Lambda`, `Errors`, `FunctionName` = `resize`), as of now.
    pub(crate) fn record(&self, namespace: &str, name: &str, dimensions: &[(&str, &str)], value: f64, unit: &str) {
        self.record_at(namespace, name, dimensions, value, unit, now());
    }

    /// The same as of a time in milliseconds since 1970.
    pub(crate) fn record_at(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        value: f64,
        unit: &str,
        time: i64,
    ) {
        let key = MetricKey::new(
            namespace,
            name,
            dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        );
        self.add(vec![(key, Datum::value(time, value, unit))]);
    }

    /// Adds data and looks at the alarms that watch them.
    fn add(&self, data: Vec<(MetricKey, Datum)>) {
        let mut touched = Vec::new();
        {
            let mut metrics = lock(&self.metrics);
            for (key, datum) in data {
                metrics.add(&key, &datum);
                touched.push(key);
            }
        }
        if let Some(cloud) = self.cloud.get().and_then(Weak::upgrade) {
            watch::data_came(&cloud, &touched, now());
        }
    }

    fn remember(&self, item: HistoryItem) {
        let mut history = lock(&self.history);
        history.push_back(item);
        while history.len() > HISTORY {
            history.pop_front();
        }
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
impl CloudWatch {
    /// A line for everything that was recorded, for tests of who records.
    pub(crate) fn recorded(&self) -> std::collections::BTreeSet<String> {
        let metrics = lock(&self.metrics);
        metrics
            .keys()
            .filter_map(|key| {
                let (summary, unit) = metrics.summary(key, i64::MIN, i64::MAX, None)?;
                let dimensions: Vec<String> =
                    key.dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                let dimensions = dimensions.concat();
                Some(format!("{} {}{dimensions}: {} ({}) {unit}", key.namespace, key.name, summary.sum, summary.count))
            })
            .collect()
    }
}

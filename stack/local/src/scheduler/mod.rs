//! `EventBridge` Scheduler: schedules that start one target in the name of a role.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::persist::Store;
use crate::settings::DEFAULT_ACCOUNT;
use crate::timer::{Timer, Work};
use crate::wire::ServiceError;

pub(crate) mod api;
mod check;
pub(crate) mod resources;
mod schedules;
mod target;

use schedules::Scheduled;

/// The group that every account has.
const DEFAULT_GROUP: &str = "default";

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// Schedules by group and name.
    schedules: BTreeMap<String, BTreeMap<String, Scheduled>>,
    /// Groups with their tags; the default group is not among them.
    groups: BTreeMap<String, BTreeMap<String, String>>,
}

/// State of the service.
pub(crate) struct Scheduler {
    store: Store<State>,
    timer: Timer,
}

/// What the timer waits for.
const WORK: Work = Work {
    timer: |cloud| &cloud.scheduler.timer,
    next: |cloud, after| cloud.scheduler.store.read(|state| schedules::earliest(state, after)),
    go_off: |cloud, seen, now| {
        for schedule in cloud.scheduler.store.read(|state| schedules::due(state, seen, now)) {
            target::start(cloud, schedule);
        }
    },
};

impl Scheduler {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { store: Store::open(data_directory, "scheduler")?, timer: Timer::default() })
    }

    /// Starts the timer where a schedule was kept.
    pub(crate) fn resume(cloud: &Arc<Cloud>) {
        WORK.wake(cloud);
    }
}

fn schedule_arn(region: &str, group: &str, name: &str) -> String {
    format!("arn:aws:scheduler:{region}:{DEFAULT_ACCOUNT}:schedule/{group}/{name}")
}

fn group_arn(region: &str, group: &str) -> String {
    format!("arn:aws:scheduler:{region}:{DEFAULT_ACCOUNT}:schedule-group/{group}")
}

/// Seconds since 1970.
fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationException", message)
}

fn not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::not_found("ResourceNotFoundException", message)
}

fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new(http::StatusCode::CONFLICT, "ConflictException", message)
}

/// A text field of a schedule's settings.
fn field<'a>(settings: &'a Value, name: &str) -> Option<&'a str> {
    settings.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

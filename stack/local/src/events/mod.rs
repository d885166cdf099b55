//! `EventBridge`: buses, rules, and the targets that matching events go to.
//!
//! `buses` and `rules` keep state, `schedule` and `timer` say when a rule goes off by itself, `input` makes what a target
//! gets of an event, `delivery` brings it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::error::LocalError;
use crate::persist::Store;
use crate::settings::DEFAULT_ACCOUNT;
use crate::timer::Timer;
use crate::wire::ServiceError;

pub(crate) mod api;
mod buses;
mod cron;
mod delivery;
mod entries;
mod input;
pub(crate) mod resources;
mod rules;
pub(crate) mod schedule;
mod targets;
#[cfg(test)]
mod tests;
mod timer;

/// The bus that every account has.
const DEFAULT_BUS: &str = "default";

/// How often an event may go from one bus to another: AWS ends such circles, too.
const HOPS: u8 = 5;

/// An event bus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Bus {
    description: Option<String>,
    /// Statements of its policy.
    policy: Vec<Value>,
    tags: BTreeMap<String, String>,
    /// Seconds since 1970.
    created: i64,
}

/// A rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Rule {
    name: String,
    bus: String,
    description: Option<String>,
    /// As it was given.
    pattern: Option<String>,
    schedule: Option<String>,
    enabled: bool,
    role: Option<String>,
    /// As the API has them.
    targets: Vec<Value>,
    tags: BTreeMap<String, String>,
    /// When its schedule was set or it was enabled, in milliseconds since 1970.
    since: i64,
}

impl Rule {
    fn arn(&self, region: &str) -> String {
        if self.bus == DEFAULT_BUS {
            return format!("arn:aws:events:{region}:{DEFAULT_ACCOUNT}:rule/{}", self.name);
        }
        format!("arn:aws:events:{region}:{DEFAULT_ACCOUNT}:rule/{}/{}", self.bus, self.name)
    }
}

/// What is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// By name; the default bus is here once something about it was set.
    buses: BTreeMap<String, Bus>,
    /// By bus and name.
    rules: BTreeMap<String, BTreeMap<String, Rule>>,
}

/// State of the service.
pub(crate) struct Events {
    store: Store<State>,
    timer: Timer,
}

/// An event on its way.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    /// The whole event: `version`, `id`, `detail-type`, `source`, `account`, `time`, `region`, `resources`, `detail`.
    fields: Map<String, Value>,
    /// How many buses it came over before this one.
    hops: u8,
}

impl Event {
    fn new(
        region: &str,
        source: &str,
        detail_type: &str,
        time: OffsetDateTime,
        resources: Vec<Value>,
        detail: Value,
    ) -> Self {
        let fields = [
            ("version", json!("0")),
            ("id", json!(uuid::Uuid::new_v4().to_string())),
            ("detail-type", json!(detail_type)),
            ("source", json!(source)),
            ("account", json!(DEFAULT_ACCOUNT)),
            ("time", json!(iso_seconds(time))),
            ("region", json!(region)),
            ("resources", Value::Array(resources)),
            ("detail", detail),
        ];
        Self { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), hops: 0 }
    }
}

/// What other services ask of `EventBridge`. Clients come through [`api`].
impl Events {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { store: Store::open(data_directory, "events")?, timer: Timer::default() })
    }

    /// Starts the timer where a rule with a schedule was kept. Rules that are made later start it themselves.
    pub(crate) fn resume(cloud: &Arc<Cloud>) {
        timer::WORK.wake(cloud);
    }

    /// Puts an event of a service of the cloud (`aws.s3`) on the default bus. Returns at once.
    pub(crate) fn put(&self, cloud: &Arc<Cloud>, source: &str, detail_type: &str, resources: &[String], detail: Value) {
        let resources = resources.iter().map(|arn| json!(arn)).collect();
        let event = Event::new(&cloud.region, source, detail_type, OffsetDateTime::now_utc(), resources, detail);
        delivery::dispatch(self, cloud, DEFAULT_BUS, &event);
    }

    /// Puts what a service hands over on the bus with this ARN, as the detail of an event. What is no JSON object becomes a member of the detail.
    ///
    /// # Errors
    /// The bus does not exist.
    pub(crate) fn put_on_bus(
        &self,
        cloud: &Arc<Cloud>,
        sender: Sender<'_>,
        bus_arn: &str,
        handed: Delivery<'_>,
    ) -> Result<(), ServiceError> {
        let bus = self.existing_bus(bus_arn)?;
        let detail: Option<Value> = serde_json::from_str(handed.body).ok().filter(Value::is_object);
        let detail = detail.unwrap_or_else(|| json!({ "message": handed.body }));
        let source = sender.service.trim_end_matches(".amazonaws.com");
        let detail_type = handed.subject.unwrap_or("Event from a service");
        let resources = vec![json!(bus_arn), json!(sender.source_arn)];
        let event = Event::new(&cloud.region, source, detail_type, OffsetDateTime::now_utc(), resources, detail);
        delivery::dispatch(self, cloud, &bus, &event);
        Ok(())
    }
}

/// `2026-11-28T09:00:00Z`.
fn iso_seconds(time: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationException", message)
}

fn not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", message)
}

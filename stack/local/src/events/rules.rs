//! Rules.

use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

use super::buses::bus_name;
use super::schedule::Schedule;
use super::timer::WORK;
use super::{DEFAULT_BUS, Events, Rule, not_found, validation};
use crate::cloud::Cloud;
use crate::pattern;
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// Most rules of one bus, as on AWS.
const RULES: usize = 300;

/// The error of a pattern that cannot be evaluated.
pub(super) fn invalid_pattern(why: &str) -> ServiceError {
    ServiceError::bad_request("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {why}"))
}

/// Refuses a text that is no pattern.
pub(super) fn check_pattern(pattern: &str) -> Result<Value, ServiceError> {
    let value = serde_json::from_str(pattern).map_err(|error| invalid_pattern(&error.to_string()))?;
    pattern::check(&value).map_err(|why| invalid_pattern(&why))?;
    Ok(value)
}

pub(super) fn no_rule(name: &str, bus: &str) -> ServiceError {
    not_found(format!("Rule {name} does not exist on EventBus {bus}."))
}

/// What `PutRule` is given.
#[derive(Debug, Default, Clone)]
pub(super) struct RuleInput {
    pub(super) name: String,
    pub(super) bus: String,
    pub(super) description: Option<String>,
    pub(super) pattern: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) enabled: bool,
    pub(super) role: Option<String>,
}

impl RuleInput {
    /// Reads the fields that the API and the properties of a template have in common. A pattern is a text or an object.
    pub(super) fn read(fields: &Value, name: &str) -> Result<Self, ServiceError> {
        let owned = |field: &str| text(fields, field).filter(|value| !value.is_empty()).map(str::to_owned);
        let pattern = match fields.get("EventPattern") {
            Some(object @ Value::Object(_)) => Some(object.to_string()),
            _ => owned("EventPattern"),
        };
        let enabled = match text(fields, "State") {
            None | Some("ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => true,
            Some("DISABLED") => false,
            Some(other) => {
                return Err(validation(format!(
                    "1 validation error detected: Value '{other}' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"
                )));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            bus: bus_name(text(fields, "EventBusName")).to_owned(),
            description: owned("Description"),
            pattern,
            schedule: owned("ScheduleExpression"),
            enabled,
            role: owned("RoleArn"),
        })
    }

    fn check(&self) -> Result<(), ServiceError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(fits) {
            return Err(validation(format!(
                "1 validation error detected: Value '{}' at 'name' failed to satisfy constraint: Member must have 1 to 64 characters and satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
                self.name
            )));
        }
        if let Some(pattern) = &self.pattern {
            check_pattern(pattern)?;
        }
        if let Some(schedule) = &self.schedule {
            if self.bus != DEFAULT_BUS {
                return Err(validation("ScheduleExpression is supported only on the default event bus."));
            }
            if !matches!(Schedule::parse(schedule), Some(Schedule::Rate(_) | Schedule::Cron(_))) {
                return Err(validation("Parameter ScheduleExpression is not valid."));
            }
        }
        if self.pattern.is_none() && self.schedule.is_none() {
            return Err(validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        Ok(())
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

impl Events {
    /// Makes a rule or replaces all but targets and tags of the one with its name. Gives its ARN.
    pub(super) fn put_rule(&self, cloud: &Arc<Cloud>, input: RuleInput) -> Result<String, ServiceError> {
        input.check()?;
        self.existing_bus(&input.bus)?;
        let arn = self.store.change(|state| {
            let rules = state.rules.entry(input.bus.clone()).or_default();
            if rules.len() >= RULES && !rules.contains_key(&input.name) {
                return Err(ServiceError::bad_request(
                    "LimitExceededException",
                    "The requested resource exceeds the maximum number allowed.",
                ));
            }
            let rule = rules.entry(input.name.clone()).or_default();
            if rule.schedule != input.schedule || rule.enabled != input.enabled {
                rule.since = now();
            }
            rule.name = input.name;
            rule.bus = input.bus;
            rule.description = input.description;
            rule.pattern = input.pattern;
            rule.schedule = input.schedule;
            rule.enabled = input.enabled;
            rule.role = input.role;
            Ok(rule.arn(&cloud.region))
        })?;
        WORK.wake(cloud);
        Ok(arn)
    }

    /// A rule.
    pub(super) fn rule(&self, bus: &str, name: &str) -> Result<Rule, ServiceError> {
        self.existing_bus(bus)?;
        self.store.read(|state| state.rules.get(bus)?.get(name).cloned()).ok_or_else(|| no_rule(name, bus))
    }

    /// All rules of a bus, by name.
    pub(super) fn rules(&self, bus: &str) -> Vec<Rule> {
        self.store.read(|state| state.rules.get(bus).into_iter().flat_map(|rules| rules.values()).cloned().collect())
    }

    /// Changes a rule in place.
    pub(super) fn change_rule<R>(
        &self,
        bus: &str,
        name: &str,
        change: impl FnOnce(&mut Rule) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.existing_bus(bus)?;
        self.store.change(|state| {
            let rule = state.rules.get_mut(bus).and_then(|rules| rules.get_mut(name));
            change(rule.ok_or_else(|| no_rule(name, bus))?)
        })
    }

    /// Switches a rule on or off.
    pub(super) fn enable_rule(
        &self,
        cloud: &Arc<Cloud>,
        bus: &str,
        name: &str,
        enabled: bool,
    ) -> Result<(), ServiceError> {
        self.change_rule(bus, name, |rule| {
            if rule.enabled != enabled {
                rule.since = now();
            }
            rule.enabled = enabled;
            Ok(())
        })?;
        WORK.wake(cloud);
        Ok(())
    }

    /// Removes a rule that has no targets; absent already is fine.
    pub(super) fn delete_rule(&self, cloud: &Arc<Cloud>, bus: &str, name: &str) -> Result<(), ServiceError> {
        self.store.change(|state| {
            let Some(rules) = state.rules.get_mut(bus) else { return Ok(()) };
            if rules.get(name).is_some_and(|rule| !rule.targets.is_empty()) {
                return Err(validation("Rule can't be deleted since it has targets."));
            }
            rules.remove(name);
            Ok(())
        })?;
        WORK.wake(cloud);
        Ok(())
    }
}

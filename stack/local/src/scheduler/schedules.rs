//! Schedules, and when they go off.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{DEFAULT_GROUP, Scheduler, State, WORK, check, conflict, field, not_found, now};
use crate::cloud::Cloud;
use crate::events::schedule::Schedule;
use crate::wire::{ServiceError, read_time};

/// A schedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Scheduled {
    pub(super) group: String,
    pub(super) name: String,
    /// As the API has them: `ScheduleExpression`, `Target`, `State` ...
    pub(super) settings: Value,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) modified: i64,
}

impl Scheduled {
    /// The next time after `after` at which it goes off; none when it is off or over.
    fn next(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        if field(&self.settings, "State") == Some("DISABLED") {
            return None;
        }
        let moment = |name: &str| {
            let milliseconds = self.settings.get(name).and_then(read_time)?;
            OffsetDateTime::from_unix_timestamp(milliseconds / 1000).ok()
        };
        let (start, end) = (moment("StartDate"), moment("EndDate"));
        let schedule = Schedule::parse(field(&self.settings, "ScheduleExpression")?)?;
        let made = start.or_else(|| OffsetDateTime::from_unix_timestamp(self.modified).ok())?;
        // A rate begins at its start, and that counts as a time of it.
        let after = match start {
            Some(start) if start > after => start - time::Duration::seconds(1),
            _ => after,
        };
        let next = match (&schedule, start) {
            (Schedule::Rate(_), Some(start)) if start > after => Some(start),
            _ => schedule.next(made, after),
        };
        next.filter(|next| end.is_none_or(|end| *next <= end))
    }

    /// Whether it goes off once, and is to be removed then.
    pub(super) fn ends_itself(&self) -> bool {
        let once = field(&self.settings, "ScheduleExpression").is_some_and(|expression| expression.starts_with("at("));
        once && field(&self.settings, "ActionAfterCompletion") == Some("DELETE")
    }
}

/// The next time after `after` at which a schedule goes off.
pub(super) fn earliest(state: &State, after: OffsetDateTime) -> Option<OffsetDateTime> {
    state.schedules.values().flat_map(|group| group.values()).filter_map(|schedule| schedule.next(after)).min()
}

/// The schedules that go off after `seen` and until `now`, each once.
pub(super) fn due(state: &State, seen: OffsetDateTime, now: OffsetDateTime) -> Vec<Scheduled> {
    let all = state.schedules.values().flat_map(|group| group.values());
    all.filter(|schedule| schedule.next(seen).is_some_and(|time| time <= now)).cloned().collect()
}

fn no_schedule(name: &str) -> ServiceError {
    not_found(format!("Schedule {name} does not exist."))
}

impl Scheduler {
    /// Makes a schedule, or (where `replace`) replaces all settings of one.
    pub(super) fn put(
        &self,
        cloud: &Arc<Cloud>,
        group: &str,
        name: &str,
        settings: Value,
        replace: bool,
    ) -> Result<(), ServiceError> {
        check::settings(cloud, group, name, &settings)?;
        self.store.change(|state| {
            if group != DEFAULT_GROUP && !state.groups.contains_key(group) {
                return Err(not_found(format!("Schedule group {group} does not exist.")));
            }
            let schedules = state.schedules.entry(group.to_owned()).or_default();
            let known = schedules.get(name);
            match (replace, known) {
                (false, Some(_)) => return Err(conflict(format!("Schedule {name} already exists."))),
                (true, None) => return Err(no_schedule(name)),
                _ => {}
            }
            let created = known.map_or_else(now, |known| known.created);
            let schedule =
                Scheduled { group: group.to_owned(), name: name.to_owned(), settings, created, modified: now() };
            schedules.insert(name.to_owned(), schedule);
            Ok(())
        })?;
        WORK.wake(cloud);
        Ok(())
    }

    /// A schedule.
    pub(super) fn schedule(&self, group: &str, name: &str) -> Result<Scheduled, ServiceError> {
        self.store.read(|state| state.schedules.get(group)?.get(name).cloned()).ok_or_else(|| no_schedule(name))
    }

    /// All schedules, by group and name.
    pub(super) fn schedules(&self) -> Vec<Scheduled> {
        self.store.read(|state| state.schedules.values().flat_map(|group| group.values()).cloned().collect())
    }

    /// Removes a schedule.
    pub(super) fn delete(&self, group: &str, name: &str) -> Result<(), ServiceError> {
        self.store.change(|state| {
            let schedules = state.schedules.get_mut(group);
            schedules.and_then(|schedules| schedules.remove(name)).map(drop).ok_or_else(|| no_schedule(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn next(settings: Value, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let modified = datetime!(2026-11-28 09:00 UTC).unix_timestamp();
        Scheduled { settings, modified, ..Scheduled::default() }.next(after)
    }

    #[test]
    fn schedules_begin_and_end() {
        let after = datetime!(2026-11-28 09:30 UTC);
        let rate = |more: Value| {
            let mut settings = json!({"ScheduleExpression": "rate(1 hour)"});
            for (name, value) in more.as_object().unwrap() {
                settings[name] = value.clone();
            }
            settings
        };
        assert_eq!(next(rate(json!({})), after), Some(datetime!(2026-11-28 10:00 UTC)));
        assert_eq!(next(rate(json!({"State": "DISABLED"})), after), None);
        let start = json!({"StartDate": "2026-11-28T11:15:00Z"});
        assert_eq!(next(rate(start.clone()), after), Some(datetime!(2026-11-28 11:15 UTC)));
        assert_eq!(next(rate(start), datetime!(2026-11-28 11:15 UTC)), Some(datetime!(2026-11-28 12:15 UTC)));
        assert_eq!(next(rate(json!({"EndDate": "2026-11-28T09:45:00Z"})), after), None);
        let once = json!({"ScheduleExpression": "at(2026-11-28T10:00:00)"});
        assert_eq!(next(once.clone(), after), Some(datetime!(2026-11-28 10:00 UTC)));
        assert_eq!(next(once, datetime!(2026-11-28 10:00 UTC)), None);
    }
}

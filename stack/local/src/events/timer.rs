//! The timer of schedules: one task, which exists only while something is scheduled.

use std::sync::{Arc, Mutex};

use time::OffsetDateTime;
use tokio::sync::Notify;

use super::schedule::Schedule;
use super::{Event, Rule, State, delivery};
use crate::cloud::Cloud;
use crate::persist::lock;

/// The task that waits for the next time, if there is one.
#[derive(Default)]
pub(super) struct Timer {
    running: Mutex<bool>,
    changed: Arc<Notify>,
}

impl Timer {
    /// Looks at the schedules anew; starts the task where something is scheduled and none runs.
    pub(super) fn wake(&self, cloud: &Arc<Cloud>) {
        self.changed.notify_one();
        let now = OffsetDateTime::now_utc();
        let mut running = lock(&self.running);
        if *running || cloud.events.store.read(|state| earliest(state, now)).is_none() {
            return;
        }
        *running = true;
        // The task must not keep a cloud alive that is dropped.
        tokio::spawn(run(Arc::downgrade(cloud), Arc::clone(&self.changed), now));
    }
}

async fn run(cloud: std::sync::Weak<Cloud>, changed: Arc<Notify>, mut seen: OffsetDateTime) {
    loop {
        let Some(next) = cloud.upgrade().and_then(|cloud| next(&cloud, seen)) else { return };
        let wait = (next - OffsetDateTime::now_utc()).try_into().unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = changed.notified() => {}
        }
        let Some(cloud) = cloud.upgrade() else { return };
        let now = OffsetDateTime::now_utc();
        for (rule, time) in cloud.events.store.read(|state| due(state, seen, now)) {
            delivery::go_off(&cloud, &rule, time);
        }
        seen = now;
    }
}

/// The next time at which a rule goes off; without one the task ends, and this notes it.
fn next(cloud: &Cloud, seen: OffsetDateTime) -> Option<OffsetDateTime> {
    let mut running = lock(&cloud.events.timer.running);
    let next = cloud.events.store.read(|state| earliest(state, seen));
    *running = next.is_some();
    next
}

/// Rules that have a schedule and are on.
fn scheduled(state: &State) -> impl Iterator<Item = (&Rule, Schedule)> {
    let rules = state.rules.values().flat_map(|rules| rules.values()).filter(|rule| rule.enabled);
    rules.filter_map(|rule| Some((rule, Schedule::parse(rule.schedule.as_deref()?)?)))
}

fn made(rule: &Rule) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(rule.since) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn earliest(state: &State, after: OffsetDateTime) -> Option<OffsetDateTime> {
    scheduled(state).filter_map(|(rule, schedule)| schedule.next(made(rule), after)).min()
}

/// The rules that go off after `seen` and until `now`, each once, with the time for which it was scheduled.
fn due(state: &State, seen: OffsetDateTime, now: OffsetDateTime) -> Vec<(Rule, OffsetDateTime)> {
    scheduled(state)
        .filter_map(|(rule, schedule)| {
            let time = schedule.next(made(rule), seen)?;
            (time <= now).then(|| (rule.clone(), time))
        })
        .collect()
}

impl Rule {
    /// The event of a rule that goes off by its schedule.
    pub(super) fn scheduled_event(&self, region: &str, time: OffsetDateTime) -> Event {
        let resources = vec![serde_json::json!(self.arn(region))];
        Event::new(region, "aws.events", "Scheduled Event", time, resources, serde_json::json!({}))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn state(rules: &[(&str, &str, bool)]) -> State {
        let mut state = State::default();
        let since = datetime!(2026-11-28 09:00 UTC).unix_timestamp() * 1000;
        for (name, schedule, enabled) in rules {
            let rule = Rule {
                name: (*name).to_owned(),
                schedule: Some((*schedule).to_owned()),
                enabled: *enabled,
                since,
                ..Rule::default()
            };
            state.rules.entry("default".to_owned()).or_default().insert((*name).to_owned(), rule);
        }
        state
    }

    #[test]
    fn rules_go_off_once_when_their_time_has_passed() {
        let state = state(&[
            ("minutely", "rate(1 minute)", true),
            ("hourly", "rate(1 hour)", true),
            ("off", "rate(1 minute)", false),
        ]);
        let start = datetime!(2026-11-28 09:00:10 UTC);
        assert_eq!(earliest(&state, start), Some(datetime!(2026-11-28 09:01 UTC)));
        let due = due(&state, start, datetime!(2026-11-28 09:03:30 UTC));
        let names: Vec<(&str, OffsetDateTime)> = due.iter().map(|(rule, time)| (rule.name.as_str(), *time)).collect();
        // What was missed, on a machine that slept, is made up for once.
        assert_eq!(names, [("minutely", datetime!(2026-11-28 09:01 UTC))]);
    }

    #[test]
    fn nothing_is_waited_for_without_a_schedule_that_is_on() {
        assert_eq!(earliest(&state(&[("off", "rate(1 minute)", false)]), OffsetDateTime::UNIX_EPOCH), None);
        let passed = state(&[("once", "cron(0 0 1 1 ? 2020)", true)]);
        assert_eq!(earliest(&passed, datetime!(2026-11-28 09:00 UTC)), None);
    }
}

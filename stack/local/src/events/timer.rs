//! What the timer of rules waits for.

use time::OffsetDateTime;

use super::schedule::Schedule;
use super::{Event, Rule, State, delivery};
use crate::timer::Work;

/// The schedules of rules.
pub(super) const WORK: Work = Work {
    timer: |cloud| &cloud.events.timer,
    next: |cloud, after| cloud.events.store.read(|state| earliest(state, after)),
    go_off: |cloud, seen, now| {
        for (rule, time) in cloud.events.store.read(|state| due(state, seen, now)) {
            delivery::go_off(cloud, &rule, time);
        }
    },
};

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

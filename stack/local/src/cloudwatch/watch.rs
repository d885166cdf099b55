//! Looking at alarms: when data comes for their metrics, and while alarms exist when time passes.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::alarm::{Alarm, AlarmState};
use super::evaluate::{evaluate, range};
use super::metrics::{MetricKey, Metrics};
use super::{actions, composite, now};
use crate::cloud::Cloud;
use crate::persist::lock;

/// How often alarms are looked at without new data. The shortest period of an alarm.
const INTERVAL: Duration = Duration::from_secs(10);

/// The task that looks at alarms, if there is one.
#[derive(Default)]
pub(super) struct Watch {
    running: Mutex<bool>,
}

impl Watch {
    /// Starts the task where there are alarms and none runs.
    pub(super) fn start(&self, cloud: &Arc<Cloud>) {
        let mut running = lock(&self.running);
        if *running || cloud.cloudwatch.store.read(|state| state.alarms.is_empty()) {
            return;
        }
        *running = true;
        // The task must not keep a cloud alive that is dropped.
        tokio::spawn(run(Arc::downgrade(cloud)));
    }
}

async fn run(cloud: Weak<Cloud>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(cloud) = cloud.upgrade() else { return };
        {
            let mut running = lock(&cloud.cloudwatch.watch.running);
            if cloud.cloudwatch.store.read(|state| state.alarms.is_empty()) {
                *running = false;
                return;
            }
        }
        sample_queues(&cloud);
        look(&cloud, |_| true, now());
    }
}

/// Records how many messages wait in the queues that alarms watch.
fn sample_queues(cloud: &Cloud) {
    let mut queues: Vec<String> = cloud.cloudwatch.store.read(|state| {
        let alarms = state.alarms.values().filter(|alarm| alarm.namespace == "AWS/SQS");
        let names = alarms.flat_map(|alarm| &alarm.dimensions).filter(|(name, _)| name == "QueueName");
        names.map(|(_, queue)| queue.clone()).collect()
    });
    queues.sort();
    queues.dedup();
    for queue in queues {
        let (visible, in_flight, delayed) = cloud.sqs.counts(&queue);
        for (metric, count) in [
            ("ApproximateNumberOfMessagesVisible", visible),
            ("ApproximateNumberOfMessagesNotVisible", in_flight),
            ("ApproximateNumberOfMessagesDelayed", delayed),
        ] {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            cloud.cloudwatch.record("AWS/SQS", metric, &[("QueueName", &queue)], count.into(), "Count");
        }
    }
}

/// Looks at the alarms that watch one of these metrics.
pub(super) fn data_came(cloud: &Arc<Cloud>, metrics: &[MetricKey], now: i64) {
    look(cloud, |alarm| metrics.contains(&alarm.key()), now);
}

/// Evaluates the metric alarms that `wanted` picks, then the composite ones where a state changed.
fn look(cloud: &Arc<Cloud>, wanted: impl Fn(&Alarm) -> bool, now: i64) {
    let alarms: Vec<Alarm> = cloud
        .cloudwatch
        .store
        .read(|state| state.alarms.values().filter(|alarm| alarm.rule.is_none() && wanted(alarm)).cloned().collect());
    for alarm in alarms {
        let data = data(&lock(&cloud.cloudwatch.metrics), &alarm, now);
        let (state, reason) = evaluate(&alarm, &data);
        if state != alarm.state {
            actions::change_state(cloud, &alarm.name, state, &reason, None, now);
        }
    }
}

/// Evaluates the composite alarms that name an alarm whose state changed.
pub(super) fn look_at_composites(cloud: &Arc<Cloud>, changed: &str, now: i64) {
    let affected: Vec<(String, AlarmState, bool)> = cloud.cloudwatch.store.read(|state| {
        let state_of = |name: &str| {
            let name = name.rsplit_once(":alarm:").map_or(name, |(_, name)| name);
            state.alarms.get(name).map(|alarm| alarm.state)
        };
        let rules = state.alarms.values().filter_map(|alarm| {
            let rule = composite::Rule::parse(alarm.rule.as_deref()?).ok()?;
            Some((alarm, rule))
        });
        rules
            .filter(|(alarm, rule)| {
                alarm.name == changed
                    || rule.names().iter().any(|name| *name == changed || name.ends_with(&format!(":alarm:{changed}")))
            })
            .map(|(alarm, rule)| (alarm.name.clone(), alarm.state, rule.holds(&state_of)))
            .collect()
    });
    for (name, before, holds) in affected {
        let state = if holds { AlarmState::Alarm } else { AlarmState::Ok };
        if state != before {
            let reason = format!("The rule of the alarm evaluates to {holds} since {changed} changed its state.");
            actions::change_state(cloud, &name, state, &reason, None, now);
        }
    }
}

/// The numbers of the periods that an evaluation looks at, oldest first.
///
/// Periods begin at multiples of their length. The one that runs is the newest of them only where what it has breaches
/// already whatever may still come; else the newest is the one before.
fn data(metrics: &Metrics, alarm: &Alarm, now: i64) -> Vec<Option<f64>> {
    let period = alarm.period * 1000;
    let key = alarm.key();
    let running = now.div_euclid(period) * period;
    let number = |start: i64| {
        let (summary, _) = metrics.summary(&key, start, start + period, alarm.unit.as_deref())?;
        alarm.statistic().of(&summary)
    };
    let newest =
        if number(running).is_some_and(|value| alarm.breaches_for_good(value)) { running } else { running - period };
    let count = i64::try_from(range(alarm.evaluation_periods)).unwrap_or(i64::MAX);
    (0..count).rev().map(|back| number(newest - back * period)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::alarm::Comparison;
    use crate::cloudwatch::metrics::Datum;

    fn alarm(statistic: &str) -> Alarm {
        Alarm {
            namespace: "app".to_owned(),
            metric: "m".to_owned(),
            statistic_name: statistic.to_owned(),
            period: 60,
            evaluation_periods: 2,
            comparison: Comparison::Greater,
            threshold: 0.0,
            ..Alarm::default()
        }
    }

    #[test]
    fn periods_are_those_that_ended_and_the_one_that_breaches_already() {
        let mut metrics = Metrics::default();
        for (time, value) in [(0, 1.0), (60_000, 2.0), (180_000, 3.0), (190_000, 5.0)] {
            metrics.add(&alarm("Sum").key(), &Datum::value(time, value, "None"));
        }
        assert_eq!(data(&metrics, &alarm("Maximum"), 200_000), [Some(1.0), Some(2.0), None, Some(5.0)]);
        assert_eq!(data(&metrics, &alarm("Sum"), 200_000), [Some(1.0), Some(2.0), None, Some(8.0)]);
        // An average may still fall.
        assert_eq!(data(&metrics, &alarm("Average"), 200_000), [None, Some(1.0), Some(2.0), None]);
        assert_eq!(data(&metrics, &alarm("Average"), 240_000), [Some(1.0), Some(2.0), None, Some(4.0)]);
    }
}

//! In which state an alarm is, from the data of its periods.

use super::alarm::{Alarm, AlarmState, Comparison, MissingData};

/// Periods before the ones to be evaluated that are looked at when some are without data, as AWS does.
const EXTRA_PERIODS: usize = 2;

/// How many periods an evaluation of an alarm looks at.
pub(super) fn range(evaluation_periods: usize) -> usize {
    evaluation_periods + EXTRA_PERIODS
}

/// The state that the data tell, with the reason in AWS's words. `data` are the periods of [`range`], oldest first.
///
/// Where there is data in as many periods as are to be evaluated, the newest of them count. Where there is not, what the
/// alarm says of missing data decides about the rest.
pub(super) fn evaluate(alarm: &Alarm, data: &[Option<f64>]) -> (AlarmState, String) {
    let (periods, needed) = (alarm.evaluation_periods, alarm.datapoints());
    let mut known: Vec<f64> = data.iter().rev().filter_map(|point| *point).take(periods).collect();
    known.reverse();
    let breaching = known.iter().filter(|value| alarm.breaches(**value)).count();
    let missing = periods - known.len();
    let all_breach = breaching == known.len();
    let state = if breaching >= needed {
        AlarmState::Alarm
    } else if missing == 0 {
        AlarmState::Ok
    } else {
        match alarm.missing_data {
            MissingData::Breaching if breaching + missing >= needed => AlarmState::Alarm,
            MissingData::Missing if known.is_empty() => AlarmState::InsufficientData,
            MissingData::Missing if all_breach => AlarmState::Alarm,
            MissingData::Ignore if all_breach => alarm.state,
            _ => AlarmState::Ok,
        }
    };
    (state, reason(alarm, state, &known, missing))
}

fn reason(alarm: &Alarm, state: AlarmState, known: &[f64], missing: usize) -> String {
    let points = |count: usize| if count == 1 { "datapoint" } else { "datapoints" };
    let crossed = format!("{} the threshold ({:?})", alarm.comparison.words(), alarm.threshold);
    if known.is_empty() {
        return match (state, alarm.missing_data) {
            (AlarmState::InsufficientData, _) => {
                format!("Insufficient Data: {missing} {} were unknown.", points(missing))
            }
            (_, MissingData::Breaching) => {
                format!(
                    "Threshold Crossed: no datapoints were received for {missing} {} and {missing} missing {} treated as [Breaching].",
                    period_word(missing),
                    if missing == 1 { "datapoint was" } else { "datapoints were" }
                )
            }
            _ => format!(
                "Threshold Crossed: no datapoints were received for {missing} {} and {missing} missing {} treated as [NonBreaching].",
                period_word(missing),
                if missing == 1 { "datapoint was" } else { "datapoints were" }
            ),
        };
    }
    let shown: Vec<String> = known.iter().rev().map(|value| format!("{value:?}")).collect();
    let count = known.len();
    let fits = known.iter().filter(|value| alarm.breaches(**value)).count();
    let (count, verb) = if state == AlarmState::Alarm { (fits.max(1), "was") } else { (count - fits, "was not") };
    let verb = if count == 1 { verb.to_owned() } else { verb.replace("was", "were") };
    format!(
        "Threshold Crossed: {count} out of the last {} {} [{}] {verb} {crossed} (minimum {} {} for {} transition).",
        known.len(),
        points(known.len()),
        shown.join(", "),
        alarm.datapoints(),
        points(alarm.datapoints()),
        if state == AlarmState::Alarm { "OK -> ALARM" } else { "ALARM -> OK" },
    )
}

fn period_word(count: usize) -> &'static str {
    if count == 1 { "period" } else { "periods" }
}

impl Alarm {
    /// Whether a value is on the wrong side of the threshold.
    pub(super) fn breaches(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Greater => value > self.threshold,
            Comparison::GreaterOrEqual => value >= self.threshold,
            Comparison::Less => value < self.threshold,
            Comparison::LessOrEqual => value <= self.threshold,
        }
    }

    /// Whether a period that still runs breaches whatever may come in it.
    pub(super) fn breaches_for_good(&self, value: f64) -> bool {
        let statistic = self.statistic();
        let lasting = match self.comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => statistic.only_grows(),
            Comparison::Less | Comparison::LessOrEqual => statistic.only_shrinks(),
        };
        lasting && self.breaches(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlarmState::{Alarm as Alarmed, InsufficientData as Unknown, Ok as Fine};

    fn alarm(periods: usize, datapoints: usize, missing_data: MissingData, state: AlarmState) -> Alarm {
        Alarm {
            evaluation_periods: periods,
            datapoints_to_alarm: Some(datapoints),
            missing_data,
            state,
            threshold: 0.5,
            ..Alarm::default()
        }
    }

    /// `X` breaches, `0` does not, `-` is missing.
    fn points(text: &str) -> Vec<Option<f64>> {
        text.chars()
            .map(|point| match point {
                'X' => Some(1.0),
                '0' => Some(0.0),
                _ => None,
            })
            .collect()
    }

    /// The two tables of the user guide's page on missing data; `Unknown` as the state before shows what is retained.
    #[test]
    fn missing_data_is_treated_as_the_user_guide_says() {
        let treatments = [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];
        for (needed, data, states) in [
            (3, "0-X-X", [Fine, Fine, Fine, Fine]),
            (3, "0----", [Fine, Fine, Fine, Fine]),
            (3, "-----", [Unknown, Unknown, Alarmed, Fine]),
            (3, "0XX-X", [Alarmed, Alarmed, Alarmed, Alarmed]),
            (3, "--X--", [Alarmed, Unknown, Alarmed, Fine]),
            (2, "0-X-X", [Alarmed, Alarmed, Alarmed, Alarmed]),
            (2, "00X0X", [Alarmed, Alarmed, Alarmed, Alarmed]),
            (2, "0-X--", [Fine, Fine, Alarmed, Fine]),
            (2, "----0", [Fine, Fine, Alarmed, Fine]),
            (2, "---X-", [Alarmed, Unknown, Alarmed, Fine]),
        ] {
            for (treatment, expected) in treatments.into_iter().zip(states) {
                let (state, reason) = evaluate(&alarm(3, needed, treatment, Unknown), &points(data));
                assert_eq!(state, expected, "{needed} of 3, {data}, {treatment:?}: {reason}");
            }
        }
    }

    #[test]
    fn reasons_are_in_words() {
        let of = |data: &str| evaluate(&alarm(1, 1, MissingData::NotBreaching, Fine), &points(data)).1;
        assert_eq!(
            of("--X"),
            "Threshold Crossed: 1 out of the last 1 datapoint [1.0] was greater than the threshold (0.5) (minimum 1 datapoint for OK -> ALARM transition)."
        );
        assert_eq!(
            of("---"),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."
        );
    }

    #[test]
    fn a_period_that_runs_counts_only_when_nothing_can_change_it() {
        let of = |statistic: &str, comparison| Alarm {
            statistic_name: statistic.to_owned(),
            comparison,
            threshold: 5.0,
            ..Alarm::default()
        };
        assert!(of("Sum", Comparison::Greater).breaches_for_good(6.0));
        assert!(!of("Average", Comparison::Greater).breaches_for_good(6.0));
        assert!(!of("Sum", Comparison::Less).breaches_for_good(4.0));
        assert!(of("Minimum", Comparison::Less).breaches_for_good(4.0));
    }
}

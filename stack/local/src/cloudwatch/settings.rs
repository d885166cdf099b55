//! What a request or a template says of an alarm.

use serde_json::Value;

use super::alarm::{Alarm, COMPARISONS, MISSING_DATA};
use super::statistics::Statistic;
use super::{composite, now};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, as_number, reference_list, text};

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationError", message)
}

fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request("MissingParameter", format!("The parameter {name} is required."))
}

fn actions(input: &Value, name: &str) -> Result<Vec<String>, ServiceError> {
    let actions = reference_list(input, name);
    if actions.len() > 5 {
        return Err(invalid(format!(
            "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length less than or equal to 5"
        )));
    }
    for action in &actions {
        match action.strip_prefix("arn:aws:").and_then(|rest| rest.split(':').next()) {
            Some("sns" | "lambda") => {}
            Some(other) => {
                return Err(invalid(format!(
                    "the local cloud does not carry out alarm actions of `{other}` (`{action}`)"
                )));
            }
            None => return Err(invalid(format!("Invalid arn syntax: {action}"))),
        }
    }
    Ok(actions)
}

impl Alarm {
    /// What `PutMetricAlarm` and a template say, which is the same.
    pub(super) fn read(input: &Value, name: &str) -> Result<Self, ServiceError> {
        let mut alarm = Self::read_common(input, name)?;
        for unserved in ["Metrics", "ThresholdMetricId", "EvaluationCriteria"] {
            if input
                .get(unserved)
                .is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
            {
                return Err(invalid(format!(
                    "the local cloud does not serve `{unserved}` of alarms (metric math, anomaly detection and metrics of other accounts): name one metric with `Namespace` and `MetricName`"
                )));
            }
        }
        let required = |name: &str| text(input, name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name));
        required("MetricName")?.clone_into(&mut alarm.metric);
        required("Namespace")?.clone_into(&mut alarm.namespace);
        alarm.dimensions = dimensions(input)?;
        let (plain, extended) = (text(input, "Statistic"), text(input, "ExtendedStatistic"));
        let statistic = match (plain, extended) {
            (Some(_), Some(_)) => {
                return Err(ServiceError::bad_request(
                    "InvalidParameterCombination",
                    "The parameters Statistic and ExtendedStatistic must not both be given.",
                ));
            }
            (Some(plain), None) => plain,
            (None, Some(extended)) => extended,
            (None, None) => return Err(missing("Statistic")),
        };
        if Statistic::parse(statistic).is_none() {
            return Err(invalid(format!(
                "the statistic `{statistic}` is not one that the local cloud computes: SampleCount, Average, Sum, Minimum, Maximum, p0 to p100"
            )));
        }
        statistic.clone_into(&mut alarm.statistic_name);
        alarm.extended = extended.is_some();
        alarm.unit = text(input, "Unit").map(str::to_owned);
        let number = |name: &str| input.get(name).and_then(as_integer);
        alarm.period = number("Period").ok_or_else(|| missing("Period"))?;
        if !(matches!(alarm.period, 10 | 20 | 30) || alarm.period > 0 && alarm.period % 60 == 0) {
            return Err(invalid("Period must be 10, 20, 30 or a multiple of 60"));
        }
        let periods = number("EvaluationPeriods").ok_or_else(|| missing("EvaluationPeriods"))?;
        let count = |name: &str, number: i64| {
            usize::try_from(number)
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| invalid(format!("{name} must be greater than 0")))
        };
        alarm.evaluation_periods = count("EvaluationPeriods", periods)?;
        if periods.saturating_mul(alarm.period) > 7 * 86_400 {
            return Err(invalid(
                "Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800).",
            ));
        }
        alarm.datapoints_to_alarm =
            number("DatapointsToAlarm").map(|number| count("DatapointsToAlarm", number)).transpose()?;
        if alarm.datapoints_to_alarm.is_some_and(|needed| needed > alarm.evaluation_periods) {
            return Err(invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods"));
        }
        alarm.threshold = input.get("Threshold").and_then(as_number).ok_or_else(|| missing("Threshold"))?;
        let comparison = required("ComparisonOperator")?;
        alarm.comparison = COMPARISONS.iter().find(|(name, ..)| *name == comparison).map(|(_, comparison, _)| *comparison).ok_or_else(|| {
            invalid(format!("the comparison `{comparison}` is not one that the local cloud makes: GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold"))
        })?;
        alarm.treat_missing_data = text(input, "TreatMissingData").map(str::to_owned);
        if let Some(treatment) = &alarm.treat_missing_data {
            let known = MISSING_DATA.iter().find(|(name, _)| name == treatment);
            alarm.missing_data = known.map(|(_, treatment)| *treatment).ok_or_else(|| {
                invalid(format!(
                    "Value {treatment} for TreatMissingData must be one of breaching, notBreaching, ignore, missing"
                ))
            })?;
        }
        Ok(alarm)
    }

    /// What `PutCompositeAlarm` and a template say.
    pub(super) fn read_composite(input: &Value, name: &str) -> Result<Self, ServiceError> {
        let mut alarm = Self::read_common(input, name)?;
        let rule = text(input, "AlarmRule").ok_or_else(|| missing("AlarmRule"))?;
        composite::Rule::parse(rule).map_err(|why| invalid(format!("AlarmRule: {why}")))?;
        if text(input, "ActionsSuppressor").is_some() {
            return Err(invalid("the local cloud does not serve `ActionsSuppressor` of composite alarms"));
        }
        alarm.rule = Some(rule.to_owned());
        Ok(alarm)
    }

    fn read_common(input: &Value, name: &str) -> Result<Self, ServiceError> {
        if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
            return Err(invalid(
                "1 validation error detected: Value at 'alarmName' failed to satisfy constraint: Member must have length between 1 and 255",
            ));
        }
        let time = now();
        Ok(Self {
            name: name.to_owned(),
            description: text(input, "AlarmDescription").map(str::to_owned),
            actions_enabled: input.get("ActionsEnabled").and_then(as_flag).unwrap_or(true),
            ok_actions: actions(input, "OKActions")?,
            alarm_actions: actions(input, "AlarmActions")?,
            insufficient_data_actions: actions(input, "InsufficientDataActions")?,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            state_updated: time,
            state_changed: time,
            configured: time,
            ..Self::default()
        })
    }
}

/// The dimensions of a request or of a template.
pub(super) fn dimensions(input: &Value) -> Result<Vec<(String, String)>, ServiceError> {
    let given = input.get("Dimensions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if given.len() > 30 {
        return Err(invalid("The collection Dimensions must not have a size greater than 30."));
    }
    given
        .iter()
        .map(|dimension| match (text(dimension, "Name"), text(dimension, "Value")) {
            (Some(name), Some(value)) if !name.is_empty() && !value.is_empty() => {
                Ok((name.to_owned(), value.to_owned()))
            }
            _ => Err(ServiceError::bad_request(
                "InvalidParameterValue",
                "The parameters Name and Value of a dimension are required.",
            )),
        })
        .collect()
}

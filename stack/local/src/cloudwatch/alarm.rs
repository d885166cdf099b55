//! What an alarm is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::metrics::MetricKey;
use super::statistics::Statistic;
use super::{composite, now};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::properties::{as_flag, as_integer, as_number, reference_list, text};
use crate::wire::{ServiceError, moment};

/// The state of an alarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AlarmState {
    #[serde(rename = "OK")]
    Ok,
    #[serde(rename = "ALARM")]
    Alarm,
    #[default]
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl AlarmState {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "OK" => Some(Self::Ok),
            "ALARM" => Some(Self::Alarm),
            "INSUFFICIENT_DATA" => Some(Self::InsufficientData),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// On which side of the threshold a value is wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Comparison {
    #[default]
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

const COMPARISONS: [(&str, Comparison, &str); 4] = [
    ("GreaterThanThreshold", Comparison::Greater, "greater than"),
    ("GreaterThanOrEqualToThreshold", Comparison::GreaterOrEqual, "greater than or equal to"),
    ("LessThanThreshold", Comparison::Less, "less than"),
    ("LessThanOrEqualToThreshold", Comparison::LessOrEqual, "less than or equal to"),
];

impl Comparison {
    fn entry(self) -> (&'static str, Self, &'static str) {
        COMPARISONS.into_iter().find(|(_, comparison, _)| *comparison == self).unwrap_or(COMPARISONS[0])
    }

    /// AWS's name.
    pub(super) fn name(self) -> &'static str {
        self.entry().0
    }

    /// `greater than`.
    pub(super) fn words(self) -> &'static str {
        self.entry().2
    }
}

/// What a period without data counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum MissingData {
    #[default]
    Missing,
    Ignore,
    Breaching,
    NotBreaching,
}

const MISSING_DATA: [(&str, MissingData); 4] = [
    ("missing", MissingData::Missing),
    ("ignore", MissingData::Ignore),
    ("breaching", MissingData::Breaching),
    ("notBreaching", MissingData::NotBreaching),
];

/// An alarm that watches a metric, or (with a rule) other alarms.
#[expect(clippy::struct_field_names, reason = "the names are those of the API")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Alarm {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) actions_enabled: bool,
    pub(super) ok_actions: Vec<String>,
    pub(super) alarm_actions: Vec<String>,
    pub(super) insufficient_data_actions: Vec<String>,
    pub(super) namespace: String,
    pub(super) metric: String,
    pub(super) dimensions: Vec<(String, String)>,
    /// `Maximum`, `p99`.
    pub(super) statistic_name: String,
    pub(super) extended: bool,
    pub(super) unit: Option<String>,
    /// Seconds.
    pub(super) period: i64,
    pub(super) evaluation_periods: usize,
    pub(super) datapoints_to_alarm: Option<usize>,
    pub(super) threshold: f64,
    pub(super) comparison: Comparison,
    pub(super) missing_data: MissingData,
    /// As it was given; absent reads as `missing`.
    pub(super) treat_missing_data: Option<String>,
    /// The rule of a composite alarm.
    pub(super) rule: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) state: AlarmState,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
    /// Milliseconds since 1970.
    pub(super) state_updated: i64,
    pub(super) state_changed: i64,
    pub(super) configured: i64,
}

/// ARN of an alarm.
pub(super) fn alarm_arn(region: &str, name: &str) -> String {
    format!("arn:aws:cloudwatch:{region}:{DEFAULT_ACCOUNT}:alarm:{name}")
}

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

    /// The metric that is watched.
    pub(super) fn key(&self) -> MetricKey {
        MetricKey::new(&self.namespace, &self.metric, self.dimensions.clone())
    }

    pub(super) fn statistic(&self) -> Statistic {
        Statistic::parse(&self.statistic_name).unwrap_or(Statistic::Average)
    }

    /// Periods that must breach.
    pub(super) fn datapoints(&self) -> usize {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// The actions of a state.
    pub(super) fn actions(&self, state: AlarmState) -> &[String] {
        match state {
            AlarmState::Ok => &self.ok_actions,
            AlarmState::Alarm => &self.alarm_actions,
            AlarmState::InsufficientData => &self.insufficient_data_actions,
        }
    }

    /// As the API and a template name its settings; what was not given is left out.
    pub(super) fn settings(&self) -> Value {
        let mut shown = json!({
            "AlarmName": self.name,
            "ActionsEnabled": self.actions_enabled,
            "OKActions": self.ok_actions,
            "AlarmActions": self.alarm_actions,
            "InsufficientDataActions": self.insufficient_data_actions,
        });
        if let Some(description) = &self.description {
            shown["AlarmDescription"] = json!(description);
        }
        if let Some(rule) = &self.rule {
            shown["AlarmRule"] = json!(rule);
            return shown;
        }
        shown["MetricName"] = json!(self.metric);
        shown["Namespace"] = json!(self.namespace);
        shown[if self.extended { "ExtendedStatistic" } else { "Statistic" }] = json!(self.statistic_name);
        shown["Dimensions"] = show_dimensions(&self.dimensions);
        shown["Period"] = json!(self.period);
        shown["EvaluationPeriods"] = json!(self.evaluation_periods);
        shown["Threshold"] = json!(self.threshold);
        shown["ComparisonOperator"] = json!(self.comparison.name());
        if let Some(datapoints) = self.datapoints_to_alarm {
            shown["DatapointsToAlarm"] = json!(datapoints);
        }
        if let Some(unit) = &self.unit {
            shown["Unit"] = json!(unit);
        }
        if let Some(treatment) = &self.treat_missing_data {
            shown["TreatMissingData"] = json!(treatment);
        }
        shown
    }

    /// As `DescribeAlarms` shows it.
    pub(super) fn show(&self, region: &str) -> Value {
        let mut shown = self.settings();
        shown["AlarmArn"] = json!(alarm_arn(region, &self.name));
        shown["AlarmConfigurationUpdatedTimestamp"] = moment(self.configured);
        shown["StateValue"] = json!(self.state.name());
        shown["StateReason"] = json!(self.reason);
        shown["StateUpdatedTimestamp"] = moment(self.state_updated);
        shown["StateTransitionedTimestamp"] = moment(self.state_changed);
        if let Some(data) = &self.reason_data {
            shown["StateReasonData"] = json!(data);
        }
        shown
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

pub(super) fn show_dimensions(dimensions: &[(String, String)]) -> Value {
    dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}

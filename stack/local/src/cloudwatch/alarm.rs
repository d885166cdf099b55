//! What an alarm is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::metrics::MetricKey;
use super::statistics::Statistic;
use crate::settings::DEFAULT_ACCOUNT;

use crate::wire::moment;

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

pub(super) const COMPARISONS: [(&str, Comparison, &str); 4] = [
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

pub(super) const MISSING_DATA: [(&str, MissingData); 4] = [
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

impl Alarm {
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

pub(super) fn show_dimensions(dimensions: &[(String, String)]) -> Value {
    dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}

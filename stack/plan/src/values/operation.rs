//! Values that say how CloudFormation operates on a stack.

use super::aws::is_arn;
use super::{SettingValue, parse_seconds};
use crate::naming::Naming;

/// The ARN of a role for CloudFormation, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceRole(pub(crate) Option<String>);

impl SettingValue for ServiceRole {
    const EXPECTED: &'static str = "the ARN of a role";
    const HELP: &'static str = "a role that cloudformation.amazonaws.com may assume: `arn:aws:iam::ACCOUNT:role/NAME`; an empty value uses the rights of the caller";
    fn parse(text: &str) -> Option<Self> {
        let is_name = |resource: &str| resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
        let is_role = is_arn(text, |service| service == "iam", is_name);
        (is_role || text.is_empty()).then(|| Self(given(text)))
    }
}

/// The ARN of an SNS topic, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicArn(pub(crate) Option<String>);

impl SettingValue for TopicArn {
    const EXPECTED: &'static str = "the ARN of a topic";
    const HELP: &'static str = "`arn:aws:sns:REGION:ACCOUNT:NAME` or `{{topic.NAME.arn}}`; an empty value is left out";
    fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| !name.is_empty() && !name.contains(':');
        let is_topic = is_arn(text, |service| service == "sns", is_name);
        (is_topic || text.is_empty()).then(|| Self(given(text)))
    }
}

/// An alarm by its name or its ARN, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RollbackAlarm(Option<String>);

impl SettingValue for RollbackAlarm {
    const EXPECTED: &'static str = "an alarm";
    const HELP: &'static str =
        "`{{alarm.NAME.arn}}`, the ARN or the name of an alarm that exists; an empty value is left out";
    fn parse(text: &str) -> Option<Self> {
        let is_alarm = |resource: &str| resource.strip_prefix("alarm:").is_some_and(|name| !name.is_empty());
        let is_name = |text: &str| {
            text.chars().count() <= 255
                && !text.contains(char::is_control)
                && !text.contains(':')
                && text == text.trim()
        };
        let is_arn = is_arn(text, |service| service == "cloudwatch", is_alarm);
        (is_arn || is_name(text)).then(|| Self(given(text)))
    }
}

impl RollbackAlarm {
    /// Its ARN, in this account and region unless it is one. Nothing where names are not known yet.
    pub(crate) fn arn(&self, naming: Option<&Naming>) -> Option<String> {
        let alarm = self.0.as_ref()?;
        if alarm.starts_with("arn:") {
            return Some(alarm.clone());
        }
        Some(naming?.arn("cloudwatch", &format!("alarm:{alarm}")))
    }
}

/// Seconds for which alarms are watched after a deployment: whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MonitoringTime(pub(crate) u32);

impl SettingValue for MonitoringTime {
    const EXPECTED: &'static str = "a number of minutes from 0m to 180m";
    const HELP: &'static str = "write whole minutes with the unit: `10m`, `1h`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| *seconds <= 10_800 && seconds % 60 == 0).map(Self)
    }
}

/// Nothing for an empty text.
fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_left_out_and_wrong_ones_refused() {
        assert_eq!(ServiceRole::parse(""), Some(ServiceRole(None)));
        assert!(ServiceRole::parse("arn:aws:iam::111122223333:role/path/deployer").is_some());
        for wrong in ["deployer", "arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:user/a"] {
            assert_eq!(ServiceRole::parse(wrong), None, "{wrong}");
        }
        assert!(TopicArn::parse("arn:aws:sns:us-east-1:111122223333:ops").is_some());
        assert_eq!(TopicArn::parse("ops"), None);
        for right in ["", "Orders failed", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:x"] {
            assert!(RollbackAlarm::parse(right).is_some(), "{right}");
        }
        for wrong in [" x", "arn:aws:sns:us-east-1:111122223333:ops", "a:b", "arn:aws:cloudwatch:us-east-1:1:alarm:"] {
            assert_eq!(RollbackAlarm::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn monitoring_is_in_whole_minutes() {
        assert_eq!(MonitoringTime::parse("3h"), Some(MonitoringTime(10_800)));
        assert_eq!(MonitoringTime::parse("0m"), Some(MonitoringTime(0)));
        for wrong in ["90s", "181m", "-1m", "x"] {
            assert_eq!(MonitoringTime::parse(wrong), None, "{wrong}");
        }
    }
}

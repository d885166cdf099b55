//! `RollbackConfiguration`: alarms that end an operation on a stack, and the time for which they are watched afterwards.
//!
//! Documented by AWS: an alarm that goes to ALARM during the operation or the monitoring time rolls all of it back, and so
//! does one that does not exist; triggers stay until others are given, an empty list removes them; without triggers the
//! monitoring time is waited for all the same. Unchecked against AWS: the words of the reasons, that an alarm which is in
//! ALARM when the operation begins ends it, that the monitoring time stays, too, where none is given, and that both come back
//! to what they were with a rollback.

use serde::{Deserialize, Serialize};

use super::input::{Call, constraint, invalid};
use crate::wire::ServiceError;

/// Triggers that a stack may have.
const TRIGGERS: usize = 5;

/// Minutes that may be watched after an operation.
const LONGEST: u32 = 180;

/// What ends an operation on a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RollbackConfiguration {
    pub(crate) triggers: Vec<RollbackTrigger>,
    /// Minutes that go by after all resources are made, before the operation is complete; none is 0.
    pub(crate) monitoring_minutes: Option<u32>,
}

/// An alarm that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RollbackTrigger {
    pub(crate) arn: String,
    pub(crate) kind: AlarmKind,
}

/// Type of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AlarmKind {
    Metric,
    Composite,
}

impl AlarmKind {
    const ALL: [Self; 2] = [Self::Metric, Self::Composite];

    /// Its resource type.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Metric => "AWS::CloudWatch::Alarm",
            Self::Composite => "AWS::CloudWatch::CompositeAlarm",
        }
    }
}

/// What a request asks for, over what the stack has.
pub(super) fn requested(
    call: &Call<'_>,
    previous: Option<&RollbackConfiguration>,
) -> Result<RollbackConfiguration, ServiceError> {
    let form = call.form.structure("RollbackConfiguration");
    let mut wanted = previous.cloned().unwrap_or_default();
    let given = form.structures("RollbackTriggers");
    if given.len() > TRIGGERS {
        return Err(constraint(
            "rollbackConfiguration.rollbackTriggers",
            &format!("{} triggers", given.len()),
            &format!("Member must have length less than or equal to {TRIGGERS}"),
        ));
    }
    if !given.is_empty() || form.get("RollbackTriggers").is_some() {
        wanted.triggers = given
            .iter()
            .map(|trigger| {
                let (arn, name) = (trigger.require("Arn")?, trigger.require("Type")?);
                let kind = AlarmKind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
                    invalid(format!(
                        "Rollback trigger type {name} is not supported: use AWS::CloudWatch::Alarm or AWS::CloudWatch::CompositeAlarm"
                    ))
                })?;
                if !arn.starts_with("arn:") || !arn.contains(":cloudwatch:") || !arn.contains(":alarm:") {
                    return Err(invalid(format!("Rollback trigger {arn} is not the ARN of an alarm")));
                }
                Ok(RollbackTrigger { arn: arn.to_owned(), kind })
            })
            .collect::<Result<_, ServiceError>>()?;
    }
    if let Some(text) = form.get("MonitoringTimeInMinutes").filter(|text| !text.is_empty()) {
        let minutes = text.parse().ok().filter(|minutes| *minutes <= LONGEST).ok_or_else(|| {
            constraint(
                "rollbackConfiguration.monitoringTimeInMinutes",
                text,
                &format!("Member must have value between 0 and {LONGEST}"),
            )
        })?;
        wanted.monitoring_minutes = Some(minutes);
    }
    Ok(wanted)
}

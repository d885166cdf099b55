//! Who follows the operations of a stack: topics that are told its events, alarms that turn an operation back.

use aws_sdk_cloudformation::types::{RollbackConfiguration, RollbackTrigger};
use serde_json::Value;
use stack_plan::{StackOptions, Watcher};

/// Topics and alarms by their ARNs, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    pub(crate) notification_arns: Vec<String>,
    pub(crate) alarm_arns: Vec<String>,
    /// Minutes for which the alarms are watched after everything is deployed.
    pub(crate) monitoring_minutes: u32,
}

impl Watched {
    /// What a stack has.
    pub(crate) fn of_stack(topics: Option<Vec<String>>, rollback: Option<RollbackConfiguration>) -> Self {
        let minutes = rollback.as_ref().and_then(|rollback| rollback.monitoring_time_in_minutes).unwrap_or_default();
        let triggers = rollback.and_then(|rollback| rollback.rollback_triggers).unwrap_or_default();
        Self::sorted(
            topics.unwrap_or_default(),
            triggers.into_iter().filter_map(|trigger| trigger.arn).collect(),
            u32::try_from(minutes).unwrap_or_default(),
        )
    }

    /// What a stack is to have. `before` is its deployed template: what the stack makes itself cannot follow the operation
    /// that makes it, so CloudFormation would refuse it.
    pub(crate) fn of_plan(options: &StackOptions, before: Option<&Value>) -> Self {
        let is_there = |watcher: &&Watcher| {
            watcher.logical_id.as_ref().is_none_or(|logical_id| {
                before.is_some_and(|template| template.pointer(&format!("/Resources/{logical_id}")).is_some())
            })
        };
        let arns = |watchers: &[Watcher]| watchers.iter().filter(is_there).map(|watcher| watcher.arn.clone()).collect();
        Self::sorted(arns(&options.notifications), arns(&options.rollback_alarms), options.monitoring_minutes)
    }

    /// Without an alarm there is nothing to watch, for however long.
    fn sorted(mut notification_arns: Vec<String>, mut alarm_arns: Vec<String>, minutes: u32) -> Self {
        notification_arns.sort();
        notification_arns.dedup();
        alarm_arns.sort();
        alarm_arns.dedup();
        let monitoring_minutes = if alarm_arns.is_empty() { 0 } else { minutes };
        Self { notification_arns, alarm_arns, monitoring_minutes }
    }

    /// The alarms as CloudFormation takes them.
    pub(crate) fn rollback_configuration(&self) -> RollbackConfiguration {
        // A composite alarm has another word, and no project can declare one.
        let trigger = |arn: &String| RollbackTrigger::builder().arn(arn).r#type("AWS::CloudWatch::Alarm").build();
        RollbackConfiguration::builder()
            .set_rollback_triggers(Some(self.alarm_arns.iter().map(trigger).collect()))
            .monitoring_time_in_minutes(i32::try_from(self.monitoring_minutes).unwrap_or_default())
            .build()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_stack_makes_itself_follows_its_later_operations() {
        let watcher =
            |arn: &str, own: Option<&str>| Watcher { arn: arn.to_owned(), logical_id: own.map(str::to_owned) };
        let options = StackOptions {
            notifications: vec![watcher("z", None), watcher("a", Some("Own")), watcher("z", None)],
            rollback_alarms: vec![watcher("m", Some("Alarm"))],
            monitoring_minutes: 5,
            ..StackOptions::default()
        };
        let first = Watched::of_plan(&options, None);
        assert_eq!(first.notification_arns, ["z"]);
        assert_eq!((first.alarm_arns.len(), first.monitoring_minutes), (0, 0));
        let later = Watched::of_plan(&options, Some(&json!({"Resources": {"Own": {}, "Alarm": {}}})));
        assert_eq!(later.notification_arns, ["a", "z"]);
        assert_eq!((later.alarm_arns, later.monitoring_minutes), (vec!["m".to_owned()], 5));
    }
}

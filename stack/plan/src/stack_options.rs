//! What CloudFormation is told about its operations on a stack, beside the template: whose rights it uses, who is told,
//! and which alarms turn an operation back.

use serde::Serialize;

use crate::fault::{FaultKind, Place, Sink};
use crate::naming::Naming;
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::template::Template;
use crate::values::{MonitoringTime, RollbackAlarm, ServiceRole, TopicArn};

/// CloudFormation takes so many topics for its events, and so many alarms.
const AT_MOST: usize = 5;

/// How CloudFormation operates on the stack of an environment. Nothing of it is part of the template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StackOptions {
    /// ARN of the role whose rights CloudFormation uses instead of the caller's. CloudFormation keeps it for every later
    /// operation until another one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// SNS topics that are told each event of the stack, at most five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notifications: Vec<Watcher>,
    /// CloudWatch alarms that turn an operation back while they are in alarm, at most five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollback_alarms: Vec<Watcher>,
    /// Minutes for which the alarms are watched after everything is deployed, 0 to 180.
    pub monitoring_minutes: u32,
}

impl StackOptions {
    /// True when CloudFormation is told nothing.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A topic or an alarm that follows the operations of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watcher {
    /// Its ARN.
    pub arn: String,
    /// Logical id of the resource of this very stack that makes it: it can follow operations only after the one that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
}

/// The keys of an environment that say so.
#[derive(Debug, Clone, Default)]
pub(crate) struct StackOptionsDeclaration {
    role: Option<Text>,
    notifications: Vec<Text>,
    alarms: Vec<Text>,
    monitor: Option<Text>,
}

impl StackOptionsDeclaration {
    pub(crate) fn read(fields: &Fields<'_>, sink: &Sink) -> Self {
        let mut declared =
            Self { role: fields.text("role"), notifications: fields.texts("notifications"), ..Self::default() };
        at_most(&declared.notifications, "topics", &fields.place_of("notifications"), sink);
        if let Some((node, place)) = fields.get("rollback")
            && let Some(rollback) = Fields::open(node, &place, sink)
        {
            declared.alarms = rollback.texts("alarms");
            declared.monitor = rollback.text("monitor");
            at_most(&declared.alarms, "alarms", &rollback.place_of("alarms"), sink);
            if declared.alarms.is_empty() {
                let help = "name what turns a deployment back: `alarms: [\"{{alarm.NAME.arn}}\"]`".to_owned();
                sink.push(FaultKind::MissingKey { key: "alarms".to_owned(), help }, &place);
            }
            rollback.finish();
        }
        declared
    }

    /// Evaluates everything and reports what is at fault. Where values are not known, that is all that it does.
    pub(crate) fn resolve(&self, scope: &Scope<'_>, naming: Option<&Naming>) -> StackOptions {
        let watchers = |arns: Vec<String>| arns.into_iter().map(|arn| Watcher { arn, logical_id: None }).collect();
        let topics = self.notifications.iter().filter_map(|text| scope.value::<TopicArn>(text)?.0);
        let alarms = self.alarms.iter().filter_map(|text| scope.value::<RollbackAlarm>(text)?.arn(naming));
        StackOptions {
            role_arn: self.role.as_ref().and_then(|text| scope.value::<ServiceRole>(text)).and_then(|role| role.0),
            notifications: watchers(topics.collect()),
            rollback_alarms: watchers(alarms.collect()),
            monitoring_minutes: scope.value_or(self.monitor.as_ref(), MonitoringTime(0)).0 / 60,
        }
    }
}

impl StackOptions {
    /// Notes which topics and alarms the stack makes itself.
    pub(crate) fn find_own(&mut self, template: &Template, naming: &Naming) {
        for (watchers, resource_type, key, service, beginning) in [
            (&mut self.notifications, "AWS::SNS::Topic", "TopicName", "sns", ""),
            (&mut self.rollback_alarms, "AWS::CloudWatch::Alarm", "AlarmName", "cloudwatch", "alarm:"),
        ] {
            for watcher in watchers {
                let own = template.resources.iter().find(|(_, resource)| {
                    let name = resource.properties.get(key).and_then(serde_json::Value::as_str);
                    resource.resource_type == resource_type
                        && name.is_some_and(|name| naming.arn(service, &format!("{beginning}{name}")) == watcher.arn)
                });
                watcher.logical_id = own.map(|(logical_id, _)| logical_id.clone());
            }
        }
    }
}

fn at_most(texts: &[Text], what: &str, place: &Place, sink: &Sink) {
    if texts.len() > AT_MOST {
        let kind = FaultKind::BadValue {
            value: texts.len().to_string(),
            expected: format!("a number of {what} that CloudFormation takes"),
            help: format!("at most {AT_MOST}"),
        };
        sink.push(kind, place);
    }
}

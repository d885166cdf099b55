//! `schedules:`, schedules of `EventBridge` Scheduler.

use serde_json::{Value, json};

use super::target::{DeadLetter, Target, TargetDeclaration, read_target};
use super::{Construct, Declaration, Declared, Kind};
use crate::deferred;
use crate::fault::{Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::role::Role;
use crate::scope::Scope;
use crate::values::{Description, FlexibleWindow, Moment, SchedulerSchedule, TimeZone};

/// Greatest length of a schedule's name.
const SCHEDULE_NAME: usize = 64;

/// A schedule as written.
#[derive(Debug, Clone)]
pub(crate) struct ScheduleDeclaration {
    place: Place,
    description: Option<Text>,
    schedule: Option<Text>,
    timezone: Option<Text>,
    flexible_window: Option<Text>,
    start: Option<Text>,
    end: Option<Text>,
    enabled: Option<Text>,
    target: TargetDeclaration,
}

/// A schedule with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) description: Option<String>,
    /// Empty while it has a fault.
    pub(crate) expression: String,
    pub(crate) timezone: String,
    /// Minutes.
    pub(crate) flexible_window: Option<u32>,
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) enabled: bool,
    /// Nothing while it has a fault.
    pub(crate) target: Option<Target>,
}

impl Declaration for ScheduleDeclaration {
    type Resolved = Schedule;

    const ATTRIBUTES: &'static [&'static str] = &["name", "arn"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            description: fields.text("description"),
            schedule: fields.required("schedule", "when: `schedule: cron(0 3 * * ? *)`"),
            timezone: fields.text("timezone"),
            flexible_window: fields.text("flexible_window"),
            start: fields.text("start"),
            end: fields.text("end"),
            enabled: fields.text("enabled"),
            target: read_target(&fields, named.node, &named.place, sink),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, naming: &Naming, _: &Scope<'_>) -> Value {
        let name = naming.physical(name, SCHEDULE_NAME);
        json!({ "arn": naming.arn("scheduler", &format!("schedule/default/{name}")), "name": name })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Schedule {
        let description = self.description.as_ref().and_then(|text| scope.value::<Description>(text));
        let schedule = self.schedule.as_ref().and_then(|text| scope.value::<SchedulerSchedule>(text));
        let moment = |text: Option<&Text>| text.and_then(|text| scope.value::<Moment>(text)).map(|moment| moment.0);
        let window = self.flexible_window.as_ref().and_then(|text| scope.value::<FlexibleWindow>(text));
        Schedule {
            name: name.to_owned(),
            place: self.place.clone(),
            description: description.map(|description| description.0),
            expression: schedule.map(|schedule| schedule.0).unwrap_or_default(),
            timezone: scope.value_or(self.timezone.as_ref(), TimeZone("UTC".to_owned())).0,
            flexible_window: window.map(|window| window.0),
            start: moment(self.start.as_ref()),
            end: moment(self.end.as_ref()),
            enabled: scope.value_or(self.enabled.as_ref(), true),
            target: self.target.resolve(scope, declared),
        }
    }
}

impl Schedule {
    /// True when a queue receives what it could not deliver.
    pub(crate) fn fails_to(&self, queue: &str) -> bool {
        self.target.as_ref().is_some_and(|target| target.fails_to(queue))
    }
}

impl Construct for Schedule {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_rendered(&self) -> bool {
        self.target.is_some()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let role_id = logical_id(&self.name, "ScheduleRole");
        let mut role = Role::new(&self.name, &self.place);
        if let Some(target) = &self.target {
            target.check(links);
            role.grant_access(&target.access(), links);
            if let Some(DeadLetter::Arn(arn)) = &target.dead_letter {
                role.grant("dead-letter-send", &json!({ "arn": arn }), &self.place, links);
            }
        }
        json!({
            "id": Naming::id(Kind::Schedule, &self.name),
            "role_id": role_id,
            "role_arn": deferred::attribute(&role_id, "Arn"),
            "policies": role.finish(links),
            // Scheduler names the group, not the schedule, when it takes the role.
            "group_arn": links.naming.arn("scheduler", "schedule-group/default"),
            "schedule_name": links.attribute(Kind::Schedule, &self.name, "name"),
            "description": self.description,
            "schedule": self.expression,
            "timezone": self.timezone,
            "flexible_window": self.flexible_window,
            "start": self.start,
            "end": self.end,
            "state": if self.enabled { "ENABLED" } else { "DISABLED" },
            "target": self.target.as_ref().map(|target| target.values(links)),
        })
    }
}

//! Backups, builds, groups of instances.

use serde_json::Value;

use crate::template::check::found::{At, Found};
use crate::template::check::scalar::text;
use crate::template::check::{Checker, SchemaFault};

/// What goes to cold storage stays there for 90 days at least.
pub(super) fn backup(properties: &Value, at: &At<'_>, found: &mut Found) {
    let at = at.key("BackupPlan");
    let at = at.key("BackupPlanRule");
    let rules = properties.pointer("/BackupPlan/BackupPlanRule").and_then(Value::as_array).into_iter().flatten();
    for (index, rule) in rules.enumerate() {
        let days =
            |key: &str| rule.pointer(&format!("/Lifecycle/{key}")).and_then(|days| text(days).parse::<i64>().ok());
        let (Some(delete), Some(cold)) = (days("DeleteAfterDays"), days("MoveToColdStorageAfterDays")) else {
            continue;
        };
        if delete < cold + 90 {
            let at = at.index(index);
            let at = at.key("Lifecycle");
            let bound = format!("at least {} (90 days after MoveToColdStorageAfterDays)", cold + 90);
            found.push(&at.key("DeleteAfterDays"), SchemaFault::OutOfRange { value: delete.to_string(), bound });
        }
    }
}

/// The health of instances alone is asked, or that of others, not both.
pub(super) fn health(properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(kinds) = properties.get("HealthCheckType").and_then(Value::as_str) else { return };
    let kinds: Vec<&str> = kinds.split(',').map(str::trim).collect();
    if kinds.len() > 1 && kinds.contains(&"EC2") {
        found.say(&at.key("HealthCheckType"), "EC2 cannot be combined with other kinds of health checks");
    }
}

/// A role is looked up by its name, which is not enough for one with a path.
pub(super) fn project(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let Some(id) = properties.pointer("/ServiceRole/Ref").and_then(Value::as_str) else { return };
    let path = checker.resources.get(id).and_then(|role| role.pointer("/Properties/Path"));
    if let Some(path) = path.filter(|path| *path != "/") {
        let path = text(path);
        found.say(
            &at.key("ServiceRole").key("Ref"),
            format!("`{id}` has the path `{path}`: give its ARN (Fn::GetAtt {id}.Arn)"),
        );
    }
}

//! Pipelines and backups.

use serde_json::Value;

use crate::template::check::SchemaFault;
use crate::template::check::found::{At, Found};
use crate::template::check::scalar::text;

/// Sources are in the first stage, and only there.
pub(super) fn pipeline(properties: &Value, at: &At<'_>, found: &mut Found) {
    let at = at.key("Stages");
    let stages = properties.get("Stages").and_then(Value::as_array).into_iter().flatten();
    for (stage, value) in stages.enumerate() {
        let actions = value.get("Actions").and_then(Value::as_array).into_iter().flatten();
        for (action, value) in actions.enumerate() {
            let Some(category) = value.pointer("/ActionTypeId/Category").and_then(Value::as_str) else { continue };
            if (category == "Source") != (stage == 0) {
                let allowed = match stage {
                    0 => &["Source"][..],
                    _ => &["Build", "Approval", "Deploy", "Test", "Invoke", "Compute"][..],
                };
                let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
                let at = at.index(stage);
                let at = at.key("Actions");
                let at = at.index(action);
                let at = at.key("ActionTypeId");
                found.push(&at.key("Category"), SchemaFault::NotAllowed { value: category.to_owned(), allowed });
            }
        }
    }
}

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
            found.push(&at.key("DeleteAfterDays"), SchemaFault::Range { value: delete.to_string(), bound });
        }
    }
}

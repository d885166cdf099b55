//! Logs: how many filters a group takes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::check::Checker;
use crate::template::check::found::{At, Found};

/// Subscription filters of one log group.
const FILTERS: usize = 5;

/// Log groups with more subscription filters than they take; events of the serverless transform are such filters.
pub(super) fn subscriptions(checker: &Checker<'_>, found: &mut Found) {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, resource) in checker.resources {
        let properties = resource.get("Properties").unwrap_or(&Value::Null);
        let mut add = |group: Option<&Value>, path: String| {
            if let Some(group) = group {
                places.entry(group.to_string()).or_default().push(path);
            }
        };
        match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::Logs::SubscriptionFilter") => {
                add(properties.get("LogGroupName"), format!("/Resources/{id}/Properties/LogGroupName"));
            }
            Some("AWS::Serverless::Function") => {
                for (name, event) in properties.get("Events").and_then(Value::as_object).into_iter().flatten() {
                    if event.get("Type").is_some_and(|kind| kind == "CloudWatchLogs") {
                        let path = format!("/Resources/{id}/Properties/Events/{name}/Properties/LogGroupName");
                        add(event.pointer("/Properties/LogGroupName"), path);
                    }
                }
            }
            _ => {}
        }
    }
    for paths in places.values().filter(|paths| paths.len() > FILTERS) {
        for path in paths {
            found.say(
                &At::path(path),
                format!("a log group takes at most {FILTERS} subscription filters, not {}", paths.len()),
            );
        }
    }
}

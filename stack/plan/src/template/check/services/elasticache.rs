//! `ElastiCache`: replication groups in cluster mode.

use serde_json::Value;

use crate::template::check::Checker;
use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::scalar::text;
use crate::template::check::scenario::scenarios;

/// A group whose parameters switch cluster mode on fails over by itself, and has more than one node.
pub(super) fn check(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for (form, under) in scenarios(&checker.conditions, properties, under) {
        let Some(id) = form.pointer("/CacheParameterGroupName/Ref").and_then(Value::as_str) else { continue };
        let Some(group) = checker.resources.get(id) else { continue };
        let settings = group.pointer("/Properties/Properties").unwrap_or(&Value::Null);
        let switches = checker.selected(settings, "cluster-enabled", &At::path(""), &under);
        let condition = group.get("Condition").and_then(Value::as_str).map(|name| (name.to_owned(), true));
        let is_cluster = switches.into_iter().any(|switch| {
            let under = switch.under.into_iter().chain(condition.clone()).collect();
            switch.value == "yes" && checker.conditions.is_possible(&under)
        });
        if !is_cluster {
            continue;
        }
        if form.get("AutomaticFailoverEnabled").is_some_and(|flag| text(flag).eq_ignore_ascii_case("false")) {
            found.say(
                &at.key("AutomaticFailoverEnabled"),
                format!("`{id}` enables cluster mode, which needs automatic failover"),
            );
        }
        let nodes = form.get("NumCacheClusters");
        let is_one = nodes.is_none_or(|nodes| text(nodes).parse::<u64>().is_ok_and(|nodes| nodes <= 1));
        if form.get("NumNodeGroups").is_none_or(|groups| text(groups) == "0") && is_one {
            found.say(
                &at.key("NumCacheClusters"),
                format!("`{id}` enables cluster mode, which needs NumNodeGroups or more than one of NumCacheClusters"),
            );
        }
    }
}

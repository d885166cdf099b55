//! Lambda: runtimes, layers and the size of the environment.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::scenario::scenarios;
use crate::template::check::{Checker, SchemaFault, policies};

/// Runtimes that are older than `SnapStart`, of families that have it.
const WITHOUT_SNAPSHOTS: [&str; 10] = [
    "dotnet5.0",
    "dotnet6",
    "dotnet7",
    "java8",
    "java8.al2",
    "python3.10",
    "python3.11",
    "python3.7",
    "python3.8",
    "python3.9",
];

/// Bytes of all environment variables together.
const ENVIRONMENT_BYTES: usize = 4096;

pub(super) fn check(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    let mut is_set = false;
    checker.select(properties, &["Runtime".to_owned()], at, under, &mut |value, at, _| {
        is_set = true;
        runtime(checker, value, at, found);
    });
    let global = checker.template.get("Globals").and_then(|globals| globals.pointer("/Function/Runtime"));
    if let (false, Some(global)) = (is_set, global) {
        runtime(checker, global, &at.key("Runtime"), found);
    }
    layers(checker, properties, at, under, found);
    snapshots(checker, properties, at, under, found);
    if let Some(Value::Object(variables)) = properties.pointer("/Environment/Variables") {
        let bytes: usize = variables.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
        if bytes > ENVIRONMENT_BYTES {
            let bound = format!("at most {ENVIRONMENT_BYTES}");
            let fault = SchemaFault::WrongCount { what: "bytes of environment variables", found: bytes, bound };
            found.push(&at.key("Environment").key("Variables"), fault);
        }
    }
}

/// What may be done with a function is an action of Lambda.
pub(super) fn permission(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    if let Some(action) =
        properties.get("Action").filter(|action| action.as_str().is_some_and(|name| name.starts_with("lambda:")))
    {
        policies::action(checker, action, &at.key("Action"), found);
    }
}

/// Layers whose ARN is longer than any can be in the region.
fn layers(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for layer in checker.selected(properties, "Layers/*", at, under) {
        let Some(arn) = layer.value.as_str() else { continue };
        for region in &checker.regions {
            let partition = match *region {
                region if region.starts_with("cn-") => "aws-cn",
                region if region.starts_with("us-gov-") => "aws-us-gov",
                _ => "aws",
            };
            let most = 176 + partition.len() + region.len();
            let length = arn.chars().count();
            if length > most {
                let bound = format!("at most {most} in {region}");
                found
                    .push(&At::path(&layer.path), SchemaFault::WrongCount { what: "characters", found: length, bound });
            }
        }
    }
}

/// Snapshots of a started function are made for some runtimes only.
fn snapshots(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for (form, _) in scenarios(&checker.conditions, properties, under) {
        let is_on = form.pointer("/SnapStart/ApplyOn").is_some_and(|apply| apply == "PublishedVersions");
        let Some(name) = form.get("Runtime").and_then(Value::as_str).filter(|_| is_on) else { continue };
        let is_family = ["python3", "java", "dotnet"].iter().any(|family| name.starts_with(family));
        if !is_family || WITHOUT_SNAPSHOTS.contains(&name) || name.starts_with("dotnetcore") {
            found.say(&at.key("SnapStart").key("ApplyOn"), format!("runtime `{name}` has no SnapStart"));
        }
    }
}

/// A runtime at the end of its life. The data has a day of its own: what is past there is past for everyone who reads it.
fn runtime(checker: &Checker<'_>, value: &Value, at: &At<'_>, found: &mut Found) {
    let Some(name) = value.as_str() else { return };
    let today = checker.specification.about().get("date").and_then(Value::as_str).unwrap_or_default();
    let Some(runtime) = checker.specification.runtimes().iter().find(|runtime| runtime.name == name) else { return };
    let is_past = |day: &Option<String>| day.as_deref().is_some_and(|day| day <= today);
    if is_past(&runtime.deprecated) || is_past(&runtime.create_blocked) {
        let since = runtime.deprecated.clone().or_else(|| runtime.create_blocked.clone()).unwrap_or_default();
        found.push(
            at,
            SchemaFault::DeprecatedRuntime {
                name: name.to_owned(),
                since,
                is_blocked: is_past(&runtime.create_blocked),
                successor: runtime.successor.clone(),
            },
        );
    }
}

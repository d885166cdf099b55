//! Lambda: runtimes and the size of the environment.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::{Checker, SchemaFault};

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
    if let Some(Value::Object(variables)) = properties.pointer("/Environment/Variables") {
        let bytes: usize = variables.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
        if bytes > ENVIRONMENT_BYTES {
            let bound = format!("at most {ENVIRONMENT_BYTES}");
            let fault = SchemaFault::Count { what: "bytes of environment variables", found: bytes, bound };
            found.push(&at.key("Environment").key("Variables"), fault);
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
            SchemaFault::Runtime {
                name: name.to_owned(),
                since,
                is_blocked: is_past(&runtime.create_blocked),
                successor: runtime.successor.clone(),
            },
        );
    }
}

//! Lambda: runtimes and the size of the environment.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::{Checker, SchemaFault};

/// Bytes of all environment variables together.
const ENVIRONMENT_BYTES: usize = 4096;

pub(super) fn check(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    checker.select(properties, &["Runtime".to_owned()], at, under, &mut |value, at, _| {
        let Some(name) = value.as_str() else { return };
        let runtime = checker.specification.runtimes().iter().find(|runtime| runtime.name == name);
        // The data has its own day: what it says is past is past for everyone who reads it.
        let made = checker.specification.about().get("date").and_then(Value::as_str).unwrap_or_default();
        if let Some(runtime) = runtime
            && let Some(since) = runtime.deprecated.clone().filter(|since| since.as_str() <= made)
        {
            let fault = SchemaFault::Runtime { name: name.to_owned(), since, successor: runtime.successor.clone() };
            found.push(at, fault);
        }
    });
    if let Some(Value::Object(variables)) = properties.pointer("/Environment/Variables") {
        let bytes: usize = variables.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
        if bytes > ENVIRONMENT_BYTES {
            let bound = format!("at most {ENVIRONMENT_BYTES}");
            let fault = SchemaFault::Count { what: "bytes of environment variables", found: bytes, bound };
            found.push(&at.key("Environment").key("Variables"), fault);
        }
    }
}

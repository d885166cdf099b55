//! `environment:` of a function.

use indexmap::IndexMap;

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;

/// Greatest size of all environment variables of a function together, names and values, in bytes.
const ENVIRONMENT_BYTES: usize = 4096;
/// Names that AWS Lambda sets itself.
const RESERVED_VARIABLES: [&str; 13] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Environment variables as written.
#[derive(Debug, Clone)]
pub(super) struct EnvironmentDeclaration {
    place: Place,
    variables: Vec<(String, Text)>,
}

pub(super) fn read_environment(fields: &Fields<'_>) -> EnvironmentDeclaration {
    EnvironmentDeclaration { variables: fields.text_section("environment"), place: fields.place_of("environment") }
}

impl EnvironmentDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> IndexMap<String, String> {
        let mut environment = IndexMap::new();
        let mut bytes = 0;
        for (name, text) in &self.variables {
            check_variable(name, &text.place, scope.sink());
            if let Some(value) = scope.evaluate(text) {
                bytes += name.len() + value.len();
                environment.insert(name.clone(), value);
            }
        }
        if bytes > ENVIRONMENT_BYTES {
            let what = "bytes of environment variables".to_owned();
            let kind = FaultKind::LimitExceeded { what, value: bytes, limit: ENVIRONMENT_BYTES };
            scope.sink().push(kind, &self.place);
        }
        environment
    }
}

fn check_variable(name: &str, place: &Place, sink: &Sink) {
    let mut characters = name.bytes();
    let begins_well = characters.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on_well = name.len() > 1 && characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rule = if RESERVED_VARIABLES.contains(&name) || name.starts_with("AWS_LAMBDA_") {
        "AWS Lambda sets this variable itself; use another name"
    } else if begins_well && goes_on_well {
        return;
    } else {
        "a letter, then letters, digits and `_`, at least two characters"
    };
    let kind = FaultKind::BadName {
        name: name.to_owned(),
        what: "environment variable of a function".to_owned(),
        rule: rule.to_owned(),
    };
    sink.push(kind, place);
}

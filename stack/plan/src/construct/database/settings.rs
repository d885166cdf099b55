//! What of a database depends on its engine: version, logs, parameters.

use std::collections::BTreeMap;

use crate::fault::{FaultKind, Place};
use crate::project::Text;
use crate::scope::Scope;
use crate::values::Engine;

/// Version and family of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) family: String,
}

impl Version {
    /// Reads a version of the engine; its newest when none is given, or a faulty one.
    pub(super) fn read(text: Option<&Text>, engine: Engine, scope: &Scope<'_>) -> Self {
        let default = engine.default_version().to_owned();
        let version = text.and_then(|text| scope.literal(text)).unwrap_or_else(|| default.clone());
        match (engine.family(&version), text) {
            (Some(family), _) => Self { version, family },
            (None, text) => {
                if let Some(text) = text {
                    let kind = FaultKind::BadValue {
                        value: version,
                        expected: format!("a version of {}", engine.word()),
                        help: format!("for example `version: \"{default}\"`"),
                    };
                    scope.sink().push(kind, &text.place);
                }
                let family = engine.family(&default).unwrap_or_default();
                Self { version: default, family }
            }
        }
    }
}

/// Logs that go to CloudWatch: those that are named, or the errors.
pub(super) fn read_logs(texts: Option<&Vec<Text>>, engine: Engine, scope: &Scope<'_>) -> Vec<String> {
    let Some(texts) = texts else { return engine.logs().iter().take(1).map(ToString::to_string).collect() };
    let mut logs = Vec::new();
    for text in texts {
        let Some(log) = scope.literal(text).filter(|log| !log.is_empty()) else { continue };
        if engine.logs().contains(&log.as_str()) {
            logs.push(log);
            continue;
        }
        let kind = FaultKind::BadValue {
            value: log,
            expected: format!("a log of {}", engine.word()),
            help: format!("one of {}", engine.logs().join(", ")),
        };
        scope.sink().push(kind, &text.place);
    }
    logs.sort_unstable();
    logs.dedup();
    logs
}

/// Parameters of the engine: TLS for everyone, what the logs need, and the project's own.
pub(super) fn read_parameters(
    own: &[(String, Text)],
    engine: Engine,
    logs: &[String],
    scope: &Scope<'_>,
) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::from([(engine.tls_parameter().to_owned(), "1".to_owned())]);
    for log in logs {
        let needed = engine.log_parameters(log).iter();
        parameters.extend(needed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }
    for (name, text) in own {
        let Some(value) = scope.literal(text) else { continue };
        if check_parameter(name, engine, &text.place, scope) {
            parameters.insert(name.clone(), value);
        }
    }
    parameters
}

fn check_parameter(name: &str, engine: Engine, place: &Place, scope: &Scope<'_>) -> bool {
    let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-');
    let rule = if name == engine.tls_parameter() {
        "it keeps connections without TLS out, and stays on"
    } else if name.is_empty() || name.len() > 255 || !name.bytes().all(character) {
        "lower-case letters, digits, `_`, `.` and `-`"
    } else {
        return true;
    };
    let kind =
        FaultKind::BadName { name: name.to_owned(), what: "parameter of a database".to_owned(), rule: rule.to_owned() };
    scope.sink().push(kind, place);
    false
}

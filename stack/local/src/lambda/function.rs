//! What a function is, with everything that belongs to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use super::configuration::Configuration;
use super::reference::is_alias;
use crate::wire::ServiceError;

/// The version that is being edited.
pub(crate) const LATEST: &str = "$LATEST";

/// How asynchronous invocations are retried and where their results go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventInvokeConfig {
    /// 0 to 2.
    pub(crate) maximum_retry_attempts: Option<u32>,
    /// Seconds, 60 to 21,600.
    pub(crate) maximum_event_age: Option<u32>,
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

/// A name for a version, or for two between which calls are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// Another version and its share of the calls, 0 to 1.
    pub(crate) additional: Option<(String, f64)>,
    pub(crate) revision: String,
}

impl Alias {
    /// The version of a call; `point` is a random number from 0 up to 1.
    pub(crate) fn choose(&self, point: f64) -> &str {
        match &self.additional {
            Some((version, share)) if point < *share => version,
            _ => &self.version,
        }
    }
}

/// Instances that are started before anybody calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Provisioned {
    pub(crate) requested: u32,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

/// A function with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) latest: Configuration,
    /// Published versions, 1 first.
    pub(crate) versions: Vec<Configuration>,
    /// Number of the version published last, deleted ones included.
    pub(crate) last_version: u32,
    #[serde(default)]
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// Statements of the resource policies of the function, its versions and its aliases: each names what it is about.
    pub(crate) policy: Vec<Value>,
    /// By qualifier, `$LATEST` for the function itself.
    #[serde(default)]
    pub(crate) event_invoke_configs: BTreeMap<String, EventInvokeConfig>,
    /// By version or alias.
    #[serde(default)]
    pub(crate) provisioned: BTreeMap<String, Provisioned>,
    /// Addresses by alias, `$LATEST` for the function itself.
    #[serde(default)]
    pub(crate) urls: BTreeMap<String, super::urls::FunctionUrl>,
    pub(crate) reserved_concurrency: Option<u32>,
    /// Whether the function may call itself without end.
    #[serde(default)]
    pub(crate) allows_recursion: bool,
    /// `Auto`, `FunctionUpdate` or `Manual`, as far as somebody said so: recorded.
    #[serde(default)]
    pub(crate) runtime_update: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Function {
    pub(crate) fn new(latest: Configuration, tags: BTreeMap<String, String>) -> Self {
        Self {
            latest,
            versions: Vec::new(),
            last_version: 0,
            aliases: BTreeMap::new(),
            policy: Vec::new(),
            event_invoke_configs: BTreeMap::new(),
            provisioned: BTreeMap::new(),
            urls: BTreeMap::new(),
            reserved_concurrency: None,
            allows_recursion: false,
            runtime_update: None,
            tags,
        }
    }

    /// ARN of the function, a version or an alias.
    pub(crate) fn arn(&self, qualifier: Option<&str>) -> String {
        qualifier.map_or_else(|| self.latest.arn.clone(), |qualifier| format!("{}:{qualifier}", self.latest.arn))
    }

    /// A version by number or `$LATEST`.
    pub(crate) fn version(&self, version: &str) -> Option<&Configuration> {
        if version == LATEST {
            return Some(&self.latest);
        }
        self.versions.iter().find(|one| one.version == version)
    }

    /// What a qualifier stands for now; `point` is a random number from 0 up to 1 that decides between an alias's versions.
    pub(crate) fn resolve(&self, qualifier: Option<&str>, point: f64) -> Option<&Configuration> {
        match qualifier {
            None => Some(&self.latest),
            Some(alias) if is_alias(alias) => self.version(self.aliases.get(alias)?.choose(point)),
            Some(version) => self.version(version),
        }
    }

    /// Statements of the policy of the function itself, a version or an alias.
    pub(crate) fn statements(&self, qualifier: Option<&str>) -> Vec<&Value> {
        let arn = self.arn(qualifier);
        self.policy.iter().filter(|statement| statement["Resource"] == arn.as_str()).collect()
    }

    /// The policy of the function itself, a version or an alias, as a document; `None` when it has no statements.
    pub(crate) fn policy_document(&self, qualifier: Option<&str>) -> Option<Value> {
        let statements = self.statements(qualifier);
        (!statements.is_empty()).then(|| json!({"Version": "2012-10-17", "Id": "default", "Statement": statements}))
    }
}

/// `InvalidParameterValueException`, status 400.
pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

/// A value that breaks a constraint of the API's model, in AWS's words.
pub(crate) fn validation(value: &str, field: &str, constraint: &str) -> ServiceError {
    ServiceError::bad_request(
        "ValidationException",
        format!("1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {constraint}"),
    )
}

/// A value that is missing, in AWS's words.
pub(crate) fn missing(field: &str) -> ServiceError {
    ServiceError::bad_request(
        "ValidationException",
        format!(
            "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

/// The function, the version or the alias is not there.
pub(crate) fn not_found(arn: &str) -> ServiceError {
    ServiceError::not_found("ResourceNotFoundException", format!("Function not found: {arn}"))
}

/// Somebody else changed it in the meantime.
pub(crate) fn stale(operation: &str) -> ServiceError {
    ServiceError::new(
        http::StatusCode::PRECONDITION_FAILED,
        "PreconditionFailedException",
        format!(
            "The Revision Id provided does not match the latest Revision Id. Call the {operation} API to retrieve the latest Revision Id"
        ),
    )
}

/// `ResourceConflictException`, status 409.
pub(crate) fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new(http::StatusCode::CONFLICT, "ResourceConflictException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_divides_calls_between_its_versions() {
        let alias = Alias {
            name: "live".to_owned(),
            version: "1".to_owned(),
            description: String::new(),
            additional: Some(("2".to_owned(), 0.25)),
            revision: String::new(),
        };
        assert_eq!([0.0, 0.24, 0.25, 0.99].map(|point| alias.choose(point)), ["2", "2", "1", "1"]);
        let plain = Alias { additional: None, ..alias };
        assert_eq!(plain.choose(0.0), "1");
    }
}

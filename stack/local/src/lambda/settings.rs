//! Single settings of a function: reading and checking them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::function::{invalid, validation};
use super::reference::is_word;
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer, reference_list, text};

/// Environment variables that belong to the platform.
const RESERVED_VARIABLES: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Greatest size in bytes of a function's own environment.
const ENVIRONMENT_LIMIT: usize = 4096;

/// How a function logs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logging {
    /// JSON instead of text.
    pub(crate) json: bool,
    /// Least level of the function's own lines, with JSON only.
    pub(crate) application_level: Option<String>,
    /// Least level of the platform's lines, with JSON only.
    pub(crate) system_level: Option<String>,
}

impl Logging {
    /// Takes over what a `LoggingConfig` says.
    pub(super) fn change(&mut self, config: &Value) -> Result<(), ServiceError> {
        if let Some(format) = text(config, "LogFormat") {
            self.json = one_of("loggingConfig.logFormat", format, &["JSON", "Text"])? == "JSON";
        }
        let level = |name: &str, field: &str, levels: &[&str]| {
            text(config, name).map(|level| one_of(field, level, levels)).transpose()
        };
        let application = level(
            "ApplicationLogLevel",
            "loggingConfig.applicationLogLevel",
            &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"],
        )?;
        let system = level("SystemLogLevel", "loggingConfig.systemLogLevel", &["DEBUG", "INFO", "WARN"])?;
        if !self.json {
            if application.is_some() || system.is_some() {
                return Err(invalid("Log level is only supported for LogFormat set as JSON."));
            }
            *self = Self::default();
            return Ok(());
        }
        let info = || Some("INFO".to_owned());
        self.application_level = application.or(self.application_level.take()).or_else(info);
        self.system_level = system.or(self.system_level.take()).or_else(info);
        Ok(())
    }
}

/// Where in a network a function would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VpcConfig {
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
    pub(crate) dual_stack: bool,
}

impl VpcConfig {
    /// Reads a `VpcConfig`; one without subnets and groups takes the function out of its network.
    pub(super) fn read(config: &Value) -> Result<Option<Self>, ServiceError> {
        let ids = |name: &str, field: &str, prefix: &str| {
            let ids = reference_list(config, name);
            let is_id = |id: &String| {
                id.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            };
            if ids.iter().all(is_id) {
                return Ok(ids);
            }
            Err(validation(
                &format!("[{}]", ids.join(", ")),
                field,
                &format!(
                    "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: {prefix}[0-9a-zA-Z]*]"
                ),
            ))
        };
        let subnets = ids("SubnetIds", "vpcConfig.subnetIds", "subnet-")?;
        let security_groups = ids("SecurityGroupIds", "vpcConfig.securityGroupIds", "sg-")?;
        let dual_stack = config.get("Ipv6AllowedForDualStack").and_then(as_flag).unwrap_or(false);
        let is_none = subnets.is_empty() && security_groups.is_empty();
        Ok((!is_none).then_some(Self { subnets, security_groups, dual_stack }))
    }
}

pub(super) fn check_name(name: &str) -> Result<(), ServiceError> {
    let wrong = if name.len() > 64 {
        "Member must have length less than or equal to 64"
    } else if is_word(name) {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+"
    };
    Err(invalid(validation(name, "functionName", wrong).message))
}

pub(super) fn check_role(role: &str) -> Result<(), ServiceError> {
    let mut parts = role.splitn(6, ':');
    let well_formed = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.next().is_some_and(|name| name.len() > 5 && name.starts_with("role/"));
    if well_formed {
        return Ok(());
    }
    Err(validation(
        role,
        "role",
        "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    ))
}

pub(super) fn check_handler(handler: &str) -> Result<(), ServiceError> {
    let wrong = if handler.len() > 128 {
        "Member must have length less than or equal to 128"
    } else if !handler.is_empty() && !handler.contains(char::is_whitespace) {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [^\\s]+"
    };
    Err(validation(handler, "handler", wrong))
}

/// The only architecture of a list.
pub(super) fn architecture(list: &[Value]) -> Result<String, ServiceError> {
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let shown = format!("[{}]", names.join(", "));
    match names.as_slice() {
        [one @ ("x86_64" | "arm64")] => Ok((*one).to_owned()),
        [_, _, ..] => Err(validation(&shown, "architectures", "Member must have length less than or equal to 1")),
        _ => Err(validation(
            &shown,
            "architectures",
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        )),
    }
}

/// One of a few words.
pub(super) fn one_of(field: &str, value: &str, allowed: &[&str]) -> Result<String, ServiceError> {
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(validation(value, field, &format!("Member must satisfy enum value set: [{}]", allowed.join(", "))))
}

/// A number within limits.
pub(super) fn between(field: &str, value: &Value, least: u32, most: u32) -> Result<u32, ServiceError> {
    let number = as_integer(value);
    let fitting = number.and_then(|number| u32::try_from(number).ok()).filter(|number| (least..=most).contains(number));
    fitting.ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let wrong = if number.is_some_and(|number| number > i64::from(most)) {
            format!("Member must have value less than or equal to {most}")
        } else {
            format!("Member must have value greater than or equal to {least}")
        };
        validation(&shown, field, &wrong)
    })
}

/// The function's own environment variables.
pub(super) fn environment(environment: &Value) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut variables = BTreeMap::new();
    for (name, value) in environment.get("Variables").and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(invalid(format!("the environment variable `{name}` is not text"))),
        };
        let mut characters = name.bytes();
        if !characters.next().is_some_and(|first| first.is_ascii_alphabetic())
            || !characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            || name.len() < 2
        {
            return Err(ServiceError::bad_request(
                "ValidationException",
                format!(
                    "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]: `{name}`"
                ),
            ));
        }
        if value.contains('\0') {
            return Err(invalid(format!("the environment variable `{name}` holds a NUL character")));
        }
        variables.insert(name.clone(), value);
    }
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = json!(variables).to_string();
    if measured.len() > ENVIRONMENT_LIMIT {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_belong_to_json() {
        let mut logging = Logging::default();
        let refusal = logging.change(&json!({"ApplicationLogLevel": "DEBUG"})).unwrap_err();
        assert_eq!(refusal.message, "Log level is only supported for LogFormat set as JSON.");
        logging.change(&json!({"LogFormat": "JSON", "SystemLogLevel": "WARN"})).unwrap();
        logging.change(&json!({"ApplicationLogLevel": "ERROR"})).unwrap();
        assert_eq!(
            (logging.application_level.as_deref(), logging.system_level.as_deref()),
            (Some("ERROR"), Some("WARN"))
        );
        logging.change(&json!({"LogFormat": "Text"})).unwrap();
        assert_eq!(logging, Logging::default());
    }
}

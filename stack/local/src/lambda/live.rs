//! Functions and their permissions as they are now, in the form of templates.

use serde_json::{Value, json};

use super::Reference;
use crate::cloudformation::provider::{Live, ProviderError, ResourceContext};
use crate::wire::properties::{tag_list, text};

/// Properties of a function that are absent when they are not set.
const FUNCTION_OPTIONAL: [&str; 4] = ["DeadLetterConfig", "Description", "Environment", "ReservedConcurrentExecutions"];

/// `AWS::Lambda::Function`.
pub(crate) async fn read_function(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok(function) = context.cloud.lambda.function(&context.cloud, physical_id) else { return Ok(Live::Gone) };
    let latest = &function.latest;
    // Of the logging settings, only the group is kept here.
    let mut logging = declared.get("LoggingConfig").cloned().unwrap_or_else(|| json!({}));
    logging["LogGroup"] = json!(latest.log_group);
    let mut live = json!({
        "FunctionName": latest.name,
        "Runtime": latest.runtime,
        "Role": latest.role,
        "Handler": latest.handler,
        "Timeout": latest.timeout,
        "MemorySize": latest.memory_size,
        "PackageType": "Zip",
        "Architectures": [latest.architecture],
        "EphemeralStorage": {"Size": latest.ephemeral_storage},
        "LoggingConfig": logging,
        "Tags": tag_list(&function.tags),
    });
    if !latest.description.is_empty() {
        live["Description"] = json!(latest.description);
    }
    if !latest.environment.is_empty() {
        live["Environment"] = json!({ "Variables": latest.environment });
    }
    if let Some(target) = &latest.dead_letter_target {
        live["DeadLetterConfig"] = json!({ "TargetArn": target });
    }
    if let Some(reserved) = function.reserved_concurrency {
        live["ReservedConcurrentExecutions"] = json!(reserved);
    }
    Ok(Live::readable(live, declared, &FUNCTION_OPTIONAL))
}

/// `AWS::Lambda::Permission`.
pub(crate) async fn read_permission(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let reference = Reference::parse(text(declared, "FunctionName").unwrap_or_default());
    let function = context.cloud.lambda.function(&context.cloud, &reference.name).ok();
    let statement = function
        .and_then(|function| function.policy.into_iter().find(|statement| text(statement, "Sid") == Some(physical_id)));
    let Some(statement) = statement else { return Ok(Live::Gone) };
    let mut live = json!({
        "FunctionName": declared.get("FunctionName"),
        "Action": statement.get("Action"),
        "Principal": principal(&statement, declared),
    });
    for (property, key) in [
        ("SourceAccount", "aws:sourceaccount"),
        ("SourceArn", "aws:sourcearn"),
        ("PrincipalOrgID", "aws:principalorgid"),
        ("EventSourceToken", "lambda:eventsourcetoken"),
        ("FunctionUrlAuthType", "lambda:functionurlauthtype"),
    ] {
        if let Some(value) = condition(&statement, key) {
            live[property] = value.clone();
        }
    }
    Ok(Live::readable(live, declared, &["SourceAccount", "SourceArn"]))
}

/// The principal in the form that the template uses: an account may stand for its root.
fn principal(statement: &Value, declared: &Value) -> Value {
    let principal = &statement["Principal"];
    let plain = principal.get("Service").or_else(|| principal.get("AWS")).unwrap_or(principal).clone();
    match text(declared, "Principal") {
        Some(account) if plain.as_str() == Some(&format!("arn:aws:iam::{account}:root")) => json!(account),
        _ => plain,
    }
}

/// The value of a condition key (in lower case), whatever its operator.
fn condition<'a>(statement: &'a Value, key: &str) -> Option<&'a Value> {
    let operators = statement.get("Condition")?.as_object()?;
    let mut entries = operators.values().filter_map(Value::as_object).flatten();
    entries.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

/// `AWS::Lambda::EventInvokeConfig`.
pub(crate) async fn read_event_invoke_config(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let reference = Reference::parse(text(declared, "FunctionName").unwrap_or_default());
    let function = context.cloud.lambda.function(&context.cloud, &reference.name).ok();
    let Some(config) = function.and_then(|function| function.event_invoke_config) else { return Ok(Live::Gone) };
    let mut live = json!({
        "FunctionName": declared.get("FunctionName"),
        "Qualifier": declared.get("Qualifier"),
        "DestinationConfig": {},
    });
    for (side, target) in [("OnSuccess", &config.on_success), ("OnFailure", &config.on_failure)] {
        if let Some(target) = target {
            live["DestinationConfig"][side] = json!({ "Destination": target });
        }
    }
    if let Some(attempts) = config.maximum_retry_attempts {
        live["MaximumRetryAttempts"] = json!(attempts);
    }
    if let Some(seconds) = config.maximum_event_age {
        live["MaximumEventAgeInSeconds"] = json!(seconds);
    }
    Ok(Live::Properties(live))
}

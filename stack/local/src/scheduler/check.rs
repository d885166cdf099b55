//! What a schedule must be like.

use serde_json::{Value, json};

use super::{field, group_arn, validation};
use crate::cloud::Cloud;
use crate::events::schedule::Schedule;
use crate::iam::resource_policy::{Caller, allows};
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

/// Zones that are UTC. Others are refused: the local cloud knows no other clock.
const UTC: [&str; 7] = ["UTC", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "GMT", "Etc/GMT"];

/// Services that targets are of.
const SERVED: [&str; 4] = ["events", "lambda", "sns", "sqs"];

/// Refuses settings that AWS refuses, and those that are not served.
pub(super) fn settings(cloud: &Cloud, group: &str, name: &str, settings: &Value) -> Result<(), ServiceError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err(validation(format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must have 1 to 64 characters and satisfy regular expression pattern: [0-9a-zA-Z-_.]+"
        )));
    }
    let expression = field(settings, "ScheduleExpression").unwrap_or_default();
    if Schedule::parse(expression).is_none() {
        return Err(validation(format!("Invalid Schedule Expression {expression}.")));
    }
    if let Some(zone) = field(settings, "ScheduleExpressionTimezone").filter(|zone| !UTC.contains(zone)) {
        return Err(validation(format!(
            "the local cloud schedules in UTC only, and `ScheduleExpressionTimezone` is `{zone}`: leave it out, or give UTC, in the environment for the local cloud"
        )));
    }
    if let Some(key) = field(settings, "KmsKeyArn") {
        return Err(validation(format!(
            "the local cloud does not encrypt schedules with keys of their own (`KmsKeyArn`: `{key}`)"
        )));
    }
    let window = &settings["FlexibleTimeWindow"];
    match (field(window, "Mode"), window.get("MaximumWindowInMinutes").and_then(as_integer)) {
        (Some("OFF"), _) => {}
        (Some("FLEXIBLE"), Some(minutes)) if (1..=1440).contains(&minutes) => {}
        _ => {
            return Err(validation(
                "FlexibleTimeWindow must have the Mode OFF, or FLEXIBLE with MaximumWindowInMinutes between 1 and 1440.",
            ));
        }
    }
    target(cloud, group, &settings["Target"])
}

fn target(cloud: &Cloud, group: &str, target: &Value) -> Result<(), ServiceError> {
    let arn = field(target, "Arn").ok_or_else(|| validation("1 validation error detected: Value null at 'target.arn' failed to satisfy constraint: Member must not be null"))?;
    let service = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)).unwrap_or_default();
    if !SERVED.contains(&service) {
        return Err(validation(format!(
            "the local cloud does not start targets of `{service}` (`{arn}`): functions, topics, queues and buses"
        )));
    }
    for unserved in ["EcsParameters", "KinesisParameters", "SageMakerPipelineParameters"] {
        if target.get(unserved).is_some_and(|value| !value.is_null()) {
            return Err(validation(format!("the local cloud does not serve `{unserved}` of schedules")));
        }
    }
    if service == "events" && target.get("EventBridgeParameters").is_none() {
        return Err(validation("EventBridgeParameters must be given for a target that is an event bus."));
    }
    let role = field(target, "RoleArn").ok_or_else(|| validation("1 validation error detected: Value null at 'target.roleArn' failed to satisfy constraint: Member must not be null"))?;
    let name = role.rsplit('/').next().unwrap_or(role);
    let trusted = cloud.iam.role(name).filter(|found| found.arn == role).is_some_and(|role| {
        let source = group_arn(&cloud.region, group);
        let caller = Caller::Service {
            name: "scheduler.amazonaws.com",
            source_arn: &source,
            source_account: crate::settings::DEFAULT_ACCOUNT,
        };
        allows(&with_resource(&role.trust_policy), caller, "sts:AssumeRole", &role.arn)
    });
    if trusted {
        return Ok(());
    }
    Err(validation("The execution role you provide must allow AWS EventBridge Scheduler to assume the role."))
}

/// A trust policy names no resource, because it can be about its own role only.
fn with_resource(policy: &Value) -> Value {
    let mut policy = policy.clone();
    let statements = match policy.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => return policy,
    };
    for statement in statements {
        if statement.get("Resource").is_none() {
            statement["Resource"] = json!("*");
        }
    }
    policy
}

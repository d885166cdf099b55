//! Rotation: a function makes a new version in four steps.

use std::sync::Arc;

use serde_json::{Value, json};

use super::secrets::{invalid, invalid_request};
use super::{PENDING, Rotation, Secret, Version, now};
use crate::cloud::Cloud;
use crate::lambda::event_sources;
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, text};

/// What a rotation function is called for, one after the other.
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// Records how a secret is rotated and, unless `RotateImmediately` is false, rotates it in the background. Gives the id of the
/// version that is being made.
pub(super) fn rotate(cloud: &Arc<Cloud>, secret: &Secret, input: &Value) -> Result<Option<String>, ServiceError> {
    if secret.deleted_at.is_some() {
        return Err(super::secrets::marked());
    }
    let function = text(input, "RotationLambdaARN")
        .map(str::to_owned)
        .or_else(|| secret.rotation.as_ref().and_then(|rotation| rotation.function.clone()))
        .ok_or_else(|| invalid_request("No Lambda rotation function ARN is associated with this secret."))?;
    let rules = input
        .get("RotationRules")
        .cloned()
        .or_else(|| secret.rotation.as_ref().map(|rotation| rotation.rules.clone()))
        .unwrap_or_else(|| json!({"AutomaticallyAfterDays": 30}));
    check_rules(&rules)?;
    if !cloud.lambda.allows_invoke(&function, "secretsmanager.amazonaws.com", &secret.arn, &cloud.account) {
        return Err(ServiceError::bad_request(
            "AccessDeniedException",
            format!(
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com: {function}"
            ),
        ));
    }
    let last = secret.rotation.as_ref().and_then(|rotation| rotation.last);
    let rotation = Rotation { enabled: true, function: Some(function.clone()), rules, last };
    let token = text(input, "ClientRequestToken").map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    cloud.secrets_manager.change(&secret.name, |secret| {
        secret.rotation = Some(rotation);
        Ok(())
    })?;
    if input.get("RotateImmediately").and_then(as_flag) == Some(false) {
        return Ok(None);
    }
    cloud.secrets_manager.change(&secret.name, |secret| {
        // A version without a value, which the function has to put.
        secret.versions.entry(token.clone()).or_insert_with(|| Version {
            value: None,
            created: now(),
            stages: Vec::new(),
        });
        super::secrets::move_stage(secret, PENDING, &token);
        Ok(())
    })?;
    let (cloud, arn, version) = (Arc::clone(cloud), secret.arn.clone(), token.clone());
    tokio::spawn(async move {
        match take_steps(&cloud, &function, &arn, &version).await {
            Ok(()) => tracing::info!(secret = arn, "a secret was rotated"),
            Err(why) => tracing::warn!(secret = arn, why, "a secret could not be rotated"),
        }
    });
    Ok(Some(token))
}

/// Calls the function for each step. What it answers is not looked at: it may hold what nobody should read.
async fn take_steps(cloud: &Arc<Cloud>, function: &str, arn: &str, version: &str) -> Result<(), String> {
    for step in STEPS {
        let event = json!({"Step": step, "SecretId": arn, "ClientRequestToken": version});
        let outcome = event_sources::call_once(cloud, function, &event).await.map_err(|error| error.message)?;
        if let Err(error) = outcome.result {
            return Err(format!("the function failed in the step {step}: {}", error.kind));
        }
    }
    let finished = cloud.secrets_manager.change(arn, |secret| {
        super::secrets::take_stage(secret, PENDING);
        if let Some(rotation) = &mut secret.rotation {
            rotation.last = Some(now());
        }
        Ok(())
    });
    finished.map_err(|error| error.message)
}

fn check_rules(rules: &Value) -> Result<(), ServiceError> {
    let days = rules.get("AutomaticallyAfterDays").and_then(crate::wire::properties::as_integer);
    if days.is_some_and(|days| !(1..=1000).contains(&days)) {
        return Err(invalid("The rotation interval must be from 1 to 1000 days."));
    }
    if days.is_some() == rules.get("ScheduleExpression").is_some() {
        return Err(invalid("You must specify either AutomaticallyAfterDays or ScheduleExpression, not both."));
    }
    Ok(())
}

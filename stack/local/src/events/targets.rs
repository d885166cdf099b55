//! Targets of rules.

use serde_json::{Value, json};

use super::{Events, validation};
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// Most targets of a rule, as on AWS.
const TARGETS: usize = 5;

/// Parameters of kinds of targets that are not served, and of `RunCommand` and the like.
const UNSERVED: [&str; 7] = [
    "AppSyncParameters",
    "BatchParameters",
    "EcsParameters",
    "HttpParameters",
    "KinesisParameters",
    "RedshiftDataParameters",
    "RunCommandParameters",
];

/// Services that events go to.
const SERVED: [&str; 5] = ["events", "lambda", "logs", "sns", "sqs"];

/// A target that could not be added or removed.
pub(super) struct FailedTarget {
    pub(super) id: String,
    pub(super) error: ServiceError,
}

impl Events {
    /// Adds targets to a rule, each in place of the one with its id. Gives those that were refused.
    pub(super) fn put_targets(
        &self,
        bus: &str,
        name: &str,
        targets: &[Value],
    ) -> Result<Vec<FailedTarget>, ServiceError> {
        for (index, target) in targets.iter().enumerate() {
            check(target, index)?;
        }
        self.change_rule(bus, name, |rule| {
            let mut failed = Vec::new();
            for target in targets {
                rule.targets.retain(|old| old["Id"] != target["Id"]);
                if rule.targets.len() < TARGETS {
                    rule.targets.push(target.clone());
                    continue;
                }
                failed.push(FailedTarget {
                    id: text(target, "Id").unwrap_or_default().to_owned(),
                    error: ServiceError::bad_request(
                        "LimitExceededException",
                        format!("The requested resource exceeds the maximum number allowed: a rule has at most {TARGETS} targets."),
                    ),
                });
            }
            Ok(failed)
        })
    }

    /// Takes targets out of a rule. Gives those that it does not have.
    pub(super) fn remove_targets(
        &self,
        bus: &str,
        name: &str,
        ids: &[String],
    ) -> Result<Vec<FailedTarget>, ServiceError> {
        self.change_rule(bus, name, |rule| {
            let known = |id: &&String| rule.targets.iter().any(|target| target["Id"] == **id);
            let failed = ids.iter().filter(|id| !known(id)).map(|id| FailedTarget {
                id: id.clone(),
                error: super::not_found(format!("Rule {name} does not have a target with the Id {id}.")),
            });
            let failed: Vec<FailedTarget> = failed.collect();
            rule.targets.retain(|target| !ids.iter().any(|id| target["Id"] == *id));
            Ok(failed)
        })
    }
}

/// Refuses a target that could not be served, so that no event is lost to it in silence.
fn check(target: &Value, index: usize) -> Result<(), ServiceError> {
    let id = text(target, "Id").unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if id.is_empty() || id.len() > 64 || !id.bytes().all(fits) {
        return Err(validation(format!(
            "1 validation error detected: Value '{id}' at 'targets.{}.member.id' failed to satisfy constraint: Member must have 1 to 64 characters and satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
            index + 1
        )));
    }
    let arn = text(target, "Arn").unwrap_or_default();
    let service = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1));
    match service {
        Some(service) if SERVED.contains(&service) => {}
        Some(service) => {
            return Err(validation(format!(
                "the local cloud does not bring events to targets of `{service}` (`{arn}`)"
            )));
        }
        None => {
            return Err(validation(format!(
                "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
            )));
        }
    }
    if let Some(name) = UNSERVED.iter().find(|name| target.get(**name).is_some_and(|value| !value.is_null())) {
        return Err(validation(format!("the local cloud does not serve `{name}` of targets")));
    }
    check_input(target, id)?;
    check_delivery(target, arn)
}

fn check_input(target: &Value, id: &str) -> Result<(), ServiceError> {
    let given = ["Input", "InputPath", "InputTransformer"].iter().filter(|name| target.get(**name).is_some()).count();
    if given > 1 {
        return Err(validation(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )));
    }
    if let Some(input) = text(target, "Input")
        && serde_json::from_str::<Value>(input).is_err()
    {
        return Err(validation(format!("JSON syntax error in input for target {id}: `{input}`")));
    }
    let bad_path = |path: &str| validation(format!("Invalid JSON path `{path}` of target {id}."));
    if let Some(path) = text(target, "InputPath").filter(|path| super::input::steps(path).is_none()) {
        return Err(bad_path(path));
    }
    let Some(transformer) = target.get("InputTransformer") else { return Ok(()) };
    let none = serde_json::Map::new();
    let paths = transformer.get("InputPathsMap").and_then(Value::as_object).unwrap_or(&none);
    for (name, path) in paths {
        let path = path.as_str().unwrap_or_default();
        if super::input::steps(path).is_none() {
            return Err(bad_path(path));
        }
        if name.starts_with("AWS") {
            return Err(validation(format!("InputPathsMap of target {id} must not have names that begin with AWS.")));
        }
    }
    let template = text(transformer, "InputTemplate").filter(|template| !template.is_empty());
    let template =
        template.ok_or_else(|| validation(format!("InputTransformer of target {id} has no InputTemplate.")))?;
    match super::input::undefined(template, paths) {
        Some(name) => Err(validation(format!(
            "Invalid InputTemplate for target {id} : the variable <{name}> is not in InputPathsMap."
        ))),
        None => Ok(()),
    }
}

fn check_delivery(target: &Value, arn: &str) -> Result<(), ServiceError> {
    let policy = target.get("RetryPolicy").unwrap_or(&Value::Null);
    for (name, low, high) in [("MaximumRetryAttempts", 0, 185), ("MaximumEventAgeInSeconds", 60, 86_400)] {
        let Some(value) = policy.get(name) else { continue };
        if !as_integer(value).is_some_and(|value| (low..=high).contains(&value)) {
            return Err(validation(format!("RetryPolicy: {name} is {value}, it must be between {low} and {high}.")));
        }
    }
    let queue = target.get("DeadLetterConfig").and_then(|config| text(config, "Arn"));
    if queue.is_some_and(|queue| !queue.starts_with("arn:aws:sqs:")) {
        return Err(validation("The dead-letter queue ARN is not the ARN of an SQS queue."));
    }
    let group = target.get("SqsParameters").and_then(|parameters| text(parameters, "MessageGroupId"));
    // An extension would be compared without case; the suffix of a FIFO queue is not one.
    if arn.as_bytes().ends_with(b".fifo") && group.is_none() {
        return Err(validation(
            "Parameter(s) SqsParameters must be specified for target: a FIFO queue needs a MessageGroupId.",
        ));
    }
    Ok(())
}

/// Failed targets as the API shows them.
pub(super) fn show_failed(failed: &[FailedTarget]) -> Value {
    let entries: Vec<Value> = failed
        .iter()
        .map(|one| json!({"TargetId": one.id, "ErrorCode": one.error.code, "ErrorMessage": one.error.message}))
        .collect();
    json!({"FailedEntryCount": entries.len(), "FailedEntries": entries})
}

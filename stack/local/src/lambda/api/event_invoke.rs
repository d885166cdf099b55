//! Settings of asynchronous invocations.

use serde_json::{Map, Value, json};

use super::Call;
use super::answers::{no_content, ok, page};
use crate::http_types::Response;
use crate::lambda::function::{EventInvokeConfig, Function, invalid};
use crate::lambda::{LATEST, Reference};
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// Reads the settings of asynchronous invocations, from the API or from a template.
pub(in crate::lambda) fn event_invoke_config(input: &Value, name: &str) -> Result<EventInvokeConfig, ServiceError> {
    let number = |field: &str, least: u32, most: u32| match input.get(field) {
        None => Ok(None),
        Some(value) => as_integer(value)
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (least..=most).contains(number))
            .map(Some)
            .ok_or_else(|| invalid(format!("{field} must be a number from {least} to {most}, not `{value}`"))),
    };
    let destination = |which: &str| {
        let arn =
            input.get("DestinationConfig").and_then(|config| config.get(which)).and_then(|on| text(on, "Destination"));
        match arn {
            None | Some("") => Ok(None),
            Some(arn) if arn.starts_with("arn:aws:lambda:") && Reference::parse(arn).name == name => {
                Err(invalid("You can't specify the function as a destination for itself."))
            }
            Some(arn)
                if ["lambda", "sns", "sqs", "events"]
                    .iter()
                    .any(|service| arn.starts_with(&format!("arn:aws:{service}:"))) =>
            {
                Ok(Some(arn.to_owned()))
            }
            Some(arn) => Err(invalid(format!("The destination ARN {arn} is invalid."))),
        }
    };
    Ok(EventInvokeConfig {
        maximum_retry_attempts: number("MaximumRetryAttempts", 0, 2)?,
        maximum_event_age: number("MaximumEventAgeInSeconds", 60, 21_600)?,
        on_success: destination("OnSuccess")?,
        on_failure: destination("OnFailure")?,
        modified: crate::logs::now(),
    })
}

/// Answers the operations on these settings.
pub(super) fn event_invoke(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    let qualifier = reference.qualifier.as_deref().unwrap_or(LATEST);
    let absent = || {
        let arn = Reference::of(&reference.name).arn(&cloud.region);
        ServiceError::not_found(
            "ResourceNotFoundException",
            format!("The function {arn}:{qualifier} doesn't have an EventInvokeConfig"),
        )
    };
    let writes = ["PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"].contains(&call.operation.name);
    let function = cloud.lambda.function(cloud, &reference.name).map_err(|_| {
        if writes {
            return ServiceError::not_found("ResourceNotFoundException", "The function doesn't exist.");
        }
        absent()
    })?;
    let config = match call.operation.name {
        "GetFunctionEventInvokeConfig" => function.event_invoke_configs.get(qualifier).cloned().ok_or_else(absent)?,
        "DeleteFunctionEventInvokeConfig" => {
            cloud.lambda.change(cloud, &reference.name, |function| {
                function.event_invoke_configs.remove(qualifier).map(drop).ok_or_else(absent)
            })?;
            return Ok(no_content());
        }
        "ListFunctionEventInvokeConfigs" => {
            let entries = function.event_invoke_configs.iter().map(|(key, config)| (key.clone(), (key, config)));
            let shown = |(qualifier, config): (&String, &EventInvokeConfig)| show(&function, qualifier, config);
            let name = "FunctionEventInvokeConfigs";
            return Ok(ok(&page(entries, call.query.get("Marker"), call.limit(50), name, shown)));
        }
        operation => {
            let input = call.input()?;
            let known = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"];
            if !known.iter().any(|field| input.get(field).is_some()) {
                return Err(invalid("You must specify at least one of error handling or destination setting."));
            }
            if function.resolve(Some(qualifier), 1.0).is_none() {
                return Err(ServiceError::not_found("ResourceNotFoundException", "The function doesn't exist."));
            }
            let mut config = event_invoke_config(&input, &reference.name)?;
            // An update changes what is given, a put replaces all.
            if operation == "UpdateFunctionEventInvokeConfig" {
                let old = function.event_invoke_configs.get(qualifier).ok_or_else(absent)?;
                config.maximum_retry_attempts = config.maximum_retry_attempts.or(old.maximum_retry_attempts);
                config.maximum_event_age = config.maximum_event_age.or(old.maximum_event_age);
                if input.get("DestinationConfig").is_none() {
                    config.on_success.clone_from(&old.on_success);
                    config.on_failure.clone_from(&old.on_failure);
                }
            }
            cloud.lambda.change(cloud, &reference.name, |function| {
                function.event_invoke_configs.insert(qualifier.to_owned(), config.clone());
                Ok(config.clone())
            })?
        }
    };
    Ok(ok(&show(&function, qualifier, &config)))
}

fn show(function: &Function, qualifier: &str, config: &EventInvokeConfig) -> Value {
    let destination = |arn: &Option<String>| arn.as_ref().map_or(json!({}), |arn| json!({ "Destination": arn }));
    #[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
    let modified = config.modified as f64 / 1000.0;
    let mut shown = Map::from_iter([
        ("LastModified".to_owned(), json!(modified)),
        ("FunctionArn".to_owned(), json!(function.arn(Some(qualifier)))),
        (
            "DestinationConfig".to_owned(),
            json!({"OnSuccess": destination(&config.on_success), "OnFailure": destination(&config.on_failure)}),
        ),
    ]);
    if let Some(attempts) = config.maximum_retry_attempts {
        shown.insert("MaximumRetryAttempts".to_owned(), json!(attempts));
    }
    if let Some(seconds) = config.maximum_event_age {
        shown.insert("MaximumEventAgeInSeconds".to_owned(), json!(seconds));
    }
    Value::Object(shown)
}

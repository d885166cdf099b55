//! Settings of asynchronous invocations.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answers::{json_answer, no_content, parse};
use crate::cloud::Cloud;
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

pub(super) fn event_invoke(
    cloud: &Cloud,
    method: &Method,
    reference: &Reference,
    body: &[u8],
) -> Result<Response, ServiceError> {
    let name = &reference.name;
    let function = cloud.lambda.function(cloud, name)?;
    let absent = || {
        let version = reference.version.as_deref().unwrap_or(LATEST);
        ServiceError::not_found(
            "ResourceNotFoundException",
            format!("The function {}:{version} doesn't have an EventInvokeConfig", function.latest.arn),
        )
    };
    if reference.version.as_deref().is_some_and(|version| version != LATEST) {
        return Err(absent());
    }
    let current = || function.event_invoke_config.clone().ok_or_else(absent);
    let store = |config: Option<EventInvokeConfig>| {
        cloud.lambda.change(cloud, name, |function| {
            function.event_invoke_config = config;
            Ok(())
        })
    };
    let config = match *method {
        Method::GET => current()?,
        Method::DELETE => {
            current()?;
            store(None)?;
            return Ok(no_content());
        }
        Method::PUT | Method::POST => {
            let input = parse(body)?;
            let known = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"];
            if !known.iter().any(|field| input.get(field).is_some()) {
                return Err(invalid("You must specify at least one of error handling or destination setting."));
            }
            let mut config = event_invoke_config(&input, name)?;
            // POST changes what is given, PUT replaces all.
            if *method == Method::POST
                && let Some(old) = &function.event_invoke_config
            {
                config.maximum_retry_attempts = config.maximum_retry_attempts.or(old.maximum_retry_attempts);
                config.maximum_event_age = config.maximum_event_age.or(old.maximum_event_age);
                if input.get("DestinationConfig").is_none() {
                    config.on_success.clone_from(&old.on_success);
                    config.on_failure.clone_from(&old.on_failure);
                }
            }
            store(Some(config.clone()))?;
            config
        }
        _ => return Err(ServiceError::unknown_operation("Lambda", method.as_str())),
    };
    Ok(json_answer(StatusCode::OK, &show_event_invoke(&function, &config)))
}

fn show_event_invoke(function: &Function, config: &EventInvokeConfig) -> Value {
    let destination = |arn: &Option<String>| arn.as_ref().map_or(json!({}), |arn| json!({ "Destination": arn }));
    #[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
    let modified = config.modified as f64 / 1000.0;
    let mut shown = Map::from_iter([
        ("LastModified".to_owned(), json!(modified)),
        ("FunctionArn".to_owned(), json!(function.latest.qualified_arn())),
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

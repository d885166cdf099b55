//! The wire format of Lambda: REST-JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::Reference;
use super::function::{Configuration, EventInvokeConfig, Function, invalid, not_found};
use super::payload::{REQUEST_LIMIT, check_payload};
use super::trace::Trace;
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::wire::properties::{as_integer, text};
use crate::wire::{CONTROL_BODY_LIMIT, Form, Protocol, ServiceError, percent_decode, read_body};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    match answer(cloud, request).await {
        Ok(response) => response,
        Err(error) => Protocol::RestJson.render_error(&error),
    }
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = Form::parse(request.uri().query().unwrap_or_default());
    let headers = request.headers().clone();
    let body = read_body(request, CONTROL_BODY_LIMIT).await?;
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let lambda = &cloud.lambda;
    let reference = |text: &str| {
        let mut reference = Reference::parse(text);
        if let Some(qualifier) = query.get("Qualifier") {
            reference.version = Some(qualifier.to_owned());
        }
        reference
    };
    match (method, segments.as_slice()) {
        (Method::POST, ["2015-03-31", "functions"]) => create_function(cloud, &parse(&body)?).await,
        (Method::GET, ["2015-03-31", "functions"]) => Ok(list_functions(cloud, &query)),
        (Method::POST, ["2015-03-31", "functions", name, "invocations"]) => {
            invoke(cloud, reference(name), &headers, body).await
        }
        (Method::GET, ["2015-03-31", "functions", name]) => get_function(cloud, &reference(name)),
        (Method::DELETE, ["2015-03-31", "functions", name]) => {
            lambda.delete(cloud, &reference(name)).await?;
            Ok(no_content())
        }
        (Method::GET, ["2015-03-31", "functions", name, "configuration"]) => {
            Ok(json_answer(StatusCode::OK, &show(&version(cloud, &reference(name))?)))
        }
        (Method::PUT, ["2015-03-31", "functions", name, "configuration"]) => {
            let changed = lambda.update_configuration(cloud, &reference(name).name, &parse(&body)?).await?;
            Ok(json_answer(StatusCode::OK, &show(&changed)))
        }
        (Method::PUT, ["2015-03-31", "functions", name, "code"]) => {
            let input = parse(&body)?;
            let name = reference(name).name;
            let mut changed = lambda.update_code(cloud, &name, &input).await?;
            if input.get("Publish").and_then(Value::as_bool) == Some(true) {
                changed = lambda.publish(cloud, &name, &json!({}))?;
            }
            Ok(json_answer(StatusCode::OK, &show(&changed)))
        }
        (Method::GET, ["2015-03-31", "functions", name, "versions"]) => {
            let function = lambda.function(cloud, &reference(name).name)?;
            let versions: Vec<Value> = std::iter::once(&function.latest).chain(&function.versions).map(show).collect();
            Ok(json_answer(StatusCode::OK, &json!({ "Versions": versions })))
        }
        (Method::POST, ["2015-03-31", "functions", name, "versions"]) => {
            Ok(json_answer(StatusCode::CREATED, &show(&lambda.publish(cloud, &reference(name).name, &parse(&body)?)?)))
        }
        (Method::GET, ["2015-03-31", "functions", name, "policy"]) => {
            let name = reference(name).name;
            let policy = lambda.policy(cloud, &name)?;
            let revision = lambda.function(cloud, &name)?.latest.revision;
            Ok(json_answer(StatusCode::OK, &json!({"Policy": policy.to_string(), "RevisionId": revision})))
        }
        (Method::POST, ["2015-03-31", "functions", name, "policy"]) => {
            let input = parse(&body)?;
            let id = text(&input, "StatementId").ok_or_else(|| missing("statementId"))?;
            let statement = lambda.add_permission(cloud, &reference(name), id, &input)?;
            Ok(json_answer(StatusCode::CREATED, &json!({ "Statement": statement.to_string() })))
        }
        (Method::DELETE, ["2015-03-31", "functions", name, "policy", id]) => {
            lambda.remove_permission(cloud, &reference(name).name, id)?;
            Ok(no_content())
        }
        (method, ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            event_invoke(cloud, &method, &reference(name), &body)
        }
        (Method::PUT, ["2017-10-31", "functions", name, "concurrency"]) => {
            let reserved = parse(&body)?.get("ReservedConcurrentExecutions").and_then(as_integer);
            let reserved = reserved.and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= 1000);
            let reserved =
                reserved.ok_or_else(|| invalid("ReservedConcurrentExecutions must be a number from 0 to 1000"))?;
            set_concurrency(cloud, &reference(name).name, Some(reserved))?;
            Ok(json_answer(StatusCode::OK, &json!({ "ReservedConcurrentExecutions": reserved })))
        }
        (Method::DELETE, ["2017-10-31", "functions", name, "concurrency"]) => {
            set_concurrency(cloud, &reference(name).name, None)?;
            Ok(no_content())
        }
        (Method::GET, ["2019-09-30", "functions", name, "concurrency"]) => {
            let reserved = lambda.function(cloud, &reference(name).name)?.reserved_concurrency;
            Ok(json_answer(
                StatusCode::OK,
                &reserved.map_or(json!({}), |reserved| json!({ "ReservedConcurrentExecutions": reserved })),
            ))
        }
        (method, ["2017-03-31", "tags", arn]) => tags(cloud, &method, &Reference::parse(arn).name, &body, &query),
        _ => Err(ServiceError::unknown_operation("Lambda", &path)),
    }
}

async fn create_function(cloud: &Arc<Cloud>, input: &Value) -> Result<Response, ServiceError> {
    let name = text(input, "FunctionName").ok_or_else(|| missing("functionName"))?;
    let function = cloud.lambda.create(cloud, &Reference::parse(name).name, input, tag_map(input)).await?;
    let mut shown = show(&function.latest);
    if input.get("Publish").and_then(Value::as_bool) == Some(true) {
        shown = show(&cloud.lambda.publish(cloud, &function.latest.name, &json!({}))?);
    }
    Ok(json_answer(StatusCode::CREATED, &shown))
}

fn parse(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )
    })?;
    if value.is_object() {
        return Ok(value);
    }
    Err(ServiceError::bad_request("InvalidRequestContentException", "the request body must be a JSON object"))
}

fn missing(field: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
    ))
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    let mut response = respond(status, "application/json", value.to_string());
    request_id(&mut response, &uuid::Uuid::new_v4().to_string());
    response
}

fn no_content() -> Response {
    let mut response = respond(StatusCode::NO_CONTENT, "application/json", Bytes::new());
    request_id(&mut response, &uuid::Uuid::new_v4().to_string());
    response
}

fn request_id(response: &mut Response, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
}

fn tag_map(input: &Value) -> BTreeMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    tags.into_iter().flatten().filter_map(text).collect()
}

fn version(cloud: &Cloud, reference: &Reference) -> Result<Configuration, ServiceError> {
    let found = cloud.lambda.configuration(&reference.name, reference.version.as_deref());
    found.ok_or_else(|| not_found(&reference.arn(&cloud.region)))
}

/// A version as every answer shows it.
fn show(configuration: &Configuration) -> Value {
    let modified = OffsetDateTime::from_unix_timestamp_nanos(i128::from(configuration.modified) * 1_000_000);
    let modified = modified.ok().and_then(|time| {
        use time::macros::format_description;
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000")).ok()
    });
    let arn =
        if configuration.version == super::LATEST { configuration.arn.clone() } else { configuration.qualified_arn() };
    let mut shown = json!({
        "FunctionName": configuration.name,
        "FunctionArn": arn,
        "Runtime": configuration.runtime,
        "Role": configuration.role,
        "Handler": configuration.handler,
        "CodeSize": configuration.code_size,
        "Description": configuration.description,
        "Timeout": configuration.timeout,
        "MemorySize": configuration.memory_size,
        "LastModified": modified.unwrap_or_default(),
        "CodeSha256": STANDARD.encode(hex::decode(&configuration.code).unwrap_or_default()),
        "Version": configuration.version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": configuration.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [configuration.architecture],
        "EphemeralStorage": {"Size": configuration.ephemeral_storage},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": configuration.log_group},
    });
    if !configuration.environment.is_empty() {
        shown["Environment"] = json!({ "Variables": configuration.environment });
    }
    if let Some(target) = &configuration.dead_letter_target {
        shown["DeadLetterConfig"] = json!({ "TargetArn": target });
    }
    shown
}

fn get_function(cloud: &Cloud, reference: &Reference) -> Result<Response, ServiceError> {
    let configuration = version(cloud, reference)?;
    let function = cloud.lambda.function(cloud, &reference.name)?;
    let mut shown = json!({"Configuration": show(&configuration), "Code": {"RepositoryType": "S3"}});
    if !function.tags.is_empty() {
        shown["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        shown["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    Ok(json_answer(StatusCode::OK, &shown))
}

fn list_functions(cloud: &Cloud, query: &Form) -> Response {
    let limit = query.get("MaxItems").and_then(|text| text.parse().ok()).unwrap_or(50_usize).clamp(1, 50);
    let marker = query.get("Marker").unwrap_or_default();
    let mut rest: Vec<Function> =
        cloud.lambda.all().into_iter().filter(|function| function.latest.name.as_str() > marker).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let mut shown = json!({ "Functions": rest.iter().map(|function| show(&function.latest)).collect::<Vec<_>>() });
    if let (true, Some(last)) = (more, rest.last()) {
        shown["NextMarker"] = json!(last.latest.name);
    }
    json_answer(StatusCode::OK, &shown)
}

async fn invoke(
    cloud: &Arc<Cloud>,
    reference: Reference,
    headers: &http::HeaderMap,
    body: Bytes,
) -> Result<Response, ServiceError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header("x-amz-invocation-type").unwrap_or("RequestResponse");
    let trace = Trace::continue_from(header("x-amzn-trace-id"))?;
    let configuration = version(cloud, &reference)?;
    match kind {
        "DryRun" => return Ok(no_content()),
        "Event" => {
            let id = cloud.lambda.accept_event(cloud, &reference, body, trace)?;
            let mut response = respond(StatusCode::ACCEPTED, "application/json", Bytes::new());
            request_id(&mut response, &id);
            return Ok(response);
        }
        "RequestResponse" => {}
        other => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            )));
        }
    }
    let payload = check_payload(body, REQUEST_LIMIT, kind)?;
    let id = uuid::Uuid::new_v4().to_string();
    let (worker, request) = (Arc::clone(cloud), id.clone());
    // A task of its own: the function runs to its end even when the caller hangs up.
    let running =
        tokio::spawn(async move { worker.lambda.run(&worker, &configuration, payload, &request, &trace).await });
    let outcome =
        running.await.map_err(|error| ServiceError::internal(format!("the invocation was lost: {error}")))??;
    let (payload, failed) = match outcome.result {
        Ok(payload) => (payload, false),
        Err(error) => (error.payload, true),
    };
    let mut response = respond(StatusCode::OK, "application/json", payload);
    request_id(&mut response, &outcome.request_id);
    if failed {
        response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if let Ok(version) = HeaderValue::from_str(&outcome.version) {
        response.headers_mut().insert("x-amz-executed-version", version);
    }
    if header("x-amz-log-type") == Some("Tail")
        && let Ok(tail) = HeaderValue::from_str(&STANDARD.encode(outcome.log_tail))
    {
        response.headers_mut().insert("x-amz-log-result", tail);
    }
    Ok(response)
}

fn set_concurrency(cloud: &Cloud, name: &str, reserved: Option<u32>) -> Result<(), ServiceError> {
    cloud.lambda.change(cloud, name, |function| {
        function.reserved_concurrency = reserved;
        Ok(())
    })
}

fn tags(cloud: &Cloud, method: &Method, name: &str, body: &[u8], query: &Form) -> Result<Response, ServiceError> {
    match *method {
        Method::GET => Ok(json_answer(StatusCode::OK, &json!({ "Tags": cloud.lambda.function(cloud, name)?.tags }))),
        Method::POST => {
            let tags = tag_map(&parse(body)?);
            cloud.lambda.change(cloud, name, |function| {
                function.tags.extend(tags);
                Ok(())
            })?;
            Ok(no_content())
        }
        Method::DELETE => {
            cloud.lambda.change(cloud, name, |function| {
                function.tags.retain(|key, _| query.get("tagKeys") != Some(key));
                Ok(())
            })?;
            Ok(no_content())
        }
        _ => Err(ServiceError::unknown_operation("Lambda", method.as_str())),
    }
}

/// Reads the settings of asynchronous invocations, from the API or from a template.
pub(super) fn event_invoke_config(input: &Value, name: &str) -> Result<EventInvokeConfig, ServiceError> {
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

fn event_invoke(cloud: &Cloud, method: &Method, reference: &Reference, body: &[u8]) -> Result<Response, ServiceError> {
    let name = &reference.name;
    let function = cloud.lambda.function(cloud, name)?;
    let absent = || {
        let version = reference.version.as_deref().unwrap_or(super::LATEST);
        ServiceError::not_found(
            "ResourceNotFoundException",
            format!("The function {}:{version} doesn't have an EventInvokeConfig", function.latest.arn),
        )
    };
    if reference.version.as_deref().is_some_and(|version| version != super::LATEST) {
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

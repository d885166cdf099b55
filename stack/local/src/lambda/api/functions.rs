//! Functions and their settings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::answers::{json_answer, no_content, ok, page};
use super::tags::{check_count, tag_map};
use super::{Call, function};
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::lambda::function::{Configuration, invalid, missing, not_found, validation};
use crate::lambda::{LATEST, Reference, settings};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, text};

/// Calls that an account may have running at the same time.
const CONCURRENCY: u32 = 1000;

pub(super) async fn create(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, input) = (call.cloud, call.input()?);
    let name = text(&input, "FunctionName").ok_or_else(|| missing("functionName"))?;
    let name = Reference::of_client(cloud, name, None)?.name;
    let tags = tag_map(&input);
    check_count(tags.len())?;
    let function = cloud.lambda.create(cloud, &cloud.region, &name, &input, tags).await?;
    let mut created = function.latest;
    if input.get("Publish").and_then(as_flag) == Some(true) {
        created = cloud.lambda.publish(cloud, &name, &json!({}))?;
    }
    Ok(json_answer(StatusCode::CREATED, &show(&created)))
}

/// What a reference stands for at this call.
pub(super) fn version(cloud: &Cloud, reference: &Reference) -> Result<Configuration, ServiceError> {
    let found = cloud.lambda.configuration(&reference.name, reference.qualifier.as_deref());
    found.ok_or_else(|| not_found(&reference.arn(&cloud.region)))
}

/// A version as every answer shows it.
pub(super) fn show(configuration: &Configuration) -> Value {
    let modified = OffsetDateTime::from_unix_timestamp_nanos(i128::from(configuration.modified) * 1_000_000);
    let modified = modified.ok().and_then(|time| {
        use time::macros::format_description;
        time.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000")).ok()
    });
    let arn = if configuration.version == LATEST { configuration.arn.clone() } else { configuration.qualified_arn() };
    let apply_on = if configuration.snap_start { "PublishedVersions" } else { "None" };
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
        "TracingConfig": {"Mode": configuration.tracing},
        "RevisionId": configuration.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [configuration.architecture],
        "EphemeralStorage": {"Size": configuration.ephemeral_storage},
        // Versions start as ever here, so no snapshot is ever made.
        "SnapStart": {"ApplyOn": apply_on, "OptimizationStatus": "Off"},
        "LoggingConfig": logging(configuration),
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(configuration)},
    });
    if !configuration.environment.is_empty() {
        shown["Environment"] = json!({ "Variables": configuration.environment });
    }
    if let Some(target) = &configuration.dead_letter_target {
        shown["DeadLetterConfig"] = json!({ "TargetArn": target });
    }
    if let Some(key) = &configuration.kms_key {
        shown["KMSKeyArn"] = json!(key);
    }
    if let Some(vpc) = &configuration.vpc {
        shown["VpcConfig"] = json!({
            "SubnetIds": vpc.subnets,
            "SecurityGroupIds": vpc.security_groups,
            "VpcId": "",
            "Ipv6AllowedForDualStack": vpc.dual_stack,
        });
    }
    if !configuration.layers.is_empty() {
        let layers = configuration.layers.iter().map(|layer| json!({"Arn": layer.arn, "CodeSize": layer.code_size}));
        shown["Layers"] = layers.collect();
    }
    shown
}

/// How a function logs, in the form of the API and of templates.
pub(in crate::lambda) fn logging(configuration: &Configuration) -> Value {
    let logging = &configuration.logging;
    let mut shown = json!({"LogFormat": if logging.json { "JSON" } else { "Text" }});
    for (name, level) in
        [("ApplicationLogLevel", &logging.application_level), ("SystemLogLevel", &logging.system_level)]
    {
        if let Some(level) = level {
            shown[name] = json!(level);
        }
    }
    shown["LogGroup"] = json!(configuration.log_group);
    shown
}

fn runtime_version_arn(configuration: &Configuration) -> String {
    let region = configuration.arn.split(':').nth(3).unwrap_or_default();
    format!("arn:aws:lambda:{region}::runtime:{}", crate::lambda::code::code_hash(configuration.runtime.as_bytes()))
}

pub(super) fn get(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, reference) = (call.cloud, call.reference()?);
    let configuration = version(cloud, &reference)?;
    let function = function(call)?;
    let location = cloud.lambda.code_location(cloud, &configuration.code);
    let mut shown = json!({
        "Configuration": show_as(&configuration, &reference),
        "Code": {"RepositoryType": "S3", "Location": location},
    });
    if !function.tags.is_empty() {
        shown["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.reserved_concurrency {
        shown["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    Ok(ok(&shown))
}

/// A version under the ARN by which it was asked for.
fn show_as(configuration: &Configuration, reference: &Reference) -> Value {
    let mut shown = show(configuration);
    if let Some(qualifier) = &reference.qualifier {
        shown["FunctionArn"] = json!(format!("{}:{qualifier}", configuration.arn));
    }
    shown
}

pub(super) fn get_configuration(call: &Call<'_>) -> Result<Response, ServiceError> {
    let reference = call.reference()?;
    Ok(ok(&show_as(&version(call.cloud, &reference)?, &reference)))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Response, ServiceError> {
    call.cloud.lambda.delete(call.cloud, &call.reference()?).await?;
    Ok(no_content())
}

pub(super) async fn update_configuration(call: &Call<'_>) -> Result<Response, ServiceError> {
    let name = call.reference()?.name;
    Ok(ok(&show(&call.cloud.lambda.update_configuration(call.cloud, &name, &call.input()?).await?)))
}

pub(super) async fn update_code(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, input, name) = (call.cloud, call.input()?, call.reference()?.name);
    let mut changed = cloud.lambda.update_code(cloud, &name, &input).await?;
    let flag = |name: &str| input.get(name).and_then(as_flag) == Some(true);
    if flag("Publish") && !flag("DryRun") {
        changed = cloud.lambda.publish(cloud, &name, &json!({}))?;
    }
    Ok(ok(&show(&changed)))
}

pub(super) fn list(call: &Call<'_>) -> Result<Response, ServiceError> {
    let all = match call.query.get("FunctionVersion") {
        None => false,
        Some("ALL") => true,
        Some(other) => {
            return Err(validation(other, "functionVersion", "Member must satisfy enum value set: [ALL]"));
        }
    };
    let functions = call.cloud.lambda.all();
    let versions = functions.into_iter().flat_map(|function| {
        let published = function.versions.into_iter().filter(move |_| all);
        std::iter::once(function.latest).chain(published)
    });
    let entries = versions.map(|version| (format!("{}:{}", version.name, version.version), version));
    let marker = call.query.get("Marker");
    Ok(ok(&page(entries, marker, call.limit(50), "Functions", |version| show(&version))))
}

/// Answers `GetFunctionRecursionConfig` and `PutFunctionRecursionConfig`.
pub(super) fn recursion(call: &Call<'_>) -> Result<Response, ServiceError> {
    let name = function(call)?.latest.name;
    if call.operation.name == "PutFunctionRecursionConfig" {
        let input = call.input()?;
        let wanted = text(&input, "RecursiveLoop").ok_or_else(|| missing("recursiveLoop"))?;
        let wanted = settings::one_of("recursiveLoop", wanted, &["Terminate", "Allow"])?;
        call.cloud.lambda.change(call.cloud, &name, |function| {
            function.allows_recursion = wanted == "Allow";
            Ok(())
        })?;
    }
    let allows = function(call)?.allows_recursion;
    Ok(ok(&json!({"RecursiveLoop": if allows { "Allow" } else { "Terminate" }})))
}

/// Answers `GetRuntimeManagementConfig` and `PutRuntimeManagementConfig`: recorded, the machine's interpreter runs.
pub(super) fn runtime_management(call: &Call<'_>) -> Result<Response, ServiceError> {
    let reference = call.reference()?;
    if call.operation.name == "PutRuntimeManagementConfig" {
        let input = call.input()?;
        let mode = text(&input, "UpdateRuntimeOn").ok_or_else(|| missing("updateRuntimeOn"))?;
        let mode = settings::one_of("updateRuntimeOn", mode, &["Auto", "Manual", "FunctionUpdate"])?;
        if mode == "Manual" && text(&input, "RuntimeVersionArn").is_none() {
            return Err(invalid("You must specify a runtime version ARN when using the Manual runtime update mode."));
        }
        call.cloud.lambda.change(call.cloud, &reference.name, |function| {
            function.runtime_update = Some(mode);
            Ok(())
        })?;
    }
    let configuration = version(call.cloud, &reference)?;
    let mode = function(call)?.runtime_update.unwrap_or_else(|| "Auto".to_owned());
    let mut shown = json!({"UpdateRuntimeOn": mode, "FunctionArn": show_as(&configuration, &reference)["FunctionArn"]});
    if shown["UpdateRuntimeOn"] == "Manual" {
        shown["RuntimeVersionArn"] = json!(runtime_version_arn(&configuration));
    }
    Ok(ok(&shown))
}

/// No function here has a configuration of code signing.
pub(super) fn code_signing(call: &Call<'_>) -> Result<Response, ServiceError> {
    Ok(ok(&json!({"FunctionName": function(call)?.latest.name})))
}

pub(super) fn account_settings(call: &Call<'_>) -> Response {
    let functions = call.cloud.lambda.all();
    let reserved: u32 = functions.iter().filter_map(|function| function.reserved_concurrency).sum();
    let layers = call.cloud.lambda.all_layers();
    let used: u64 = functions
        .iter()
        .flat_map(|function| std::iter::once(&function.latest).chain(&function.versions))
        .map(|version| version.code_size)
        .chain(layers.values().flat_map(|layer| &layer.versions).map(|version| version.code_size))
        .sum();
    ok(&json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": CONCURRENCY,
            "UnreservedConcurrentExecutions": CONCURRENCY.saturating_sub(reserved),
        },
        "AccountUsage": {"TotalCodeSize": used, "FunctionCount": functions.len()},
    }))
}

//! Layers.

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::Call;
use super::answers::{json_answer, no_content, ok, page};
use crate::http_types::Response;
use crate::lambda::function::{invalid, missing, validation};
use crate::lambda::layers::{LayerVersion, layer_name, no_layer_version, parse_arn};
use crate::lambda::runtimes;
use crate::wire::ServiceError;

/// Answers the operations on layers.
pub(super) async fn layers(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, lambda, name) = (call.cloud, &call.cloud.lambda, layer_name(call.place(0)));
    match call.operation.name {
        "ListLayers" => list(call),
        "ListLayerVersions" => list_versions(call, name),
        "PublishLayerVersion" => {
            let version = lambda.publish_layer(cloud, &cloud.region, name, &call.input()?).await?;
            Ok(json_answer(StatusCode::CREATED, &show(call, &version, true)))
        }
        "GetLayerVersionByArn" => {
            let arn = call.query.get("Arn").ok_or_else(|| missing("arn"))?;
            let wrong = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";
            let (name, number) = parse_arn(arn).ok_or_else(|| validation(arn, "arn", wrong))?;
            Ok(ok(&show(call, &existing(call, name, number)?, true)))
        }
        "GetLayerVersion" => Ok(ok(&show(call, &existing(call, name, number(call)?)?, true))),
        "DeleteLayerVersion" => {
            lambda.delete_layer_version(cloud, name, number(call)?).await?;
            Ok(no_content())
        }
        "AddLayerVersionPermission" => {
            let mut input = call.input()?;
            if let Some(revision) = call.query.get("RevisionId") {
                input["RevisionId"] = json!(revision);
            }
            let (statement, revision) = lambda.add_layer_permission(cloud, name, number(call)?, &input)?;
            Ok(json_answer(StatusCode::CREATED, &json!({"Statement": statement.to_string(), "RevisionId": revision})))
        }
        "RemoveLayerVersionPermission" => {
            let revision = call.query.get("RevisionId");
            lambda.remove_layer_permission(cloud, name, number(call)?, call.place(2), revision)?;
            Ok(no_content())
        }
        "GetLayerVersionPolicy" => {
            let version = existing(call, name, number(call)?)?;
            if version.policy.is_empty() {
                return Err(ServiceError::not_found(
                    "ResourceNotFoundException",
                    "No policy is associated with the given resource.",
                ));
            }
            let policy = json!({"Version": "2012-10-17", "Id": "default", "Statement": version.policy});
            Ok(ok(&json!({"Policy": policy.to_string(), "RevisionId": version.policy_revision()})))
        }
        other => Err(ServiceError::unknown_operation("Lambda", other)),
    }
}

fn number(call: &Call<'_>) -> Result<u32, ServiceError> {
    let number = call.place(1).parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| invalid("Layer Version Cannot be less than 1"))
}

fn existing(call: &Call<'_>, name: &str, number: u32) -> Result<LayerVersion, ServiceError> {
    let absent = || no_layer_version(&call.cloud.region, &call.cloud.account, name, number);
    call.cloud.lambda.layer_version(name, number).ok_or_else(absent)
}

/// Whether a version is for the runtime and the architecture that a list is to be of.
fn is_wanted(call: &Call<'_>, version: &LayerVersion) -> bool {
    let fits =
        |name: &str, list: &[String]| call.query.get(name).is_none_or(|wanted| list.iter().any(|one| one == wanted));
    fits("CompatibleRuntime", &version.runtimes) && fits("CompatibleArchitecture", &version.architectures)
}

fn check_filter(call: &Call<'_>) -> Result<(), ServiceError> {
    if let Some(runtime) = call.query.get("CompatibleRuntime") {
        runtimes::check_names("compatibleRuntime", &[runtime.to_owned()])?;
    }
    if let Some(architecture) = call.query.get("CompatibleArchitecture") {
        crate::lambda::settings::one_of("compatibleArchitecture", architecture, &["x86_64", "arm64"])?;
    }
    Ok(())
}

fn list(call: &Call<'_>) -> Result<Response, ServiceError> {
    check_filter(call)?;
    let layers = call.cloud.lambda.all_layers();
    let entries = layers.iter().filter_map(|(name, layer)| {
        let newest = layer.versions.iter().rev().find(|version| is_wanted(call, version))?;
        Some((name.clone(), (name, newest)))
    });
    let shown = |(name, newest): (&String, &LayerVersion)| json!({"LayerName": name, "LayerArn": newest.layer_arn(), "LatestMatchingVersion": show(call, newest, false)});
    Ok(ok(&page(entries, call.query.get("Marker"), call.limit(50), "Layers", shown)))
}

fn list_versions(call: &Call<'_>, name: &str) -> Result<Response, ServiceError> {
    check_filter(call)?;
    let versions = call.cloud.lambda.all_layers().remove(name).unwrap_or_default().versions;
    let newest_first = versions.iter().rev().filter(|version| is_wanted(call, version));
    let entries = newest_first.map(|version| (version.number.to_string(), version));
    let shown = |version| show(call, version, false);
    Ok(ok(&page(entries, call.query.get("Marker"), call.limit(50), "LayerVersions", shown)))
}

/// A version; the whole one has its package.
fn show(call: &Call<'_>, version: &LayerVersion, is_whole: bool) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
    let created = OffsetDateTime::from_unix_timestamp_nanos(i128::from(version.created) * 1_000_000);
    let mut shown = json!({
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": created.ok().and_then(|time| time.format(format).ok()).unwrap_or_default(),
    });
    if !version.runtimes.is_empty() {
        shown["CompatibleRuntimes"] = json!(version.runtimes);
    }
    if !version.architectures.is_empty() {
        shown["CompatibleArchitectures"] = json!(version.architectures);
    }
    if let Some(license) = &version.license {
        shown["LicenseInfo"] = json!(license);
    }
    if is_whole {
        shown["LayerArn"] = json!(version.layer_arn());
        shown["Content"] = json!({
            "Location": call.cloud.lambda.code_location(call.cloud, &version.code),
            "CodeSha256": STANDARD.encode(hex::decode(&version.code).unwrap_or_default()),
            "CodeSize": version.code_size,
        });
    }
    shown
}

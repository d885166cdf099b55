//! Published versions and aliases.

use http::StatusCode;
use serde_json::{Value, json};

use super::answers::{json_answer, no_content, ok, page};
use super::functions::show;
use super::{Call, function};
use crate::http_types::Response;
use crate::lambda::function::{Alias, Function};
use crate::lambda::versions::weights;
use crate::wire::ServiceError;

pub(super) fn publish(call: &Call<'_>) -> Result<Response, ServiceError> {
    let published = call.cloud.lambda.publish(call.cloud, &call.reference()?.name, &call.input()?)?;
    Ok(json_answer(StatusCode::CREATED, &show(&published)))
}

pub(super) fn list(call: &Call<'_>) -> Result<Response, ServiceError> {
    let function = function(call)?;
    let versions = std::iter::once(&function.latest).chain(&function.versions);
    let entries = versions.map(|version| (version.version.clone(), version));
    let qualified = |version| {
        let mut shown = show(version);
        shown["FunctionArn"] = json!(version.qualified_arn());
        shown
    };
    Ok(ok(&page(entries, call.query.get("Marker"), call.limit(50), "Versions", qualified)))
}

/// Answers the operations on aliases.
pub(super) fn alias(call: &Call<'_>) -> Result<Response, ServiceError> {
    let (cloud, lambda, name) = (call.cloud, &call.cloud.lambda, call.reference()?.name);
    let (status, alias) = match call.operation.name {
        "CreateAlias" => (StatusCode::CREATED, lambda.create_alias(cloud, &name, &call.input()?)?),
        "UpdateAlias" => (StatusCode::OK, lambda.update_alias(cloud, &name, call.place(1), &call.input()?)?),
        "GetAlias" => (StatusCode::OK, lambda.alias(cloud, &name, call.place(1))?),
        "DeleteAlias" => {
            lambda.delete_alias(cloud, &name, call.place(1))?;
            return Ok(no_content());
        }
        _ => return list_aliases(call),
    };
    Ok(json_answer(status, &show_alias(&function(call)?, &alias)))
}

fn list_aliases(call: &Call<'_>) -> Result<Response, ServiceError> {
    let function = function(call)?;
    let version = call.query.get("FunctionVersion");
    let points_there = |alias: &&Alias| version.is_none_or(|version| alias.version == version);
    let aliases = function.aliases.values().filter(points_there).map(|alias| (alias.name.clone(), alias));
    let shown = |alias| show_alias(&function, alias);
    Ok(ok(&page(aliases, call.query.get("Marker"), call.limit(50), "Aliases", shown)))
}

fn show_alias(function: &Function, alias: &Alias) -> Value {
    let mut shown = json!({
        "AliasArn": function.arn(Some(&alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    });
    if let Some(weights) = weights(alias) {
        shown["RoutingConfig"] = json!({ "AdditionalVersionWeights": weights });
    }
    shown
}

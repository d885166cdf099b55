//! Authorizers, gateway responses, models, request validators, and the account.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::super::Part;
use super::{live, provisioned, removed, text_of};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::case::{to_members, to_properties};
use crate::wire::properties::{changed, required_text, text};

/// Members of a part; what names it is given where the template leaves it out.
fn members_of(context: &ResourceContext, part: Part, properties: &Value) -> Value {
    let mut members = to_members(properties);
    if let Some(object) = members.as_object_mut() {
        object.remove("restApiId");
    }
    if part == Part::Model {
        // A schema is data: its names stay as they are.
        members["schema"] = properties["Schema"].clone();
        if text(properties, "Name").is_none() {
            members["name"] = json!(context.generated_name(128).replace('-', ""));
        }
    }
    members
}

/// The key of a part in its collection.
fn key_of(part: Part, members: &Value) -> &str {
    match part {
        Part::Authorizer | Part::Validator => text_of(members, "id"),
        Part::GatewayResponse => text_of(members, "responseType"),
        Part::Model => text_of(members, "name"),
    }
}

fn properties_of(part: Part, members: &Value, declared: &Value) -> Value {
    let mut members = members.clone();
    let schema = members["schema"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(object) = members.as_object_mut() {
        object.retain(|name, _| !matches!(name.as_str(), "defaultResponse" | "id" | "schema"));
    }
    let mut properties = to_properties(&members);
    if let Some(schema) = schema.filter(|_| part == Part::Model) {
        properties["Schema"] = if declared["Schema"].is_string() { json!(schema.to_string()) } else { schema };
    }
    properties["RestApiId"] = declared["RestApiId"].clone();
    properties
}

/// The four functions of a part of an API.
macro_rules! part {
    ($create:ident, $update:ident, $delete:ident, $read:ident, $part:expr, [$($attribute:literal),*], [$($create_only:literal),*], $what:literal) => {
        #[doc = concat!("Makes ", $what, ".")]
        pub(crate) async fn $create(
            context: &ResourceContext,
            properties: &Value,
        ) -> Result<Provisioned, ProviderError> {
            let api = required_text(properties, "RestApiId")?;
            let made = context.cloud.apigateway.put_part(api, $part, None, &members_of(context, $part, properties))?;
            let key = key_of($part, &made);
            Ok(provisioned(key, &[$(($attribute, key)),*]))
        }

        #[doc = concat!("Changes ", $what, ".")]
        pub(crate) async fn $update(
            context: &ResourceContext,
            physical_id: &str,
            old: &Value,
            new: &Value,
        ) -> Result<Update, ProviderError> {
            if changed(old, new, &["RestApiId" $(, $create_only)*]) {
                return Ok(Update::Replace);
            }
            let api = required_text(new, "RestApiId")?;
            context.cloud.apigateway.put_part(api, $part, Some(physical_id), &members_of(context, $part, new))?;
            context.cloud.execute_api.authorizers.forget(&format!("{api}/"));
            Ok(Update::InPlace(provisioned(physical_id, &[$(($attribute, physical_id)),*])))
        }

        #[doc = concat!("Removes ", $what, ".")]
        pub(crate) async fn $delete(
            context: &ResourceContext,
            physical_id: &str,
            properties: &Value,
        ) -> Result<(), ProviderError> {
            let api = required_text(properties, "RestApiId")?;
            removed(context.cloud.apigateway.delete_part(api, $part, physical_id))
        }

        #[doc = concat!("Reads ", $what, ".")]
        pub(crate) async fn $read(
            context: &ResourceContext,
            physical_id: &str,
            declared: &Value,
        ) -> Result<Live, ProviderError> {
            let api = required_text(declared, "RestApiId")?;
            let found = context.cloud.apigateway.get_part(api, $part, physical_id);
            // A response that an API words no longer is one of the gateway's own.
            let found = found.and_then(|members| {
                if members["defaultResponse"] == true { Err(super::super::not_found("gone")) } else { Ok(members) }
            });
            live(found, |members| properties_of($part, members, declared))
        }
    };
}

part!(
    create_authorizer,
    update_authorizer,
    delete_authorizer,
    read_authorizer,
    Part::Authorizer,
    ["AuthorizerId"],
    [],
    "an authorizer. `Ref` is its id"
);
part!(
    create_gateway_response,
    update_gateway_response,
    delete_gateway_response,
    read_gateway_response,
    Part::GatewayResponse,
    ["Id"],
    ["ResponseType"],
    "a gateway response. `Ref` is its type"
);
part!(
    create_model,
    update_model,
    delete_model,
    read_model,
    Part::Model,
    [],
    ["ContentType", "Name"],
    "a model. `Ref` is its name"
);
part!(
    create_request_validator,
    update_request_validator,
    delete_request_validator,
    read_request_validator,
    Part::Validator,
    ["RequestValidatorId"],
    ["Name"],
    "a request validator. `Ref` is its id"
);

/// `AWS::ApiGateway::Account`: the role that writes logs. There is one for the account and region.
pub(crate) async fn create_account(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    set_account(context, properties)?;
    let id = context.generated_name(64);
    Ok(provisioned(&id, &[("Id", &id)]))
}

fn set_account(context: &ResourceContext, properties: &Value) -> Result<(), ProviderError> {
    Ok(context.cloud.apigateway.set_log_role(text(properties, "CloudWatchRoleArn").map(str::to_owned))?)
}

/// Changes the role.
pub(crate) async fn update_account(
    context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    set_account(context, new)?;
    Ok(Update::InPlace(provisioned(physical_id, &[("Id", physical_id)])))
}

/// Leaves the account as it is, as on AWS: others may rely on the role.
pub(crate) async fn delete_account(
    _context: &ResourceContext,
    _physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    Ok(())
}

/// The account as it is now.
pub(crate) async fn read_account(
    context: &ResourceContext,
    _physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    let account = context.cloud.apigateway.account();
    Ok(Live::Properties(
        account.get("cloudwatchRoleArn").map_or(json!({}), |role| json!({ "CloudWatchRoleArn": role })),
    ))
}

//! REST APIs, resources and methods.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use serde_json::{Value, json};

use super::super::methods::Place;
use super::convert::{api_members, api_properties, method_members, method_properties};
use super::{live, provisioned, removed, text_of};
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, required_text, tags};

fn members_of(context: &ResourceContext, properties: &Value) -> Result<Value, ProviderError> {
    for name in ["Body", "BodyS3Location", "CloneFrom"] {
        if properties.get(name).is_some() {
            return Err(ProviderError::invalid(format!(
                "the local cloud does not read `{name}` of a REST API: write its resources and methods as resources of the template"
            )));
        }
    }
    Ok(api_members(properties, &tags(properties, &context.tags)))
}

fn provisioned_api(members: &Value) -> Provisioned {
    let id = text_of(members, "id");
    provisioned(id, &[("RestApiId", id), ("RootResourceId", text_of(members, "rootResourceId"))])
}

/// `AWS::ApiGateway::RestApi`. `Ref` is the id.
pub(crate) async fn create_rest_api(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let members = members_of(context, properties)?;
    Ok(provisioned_api(&context.cloud.apigateway.create(&context.region, &members)?))
}

/// Changes everything in place.
pub(crate) async fn update_rest_api(
    context: &ResourceContext,
    physical_id: &str,
    _old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    let wanted = members_of(context, new)?;
    let updated = context.cloud.apigateway.update(physical_id, |members| {
        let kept = members.clone();
        *members = wanted;
        for name in ["createdDate", "id", "rootResourceId"] {
            members[name] = kept[name].clone();
        }
        Ok(())
    })?;
    Ok(Update::InPlace(provisioned_api(&updated)))
}

/// Removes the API with all that belongs to it.
pub(crate) async fn delete_rest_api(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigateway.delete(&context.cloud, physical_id))
}

/// The API as it is now.
pub(crate) async fn read_rest_api(
    context: &ResourceContext,
    physical_id: &str,
    _declared: &Value,
) -> Result<Live, ProviderError> {
    live(context.cloud.apigateway.get(physical_id), api_properties)
}

/// `AWS::ApiGateway::Resource`. `Ref` is the id.
pub(crate) async fn create_resource(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let (api, parent) = (required_text(properties, "RestApiId")?, required_text(properties, "ParentId")?);
    let made = context.cloud.apigateway.create_resource(api, parent, required_text(properties, "PathPart")?)?;
    let id = text_of(&made, "id");
    Ok(provisioned(id, &[("ResourceId", id)]))
}

/// Nothing of it changes in place.
pub(crate) async fn update_resource(
    _context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["ParentId", "PathPart", "RestApiId"]) {
        return Ok(Update::Replace);
    }
    Ok(Update::InPlace(provisioned(physical_id, &[("ResourceId", physical_id)])))
}

/// Removes the resource with what is below it.
pub(crate) async fn delete_resource(
    context: &ResourceContext,
    physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    removed(context.cloud.apigateway.delete_resource(required_text(properties, "RestApiId")?, physical_id))
}

/// The resource as it is now.
pub(crate) async fn read_resource(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let api = required_text(declared, "RestApiId")?;
    live(
        context.cloud.apigateway.get_resource(api, physical_id, false),
        |members| json!({"RestApiId": api, "ParentId": members["parentId"], "PathPart": members["pathPart"]}),
    )
}

/// Which method properties name.
fn method_of(properties: &Value) -> Result<(&str, &str, &str), ProviderError> {
    Ok((
        required_text(properties, "RestApiId")?,
        required_text(properties, "ResourceId")?,
        required_text(properties, "HttpMethod")?,
    ))
}

/// Makes the method as the properties have it; what it was is gone.
fn put(context: &ResourceContext, properties: &Value) -> Result<(), ProviderError> {
    let service = &context.cloud.apigateway;
    let (api, resource, name) = method_of(properties)?;
    let (members, integration, responses) = method_members(properties);
    service.put_method(api, resource, name, &members)?;
    for (status, response) in responses.as_object().into_iter().flatten() {
        service.put_method_part(api, resource, name, Place::Response(status), response)?;
    }
    if let Some(integration) = integration {
        service.put_method_part(api, resource, name, Place::Integration, &integration)?;
    }
    Ok(())
}

/// `AWS::ApiGateway::Method`. `Ref` is a name that CloudFormation makes.
pub(crate) async fn create_method(context: &ResourceContext, properties: &Value) -> Result<Provisioned, ProviderError> {
    let (api, resource, name) = method_of(properties)?;
    if context.cloud.apigateway.get_method_part(api, resource, name, Place::Method).is_ok() {
        return Err(ProviderError::new("AlreadyExists", "Method already exists for this resource"));
    }
    if let Err(error) = put(context, properties) {
        removed(context.cloud.apigateway.delete_method_part(api, resource, name, Place::Method))?;
        return Err(error);
    }
    Ok(provisioned(&context.generated_name(64), &[]))
}

/// Changes everything but its place.
pub(crate) async fn update_method(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["HttpMethod", "ResourceId", "RestApiId"]) {
        return Ok(Update::Replace);
    }
    let (api, resource, name) = method_of(new)?;
    let service = &context.cloud.apigateway;
    let before = service.get_method_part(api, resource, name, Place::Method)?;
    service.delete_method_part(api, resource, name, Place::Method)?;
    if let Err(error) = put(context, new) {
        service.change(api, |api| {
            api.resource_mut(resource)?.methods.insert(name.to_owned(), before);
            Ok(())
        })?;
        return Err(error);
    }
    Ok(Update::InPlace(provisioned(physical_id, &[])))
}

/// Removes the method.
pub(crate) async fn delete_method(
    context: &ResourceContext,
    _physical_id: &str,
    properties: &Value,
) -> Result<(), ProviderError> {
    let (api, resource, name) = method_of(properties)?;
    removed(context.cloud.apigateway.delete_method_part(api, resource, name, Place::Method))
}

/// The method as it is now.
pub(crate) async fn read_method(
    context: &ResourceContext,
    _physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let (api, resource, name) = method_of(declared)?;
    let found = context.cloud.apigateway.get_method_part(api, resource, name, Place::Method);
    live(found, |members| method_properties(members, declared))
}

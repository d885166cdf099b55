//! Deployments of REST APIs follow what they show.
//!
//! A deployment is an immutable picture of an API. CloudFormation makes a new one only when there is a new logical id, so
//! the id ends in a hash of the API, its resources, methods, authorizers and answers. It is taken from the finished
//! template: whatever made these resources, a template source of the project included, a change of them goes live.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::fault::Place;
use crate::names::hash;
use crate::plan::Origin;
use crate::template::{Resource, Template};

const DEPLOYMENT: &str = "AWS::ApiGateway::Deployment";
/// What a deployment shows, besides the API itself.
const SHOWN: [&str; 6] = [
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
];

/// Gives every deployment of ours its final id, and makes it wait for all that it shows.
///
/// Deployments that the project writes itself, as resources of its own, keep their ids: `source` names the template source
/// whose deployments are ours.
pub(crate) fn follow_content(template: &mut Template, origins: &mut BTreeMap<String, (Origin, Place)>, source: &str) {
    let is_ours = |id: &str| origins.get(id).is_some_and(|(origin, _)| origin.template_source == source);
    let deployments: Vec<String> = template
        .resources
        .iter()
        .filter(|(id, resource)| resource.resource_type == DEPLOYMENT && is_ours(id))
        .map(|(id, _)| id.clone())
        .collect();
    for old in deployments {
        let Some(api) = api_of(&template.resources[&old]).map(str::to_owned) else { continue };
        let shown: Vec<(&String, &Resource)> = template
            .resources
            .iter()
            .filter(|(id, resource)| **id == api || (is_shown(resource) && api_of(resource) == Some(api.as_str())))
            .collect();
        let content = json!(shown.iter().map(|(id, resource)| json!([id, resource])).collect::<Vec<_>>());
        let waits_for = shown.iter().map(|(id, _)| (*id).clone()).filter(|id| *id != api).collect();
        let new = format!("{old}{}", hash(&content.to_string(), 10));
        rename(&mut template.resources, &old, &new);
        if let Some(deployment) = template.resources.get_mut(&new) {
            deployment.depends_on = waits_for;
        }
        if let Some(origin) = origins.remove(&old) {
            origins.insert(new, origin);
        }
    }
}

fn is_shown(resource: &Resource) -> bool {
    SHOWN.contains(&resource.resource_type.as_str())
}

/// The API that a resource belongs to.
fn api_of(resource: &Resource) -> Option<&str> {
    resource.properties.get("RestApiId")?.get("Ref")?.as_str()
}

/// Renames a resource where it stands, and every `Ref` to it.
fn rename(resources: &mut IndexMap<String, Resource>, old: &str, new: &str) {
    let renamed = std::mem::take(resources).into_iter().map(|(id, mut resource)| {
        point_to(&mut resource.properties, old, new);
        for dependency in resource.depends_on.iter_mut().filter(|dependency| *dependency == old) {
            new.clone_into(dependency);
        }
        (if id == old { new.to_owned() } else { id }, resource)
    });
    *resources = renamed.collect();
}

fn point_to(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Object(entries) => {
            if entries.len() == 1 && entries.get("Ref").and_then(Value::as_str) == Some(old) {
                *value = json!({ "Ref": new });
                return;
            }
            entries.values_mut().for_each(|value| point_to(value, old, new));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| point_to(value, old, new)),
        _ => {}
    }
}

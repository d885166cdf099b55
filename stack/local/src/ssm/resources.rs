//! How CloudFormation makes parameters.

#![expect(clippy::unused_async, reason = "the engine awaits every provider, whether this one has to wait or not")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Version;
use super::parameters::Write;
use crate::cloudformation::provider::{Live, ProviderError, Provisioned, ResourceContext, Update};
use crate::wire::properties::{changed, required_text, text};

/// `AWS::SSM::Parameter`. `Ref` is the name.
pub(crate) async fn create_parameter(
    context: &ResourceContext,
    properties: &Value,
) -> Result<Provisioned, ProviderError> {
    let name = text(properties, "Name").map_or_else(|| format!("CFN-{}", context.generated_name(200)), str::to_owned);
    write(context, &name, properties, false).map_err(|error| {
        if error.message.starts_with("The parameter already exists") {
            return ProviderError::new(
                "AlreadyExists",
                format!("Resource of type 'AWS::SSM::Parameter' with identifier '{name}' already exists."),
            );
        }
        error
    })
}

/// Writes a new version.
pub(crate) async fn update_parameter(
    context: &ResourceContext,
    physical_id: &str,
    old: &Value,
    new: &Value,
) -> Result<Update, ProviderError> {
    if changed(old, new, &["Name"]) {
        return Ok(Update::Replace);
    }
    let made = write(context, physical_id, new, true)?;
    context.cloud.ssm.change(physical_id, |parameter| {
        parameter.tags = tags(new, &context.tags);
        Ok(())
    })?;
    Ok(Update::InPlace(made))
}

/// Removes the parameter.
pub(crate) async fn delete_parameter(
    context: &ResourceContext,
    physical_id: &str,
    _properties: &Value,
) -> Result<(), ProviderError> {
    match context.cloud.ssm.remove(physical_id) {
        Err(error) if error.code != "ParameterNotFound" => Err(error.into()),
        _ => Ok(()),
    }
}

/// What the parameter is like now.
pub(crate) async fn read_parameter(
    context: &ResourceContext,
    physical_id: &str,
    declared: &Value,
) -> Result<Live, ProviderError> {
    let Ok((parameter, version)) = context.cloud.ssm.find(physical_id) else { return Ok(Live::Gone) };
    let mut live = Map::from_iter([
        ("Name".to_owned(), json!(parameter.name)),
        ("Type".to_owned(), json!(version.kind)),
        ("Value".to_owned(), json!(version.value)),
        ("Tier".to_owned(), json!(version.tier)),
        ("DataType".to_owned(), json!(version.data_type)),
    ]);
    if declared["Tier"] == "Intelligent-Tiering" {
        live.insert("Tier".to_owned(), declared["Tier"].clone());
    }
    if !version.description.is_empty() {
        live.insert("Description".to_owned(), json!(version.description));
    }
    if let Some(pattern) = version.allowed_pattern {
        live.insert("AllowedPattern".to_owned(), json!(pattern));
    }
    let of_stack =
        |key: &String, value: &String| context.tags.get(key) == Some(value) && declared["Tags"].get(key).is_none();
    let own: BTreeMap<&String, &String> = parameter.tags.iter().filter(|(key, value)| !of_stack(key, value)).collect();
    if !own.is_empty() {
        live.insert("Tags".to_owned(), json!(own));
    }
    Ok(Live::Properties(Value::Object(live)))
}

/// Tags of a parameter are an object in templates.
fn tags(properties: &Value, stack_tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut tags = stack_tags.clone();
    for (key, value) in properties.get("Tags").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            tags.insert(key.clone(), value.to_owned());
        }
    }
    tags
}

fn write(
    context: &ResourceContext,
    name: &str,
    properties: &Value,
    overwrite: bool,
) -> Result<Provisioned, ProviderError> {
    let owned = |property: &str| text(properties, property).map(str::to_owned);
    let kind = required_text(properties, "Type")?;
    if kind == "SecureString" {
        return Err(ProviderError::invalid("CloudFormation does not make parameters of the type SecureString"));
    }
    if owned("Policies").is_some_and(|policies| !policies.is_empty()) {
        return Err(ProviderError::invalid("the local cloud does not serve `Policies` of a parameter"));
    }
    let version = context.cloud.ssm.write(Write {
        name: name.to_owned(),
        kind: Some(kind.to_owned()),
        value: required_text(properties, "Value")?.to_owned(),
        description: Some(owned("Description").unwrap_or_default()),
        key_id: None,
        allowed_pattern: owned("AllowedPattern"),
        data_type: owned("DataType"),
        tier: Some(owned("Tier").unwrap_or_else(|| "Standard".to_owned())),
        overwrite,
        user: format!("arn:aws:iam::{}:root", context.account),
        tags: if overwrite { BTreeMap::new() } else { tags(properties, &context.tags) },
    })?;
    Ok(provisioned(name, &version))
}

fn provisioned(name: &str, version: &Version) -> Provisioned {
    Provisioned {
        physical_id: name.to_owned(),
        attributes: Map::from_iter([
            ("Type".to_owned(), json!(version.kind)),
            ("Value".to_owned(), json!(version.value)),
        ]),
    }
}

/// A parameter that exists already.
pub(crate) fn adopt_parameter(context: &ResourceContext, name: &str) -> Result<Provisioned, ProviderError> {
    let (_, version) = context.cloud.ssm.find(name)?;
    Ok(provisioned(name, &version))
}

//! Values that other services keep: `{{resolve:...}}` in properties, and parameters of the type `AWS::SSM::Parameter::Value<...>`.
//!
//! A reference stays a reference in everything that is kept and shown; its value goes to the service that makes the resource.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use stack_plan::Template;
use stack_plan::template::Parameter;

use super::input::invalid;
use crate::cloud::Cloud;
use crate::wire::ServiceError;

/// Beginning of a dynamic reference.
const START: &str = "{{resolve:";

/// Type of a parameter whose value is the name of one in the parameter store.
const SSM_PARAMETER: &str = "AWS::SSM::Parameter::Value<";

/// The value behind a dynamic reference. `service` is `ssm`, `ssm-secure` or `secretsmanager`; `key` what follows it
/// (`name`, `name:version`, `secret-id:SecretString:json-key:version-stage:version-id`).
///
/// This is the one place that asks the services which keep values.
fn value_of(cloud: &Cloud, service: &str, key: &str) -> Result<String, String> {
    match service {
        "ssm" | "ssm-secure" => cloud
            .ssm
            .value(key)
            .map_err(|_| format!("Unable to fetch parameters [{key}] from parameter store for this account.")),
        "secretsmanager" => secret_value(cloud, key),
        other => Err(format!("Dynamic references to `{other}` do not exist: use ssm, ssm-secure or secretsmanager")),
    }
}

/// The value of `secret-id:SecretString:json-key:version-stage:version-id`, in which an ARN may be the id and what follows it
/// may be missing.
fn secret_value(cloud: &Cloud, key: &str) -> Result<String, String> {
    let (id, rest) = key.split_once(":SecretString").unwrap_or((key, ""));
    let mut parts = rest.split(':').skip(1).map(|part| Some(part).filter(|part| !part.is_empty()));
    let (json_key, stage, version) = (parts.next().flatten(), parts.next().flatten(), parts.next().flatten());
    let text = cloud
        .secrets_manager
        .version_value(id, version, stage)
        .map_err(|error| format!("Could not find a value associated with the secret {id}: {}", error.message))?;
    let Some(json_key) = json_key else { return Ok(text) };
    let value: Value = serde_json::from_str(&text)
        .map_err(|_| format!("Could not parse SecretString JSON of the secret {id}: it is no JSON document"))?;
    match value.get(json_key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        _ => Err(format!(
            "Could not find a value associated with JSONKey in SecretString: the secret {id} has no `{json_key}`"
        )),
    }
}

/// True for a value that holds a dynamic reference.
pub(super) fn is_reference(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(START))
}

fn holds_reference(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_reference),
        Value::Object(fields) => fields.values().any(holds_reference),
        other => is_reference(other),
    }
}

/// The value with every dynamic reference replaced.
pub(super) fn resolved<'a>(cloud: &Cloud, value: &'a Value) -> Result<Cow<'a, Value>, String> {
    if !holds_reference(value) {
        return Ok(Cow::Borrowed(value));
    }
    let mut texts = Vec::new();
    gather(value, &mut texts);
    let mut known = BTreeMap::new();
    for text in texts {
        let replaced = resolve_text(cloud, &text)?;
        known.insert(text, replaced);
    }
    Ok(Cow::Owned(replace(value, &known)))
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, texts)),
        Value::String(text) if text.contains(START) => texts.push(text.clone()),
        _ => {}
    }
}

fn replace(value: &Value, known: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| replace(item, known)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), replace(field, known))).collect::<Map<_, _>>().into()
        }
        Value::String(text) => Value::String(known.get(text).unwrap_or(text).clone()),
        other => other.clone(),
    }
}

fn resolve_text(cloud: &Cloud, text: &str) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(START) {
        result.push_str(&rest[..start]);
        let inside = &rest[start + START.len()..];
        let end = inside.find("}}").ok_or_else(|| format!("Dynamic reference without its end: {}", &rest[start..]))?;
        let (service, key) = inside[..end].split_once(':').unwrap_or((&inside[..end], ""));
        if key.is_empty() {
            return Err(format!("Dynamic reference without a name: {START}{}}}}}", &inside[..end]));
        }
        result.push_str(&value_of(cloud, service, key)?);
        rest = &inside[end + 2..];
    }
    result.push_str(rest);
    Ok(result)
}

/// True for a parameter whose value is a key of the parameter store.
pub(super) fn is_stored(parameter: &Parameter) -> bool {
    parameter.parameter_type.starts_with(SSM_PARAMETER)
}

/// The values behind the parameters that name one of the parameter store, by parameter.
pub(super) fn parameter_store_values(
    cloud: &Cloud,
    template: &Template,
    parameters: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut values = BTreeMap::new();
    for (name, parameter) in &template.parameters {
        if let Some(key) = parameters.get(name).filter(|_| is_stored(parameter)) {
            values.insert(name.clone(), value_of(cloud, "ssm", key).map_err(invalid)?);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_and_replaced_anywhere() {
        let value = json!({"A": ["x", "a {{resolve:ssm:p}} b"], "B": 1});
        assert!(holds_reference(&value) && !holds_reference(&json!({"A": ["{{x}}"]})));
        let mut texts = Vec::new();
        gather(&value, &mut texts);
        assert_eq!(texts, ["a {{resolve:ssm:p}} b"]);
        let known = BTreeMap::from([(texts[0].clone(), "a v b".to_owned())]);
        assert_eq!(replace(&value, &known), json!({"A": ["x", "a v b"], "B": 1}));
    }
}

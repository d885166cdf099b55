//! Values that other services keep: `{{resolve:...}}` in properties, and parameters of the type `AWS::SSM::Parameter::Value<...>`.
//!
//! A reference stays a reference in everything that is kept and shown; its value goes to the service that makes the resource.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

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
/// This is the one place that asks the services which keep values. None of them is part of this cloud yet.
#[expect(clippy::unused_async, reason = "the services that keep values may have to wait")]
async fn value_of(_cloud: &Arc<Cloud>, _region: &str, service: &str, key: &str) -> Result<String, String> {
    match service {
        "ssm" | "ssm-secure" => {
            Err(format!("Unable to fetch parameters [{key}] from parameter store for this account."))
        }
        "secretsmanager" => {
            let name = key.split(":SecretString").next().unwrap_or(key);
            Err(format!(
                "Could not find a value associated with the secret {name}: Secrets Manager can't find the specified secret."
            ))
        }
        other => Err(format!("Dynamic references to `{other}` do not exist: use ssm, ssm-secure or secretsmanager")),
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
pub(super) async fn resolved<'a>(cloud: &Arc<Cloud>, region: &str, value: &'a Value) -> Result<Cow<'a, Value>, String> {
    if !holds_reference(value) {
        return Ok(Cow::Borrowed(value));
    }
    let mut texts = Vec::new();
    gather(value, &mut texts);
    let mut known = BTreeMap::new();
    for text in texts {
        let replaced = resolve_text(cloud, region, &text).await?;
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

async fn resolve_text(cloud: &Arc<Cloud>, region: &str, text: &str) -> Result<String, String> {
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
        result.push_str(&value_of(cloud, region, service, key).await?);
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
pub(super) async fn parameter_store_values(
    cloud: &Arc<Cloud>,
    region: &str,
    template: &Template,
    parameters: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut values = BTreeMap::new();
    for (name, parameter) in &template.parameters {
        if let Some(key) = parameters.get(name).filter(|_| is_stored(parameter)) {
            values.insert(name.clone(), value_of(cloud, region, "ssm", key).await.map_err(invalid)?);
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

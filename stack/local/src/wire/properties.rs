//! Reading the evaluated properties of a CloudFormation resource.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ServiceError;
use crate::cloudformation::provider::ProviderError;

impl From<ServiceError> for ProviderError {
    /// The service's refusal under the handler error code that CloudFormation would give it.
    fn from(error: ServiceError) -> Self {
        let code = match error.code.as_str() {
            "EntityAlreadyExists" | "ResourceConflictException" | "ResourceAlreadyExistsException" => "AlreadyExists",
            "AccessDenied" | "AccessDeniedException" => "AccessDenied",
            _ if error.status == http::StatusCode::NOT_FOUND => "NotFound",
            _ if error.status == http::StatusCode::CONFLICT => "ResourceConflict",
            _ if error.status.is_client_error() => "InvalidRequest",
            _ => "GeneralServiceException",
        };
        Self::new(code, error.message)
    }
}

/// A text property.
pub(crate) fn text<'a>(properties: &'a Value, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

/// A text property that must be there.
pub(crate) fn required_text<'a>(properties: &'a Value, name: &str) -> Result<&'a str, ProviderError> {
    text(properties, name).ok_or_else(|| ProviderError::invalid(format!("the required property `{name}` is missing")))
}

/// An integer: a number, or text that holds one, because parameters are text.
pub(crate) fn as_integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A number, or text that holds one.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

/// A boolean, or text that holds one.
pub(crate) fn as_flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

/// A list of texts; absent reads as empty.
pub(crate) fn reference_list(properties: &Value, name: &str) -> Vec<String> {
    let list = properties.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The resource's own `Tags` over those of its stack.
pub(crate) fn tags(properties: &Value, stack_tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut tags = stack_tags.clone();
    for tag in properties.get("Tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        if let (Some(key), Some(value)) = (text(tag, "Key"), text(tag, "Value")) {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    tags
}

/// Tags in the form of templates.
pub(crate) fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect()
}

/// Whether one of these properties differs.
pub(crate) fn changed(old: &Value, new: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| old.get(*name) != new.get(*name))
}

//! Values of template parameters.

use miette::Diagnostic;
use serde_json::Value;
use thiserror::Error;

use super::{PARAMETER_VALUE_BYTES, Parameter};

/// Why a value is not one that the parameter takes, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code("parameter-error"))]
pub struct ParameterError {
    /// What is wrong.
    pub message: String,
}

fn refuse(message: String) -> ParameterError {
    ParameterError { message }
}

/// Checks `text`, the value given for parameter `name`, and gives what `Ref` of it is: a string, or a list of strings
/// for list types. For a type `AWS::SSM::Parameter::Value<...>`, `text` is the value behind the key, which the caller has fetched.
///
/// `AllowedPattern` is matched by the `regex` crate, whose dialect lacks look-around and back references; a pattern that
/// it cannot read is an error that says so.
///
/// # Errors
/// [`ParameterError`] when the value breaks the type or a constraint.
pub fn parameter_value(name: &str, parameter: &Parameter, text: &str) -> Result<Value, ParameterError> {
    if text.len() > PARAMETER_VALUE_BYTES {
        return Err(refuse(format!(
            "Parameter '{name}' has a value of {} bytes, more than {PARAMETER_VALUE_BYTES}",
            text.len()
        )));
    }
    let parameter_type = parameter.parameter_type.as_str();
    let stored = parameter_type.strip_prefix("AWS::SSM::Parameter::Value<");
    let value_type = stored.unwrap_or(parameter_type);
    let is_list = value_type.starts_with("CommaDelimitedList") || value_type.starts_with("List<");
    let items: Vec<&str> = if is_list { text.split(',').map(str::trim).collect() } else { vec![text] };
    if stored.is_some() {
        // Constraints are about the key in the parameter store, and this is the value behind it.
        return Ok(if is_list { items.into() } else { text.into() });
    }
    let is_known = matches!(parameter_type, "String" | "Number" | "CommaDelimitedList")
        || parameter_type.starts_with("AWS::")
        || parameter_type.starts_with("List<");
    if !is_known {
        return Err(refuse(format!("Template format error: Unrecognized parameter type: {parameter_type}")));
    }
    for item in &items {
        check_number(name, parameter, item)?;
        check_allowed_values(name, parameter, item)?;
        check_pattern(name, parameter, item)?;
    }
    check_length(name, parameter, text)?;
    Ok(if is_list { items.into() } else { text.into() })
}

/// Says the constraint in the author's words where there are some.
fn broken(parameter: &Parameter, name: &str, otherwise: String) -> ParameterError {
    refuse(match &parameter.constraint_description {
        Some(description) => format!("Parameter {name} failed to satisfy constraint: {description}"),
        None => otherwise,
    })
}

fn check_number(name: &str, parameter: &Parameter, text: &str) -> Result<(), ParameterError> {
    if !matches!(parameter.parameter_type.as_str(), "Number" | "List<Number>") {
        return Ok(());
    }
    let number = text
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| refuse(format!("Parameter '{name}' must be a number.")))?;
    if let Some(least) = number_of(parameter.min_value.as_ref())
        && number < least
    {
        return Err(broken(parameter, name, format!("Parameter '{name}' must be a number not less than {least}")));
    }
    if let Some(greatest) = number_of(parameter.max_value.as_ref())
        && number > greatest
    {
        return Err(broken(
            parameter,
            name,
            format!("Parameter '{name}' must be a number not greater than {greatest}"),
        ));
    }
    Ok(())
}

fn check_allowed_values(name: &str, parameter: &Parameter, text: &str) -> Result<(), ParameterError> {
    let Some(allowed) = &parameter.allowed_values else { return Ok(()) };
    let allowed: Vec<String> = allowed.iter().map(text_of).collect();
    if allowed.iter().any(|value| value == text) {
        return Ok(());
    }
    Err(broken(parameter, name, format!("Parameter '{name}' must be one of AllowedValues: [{}]", allowed.join(", "))))
}

fn check_pattern(name: &str, parameter: &Parameter, text: &str) -> Result<(), ParameterError> {
    let Some(pattern) = &parameter.allowed_pattern else { return Ok(()) };
    let matcher =
        regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build().map_err(|error| {
            refuse(format!("Parameter '{name}' has an AllowedPattern that cannot be read here: {error}"))
        })?;
    if matcher.is_match(text) {
        return Ok(());
    }
    Err(broken(parameter, name, format!("Parameter '{name}' must match pattern {pattern}")))
}

fn check_length(name: &str, parameter: &Parameter, text: &str) -> Result<(), ParameterError> {
    let length = text.chars().count();
    if let Some(least) = count_of(parameter.min_length.as_ref())
        && length < least
    {
        return Err(broken(parameter, name, format!("Parameter '{name}' must contain at least {least} characters")));
    }
    if let Some(greatest) = count_of(parameter.max_length.as_ref())
        && length > greatest
    {
        return Err(broken(parameter, name, format!("Parameter '{name}' must contain at most {greatest} characters")));
    }
    Ok(())
}

/// Numbers may stand as numbers or as strings in a template.
fn number_of(value: Option<&Value>) -> Option<f64> {
    text_of(value?).trim().parse().ok()
}

fn count_of(value: Option<&Value>) -> Option<usize> {
    text_of(value?).trim().parse().ok()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Parameter {
    /// Text of the default, if there is one.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        self.default.as_ref().map(text_of)
    }

    /// True when the value must never be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.no_echo.as_ref().is_some_and(|flag| text_of(flag).eq_ignore_ascii_case("true"))
    }
}

//! Secrets that stand where they can be read: in environment variables and in outputs.

use serde_json::Value;

use super::reader::{Guards, Reader};
use super::statement::Place;
use super::{Broadening, Sides};
use crate::template::{Parameter, Target, function_of, references_of};

/// Parts of names that secrets have.
const NAMES: [&str; 11] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "accesskey",
    "credential",
    "clientsecret",
    "passphrase",
    "signingkey",
];

/// Ends of names that tell where a secret is, not what it is.
const PLACES: [&str; 12] =
    ["arn", "name", "id", "url", "uri", "path", "ttl", "expiry", "seconds", "prefix", "parameter", "version"];

/// Beginnings of texts that are keys of well-known services.
const KEYS: [&str; 8] = ["AKIA", "ASIA", "-----BEGIN", "ghp_", "github_pat_", "xoxb-", "sk_live_", "glpat-"];

pub(super) fn broadening(sides: &Sides<'_>) -> Vec<Broadening> {
    let mut found = Vec::new();
    for id in sides.new.template.resources.keys() {
        let before: Vec<Variable<'_>> = sides.before(id).map(variables).unwrap_or_default();
        let after = sides.new.template.resources.get(id).map(variables).unwrap_or_default();
        for variable in after {
            let is_old = before.iter().any(|old| old.name == variable.name && old.value == variable.value);
            let plain: Vec<&str> = sides
                .new
                .branches(variable.value, &Guards::new())
                .into_iter()
                .filter_map(|(value, _)| value.as_str())
                .collect();
            if !is_old && plain.iter().any(|value| looks_secret(variable.name, value)) {
                let what = format!("shows what looks like a secret to whoever may read `{}`", variable.name);
                found.push(Broadening::wider(&Place::new(id, variable.path), what));
            }
        }
    }
    outputs(sides, &mut found);
    parameters(sides, &mut found);
    found
}

/// An environment variable.
struct Variable<'a> {
    name: &'a str,
    value: &'a Value,
    path: String,
}

fn variables(resource: &crate::template::Resource) -> Vec<Variable<'_>> {
    let properties = &resource.properties;
    let mut found = Vec::new();
    if let Some(variables) = properties.pointer("/Environment/Variables").and_then(Value::as_object)
        && function_of(variables).is_none()
    {
        found.extend(variables.iter().map(|(name, value)| Variable {
            name,
            value,
            path: format!("Properties.Environment.Variables.{name}"),
        }));
    }
    let containers = properties.get("ContainerDefinitions").and_then(Value::as_array);
    for (index, container) in containers.into_iter().flatten().enumerate() {
        let path = format!("Properties.ContainerDefinitions[{index}].Environment");
        found.extend(pairs(container.get("Environment"), &path));
    }
    let listed = properties.pointer("/Environment/EnvironmentVariables");
    found.extend(pairs(listed, "Properties.Environment.EnvironmentVariables"));
    found
}

/// A list of names and values. One that names a place where the value is kept shows nothing.
fn pairs<'a>(list: Option<&'a Value>, path: &str) -> Vec<Variable<'a>> {
    let items = list.and_then(Value::as_array).into_iter().flatten().enumerate();
    let variables = items.filter_map(|(index, item)| {
        if item.get("Type").is_some_and(|kind| kind != "PLAINTEXT") {
            return None;
        }
        Some(Variable {
            name: item.get("Name")?.as_str()?,
            value: item.get("Value")?,
            path: format!("{path}[{index}]"),
        })
    });
    variables.collect()
}

fn looks_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || value.contains("{{resolve:") || value.starts_with("arn:") {
        return false;
    }
    let has_password = value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        authority
            .split_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, word)| !word.is_empty()))
    });
    if has_password || KEYS.iter().any(|key| value.starts_with(key)) {
        return true;
    }
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is_place =
        PLACES.iter().any(|place| letters.ends_with(place)) || value.starts_with('/') || value.contains("://");
    let is_switch = matches!(value, "true" | "false" | "0" | "1") || value.parse::<f64>().is_ok();
    NAMES.iter().any(|part| letters.contains(part)) && !is_place && !is_switch
}

/// Outputs that show a parameter that must not be shown.
fn outputs(sides: &Sides<'_>, found: &mut Vec<Broadening>) {
    for (name, output) in &sides.new.template.outputs {
        let before =
            sides.old.template.outputs.get(name).map(|output| shown(sides.old, &output.value)).unwrap_or_default();
        for parameter in shown(sides.new, &output.value) {
            if !before.contains(&parameter) {
                let what = format!("shows the secret parameter `{parameter}`");
                found.push(Broadening::wider(&Place::new(name, "Outputs.Value"), what));
            }
        }
    }
}

fn shown(reader: &Reader<'_>, value: &Value) -> Vec<String> {
    let parameters = &reader.template.parameters;
    let named = references_of(value, "").into_iter().filter_map(|reference| match reference.target {
        Target::Name(name) if parameters.get(&name).is_some_and(Parameter::is_secret) => Some(name),
        _ => None,
    });
    named.collect()
}

/// Parameters that were not to be shown and now are.
fn parameters(sides: &Sides<'_>, found: &mut Vec<Broadening>) {
    for (name, parameter) in &sides.new.template.parameters {
        let was_secret = sides.old.template.parameters.get(name).is_some_and(Parameter::is_secret);
        if was_secret && !parameter.is_secret() {
            found.push(Broadening::wider(
                &Place::new(name, "Parameters.NoEcho"),
                "is shown to whoever may read the stack",
            ));
        }
    }
}

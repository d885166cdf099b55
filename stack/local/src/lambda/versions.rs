//! Published versions of functions, and the aliases that name them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::function::{
    Alias, Configuration, Function, LATEST, conflict, invalid, missing, not_found, stale, validation,
};
use super::manage::check_revision;
use super::reference::{is_alias, is_word};
use super::{Lambda, Reference};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::text;

impl Lambda {
    /// Freezes settings and code under the next number; nothing new since the last version gives that one.
    pub(super) fn publish(&self, cloud: &Cloud, name: &str, input: &Value) -> Result<Configuration, ServiceError> {
        self.change(cloud, name, |function| {
            check_revision(&function.latest, input)?;
            if let Some(given) = text(input, "CodeSha256") {
                let current = STANDARD.encode(hex::decode(&function.latest.code).unwrap_or_default());
                if given != current {
                    return Err(invalid(format!(
                        "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
                    )));
                }
            }
            if let Some(last) = function.versions.last()
                && last.is_same(&function.latest)
            {
                return Ok(last.clone());
            }
            function.last_version += 1;
            let mut version = function.latest.clone();
            version.touch();
            version.version = function.last_version.to_string();
            if let Some(description) = text(input, "Description") {
                description.clone_into(&mut version.description);
            }
            function.versions.push(version.clone());
            Ok(version)
        })
    }

    /// Removes a published version that no alias needs.
    pub(super) async fn delete_version(
        &self,
        cloud: &Arc<Cloud>,
        name: &str,
        version: &str,
    ) -> Result<(), ServiceError> {
        let retired = self.change(cloud, name, |function| {
            let users: Vec<&str> = function
                .aliases
                .values()
                .filter(|alias| {
                    alias.version == version || alias.additional.as_ref().is_some_and(|(one, _)| one == version)
                })
                .map(|alias| alias.name.as_str())
                .collect();
            if !users.is_empty() {
                return Err(conflict(format!(
                    "Unable to delete version because the following aliases reference it: [{}]",
                    users.join(", ")
                )));
            }
            let at = function.versions.iter().position(|one| one.version == version);
            let at = at.ok_or_else(|| not_found(&function.arn(Some(version))))?;
            forget(function, version);
            Ok(function.versions.remove(at).revision)
        })?;
        self.pool(name).retire(&retired).await;
        Ok(())
    }

    /// Makes an alias. `input` has the members of `CreateAlias`.
    pub(super) fn create_alias(&self, cloud: &Cloud, name: &str, input: &Value) -> Result<Alias, ServiceError> {
        let alias_name = text(input, "Name").ok_or_else(|| missing("name"))?;
        if alias_name.len() > 128 || !is_word(alias_name) || !is_alias(alias_name) {
            return Err(validation(
                alias_name,
                "name",
                "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
            ));
        }
        let version = text(input, "FunctionVersion").ok_or_else(|| missing("functionVersion"))?;
        let arn = Reference { name: name.to_owned(), qualifier: Some(version.to_owned()) }.arn(&cloud.region);
        if self.configuration(name, None).is_none() {
            return Err(not_found(&arn));
        }
        self.change(cloud, name, |function| {
            if function.aliases.contains_key(alias_name) {
                return Err(conflict(format!("Alias already exists: {}", function.arn(Some(alias_name)))));
            }
            let mut alias = Alias {
                name: alias_name.to_owned(),
                version: version.to_owned(),
                description: String::new(),
                additional: None,
                revision: String::new(),
            };
            change_alias(function, &mut alias, input)?;
            function.aliases.insert(alias_name.to_owned(), alias.clone());
            Ok(alias)
        })
    }

    /// Changes what `input` has of an alias. The next call goes where it points then.
    pub(super) fn update_alias(
        &self,
        cloud: &Cloud,
        name: &str,
        alias_name: &str,
        input: &Value,
    ) -> Result<Alias, ServiceError> {
        self.change(cloud, name, |function| {
            let Some(mut alias) = function.aliases.get(alias_name).cloned() else {
                return Err(ServiceError::not_found(
                    "ResourceNotFoundException",
                    format!("Alias not found: {}", function.arn(Some(alias_name))),
                ));
            };
            if text(input, "RevisionId").is_some_and(|revision| revision != alias.revision) {
                return Err(stale("GetFunction/GetAlias"));
            }
            change_alias(function, &mut alias, input)?;
            function.aliases.insert(alias_name.to_owned(), alias.clone());
            Ok(alias)
        })
    }

    /// An alias.
    pub(super) fn alias(&self, cloud: &Cloud, name: &str, alias: &str) -> Result<Alias, ServiceError> {
        let function = self.function(cloud, name)?;
        function.aliases.get(alias).cloned().ok_or_else(|| no_alias(&function.arn(Some(alias))))
    }

    /// Removes an alias with what belongs to it. One that is not there is fine, as on AWS.
    pub(super) fn delete_alias(&self, cloud: &Cloud, name: &str, alias: &str) -> Result<(), ServiceError> {
        self.change(cloud, name, |function| {
            if function.aliases.remove(alias).is_some() {
                forget(function, alias);
            }
            Ok(())
        })
    }
}

/// The alias is not there.
pub(super) fn no_alias(arn: &str) -> ServiceError {
    ServiceError::not_found("ResourceNotFoundException", format!("Cannot find alias arn: {arn}"))
}

/// Removes what belongs to a version or alias that goes.
fn forget(function: &mut Function, qualifier: &str) {
    let arn = function.arn(Some(qualifier));
    function.policy.retain(|statement| statement["Resource"] != arn.as_str());
    function.event_invoke_configs.remove(qualifier);
    function.provisioned.remove(qualifier);
}

fn change_alias(function: &Function, alias: &mut Alias, input: &Value) -> Result<(), ServiceError> {
    if let Some(version) = text(input, "FunctionVersion") {
        function.version(version).ok_or_else(|| not_found(&function.arn(Some(version))))?;
        version.clone_into(&mut alias.version);
    }
    if let Some(description) = text(input, "Description") {
        description.clone_into(&mut alias.description);
    }
    if let Some(routing) = input.get("RoutingConfig") {
        alias.additional = additional(routing.get("AdditionalVersionWeights").unwrap_or(&Value::Null))?;
    }
    if let Some((version, _)) = &alias.additional {
        if *version == alias.version {
            return Err(invalid(format!(
                "Invalid function version {version}. Function version {version} is already included in routing configuration."
            )));
        }
        if alias.version == LATEST {
            return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
        }
        function.version(version).ok_or_else(|| not_found(&function.arn(Some(version))))?;
    }
    alias.revision = uuid::Uuid::new_v4().to_string();
    Ok(())
}

/// The one other version of `AdditionalVersionWeights` with its share: a map in the API, a list in a template.
fn additional(weights: &Value) -> Result<Option<(String, f64)>, ServiceError> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let pairs: Vec<(String, f64)> = match weights {
        Value::Object(members) => {
            members.iter().map(|(version, weight)| (version.clone(), number(weight).unwrap_or(-1.0))).collect()
        }
        Value::Array(entries) => entries
            .iter()
            .map(|entry| {
                let weight = entry.get("FunctionWeight").and_then(number).unwrap_or(-1.0);
                (text(entry, "FunctionVersion").unwrap_or_default().to_owned(), weight)
            })
            .collect(),
        _ => Vec::new(),
    };
    if pairs.len() > 1 {
        return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let Some((version, weight)) = pairs.into_iter().next() else { return Ok(None) };
    let refuse = |constraint: &str| {
        Err(validation(&format!("{{{version}={weight:?}}}"), "routingConfig.additionalVersionWeights", constraint))
    };
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
        );
    }
    if !(0.0..=1.0).contains(&weight) {
        return refuse(
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
        );
    }
    Ok(Some((version, weight)))
}

/// `AdditionalVersionWeights` as the API shows it.
pub(super) fn weights(alias: &Alias) -> Option<Map<String, Value>> {
    alias.additional.as_ref().map(|(version, weight)| Map::from_iter([(version.clone(), Value::from(*weight))]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weights_are_read_from_the_api_and_from_templates() {
        let expected = Some(("2".to_owned(), 0.2));
        assert_eq!(additional(&json!({"2": 0.2})).unwrap(), expected);
        assert_eq!(additional(&json!([{"FunctionVersion": "2", "FunctionWeight": "0.2"}])).unwrap(), expected);
        assert_eq!(additional(&json!({})).unwrap(), None);
        for (weights, part) in [
            (json!({"2": 0.1, "3": 0.1}), "cannot be greater than 1"),
            (json!({"2": 2.0}), "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights'"),
            (json!({"$LATEST": 0.5}), "Value '{$LATEST=0.5}'"),
            (json!([{"FunctionVersion": "2"}]), "greater than or equal to 0.0"),
        ] {
            let refusal = additional(&weights).unwrap_err();
            assert!(refusal.message.contains(part), "{}", refusal.message);
        }
    }
}

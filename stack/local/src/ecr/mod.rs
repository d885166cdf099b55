//! ECR: repositories with their policies, recorded. There is no registry behind them: nothing can be pushed or pulled.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records};
use crate::wire::ServiceError;

pub(crate) mod api;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

const REPOSITORY: &str = "Repository";

/// State of the service.
pub(crate) struct Ecr {
    records: Records,
}

impl Ecr {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { records: Records::open(data_directory, "ecr")? })
    }

    /// A repository by name.
    fn repository(&self, region: &str, name: &str) -> Result<Record, ServiceError> {
        self.records.get(region, REPOSITORY, name).ok_or_else(|| missing(name))
    }

    /// Makes a repository from properties in the form of the template.
    fn create(
        &self,
        cloud: &Cloud,
        region: &str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let name = properties["RepositoryName"].as_str().unwrap_or_default();
        check(name, properties)?;
        let record = Record::new(REPOSITORY, name, region, properties)
            .with("Arn", format!("arn:aws:ecr:{region}:{}:repository/{name}", cloud.account))
            .with("RepositoryUri", format!("{}/{name}", registry(cloud, region)))
            .tagged(tags);
        self.records.change(|table| {
            if table.get(region, REPOSITORY, name).is_some() {
                return Err(refused(
                    "RepositoryAlreadyExistsException",
                    format!(
                        "The repository with name '{name}' already exists in the registry with id '{}'",
                        cloud.account
                    ),
                ));
            }
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Changes a repository.
    fn change(&self, region: &str, name: &str, change: impl FnOnce(&mut Record)) -> Result<Record, ServiceError> {
        self.records.change(|table| {
            let record = table.get_mut(region, REPOSITORY, name).ok_or_else(|| missing(name))?;
            change(record);
            check(name, &Value::Object(record.properties.clone()))?;
            Ok(record.clone())
        })
    }

    /// Removes a repository.
    fn remove(&self, region: &str, name: &str) -> Result<Record, ServiceError> {
        self.records.change(|table| table.remove(region, REPOSITORY, name).ok_or_else(|| missing(name)))
    }

    /// `(ARN, tags)` of the repositories of a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, BTreeMap<String, String>)> {
        self.records.tagged_arns(region, "Arn")
    }
}

/// Where images would be.
fn registry(cloud: &Cloud, region: &str) -> String {
    format!("{}.dkr.ecr.{region}.amazonaws.com", cloud.account)
}

fn refused(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(code, message)
}

fn missing(name: &str) -> ServiceError {
    refused(
        "RepositoryNotFoundException",
        format!(
            "The repository with name '{name}' does not exist in the registry with id '{}'",
            crate::settings::DEFAULT_ACCOUNT
        ),
    )
}

fn check(name: &str, properties: &Value) -> Result<(), ServiceError> {
    let is_part = |part: &str| {
        let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        edge(part.bytes().next()) && edge(part.bytes().last()) && part.bytes().all(inner)
    };
    if !(2..=256).contains(&name.len()) || !name.split('/').all(is_part) {
        return Err(refused(
            "InvalidParameterException",
            format!(
                "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'' (`{name}`)"
            ),
        ));
    }
    match properties["ImageTagMutability"].as_str().unwrap_or("MUTABLE") {
        "MUTABLE" | "IMMUTABLE" | "IMMUTABLE_WITH_EXCLUSION" | "MUTABLE_WITH_EXCLUSION" => {}
        other => {
            return Err(refused("InvalidParameterException", format!("`{other}` is no way in which tags may change")));
        }
    }
    if let Some(text) = properties["LifecyclePolicy"]["LifecyclePolicyText"].as_str() {
        check_lifecycle(text)?;
    }
    Ok(())
}

/// Refuses a policy that ECR would: rules need priorities of their own, a selection and an action.
fn check_lifecycle(text: &str) -> Result<(), ServiceError> {
    let wrong = |why: &str| {
        refused(
            "InvalidParameterException",
            format!(
                "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: {why}'"
            ),
        )
    };
    let policy: Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let rules = policy["rules"]
        .as_array()
        .filter(|rules| !rules.is_empty())
        .ok_or_else(|| wrong("object has missing required properties ([\"rules\"])"))?;
    let mut priorities = std::collections::BTreeSet::new();
    for rule in rules {
        let priority = rule["rulePriority"]
            .as_u64()
            .filter(|priority| *priority > 0)
            .ok_or_else(|| wrong("a rule needs a rulePriority of 1 or more"))?;
        if !priorities.insert(priority) {
            return Err(wrong("Duplicate rulePriority found"));
        }
        if !rule["selection"]["tagStatus"].is_string() || !rule["selection"]["countType"].is_string() {
            return Err(wrong("a rule needs a selection with tagStatus and countType"));
        }
        if rule["action"]["type"] != "expire" && rule["action"]["type"] != "transition" {
            return Err(wrong("a rule needs an action of the type `expire` or `transition`"));
        }
    }
    Ok(())
}

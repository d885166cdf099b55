//! `CodeBuild`, `CodePipeline` and `CodeConnections`: recorded. Nothing is built or run: that takes containers.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records};
use crate::wire::ServiceError;

pub(crate) mod build;
pub(crate) mod connections;
pub(crate) mod pipeline;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connection,
    Pipeline,
    Project,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "Connection",
            Self::Pipeline => "Pipeline",
            Self::Project => "Project",
        }
    }

    /// The property that names it.
    fn name_property(self) -> &'static str {
        if self == Self::Connection { "ConnectionName" } else { "Name" }
    }

    fn arn(self, cloud: &Cloud, region: &str, name: &str) -> String {
        let account = &cloud.account;
        match self {
            Self::Connection => format!("arn:aws:codeconnections:{region}:{account}:connection/{name}"),
            Self::Pipeline => format!("arn:aws:codepipeline:{region}:{account}:{name}"),
            Self::Project => format!("arn:aws:codebuild:{region}:{account}:project/{name}"),
        }
    }

    fn missing(self, name: &str) -> ServiceError {
        let refuse = |code, message| ServiceError::bad_request(code, message);
        match self {
            Self::Connection => refuse("ResourceNotFoundException", format!("Connection not found: {name}")),
            Self::Pipeline => {
                refuse("PipelineNotFoundException", format!("Account does not have a pipeline with name '{name}'"))
            }
            Self::Project => refuse("ResourceNotFoundException", format!("Project cannot be found: {name}")),
        }
    }

    fn taken(self, name: &str) -> ServiceError {
        let code = match self {
            Self::Connection | Self::Project => "ResourceAlreadyExistsException",
            Self::Pipeline => "PipelineNameInUseException",
        };
        ServiceError::bad_request(code, format!("{} already exists: {name}", self.as_str()))
    }
}

/// State of the three services.
pub(crate) struct Code {
    records: Records,
}

impl Code {
    /// Opens the services; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { records: Records::open(data_directory, "code")? })
    }

    /// One by id: the name, the ARN of connections.
    fn get(&self, region: &str, kind: Kind, id: &str) -> Result<Record, ServiceError> {
        self.records.get(region, kind.as_str(), id).ok_or_else(|| kind.missing(id))
    }

    /// Makes one from properties in the form of the template.
    fn create(
        &self,
        cloud: &Cloud,
        region: &str,
        kind: Kind,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        let name = properties[kind.name_property()].as_str().unwrap_or_default();
        check(kind, name, properties)?;
        let record = match kind {
            Kind::Connection => {
                let arn = kind.arn(cloud, region, &uuid::Uuid::new_v4().to_string());
                Record::new(kind.as_str(), &arn, region, properties)
                    .with("ConnectionArn", arn)
                    .with("ConnectionStatus", "PENDING")
                    .with("OwnerAccountId", cloud.account.clone())
            }
            Kind::Pipeline => Record::new(kind.as_str(), name, region, properties).with("Version", "1"),
            Kind::Project => Record::new(kind.as_str(), name, region, properties),
        };
        let record = match kind {
            Kind::Connection => record,
            Kind::Pipeline | Kind::Project => record.with("Arn", kind.arn(cloud, region, name)),
        };
        let record = record.tagged(tags);
        self.records.change(|table| {
            if table.list(region, kind.as_str()).any(|other| other.text(kind.name_property()) == name) {
                return Err(kind.taken(name));
            }
            table.put(record.clone());
            Ok(record)
        })
    }

    /// Writes one anew.
    fn update(
        &self,
        region: &str,
        kind: Kind,
        id: &str,
        properties: &Value,
        tags: BTreeMap<String, String>,
    ) -> Result<Record, ServiceError> {
        check(kind, properties[kind.name_property()].as_str().unwrap_or_default(), properties)?;
        self.records.change(|table| {
            let record = table.get_mut(region, kind.as_str(), id).ok_or_else(|| kind.missing(id))?;
            record.describe(properties, tags);
            if kind == Kind::Pipeline {
                let version = record.attribute("Version").parse::<u64>().unwrap_or(0) + 1;
                record.attributes.insert("Version".to_owned(), version.to_string().into());
            }
            Ok(record.clone())
        })
    }

    /// Removes one.
    fn remove(&self, region: &str, kind: Kind, id: &str) -> Result<Record, ServiceError> {
        self.records.change(|table| table.remove(region, kind.as_str(), id).ok_or_else(|| kind.missing(id)))
    }

    /// `(ARN, tags)` of everything in a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, BTreeMap<String, String>)> {
        ["Arn", "ConnectionArn"].iter().flat_map(|attribute| self.records.tagged_arns(region, attribute)).collect()
    }
}

/// Types of providers that connections lead to.
const PROVIDERS: [&str; 6] =
    ["AzureDevOps", "Bitbucket", "GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged"];

fn check(kind: Kind, name: &str, properties: &Value) -> Result<(), ServiceError> {
    let wrong = |message: String| {
        let code = if kind == Kind::Project { "InvalidInputException" } else { "ValidationException" };
        ServiceError::bad_request(code, message)
    };
    let longest = match kind {
        Kind::Connection => 32,
        Kind::Pipeline => 100,
        Kind::Project => 255,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if name.is_empty() || name.len() > longest || !name.bytes().all(allowed) {
        return Err(wrong(format!(
            "`{name}` is no name of a {}: 1 to {longest} letters, digits and . @ - _",
            kind.as_str().to_lowercase()
        )));
    }
    match kind {
        Kind::Connection => match properties["ProviderType"].as_str() {
            Some(provider) if PROVIDERS.contains(&provider) => Ok(()),
            None if properties["HostArn"].is_string() => Ok(()),
            other => {
                Err(wrong(format!("`{}` is no provider: one of {}", other.unwrap_or_default(), PROVIDERS.join(", "))))
            }
        },
        Kind::Project => {
            ["ServiceRole", "Source", "Artifacts", "Environment"].iter().try_for_each(|name| match &properties[*name] {
                Value::Null => Err(wrong(format!("Invalid project: {name} is required"))),
                _ => Ok(()),
            })
        }
        Kind::Pipeline => {
            check_stages(properties).map_err(|message| ServiceError::bad_request("InvalidPipelineException", message))
        }
    }
}

/// A pipeline has two stages or more; its first has source actions, and no other.
fn check_stages(properties: &Value) -> Result<(), String> {
    if !properties["RoleArn"].is_string() {
        return Err("the pipeline needs a role".to_owned());
    }
    let stages = properties["Stages"].as_array().map_or(&[][..], Vec::as_slice);
    if stages.len() < 2 {
        return Err("Pipeline has fewer than 2 stages".to_owned());
    }
    let mut names = std::collections::BTreeSet::new();
    for (index, stage) in stages.iter().enumerate() {
        let name = stage["Name"].as_str().unwrap_or_default();
        if !names.insert(name) {
            return Err(format!("Stage name must be unique: {name}"));
        }
        let actions = stage["Actions"].as_array().map_or(&[][..], Vec::as_slice);
        if actions.is_empty() {
            return Err(format!("Stage {name} has no actions"));
        }
        for action in actions {
            let is_source = action["ActionTypeId"]["Category"] == "Source";
            if is_source != (index == 0) {
                return Err(format!(
                    "Pipeline stage {name}: the first stage has source actions only, and no other stage has one"
                ));
            }
        }
    }
    Ok(())
}

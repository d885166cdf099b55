//! ECS: clusters and services of Express Mode, recorded. No container is run, so a service's endpoint answers nobody.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::records::{Record, Records, random_hex};
use crate::wire::ServiceError;

pub(crate) mod api;
pub(crate) mod resources;
#[cfg(test)]
mod tests;

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cluster,
    ExpressGatewayService,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::ExpressGatewayService => "ExpressGatewayService",
        }
    }

    /// The property that names it.
    fn name_property(self) -> &'static str {
        if self == Self::Cluster { "ClusterName" } else { "ServiceName" }
    }

    fn missing(self, id: &str) -> ServiceError {
        match self {
            Self::Cluster => ServiceError::bad_request("ClusterNotFoundException", format!("Cluster not found: {id}")),
            Self::ExpressGatewayService => {
                ServiceError::bad_request("ServiceNotFoundException", format!("Service not found: {id}"))
            }
        }
    }
}

/// State of the service.
pub(crate) struct Ecs {
    records: Records,
}

impl Ecs {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { records: Records::open(data_directory, "ecs")? })
    }

    /// A cluster by name, a service by ARN.
    fn get(&self, region: &str, kind: Kind, id: &str) -> Result<Record, ServiceError> {
        let id = if kind == Kind::Cluster { id.rsplit('/').next().unwrap_or(id) } else { id };
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
        let name = properties[kind.name_property()].as_str().unwrap_or("default");
        let wrong = |message: &str| ServiceError::bad_request("InvalidParameterException", message);
        let account = &cloud.account;
        let record = match kind {
            Kind::Cluster => Record::new(kind.as_str(), name, region, properties)
                .with("Arn", format!("arn:aws:ecs:{region}:{account}:cluster/{name}")),
            Kind::ExpressGatewayService => {
                for required in ["ExecutionRoleArn", "InfrastructureRoleArn"] {
                    if !properties[required].is_string() {
                        return Err(wrong(&format!("{required} must be given")));
                    }
                }
                if !properties["PrimaryContainer"]["Image"].is_string() {
                    return Err(wrong("PrimaryContainer.Image must be given"));
                }
                let cluster = properties["Cluster"].as_str().unwrap_or("default");
                let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
                if cluster != "default" {
                    self.get(region, Kind::Cluster, cluster)?;
                }
                let arn = format!("arn:aws:ecs:{region}:{account}:service/{cluster}/{name}");
                Record::new(kind.as_str(), &arn, region, properties)
                    .with("ServiceArn", arn)
                    .with("Endpoint", format!("https://{}.ecs.{region}.on.aws", random_hex(32)))
            }
        };
        let record = record.tagged(tags);
        self.records.change(|table| {
            if table.get(region, kind.as_str(), &record.id).is_some() {
                return match kind {
                    // Clusters are made as often as one likes.
                    Kind::Cluster => Ok(record),
                    Kind::ExpressGatewayService => Err(wrong("Creation of service was not idempotent.")),
                };
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
        self.records.change(|table| {
            let record = table.get_mut(region, kind.as_str(), id).ok_or_else(|| kind.missing(id))?;
            record.describe(properties, tags);
            Ok(record.clone())
        })
    }

    /// Removes one; a cluster that has services stays.
    fn remove(&self, region: &str, kind: Kind, id: &str) -> Result<Record, ServiceError> {
        self.records.change(|table| {
            let in_cluster = format!(":service/{id}/");
            if kind == Kind::Cluster
                && table
                    .list(region, Kind::ExpressGatewayService.as_str())
                    .any(|service| service.id.contains(&in_cluster))
            {
                return Err(ServiceError::bad_request(
                    "ClusterContainsServicesException",
                    "The Cluster cannot be deleted while Services are active.",
                ));
            }
            table.remove(region, kind.as_str(), id).ok_or_else(|| kind.missing(id))
        })
    }

    /// `(ARN, tags)` of everything in a region.
    pub(crate) fn tagged(&self, region: &str) -> Vec<(String, BTreeMap<String, String>)> {
        ["Arn", "ServiceArn"].iter().flat_map(|attribute| self.records.tagged_arns(region, attribute)).collect()
    }
}

//! Provisioned concurrency: instances of a version or alias that are started before anybody calls.

use std::sync::Arc;

use serde_json::Value;

use super::function::{Configuration, Function, LATEST, Provisioned, conflict, invalid, missing, not_found};
use super::reference::is_alias;
use super::settings::between;
use super::versions::no_alias;
use super::{Lambda, Reference};
use crate::cloud::Cloud;
use crate::wire::ServiceError;

/// Most instances that are started beforehand on this machine; more is recorded and started by calls.
const STARTED: u32 = 10;

impl Lambda {
    /// Records how many instances are to be ready, and starts them in the background.
    pub(super) fn put_provisioned(
        &self,
        cloud: &Arc<Cloud>,
        reference: &Reference,
        input: &Value,
    ) -> Result<Provisioned, ServiceError> {
        let qualifier = reference.qualifier.as_deref().ok_or_else(|| missing("qualifier"))?;
        let requested =
            input.get("ProvisionedConcurrentExecutions").ok_or_else(|| missing("provisionedConcurrentExecutions"))?;
        let requested = between("provisionedConcurrentExecutions", requested, 1, u32::MAX)?;
        if qualifier == LATEST {
            return Err(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
        }
        let (provisioned, configuration) = self.change(cloud, &reference.name, |function| {
            let configuration = existing(function, qualifier)?.clone();
            if is_alias(qualifier) && function.provisioned.contains_key(&configuration.version) {
                return Err(conflict(
                    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
                ));
            }
            let points_here = |alias: &String| {
                function.aliases.get(alias).is_some_and(|alias| alias.version == configuration.version)
            };
            if !is_alias(qualifier) && function.provisioned.keys().any(points_here) {
                return Err(conflict("Version is pointed by a Provisioned Concurrency alias"));
            }
            let others: u32 =
                function.provisioned.iter().filter(|(name, _)| *name != qualifier).map(|(_, one)| one.requested).sum();
            if function.reserved_concurrency.is_some_and(|reserved| others.saturating_add(requested) > reserved) {
                return Err(invalid(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
                ));
            }
            let provisioned = Provisioned { requested, modified: crate::logs::now() };
            function.provisioned.insert(qualifier.to_owned(), provisioned.clone());
            Ok((provisioned, configuration))
        })?;
        let cloud = Arc::clone(cloud);
        tokio::spawn(async move { cloud.lambda.warm_up(&cloud, &configuration, requested.min(STARTED)).await });
        Ok(provisioned)
    }

    /// What was recorded, and how many of the instances are ready.
    pub(super) fn provisioned(&self, cloud: &Cloud, reference: &Reference) -> Result<(Provisioned, u32), ServiceError> {
        let function = self.function_of_provisioned(cloud, reference)?;
        let qualifier = reference.qualifier.as_deref().unwrap_or(LATEST);
        if qualifier == LATEST {
            return Err(invalid("The function resource provided must be an alias or a published version."));
        }
        let configuration = existing(&function, qualifier)?;
        let provisioned = function.provisioned.get(qualifier).cloned().ok_or_else(none_recorded)?;
        let ready = self.pool(&reference.name).alive(&configuration.revision);
        let ready = u32::try_from(ready).unwrap_or(u32::MAX);
        // What is beyond the limit of this machine counts as ready: a call starts it.
        let ready = if ready >= provisioned.requested.min(STARTED) { provisioned.requested } else { ready };
        Ok((provisioned, ready))
    }

    /// Forgets it. Instances that run end when they have been idle.
    pub(super) fn delete_provisioned(&self, cloud: &Cloud, reference: &Reference) -> Result<(), ServiceError> {
        let qualifier = reference.qualifier.as_deref().ok_or_else(|| missing("qualifier"))?;
        self.function(cloud, &reference.name).map_err(|_| not_found(&reference.arn(&cloud.region)))?;
        let revision = self.change(cloud, &reference.name, |function| {
            function.provisioned.remove(qualifier);
            Ok(function.resolve(Some(qualifier), 1.0).map(|configuration| configuration.revision.clone()))
        })?;
        if let Some(revision) = revision {
            self.pool(&reference.name).release(&revision);
        }
        Ok(())
    }

    fn function_of_provisioned(&self, cloud: &Cloud, reference: &Reference) -> Result<Function, ServiceError> {
        let absent = |_| {
            let arn = reference.arn(&cloud.region);
            if reference.alias().is_some() { no_alias(&arn) } else { not_found(&arn) }
        };
        self.function(cloud, &reference.name).map_err(absent)
    }
}

/// The version that a qualifier means.
fn existing<'a>(function: &'a Function, qualifier: &str) -> Result<&'a Configuration, ServiceError> {
    let arn = function.arn(Some(qualifier));
    let found = function.resolve(Some(qualifier), 1.0);
    found.ok_or_else(|| if is_alias(qualifier) { no_alias(&arn) } else { not_found(&arn) })
}

fn none_recorded() -> ServiceError {
    ServiceError::not_found(
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )
}

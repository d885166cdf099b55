//! `stack access`: what functions used of what they are granted, and what they were denied.

use stack_local::DEFAULT_ACCOUNT;
use stack_plan::Plan;

use super::near;
use crate::access::{Identity, Recorded};
use crate::arguments::{AccessArguments, Settings};
use crate::cloud_client;
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::target;

pub(super) fn run(settings: &Settings, arguments: AccessArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let AccessArguments { function, all, parameters } = arguments;
    let plan = files.plan(settings, &parameters.into_map(), Some(DEFAULT_ACCOUNT.to_owned()))?;
    let url = target::local_endpoint(settings, &files, &plan)?;
    let Recorded { enforced, identities } = cloud_client::fetch_access(&url)?;
    let mut identities = identities.into_iter().map(|identity| known(identity, &files, &plan)).collect::<Vec<_>>();
    if !all {
        identities.retain(|identity| is_of(identity, &plan));
        identities.sort_by(|one, other| one.function.cmp(&other.function));
    }
    let mut missing = missing(&identities, &plan);
    if let Some(name) = &function {
        if !missing.contains(name) && !identities.iter().any(|identity| identity.function.as_ref() == Some(name)) {
            return Err(unknown(name, &identities, &missing));
        }
        identities.retain(|identity| identity.function.as_ref() == Some(name));
        missing.retain(|missing| missing == name);
    }
    Ok(Report::Access { stack_name: plan.stack_name, enforced, identities, missing })
}

/// With the name and the place that the project has for its function: the local cloud knows its logical id only.
fn known(mut identity: Identity, files: &ProjectFiles, plan: &Plan) -> Identity {
    if !is_of(&identity, plan) {
        return identity;
    }
    if let Some(logical_id) = &identity.logical_id {
        let artifact = plan.artifacts.iter().find(|artifact| artifact.logical_id == *logical_id);
        identity.function = artifact.map(|artifact| artifact.function.clone()).or(identity.function);
        identity.declared = files.declaration(plan, logical_id);
    }
    identity
}

/// True when it is the role of a function of the project, be it in a companion stack.
fn is_of(identity: &Identity, plan: &Plan) -> bool {
    let companions = plan.companions.iter().map(|companion| &companion.stack_name);
    let mut stacks = std::iter::once(&plan.stack_name).chain(companions);
    identity.stack.as_ref().is_some_and(|stack| stacks.any(|own| own == stack))
}

/// Functions of the project that the local cloud does not have.
fn missing(identities: &[Identity], plan: &Plan) -> Vec<String> {
    let own = || identities.iter().filter(|identity| is_of(identity, plan));
    let is_there = |name: &String| own().any(|identity| identity.function.as_ref() == Some(name));
    let mut missing: Vec<String> = plan.artifacts.iter().map(|artifact| artifact.function.clone()).collect();
    missing.retain(|name| !is_there(name));
    missing.sort_unstable();
    missing
}

fn unknown(name: &str, identities: &[Identity], missing: &[String]) -> CliError {
    let there = identities.iter().filter_map(|identity| identity.function.as_deref());
    let mut names: Vec<&str> = there.chain(missing.iter().map(String::as_str)).collect();
    names.sort_unstable();
    CliError::FunctionUnknown { function: name.to_owned(), help: near(name, &names) }
}

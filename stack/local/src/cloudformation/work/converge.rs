//! Makes and changes resources until the stack is what its definition says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stack_plan::template::{Resource, evaluate};
use tokio::task::JoinSet;

use super::actual::start_from_actual;
use super::change::{deny_removals, update};
use super::graph::Graph;
use super::import::{import, to_import};
use super::outputs::settle_outputs;
use super::provide;
use super::watch::Watcher;
use crate::cloudformation::clock;
use crate::cloudformation::drift::Readings;
use crate::cloudformation::model::{Definition, STACK_TYPE, StackResource};
use crate::cloudformation::operation::{Operation, handler_reason};
use crate::cloudformation::provider::Provisioned;
use crate::cloudformation::scope::{StackIdentity, StackScope, Surroundings};
use crate::cloudformation::specified::{refusal, takes_tags};
use crate::cloudformation::status::ResourceStatus;
use crate::cloudformation::wait::wait_for_creation_policy;

/// Brings the stack to its definition, independent resources side by side. What is no longer wanted is put aside for
/// cleanup. On failure, the reason for the stack's row.
pub(super) async fn converge(operation: &Operation) -> Result<(), String> {
    let stack = operation.look(|stack| {
        let old_tags = stack.previous.as_ref().map(|previous| previous.definition.tags.clone());
        (stack.definition.clone(), stack.name.clone(), stack.region.clone(), old_tags)
    });
    let Some((definition, name, region, old_tags)) = stack else { return Err("the stack is gone".to_owned()) };
    let account = operation.cloud.account.clone();
    let identity = StackIdentity { account: &account, region: &region, name: &name, id: &operation.stack_id };
    let surroundings = operation.cloud.cloudformation.store.read(|state| Surroundings::of(state, &region));
    let mut scope =
        StackScope::new(&definition, identity, surroundings).map_err(|error| format!("{}. ", error.message))?;
    let wanted = scope.wanted().map_err(|error| format!("{}. ", error.message))?;
    let tags_changed = old_tags.is_some_and(|old_tags| old_tags != definition.tags);

    let readings = start_from_actual(operation, &definition, &wanted).await;
    deny_removals(operation, &wanted);
    let differences = Differences { tags_changed, readings };
    let make = make_all(operation, &definition, &wanted, &mut scope, &differences);
    let watcher = Watcher { configuration: &definition.rollback, operation, region: &region };
    watcher.watch(make).await?;
    if !operation.running.is_stopped() {
        watcher.monitor().await?;
    }
    if operation.running.is_stopped() {
        return Err(failure_reason(operation));
    }
    settle_outputs(operation, &definition, &wanted, &scope)
}

/// What makes an operation touch resources that the template says nothing new of.
struct Differences {
    /// The stack's own tags changed.
    tags_changed: bool,
    /// What resources really are, where drift is taken back.
    readings: Option<Readings>,
}

impl Differences {
    /// A row as the operation finds it, before it makes the resource what `row` says.
    fn found(&self, existing: StackResource, row: &StackResource) -> StackResource {
        match &self.readings {
            Some(readings) => {
                StackResource { properties: readings.properties_before(&existing, &row.properties), ..existing }
            }
            None => existing,
        }
    }
}

/// Starts every resource as soon as those that it depends on are there, and waits for all that were started. After a
/// failure or a cancellation nothing new is started; [`Operation::running`] tells which.
async fn make_all(
    operation: &Operation,
    definition: &Definition,
    wanted: &[String],
    scope: &mut StackScope<'_>,
    differences: &Differences,
) {
    let numbers: BTreeMap<&str, usize> = wanted.iter().enumerate().map(|(number, id)| (id.as_str(), number)).collect();
    let dependencies: Vec<BTreeSet<String>> = wanted.iter().map(|id| definition.template.dependencies_of(id)).collect();
    let waits_for = dependencies
        .iter()
        .map(|ids| ids.iter().filter_map(|id| numbers.get(id.as_str()).copied()).collect())
        .collect();
    let mut graph = Graph::new(waits_for);
    let mut tasks: JoinSet<(usize, Option<StackResource>)> = JoinSet::new();
    loop {
        while !operation.running.is_stopped() {
            let Some(number) = graph.next_ready() else { break };
            let Some(resource) = definition.template.resources.get(&wanted[number]) else { continue };
            let row = row_of(&wanted[number], resource, &dependencies[number], scope);
            let existing = operation.look(|stack| stack.resources.get(&wanted[number]).cloned()).flatten();
            let existing = existing.filter(|existing| existing.physical_id.is_some() && !existing.status.is_gone());
            let existing = match &row {
                Ok(row) => existing.map(|existing| differences.found(existing, row)),
                Err(_) => existing,
            };
            match (row, existing) {
                (Err(unevaluated), existing) => {
                    let (row, reason) = *unevaluated;
                    let failed =
                        if existing.is_some() { ResourceStatus::UpdateFailed } else { ResourceStatus::CreateFailed };
                    let mut row = existing.unwrap_or(row);
                    operation.put(&mut row, failed, Some(&reason));
                    operation.stop();
                }
                (Ok(row), Some(existing))
                    if !(differences.tags_changed && takes_tags(&row.resource_type)) && is_same(&existing, &row) =>
                {
                    let row = StackResource {
                        metadata: row.metadata,
                        deletion_policy: row.deletion_policy,
                        update_replace_policy: row.update_replace_policy,
                        dependencies: row.dependencies,
                        ..existing
                    };
                    scope.made.insert(row.logical_id.clone(), made(&row));
                    operation.change(|stack| stack.resources.insert(row.logical_id.clone(), row));
                    graph.complete(number);
                }
                (Ok(row), existing) => {
                    let operation = operation.clone();
                    tasks.spawn(async move { (number, make(&operation, row, existing).await) });
                }
            }
        }
        match tasks.join_next().await {
            None => return,
            Some(Ok((number, Some(row)))) => {
                scope.made.insert(row.logical_id.clone(), made(&row));
                graph.complete(number);
            }
            // A provider that panicked leaves its row in progress; the reason below names it.
            Some(Ok((_, None)) | Err(_)) => operation.stop(),
        }
    }
}

fn made(row: &StackResource) -> Provisioned {
    Provisioned { physical_id: row.physical_id.clone().unwrap_or_default(), attributes: row.attributes.clone() }
}

fn is_same(existing: &StackResource, row: &StackResource) -> bool {
    existing.properties == row.properties
        // The template of a nested stack may have changed at its address.
        && row.resource_type != STACK_TYPE
        && existing.resource_type == row.resource_type
        && matches!(existing.status, ResourceStatus::CreateComplete | ResourceStatus::UpdateComplete | ResourceStatus::ImportComplete)
}

fn empty_row() -> StackResource {
    StackResource {
        logical_id: String::new(),
        resource_type: String::new(),
        physical_id: None,
        attributes: serde_json::Map::new(),
        properties: Value::Object(serde_json::Map::new()),
        metadata: None,
        deletion_policy: None,
        update_replace_policy: None,
        dependencies: BTreeSet::new(),
        status: ResourceStatus::CreateInProgress,
        reason: None,
        changed_at: clock::now(),
        imported: false,
    }
}

/// The row of a resource to be, with its properties evaluated; or, without them, with the reason why they cannot be.
fn row_of(
    logical_id: &str,
    resource: &Resource,
    dependencies: &BTreeSet<String>,
    scope: &StackScope<'_>,
) -> Result<StackResource, Box<(StackResource, String)>> {
    let row = StackResource {
        logical_id: logical_id.to_owned(),
        resource_type: resource.resource_type.clone(),
        metadata: resource.metadata.as_ref().and_then(|metadata| evaluate(metadata, scope).ok()),
        deletion_policy: resource.deletion_policy.clone(),
        update_replace_policy: resource.update_replace_policy.clone(),
        dependencies: dependencies.clone(),
        ..empty_row()
    };
    let no_properties = Value::Object(serde_json::Map::new());
    let written = if resource.properties.is_null() { &no_properties } else { &resource.properties };
    let properties = match evaluate(written, scope) {
        Ok(properties) => properties,
        Err(error) => return Err(Box::new((row, error.message))),
    };
    let row = StackResource { properties, ..row };
    match refusal(logical_id, &row.resource_type, &row.properties) {
        None => Ok(row),
        Some(refusal) => Err(Box::new((row, refusal))),
    }
}

/// Makes or changes one resource and returns its row, `None` when that failed.
async fn make(operation: &Operation, row: StackResource, existing: Option<StackResource>) -> Option<StackResource> {
    let done = match existing {
        None => match to_import(operation, &row.logical_id) {
            Some(physical_id) => import(operation, StackResource { physical_id: Some(physical_id), ..row }).await,
            None => create(operation, row).await,
        },
        Some(existing) => update(operation, row, existing).await,
    };
    if done.is_none() {
        operation.stop();
    }
    done
}

async fn create(operation: &Operation, mut row: StackResource) -> Option<StackResource> {
    operation.put(&mut row, ResourceStatus::CreateInProgress, None);
    let made = provide::create(operation, &row).await;
    // What was told while it was being made.
    row.physical_id = operation.look(|stack| stack.resources.get(&row.logical_id)?.physical_id.clone()).flatten();
    match made {
        Ok(provisioned) => {
            let is_told = row.physical_id.is_some();
            row.physical_id = Some(provisioned.physical_id);
            row.attributes = provisioned.attributes;
            if !is_told {
                operation.put(&mut row, ResourceStatus::CreateInProgress, Some("Resource creation Initiated"));
            }
            operation.save();
            if let Err(reason) = wait_for_creation_policy(operation, &row.logical_id).await {
                operation.put(&mut row, ResourceStatus::CreateFailed, Some(&reason));
                return None;
            }
            if operation.running.is_stopped() {
                operation.put(&mut row, ResourceStatus::CreateFailed, Some("Resource creation cancelled"));
                return None;
            }
            operation.put(&mut row, ResourceStatus::CreateComplete, None);
            Some(row)
        }
        Err(error) => {
            operation.put(&mut row, ResourceStatus::CreateFailed, Some(&handler_reason(&error)));
            None
        }
    }
}

/// `The following resource(s) failed to create: [A, B]. `, or who cancelled.
fn failure_reason(operation: &Operation) -> String {
    let names = |statuses: &[ResourceStatus]| {
        operation
            .look(|stack| {
                let failed = stack.resources.values().filter(|row| statuses.contains(&row.status));
                failed.map(|row| row.logical_id.clone()).collect::<Vec<_>>().join(", ")
            })
            .unwrap_or_default()
    };
    let mut reason = String::new();
    for (verb, statuses) in [
        ("create", [ResourceStatus::CreateFailed, ResourceStatus::CreateInProgress]),
        ("update", [ResourceStatus::UpdateFailed, ResourceStatus::UpdateInProgress]),
        ("import", [ResourceStatus::ImportFailed, ResourceStatus::ImportInProgress]),
    ] {
        let names = names(&statuses);
        if !names.is_empty() {
            reason = format!("{reason}The following resource(s) failed to {verb}: [{names}]. ");
        }
    }
    if reason.is_empty() { "User Initiated".to_owned() } else { reason }
}

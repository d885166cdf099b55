//! Deletes resources, those first that nothing depends on.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::graph::Graph;
use super::provide;
use crate::cloudformation::model::StackResource;
use crate::cloudformation::operation::{Operation, handler_reason};
use crate::cloudformation::status::ResourceStatus;

/// Where the rows of deleted resources are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Among the stack's resources.
    Kept,
    /// In the log only: another resource has the logical id now, or none.
    Logged,
}

/// Deletes `resources`, except those that `keeps` says stay in the account. Returns the logical ids of those that could
/// not be deleted; what they depend on is left alone.
pub(super) async fn remove(
    operation: &Operation,
    resources: Vec<StackResource>,
    rows: Rows,
    keeps: impl Fn(&StackResource) -> bool,
) -> Vec<String> {
    // The other way round than making: a resource waits for all that depend on it.
    let waits_for = resources
        .iter()
        .map(|resource| {
            let depends = |other: &StackResource| {
                other.logical_id != resource.logical_id && other.dependencies.contains(&resource.logical_id)
            };
            (0..resources.len()).filter(|number| depends(&resources[*number])).collect::<BTreeSet<usize>>()
        })
        .collect();
    let mut graph = Graph::new(waits_for);
    let mut tasks: JoinSet<(usize, bool)> = JoinSet::new();
    let mut deleted = BTreeSet::new();
    let mut started = BTreeSet::new();
    loop {
        while let Some(number) = graph.next_ready() {
            let resource = resources[number].clone();
            started.insert(number);
            if keeps(&resource) {
                note(operation, rows, &mut resource.clone(), ResourceStatus::DeleteSkipped, None);
                deleted.insert(number);
                graph.complete(number);
                continue;
            }
            let operation = operation.clone();
            tasks.spawn(async move { (number, delete(&operation, rows, resource).await) });
        }
        match tasks.join_next().await {
            None => break,
            Some(Ok((number, true))) => {
                deleted.insert(number);
                graph.complete(number);
            }
            Some(Ok((_, false)) | Err(_)) => {}
        }
    }
    started.difference(&deleted).map(|number| resources[*number].logical_id.clone()).collect()
}

fn note(operation: &Operation, rows: Rows, row: &mut StackResource, status: ResourceStatus, reason: Option<&str>) {
    match rows {
        Rows::Kept => operation.put(row, status, reason),
        Rows::Logged => operation.log(row, status, reason),
    }
}

async fn delete(operation: &Operation, rows: Rows, mut row: StackResource) -> bool {
    note(operation, rows, &mut row, ResourceStatus::DeleteInProgress, None);
    let refusal = provide::delete(operation, &row).await.err();
    match refusal.map(|error| handler_reason(&error)) {
        None => {
            note(operation, rows, &mut row, ResourceStatus::DeleteComplete, None);
            operation.save();
            true
        }
        Some(reason) => {
            note(operation, rows, &mut row, ResourceStatus::DeleteFailed, Some(&reason));
            false
        }
    }
}

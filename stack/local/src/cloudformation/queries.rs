//! The operations that only look.

use super::api::{Answer, answer};
use super::input::{Call, invalid};
use super::model::{STACK_TYPE, Stack, StackEvent, StackResource};
use super::render::{self, DriftState};
use super::stacks::{no_stack, no_stack_with_id};
use super::work::importers;
use crate::wire::ServiceError;

/// Rows on one page.
const PAGE: usize = 100;

fn page<T>(call: &Call<'_>, items: Vec<T>) -> Result<(Vec<T>, Option<String>), ServiceError> {
    page_of(call, items, PAGE)
}

/// A page of `items`: `size` of those from the number in `NextToken` on, and the token of the next page.
pub(super) fn page_of<T>(
    call: &Call<'_>,
    items: Vec<T>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let start: usize = match call.form.get("NextToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => token.parse().map_err(|_| invalid(format!("Invalid NextToken: {token}")))?,
    };
    let end = start.saturating_add(size);
    let next = (end < items.len()).then(|| end.to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), next))
}

fn read_stack<T>(
    call: &Call<'_>,
    name: &str,
    otherwise: impl FnOnce() -> ServiceError,
    look: impl FnOnce(&Stack) -> T,
) -> Result<T, ServiceError> {
    let found = call.cloud.cloudformation.store.read(|state| state.find(name, &call.region).map(look));
    found.ok_or_else(otherwise)
}

/// `DescribeStacks`: one by name or id, or all live ones, newest first.
pub(super) fn describe_stacks(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let stacks = if call.form.get("StackName").is_some_and(|name| !name.is_empty()) {
        let name = call.stack_name()?;
        vec![read_stack(call, name, || no_stack_with_id(name), Stack::clone)?]
    } else {
        call.cloud.cloudformation.store.read(|state| {
            let mut stacks: Vec<Stack> = state.live(&call.region).cloned().collect();
            stacks.reverse();
            stacks
        })
    };
    let (stacks, next) = page(call, stacks)?;
    answer(move |xml| {
        xml.list("Stacks", &stacks, render::stack);
        xml.optional("NextToken", next);
    })
}

/// `ListStacks`: deleted ones too.
pub(super) fn list_stacks(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let wanted = call.form.list("StackStatusFilter");
    let stacks = call.cloud.cloudformation.store.read(|state| {
        let matches = |stack: &&Stack| {
            stack.region == call.region
                && (wanted.is_empty() || wanted.iter().any(|status| status == stack.status.as_str()))
        };
        let mut stacks: Vec<Stack> = state.stacks.values().filter(matches).cloned().collect();
        stacks.reverse();
        stacks
    });
    let (stacks, next) = page(call, stacks)?;
    answer(move |xml| {
        xml.list("StackSummaries", &stacks, render::stack_summary);
        xml.optional("NextToken", next);
    })
}

/// A page of events, newest first. The token is the number of the next event counted from the oldest, so that events
/// that come in between do not shift the pages.
fn event_page(call: &Call<'_>, mut events: Vec<StackEvent>) -> Result<(Vec<StackEvent>, Option<String>), ServiceError> {
    if let Some(token) = call.form.get("NextToken").filter(|token| !token.is_empty()) {
        let end: usize = token.parse().map_err(|_| invalid(format!("Invalid NextToken: {token}")))?;
        events.truncate(end);
    }
    let start = events.len().saturating_sub(PAGE);
    let mut shown = events.split_off(start);
    shown.reverse();
    Ok((shown, (start > 0).then(|| start.to_string())))
}

/// `DescribeStackEvents`.
pub(super) fn describe_stack_events(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let (id, stack_name, events) = read_stack(
        call,
        name,
        || no_stack(name),
        |stack| (stack.id.clone(), stack.name.clone(), stack.events.clone()),
    )?;
    let (events, next) = event_page(call, events)?;
    answer(move |xml| {
        xml.list("StackEvents", &events, |xml, event| {
            render::event(xml, &id, event);
            xml.text("StackName", &stack_name);
        });
        xml.optional("NextToken", next);
    })
}

/// `DescribeEvents`: the events of operations, by stack, operation or change set. Nothing is validated before it is
/// provisioned here, so a change set has none.
pub(super) fn describe_events(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let failed_only = call.form.flag("Filters.FailedEvents") == Some(true);
    let field = |name: &str| call.form.get(name).filter(|value| !value.is_empty());
    let (stack_name, change_set, operation) = (field("StackName"), field("ChangeSetName"), field("OperationId"));
    if stack_name.is_none() && operation.is_none() && !change_set.is_some_and(|name| name.starts_with("arn:")) {
        return Err(invalid("Either StackName, OperationId or the id of a change set must be specified."));
    }
    let (id, events) = call.cloud.cloudformation.store.read(|state| {
        let stack = match stack_name {
            Some(name) => state.find(name, &call.region).ok_or_else(|| no_stack(name))?,
            None => match state.stacks.values().find(|stack| {
                stack.operations.iter().any(|entry| Some(entry.id.as_str()) == operation)
                    || stack.change_sets.iter().any(|set| Some(set.id.as_str()) == change_set)
            }) {
                Some(stack) => stack,
                None => return Err(invalid("The operation or change set does not exist")),
            },
        };
        let is_wanted = |event: &&StackEvent| {
            change_set.is_none()
                && operation.is_none_or(|id| event.operation.as_ref().is_some_and(|entry| entry.id == id))
                && (!failed_only || is_provisioning_error(event))
        };
        Ok::<_, ServiceError>((stack.id.clone(), stack.events.iter().filter(is_wanted).cloned().collect::<Vec<_>>()))
    })?;
    let (events, next) = event_page(call, events)?;
    answer(move |xml| {
        xml.list("OperationEvents", &events, |xml, event| {
            render::event(xml, &id, event);
            xml.optional("OperationType", event.operation.as_ref().map(|entry| entry.kind.as_str()));
            xml.text("EventType", if is_provisioning_error(event) { "PROVISIONING_ERROR" } else { "STACK_EVENT" });
        });
        xml.optional("NextToken", next);
    })
}

fn is_provisioning_error(event: &StackEvent) -> bool {
    event.status.ends_with("_FAILED") && event.resource_type != STACK_TYPE
}

/// A resource, and what is known of its drift.
type Row = (StackResource, DriftState);

fn row_of(stack: &Stack, resource: &StackResource) -> Row {
    (resource.clone(), stack.drift.of(&resource.logical_id))
}

/// Resources by logical id: the order in which they were made depends on who was quicker.
fn sorted_rows(stack: &Stack) -> Vec<Row> {
    let mut rows: Vec<Row> = stack.resources.values().map(|resource| row_of(stack, resource)).collect();
    rows.sort_by(|(one, _), (other, _)| one.logical_id.cmp(&other.logical_id));
    rows
}

/// `DescribeStackResource`.
pub(super) fn describe_stack_resource(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let logical_id = call.form.require("LogicalResourceId")?;
    let (id, stack_name, resource) = read_stack(
        call,
        name,
        || invalid(format!("Stack '{name}' does not exist")),
        |stack| (stack.id.clone(), stack.name.clone(), stack.resources.get(logical_id).map(|row| row_of(stack, row))),
    )?;
    let (resource, drift) = resource
        .filter(|(resource, _)| !resource.status.is_gone())
        .ok_or_else(|| invalid(format!("Resource {logical_id} does not exist for stack {name}")))?;
    answer(move |xml| {
        xml.element("StackResourceDetail", |xml| {
            xml.text("StackId", &id);
            xml.text("StackName", &stack_name);
            render::resource(xml, &resource, drift, "LastUpdatedTimestamp");
            let metadata = resource.metadata.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string);
            xml.text("Metadata", metadata);
        });
    })
}

/// `DescribeStackResources`: by stack, or by the physical id of one of its resources.
pub(super) fn describe_stack_resources(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let field = |name: &str| call.form.get(name).filter(|value| !value.is_empty());
    let logical_id = field("LogicalResourceId");
    let physical_id = field("PhysicalResourceId");
    let found = call.cloud.cloudformation.store.read(|state| {
        let stack = match (field("StackName"), physical_id) {
            (Some(name), _) => state.find(name, &call.region).ok_or_else(|| no_stack_with_id(name))?,
            (None, Some(physical_id)) => state
                .live(&call.region)
                .find(|stack| stack.resources.values().any(|row| row.physical_id.as_deref() == Some(physical_id)))
                .ok_or_else(|| invalid(format!("Stack for {physical_id} does not exist")))?,
            (None, None) => return Err(invalid("StackName is a required parameter.")),
        };
        let mut rows = sorted_rows(stack);
        rows.retain(|(row, _)| logical_id.is_none_or(|id| row.logical_id == id));
        Ok::<_, ServiceError>((stack.id.clone(), stack.name.clone(), rows))
    });
    let (id, stack_name, rows) = found?;
    if let (Some(logical_id), true) = (logical_id, rows.is_empty()) {
        return Err(invalid(format!("Resource {logical_id} does not exist for stack {stack_name}")));
    }
    answer(move |xml| {
        xml.list("StackResources", &rows, |xml, (row, drift)| {
            xml.text("StackId", &id);
            xml.text("StackName", &stack_name);
            render::resource(xml, row, *drift, "Timestamp");
        });
    })
}

/// `ListStackResources`.
pub(super) fn list_stack_resources(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let name = call.stack_name()?;
    let rows = read_stack(call, name, || no_stack_with_id(name), sorted_rows)?;
    let (rows, next) = page(call, rows)?;
    answer(move |xml| {
        xml.list("StackResourceSummaries", &rows, |xml, (row, drift)| {
            render::resource(xml, row, *drift, "LastUpdatedTimestamp");
        });
        xml.optional("NextToken", next);
    })
}

/// `ListExports`.
pub(super) fn list_exports(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let exports = call.cloud.cloudformation.store.read(|state| {
        let mut exports: Vec<(String, String, String)> = state
            .live(&call.region)
            .flat_map(|stack| {
                let exported = |output: &super::model::StackOutput| {
                    output.export.clone().map(|name| (name, output.value.clone(), stack.id.clone()))
                };
                stack.outputs.iter().filter_map(exported).collect::<Vec<_>>()
            })
            .collect();
        exports.sort();
        exports
    });
    let (exports, next) = page(call, exports)?;
    answer(move |xml| {
        xml.list("Exports", &exports, |xml, (name, value, stack_id)| {
            xml.text("ExportingStackId", stack_id);
            xml.text("Name", name);
            xml.text("Value", value);
        });
        xml.optional("NextToken", next);
    })
}

/// `ListImports`.
pub(super) fn list_imports(call: &Call<'_>) -> Result<Answer, ServiceError> {
    let export = call.form.require("ExportName")?;
    let users = call.cloud.cloudformation.store.read(|state| {
        let exports = |stack: &&Stack| stack.outputs.iter().any(|output| output.export.as_deref() == Some(export));
        let owner = state.live(&call.region).find(exports);
        owner.map(|owner| importers(state, owner, export).into_iter().map(str::to_owned).collect::<Vec<_>>())
    });
    let users = users.ok_or_else(|| invalid(format!("No export named {export} found.")))?;
    if users.is_empty() {
        return Err(invalid(format!("Export '{export}' is not imported by any stack.")));
    }
    let (users, next) = page(call, users)?;
    answer(move |xml| {
        xml.list("Imports", &users, |xml, user| xml.escape(user));
        xml.optional("NextToken", next);
    })
}

/// `DescribeAccountLimits`: AWS's defaults.
pub(super) fn describe_account_limits(_call: &Call<'_>) -> Result<Answer, ServiceError> {
    answer(|xml| {
        let limits = [("StackLimit", "2000"), ("StackOutputsLimit", "200"), ("ConcurrentResourcesLimit", "3500")];
        xml.list("AccountLimits", limits, |xml, (name, value)| {
            xml.text("Name", name);
            xml.text("Value", value);
        });
    })
}

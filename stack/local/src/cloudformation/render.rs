//! Stacks, resources, events and change sets as XML.

use std::collections::BTreeMap;

use super::change_set::{Change, ChangeSet, Detail, DetailDrift};
use super::clock::{self, Milliseconds};
use super::model::{Definition, Stack, StackEvent, StackResource};
use super::rollback_triggers::RollbackConfiguration;
use super::status::{OnFailure, ResourceDriftStatus, StackDriftStatus, StackStatus};
use crate::wire::XmlWriter;

fn parameters(xml: &mut XmlWriter, definition: &Definition) {
    if definition.parameters.is_empty() {
        return;
    }
    xml.list("Parameters", &definition.parameters, |xml, (name, value)| {
        let is_secret =
            definition.template.parameters.get(name).is_some_and(stack_plan::template::Parameter::is_secret);
        xml.text("ParameterKey", name);
        xml.text("ParameterValue", if is_secret { "****" } else { value });
        let resolved = definition.resolved.get(name);
        xml.optional("ResolvedValue", resolved.map(|value| if is_secret { "****" } else { value }));
    });
}

fn tags(xml: &mut XmlWriter, tags: &BTreeMap<String, String>) {
    xml.list("Tags", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

fn strings(xml: &mut XmlWriter, name: &str, items: &[String]) {
    xml.list(name, items, |xml, item| xml.escape(item));
}

fn rollback_configuration(xml: &mut XmlWriter, configuration: &RollbackConfiguration) {
    xml.element("RollbackConfiguration", |xml| {
        if !configuration.triggers.is_empty() {
            xml.list("RollbackTriggers", &configuration.triggers, |xml, trigger| {
                xml.text("Arn", &trigger.arn);
                xml.text("Type", trigger.kind.as_str());
            });
        }
        xml.optional("MonitoringTimeInMinutes", configuration.monitoring_minutes.map(|minutes| minutes.to_string()));
    });
}

/// What is known of the drift of a resource, and since when.
pub(super) type DriftState = (ResourceDriftStatus, Option<Milliseconds>);

fn stack_drift(xml: &mut XmlWriter, stack: &Stack) {
    xml.element("DriftInformation", |xml| {
        let status = stack.drift.checked.map_or(StackDriftStatus::NotChecked, |checked| checked.status);
        xml.text("StackDriftStatus", status.as_str());
        xml.optional("LastCheckTimestamp", stack.drift.checked.map(|checked| clock::format(checked.at)));
    });
}

/// The fields of a stack that lists and descriptions share.
fn stack_times(xml: &mut XmlWriter, stack: &Stack) {
    xml.text("StackId", &stack.id);
    xml.text("StackName", &stack.name);
    xml.text("CreationTime", clock::format(stack.created_at));
    xml.optional("LastUpdatedTime", stack.updated_at.map(clock::format));
    xml.optional("DeletionTime", stack.deleted_at.map(clock::format));
    xml.text("StackStatus", stack.status.as_str());
    xml.optional("StackStatusReason", stack.reason.as_ref());
}

/// A member of `DescribeStacks`.
pub(super) fn stack(xml: &mut XmlWriter, stack: &Stack) {
    stack_times(xml, stack);
    let definition = &stack.definition;
    xml.optional("ChangeSetId", stack.change_set_id.as_ref());
    xml.optional("Description", definition.template.description.as_ref());
    parameters(xml, definition);
    rollback_configuration(xml, &definition.rollback);
    xml.text("DisableRollback", if stack.on_failure == OnFailure::DoNothing { "true" } else { "false" });
    strings(xml, "NotificationARNs", &definition.notification_arns);
    if !definition.capabilities.is_empty() {
        strings(xml, "Capabilities", &definition.capabilities);
    }
    if !stack.outputs.is_empty() {
        xml.list("Outputs", &stack.outputs, |xml, output| {
            xml.text("OutputKey", &output.key);
            xml.text("OutputValue", &output.value);
            xml.optional("Description", output.description.as_ref());
            xml.optional("ExportName", output.export.as_ref());
        });
    }
    xml.optional("RoleARN", definition.role_arn.as_ref());
    tags(xml, &definition.tags);
    if stack.status != StackStatus::DeleteComplete {
        xml.text("EnableTerminationProtection", if stack.termination_protection { "true" } else { "false" });
    }
    stack_drift(xml, stack);
    xml.optional("ParentId", stack.parent_id.as_ref());
    xml.optional("RootId", stack.root_id.as_ref());
    let last = stack.operations.iter().rev().take(2);
    xml.list("LastOperations", last, |xml, operation| {
        xml.text("OperationType", operation.kind.as_str());
        xml.text("OperationId", &operation.id);
    });
}

/// A member of `ListStacks`.
pub(super) fn stack_summary(xml: &mut XmlWriter, stack: &Stack) {
    stack_times(xml, stack);
    xml.optional("TemplateDescription", stack.definition.template.description.as_ref());
    stack_drift(xml, stack);
    xml.optional("ParentId", stack.parent_id.as_ref());
    xml.optional("RootId", stack.root_id.as_ref());
}

/// The fields of a resource that all of its descriptions share; `time` is the name of its time.
pub(super) fn resource(xml: &mut XmlWriter, resource: &StackResource, drift: DriftState, time: &str) {
    xml.text("LogicalResourceId", &resource.logical_id);
    xml.optional("PhysicalResourceId", resource.physical_id.as_ref());
    xml.text("ResourceType", &resource.resource_type);
    xml.text(time, clock::format(resource.changed_at));
    xml.text("ResourceStatus", resource.status.as_str());
    xml.optional("ResourceStatusReason", resource.reason.as_ref());
    xml.element("DriftInformation", |xml| {
        let (status, checked_at) = drift;
        xml.text("StackResourceDriftStatus", status.as_str());
        xml.optional("LastCheckTimestamp", checked_at.map(clock::format));
    });
}

/// The fields of an event that both event lists share.
pub(super) fn event(xml: &mut XmlWriter, stack_id: &str, event: &StackEvent) {
    xml.text("EventId", &event.id);
    xml.text("StackId", stack_id);
    xml.text("LogicalResourceId", &event.logical_id);
    xml.text("PhysicalResourceId", &event.physical_id);
    xml.text("ResourceType", &event.resource_type);
    xml.text("Timestamp", clock::format(event.at));
    xml.text("ResourceStatus", &event.status);
    xml.optional("ResourceStatusReason", event.reason.as_ref());
    xml.optional("ResourceProperties", event.properties.as_ref());
    xml.optional("ClientRequestToken", event.token.as_ref());
    xml.optional("OperationId", event.operation.as_ref().map(|operation| &operation.id));
}

/// A member of `ListChangeSets`, and the beginning of `DescribeChangeSet`.
pub(super) fn change_set_head(xml: &mut XmlWriter, stack_id: &str, stack_name: &str, change_set: &ChangeSet) {
    xml.text("ChangeSetName", &change_set.name);
    xml.text("ChangeSetId", &change_set.id);
    xml.text("StackId", stack_id);
    xml.text("StackName", stack_name);
    xml.optional("Description", change_set.description.as_ref());
    xml.text("CreationTime", clock::format(change_set.created_at));
    xml.text("ExecutionStatus", change_set.execution.as_str());
    xml.text("Status", if change_set.failure.is_some() { "FAILED" } else { "CREATE_COMPLETE" });
    xml.optional("StatusReason", change_set.failure.as_ref());
    xml.text("IncludeNestedStacks", "false");
    xml.text("ImportExistingResources", if change_set.imports_existing { "true" } else { "false" });
}

/// `DescribeChangeSet` without its changes.
pub(super) fn change_set(xml: &mut XmlWriter, stack_id: &str, stack_name: &str, change_set: &ChangeSet) {
    change_set_head(xml, stack_id, stack_name, change_set);
    parameters(xml, &change_set.definition);
    strings(xml, "NotificationARNs", &change_set.definition.notification_arns);
    rollback_configuration(xml, &change_set.definition.rollback);
    strings(xml, "Capabilities", &change_set.definition.capabilities);
    if !change_set.definition.tags.is_empty() {
        tags(xml, &change_set.definition.tags);
    }
    xml.optional("OnStackFailure", change_set.on_failure.map(OnFailure::as_str));
    if let Some(drift) = change_set.drift {
        xml.text("StackDriftStatus", drift.as_str());
        xml.text("DeploymentMode", "REVERT_DRIFT");
    }
}

/// A member of `Changes`. Values are shown when the client asked for them.
pub(super) fn change(xml: &mut XmlWriter, change: &Change, with_values: bool) {
    xml.text("Type", "Resource");
    xml.element("ResourceChange", |xml| {
        xml.optional("PolicyAction", change.policy_action.as_ref());
        xml.text("Action", change.action.as_str());
        xml.text("LogicalResourceId", &change.logical_id);
        xml.optional("PhysicalResourceId", change.physical_id.as_ref());
        xml.text("ResourceType", &change.resource_type);
        xml.optional("Replacement", change.replacement.map(super::change_set::Replacement::as_str));
        strings(xml, "Scope", &change.scope);
        if let Some(drift) = &change.drift {
            xml.text("ResourceDriftStatus", drift.status.as_str());
            if !drift.ignored.is_empty() {
                xml.list("ResourceDriftIgnoredAttributes", &drift.ignored, |xml, ignored| {
                    xml.text("Path", &ignored.path);
                    xml.text("Reason", &ignored.reason);
                });
            }
        }
        xml.list("Details", &change.details, |xml, detail| self::detail(xml, detail, with_values));
        if with_values {
            xml.optional("PreviousDeploymentContext", change.drift.as_ref().map(|drift| drift.previous.to_string()));
            xml.optional("BeforeContext", change.before.as_ref().map(ToString::to_string));
            xml.optional("AfterContext", change.after.as_ref().map(ToString::to_string));
        }
    });
}

fn detail(xml: &mut XmlWriter, detail: &Detail, with_values: bool) {
    xml.element("Target", |xml| {
        xml.text("Attribute", &detail.attribute);
        xml.optional("Name", detail.name.as_ref());
        xml.text("RequiresRecreation", &detail.requires_recreation);
        if with_values {
            xml.optional("Path", detail.path.as_ref());
            xml.optional("BeforeValue", detail.before.as_ref());
            xml.optional("AfterValue", detail.after.as_ref());
            xml.text("AttributeChangeType", &detail.change_type);
            if let Some(drift) = &detail.drift {
                detail_drift(xml, drift);
            }
        }
    });
    xml.text("Evaluation", &detail.evaluation);
    xml.text("ChangeSource", &detail.source);
    xml.optional("CausingEntity", detail.cause.as_ref());
}

fn detail_drift(xml: &mut XmlWriter, drift: &DetailDrift) {
    xml.text("BeforeValueFrom", if drift.is_actual { "ACTUAL_STATE" } else { "PREVIOUS_DEPLOYMENT_STATE" });
    xml.text("AfterValueFrom", "TEMPLATE");
    if let Some(property) = &drift.property {
        xml.element("Drift", |xml| {
            xml.optional("PreviousValue", property.previous.as_ref());
            xml.optional("ActualValue", property.actual.as_ref());
            xml.text("DriftDetectionTimestamp", clock::format(property.at));
        });
    }
}

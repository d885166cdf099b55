//! Stacks as values: what is kept, in memory and on disk.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stack_plan::Template;

use super::change_set::ChangeSet;
use super::clock::{self, Milliseconds};
use super::drift::StackDrift;
use super::notifications::Notice;
use super::rollback_triggers::RollbackConfiguration;
use super::status::{ExecutionStatus, OnFailure, OperationType, ResourceStatus, StackStatus};

/// Type of the rows of stacks themselves.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// What a stack is asked to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Definition {
    /// Template as the client sent it.
    pub(crate) text: String,
    pub(crate) template: Template,
    /// Value of every parameter, defaults filled in.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Values of the parameters that name one in the parameter store.
    #[serde(default)]
    pub(crate) resolved: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) role_arn: Option<String>,
    /// Topics that get the events of the stack.
    #[serde(default)]
    pub(crate) notification_arns: Vec<String>,
    /// Alarms that end an operation on the stack.
    #[serde(default)]
    pub(crate) rollback: RollbackConfiguration,
}

impl Definition {
    /// Values that must never be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.template
            .parameters
            .iter()
            .filter(|(_, parameter)| parameter.is_secret())
            .filter_map(|(name, _)| self.parameters.get(name))
            .filter(|value| !value.is_empty())
            .cloned()
            .collect()
    }
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StackResource {
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    /// What `Ref` gives; absent until it is made.
    pub(crate) physical_id: Option<String>,
    pub(crate) attributes: Map<String, Value>,
    /// Properties with all functions evaluated.
    pub(crate) properties: Value,
    pub(crate) metadata: Option<Value>,
    pub(crate) deletion_policy: Option<String>,
    pub(crate) update_replace_policy: Option<String>,
    /// Logical ids that it was made after.
    pub(crate) dependencies: BTreeSet<String>,
    pub(crate) status: ResourceStatus,
    pub(crate) reason: Option<String>,
    pub(crate) changed_at: Milliseconds,
    /// True when it existed before it became the stack's: no rollback deletes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) imported: bool,
}

/// A row of the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StackEvent {
    pub(crate) id: String,
    pub(crate) at: Milliseconds,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// Properties as JSON text, on rows of resources.
    pub(crate) properties: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) operation: Option<OperationEntry>,
}

/// An operation on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OperationEntry {
    pub(crate) id: String,
    pub(crate) kind: OperationType,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackOutput {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) export: Option<String>,
}

/// What a stack is when it is stable: where a rollback leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) definition: Definition,
    pub(crate) resources: IndexMap<String, StackResource>,
    pub(crate) outputs: Vec<StackOutput>,
    pub(crate) imports: BTreeSet<String>,
    /// What an operation that looks at drift found otherwise than it was deployed, as it was deployed, by logical id: rows
    /// in `resources` have the actual properties instead, and those that are gone are not in it.
    #[serde(default)]
    pub(crate) drifted: BTreeMap<String, StackResource>,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) status: StackStatus,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: Milliseconds,
    pub(crate) updated_at: Option<Milliseconds>,
    pub(crate) deleted_at: Option<Milliseconds>,
    /// Change set that was executed last.
    pub(crate) change_set_id: Option<String>,
    pub(crate) definition: Definition,
    pub(crate) resources: IndexMap<String, StackResource>,
    pub(crate) outputs: Vec<StackOutput>,
    /// Exports of other stacks that it uses.
    pub(crate) imports: BTreeSet<String>,
    /// Where a rollback leads to, while an update is not decided.
    pub(crate) previous: Option<Box<Snapshot>>,
    /// Resources that are replaced or removed and still to be deleted.
    pub(crate) cleanup: Vec<StackResource>,
    /// Oldest first.
    pub(crate) events: Vec<StackEvent>,
    pub(crate) change_sets: Vec<ChangeSet>,
    /// Oldest first.
    pub(crate) operations: Vec<OperationEntry>,
    /// Client tokens, each with the operation (`CreateStack`) that it was used for.
    pub(crate) tokens: BTreeMap<String, String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) retain_except_on_create: bool,
    pub(crate) termination_protection: bool,
    pub(crate) policy: Option<String>,
    /// Policy that stands in for the other one during the update that runs, or the last one.
    #[serde(default)]
    pub(crate) policy_during_update: Option<String>,
    #[serde(default)]
    pub(crate) drift: StackDrift,
    /// Id of the stack that a nested stack is in, and of the outermost one.
    #[serde(default)]
    pub(crate) parent_id: Option<String>,
    #[serde(default)]
    pub(crate) root_id: Option<String>,
    /// What a nested stack was before the last update of its parent.
    #[serde(default)]
    pub(crate) before_parent: Option<Box<Definition>>,
    /// Events that its topics have not been told of yet.
    #[serde(skip)]
    pub(crate) untold: Vec<Notice>,
}

impl Stack {
    /// A stack that nothing was done for.
    pub(crate) fn new(account: &str, region: &str, name: &str, status: StackStatus) -> Self {
        let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{}", uuid::Uuid::new_v4());
        Self {
            id,
            name: name.to_owned(),
            region: region.to_owned(),
            status,
            reason: None,
            created_at: clock::now(),
            updated_at: None,
            deleted_at: None,
            change_set_id: None,
            definition: Definition::default(),
            resources: IndexMap::new(),
            outputs: Vec::new(),
            imports: BTreeSet::new(),
            previous: None,
            cleanup: Vec::new(),
            events: Vec::new(),
            change_sets: Vec::new(),
            operations: Vec::new(),
            tokens: BTreeMap::new(),
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            termination_protection: false,
            policy: None,
            policy_during_update: None,
            drift: StackDrift::default(),
            parent_id: None,
            root_id: None,
            before_parent: None,
            untold: Vec::new(),
        }
    }

    /// True unless it is deleted.
    pub(crate) fn is_live(&self) -> bool {
        self.status != StackStatus::DeleteComplete
    }

    /// Goes to a state and logs it.
    pub(crate) fn enter(
        &mut self,
        status: StackStatus,
        reason: Option<&str>,
        operation: Option<&OperationEntry>,
        token: Option<&str>,
    ) {
        self.status = status;
        self.reason = reason.map(str::to_owned);
        self.record(StackEvent {
            id: uuid::Uuid::new_v4().to_string(),
            at: clock::now(),
            logical_id: self.name.clone(),
            physical_id: self.id.clone(),
            resource_type: STACK_TYPE.to_owned(),
            status: status.as_str().to_owned(),
            reason: self.reason.clone(),
            properties: None,
            token: token.map(str::to_owned),
            operation: operation.cloned(),
        });
    }

    /// Logs an event, for its topics to be told of.
    fn record(&mut self, event: StackEvent) {
        if !self.definition.notification_arns.is_empty() {
            let topics = self.definition.notification_arns.clone();
            self.untold.push(Notice { topics, event: event.clone() });
        }
        self.events.push(event);
    }

    /// Logs the state of a resource, which may be one that is no longer in `resources`.
    pub(crate) fn log_resource(
        &mut self,
        resource: &StackResource,
        operation: Option<&OperationEntry>,
        token: Option<&str>,
    ) {
        let properties = mask(&resource.properties, &self.definition.secrets());
        self.record(StackEvent {
            id: format!("{}-{}-{}", resource.logical_id, resource.status.as_str(), uuid::Uuid::new_v4()),
            at: resource.changed_at,
            logical_id: resource.logical_id.clone(),
            physical_id: resource.physical_id.clone().unwrap_or_default(),
            resource_type: resource.resource_type.clone(),
            status: resource.status.as_str().to_owned(),
            reason: resource.reason.clone(),
            properties: Some(properties.to_string()),
            token: token.map(str::to_owned),
            operation: operation.cloned(),
        });
    }

    /// What a rollback of the next operation leads to.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            definition: self.definition.clone(),
            resources: self.resources.clone(),
            outputs: self.outputs.clone(),
            imports: self.imports.clone(),
            drifted: BTreeMap::new(),
        }
    }

    /// The change set that is being executed.
    pub(crate) fn executing(&self) -> Option<&ChangeSet> {
        self.change_sets.iter().find(|change_set| change_set.execution == ExecutionStatus::ExecuteInProgress)
    }

    /// Ends an operation that nobody works on any more.
    pub(crate) fn cut_off(&mut self, reason: &str) {
        let Some(status) = self.status.cut_off() else { return };
        let mut rows = Vec::new();
        for resource in self.resources.values_mut().chain(&mut self.cleanup) {
            if let Some(status) = resource.status.cut_off() {
                resource.status = status;
                resource.reason = Some(reason.to_owned());
                resource.changed_at = clock::now();
                rows.push(resource.clone());
            }
        }
        for row in rows {
            self.log_resource(&row, None, None);
        }
        self.enter(status, Some(reason), None, None);
    }
}

/// `value` with every secret in its strings replaced by `****`.
pub(crate) fn mask(value: &Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) => {
            Value::String(secrets.iter().fold(text.clone(), |text, secret| text.replace(secret.as_str(), "****")))
        }
        Value::Array(items) => items.iter().map(|item| mask(item, secrets)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, field)| (key.clone(), mask(field, secrets))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

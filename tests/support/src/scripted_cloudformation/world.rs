//! What the scripted cloud holds.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::operation::advance;
use super::{ACCOUNT, REGION};

/// Everything that the scripted cloud holds, open to tests before and after a command.
#[derive(Debug, Default, Clone)]
pub struct World {
    /// Stacks, the oldest first; deleted ones stay.
    pub stacks: Vec<Stack>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Reasons by logical id of resources whose creation or change fails.
    pub failing: BTreeMap<String, String>,
    /// Reasons by logical id of resources whose deletion with their stack fails.
    pub undeletable: BTreeMap<String, String>,
    /// True when rollbacks fail too.
    pub rollback_fails: bool,
    /// Logical ids whose deletion in the cleanup after an update fails.
    pub cleanup_fails: Vec<String>,
    /// Number of events without effect with which every operation begins: how long it is looked at before it is over.
    pub slowness: usize,
    /// Reason with which every change set is refused.
    pub change_sets_fail: Option<String>,
    /// What the next looks at a change set find instead of the truth: status, execution status, reason. One that is being executed
    /// is: its stack is at work.
    pub change_set_states: VecDeque<[String; 3]>,
    /// Findings of the validation of every change set: logical id, name of the validation, path, reason.
    pub findings: Vec<[String; 4]>,
    /// True when change sets stay in `CREATE_IN_PROGRESS`.
    pub change_sets_pend: bool,
    /// What change sets tell of a resource by its logical id: `Replacement`, and path, value before, value after and
    /// `RequiresRecreation` of properties.
    pub details: BTreeMap<String, (String, Vec<[String; 4]>)>,
    /// True when a repeated `ClientToken` of `CreateChangeSet` is not recognized.
    pub forgets_tokens: bool,
    /// Number of executed change sets.
    pub executions: u32,
    /// Ids of the change sets that were executed.
    pub executed: Vec<String>,
    /// Number of executed change sets that were made before another operation on their stack.
    pub obsolete_executions: u32,
    /// Drift status and differences (type, path, expected, actual) by logical id.
    pub drifts: BTreeMap<String, (String, Vec<[String; 4]>)>,
    /// Reason with which every drift detection fails.
    pub detection_fails: Option<String>,
    /// How often a drift detection is refused because another one runs.
    pub foreign_detections: u32,
    /// Stack ids of the detections so far, and the looks until each is over.
    pub(super) detections: Vec<(String, u32)>,
    /// Keys of the code that functions were given without a deployment, by their names.
    pub swapped: BTreeMap<String, String>,
    /// Paths that were invalidated, by distribution.
    pub invalidations: Vec<String>,
    /// Code and message with which the next writes of a notification configuration are refused, one each.
    pub refused_notifications: VecDeque<(String, String)>,
    /// What somebody else writes over the next notification configuration that is written.
    pub overwritten_notifications: Option<String>,
    /// How every invocation of a function ends: its error, the end of its log in base64, its payload; absent where there is no
    /// function.
    pub invocation: Option<[String; 3]>,
    /// Lines of every log group with their times in milliseconds since 1970; where there is none there is no group.
    pub log_lines: Vec<(i64, String)>,
    /// Region that the present request is signed for.
    pub(super) region: String,
    counter: u64,
}

/// A stack.
#[derive(Debug, Default, Clone)]
pub struct Stack {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Status.
    pub status: String,
    /// Template text.
    pub template: String,
    /// Parameter values.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// How often it was updated; told as its last update.
    pub updates: u32,
    /// True with termination protection.
    pub protected: bool,
    /// Its stack policy; empty without any.
    pub policy: String,
    /// Stack policies under which its change sets were executed, in order.
    pub policies_at_execution: Vec<String>,
    /// What it was told beside templates.
    pub options: Options,
    /// Events that were revealed, the oldest first.
    pub events: Vec<Event>,
    /// Events of the running operation that are still to come.
    pub pending: VecDeque<Event>,
    /// Resources by logical id.
    pub resources: BTreeMap<String, Resource>,
    /// Change sets.
    pub change_sets: Vec<ChangeSet>,
    /// Tokens of the operations so far.
    pub tokens: Vec<String>,
}

/// What CloudFormation is told of a stack beside its template.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Options {
    /// Service role, sticky.
    pub role: String,
    /// ARNs of topics, sticky.
    pub notifications: Vec<String>,
    /// ARNs of alarms, sticky.
    pub alarms: Vec<String>,
    /// Minutes of monitoring, sticky with the alarms.
    pub minutes: String,
}

/// An event of a stack.
#[derive(Debug, Default, Clone)]
pub struct Event {
    /// Id.
    pub id: String,
    /// Logical id.
    pub logical_id: String,
    /// Physical id.
    pub physical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
    /// Status.
    pub status: String,
    /// Reason.
    pub reason: String,
    /// Token that it came with.
    pub token: String,
}

/// A resource of a stack.
#[derive(Debug, Default, Clone)]
pub struct Resource {
    /// CloudFormation type.
    pub kind: String,
    /// Physical id.
    pub physical_id: String,
    /// Status.
    pub status: String,
}

/// A change set.
#[derive(Debug, Default, Clone)]
pub struct ChangeSet {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `CREATE` or `UPDATE`.
    pub kind: String,
    /// Token that it came with.
    pub token: String,
    /// Status.
    pub status: String,
    /// Execution status.
    pub execution_status: String,
    /// Reason.
    pub reason: String,
    /// Template text.
    pub template: String,
    /// Parameter values.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What it tells beside the template; what it does not speak of is as the stack has it.
    pub options: Options,
    /// Mode of the deployment, where it is told.
    pub mode: String,
    /// True when existing resources are to be taken over.
    pub imports: bool,
    /// True for one that compares with resources as they really are.
    pub reverts: bool,
    /// Number of operations on the stack before it was made.
    pub(super) made_after: usize,
    /// Action, logical id, type, replacement.
    pub changes: Vec<(String, String, String, String)>,
}

/// A bucket.
#[derive(Debug, Default, Clone)]
pub struct Bucket {
    /// Objects by key.
    pub objects: BTreeMap<String, Object>,
    /// Its notification configuration in XML; empty without any.
    pub notifications: String,
}

/// An object.
#[derive(Debug, Default, Clone)]
pub struct Object {
    /// Content.
    pub bytes: Vec<u8>,
    /// Headers that were put with it and come back with it.
    pub headers: BTreeMap<String, String>,
}

impl Stack {
    fn is_called(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || (self.name == name_or_id && self.status != "DELETE_COMPLETE")
    }
}

impl World {
    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Adds a stack at rest that was deployed with this template.
    pub fn add_stack(&mut self, name: &str, status: &str, template: &Value) -> String {
        let id = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{}", self.next());
        let resources = resources_of(template)
            .map(|(logical_id, resource)| {
                let physical_id = physical_id(name, logical_id, resource);
                let kind = resource["Type"].as_str().unwrap_or_default().to_owned();
                (logical_id.clone(), Resource { kind, physical_id, status: "CREATE_COMPLETE".to_owned() })
            })
            .collect();
        let mut stack = Stack {
            id: id.clone(),
            name: name.to_owned(),
            status: status.to_owned(),
            template: template.to_string(),
            resources,
            ..Stack::default()
        };
        stack.events.push(Event {
            id: format!("event-{}", self.next()),
            logical_id: name.to_owned(),
            physical_id: id.clone(),
            resource_type: "AWS::CloudFormation::Stack".to_owned(),
            status: status.to_owned(),
            reason: String::new(),
            token: "an-earlier-operation".to_owned(),
        });
        for resource in stack.resources.values().filter(|resource| resource.kind == "AWS::S3::Bucket") {
            self.buckets.entry(resource.physical_id.clone()).or_default();
        }
        self.stacks.push(stack);
        id
    }

    /// A stack that exists, by name; or any stack, by id.
    pub fn stack(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        self.stacks.iter_mut().rev().find(|stack| stack.is_called(name_or_id))
    }

    /// The same in the region of the present request alone.
    pub(super) fn stack_here(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        let scope = format!("arn:aws:cloudformation:{}:", self.region);
        self.stacks
            .iter_mut()
            .rev()
            .filter(|stack| stack.id.starts_with(&scope))
            .find(|stack| stack.is_called(name_or_id))
    }

    /// Lets every operation that runs come to its end.
    pub fn settle(&mut self) {
        let region = self.region.clone();
        let ids: Vec<String> = self.stacks.iter().map(|stack| stack.id.clone()).collect();
        for id in ids {
            id.split(':').nth(3).unwrap_or(REGION).clone_into(&mut self.region);
            while self.stack(&id).is_some_and(|stack| !stack.pending.is_empty()) {
                advance(self, &id);
            }
        }
        self.region = region;
    }

    /// A change set that exists, by id, and its stack's id.
    pub fn change_set(&mut self, id_or_name: &str) -> Option<(&mut ChangeSet, String)> {
        self.stacks.iter_mut().find_map(|stack| {
            let id = stack.id.clone();
            let found = stack.change_sets.iter_mut().find(|set| set.id == id_or_name || set.name == id_or_name)?;
            Some((found, id))
        })
    }
}

pub(super) fn resources_of(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    template["Resources"].as_object().into_iter().flatten()
}

/// Literal names as the template gives them, generated ones otherwise.
pub(super) fn physical_id(stack: &str, logical_id: &str, resource: &Value) -> String {
    let name = &resource["Properties"]["BucketName"];
    let text = name.as_str().or_else(|| name["Fn::Sub"].as_str());
    text.map_or_else(
        || format!("{stack}-{logical_id}"),
        |text| text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION),
    )
}

//! What changes between two templates, offline: resources with the paths of their values, and the other sections.

mod impact;
mod values;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::template::{Parameter, Resource, Template};

pub use impact::Impact;
pub use values::ValueChange;

use impact::{impact_of_change, impact_of_removal};
use values::changes_of;

/// What is shown of a parameter that must not be.
const HIDDEN: &str = "****";

/// Differences of two templates, in the order of the newer one, removals last.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Resources that differ.
    pub resources: Vec<ResourceChange>,
    /// Members of the other sections that differ.
    pub members: Vec<MemberChange>,
}

/// A resource that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Logical id.
    pub logical_id: String,
    /// CloudFormation type; of a changed type, the newer one.
    pub resource_type: String,
    /// What happens to it.
    pub action: Action,
    /// What that means for the thing itself.
    pub impact: Impact,
    /// The other logical id of a resource that is the same under a new one: it is removed and made again, and a literal
    /// name is taken while both exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed: Option<String>,
    /// Values that differ; empty for a resource that comes or goes as a whole.
    pub values: Vec<ValueChange>,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is new.
    Add,
    /// It is changed.
    Modify,
    /// It is made again, and the old one goes.
    Replace,
    /// It may have to be made again.
    MayReplace,
    /// It goes out of the stack.
    Remove,
    /// It exists and comes under the stack.
    Import,
}

/// A member of a section other than `Resources` that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberChange {
    /// The section (`Outputs`).
    pub section: &'static str,
    /// Name of the member; empty for a section that is one value.
    pub name: String,
    /// What happens to it: [`Action::Add`], [`Action::Modify`] or [`Action::Remove`].
    pub action: Action,
    /// Values that differ; of a member that comes or goes, the whole.
    pub values: Vec<ValueChange>,
}

impl Changes {
    /// Compares two templates.
    #[must_use]
    pub fn between(old: &Template, new: &Template) -> Self {
        Self { resources: resource_changes(old, new), members: member_changes(old, new) }
    }

    /// True when the templates say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.members.is_empty()
    }
}

fn resource_changes(old: &Template, new: &Template) -> Vec<ResourceChange> {
    let mut changes = Vec::new();
    for (id, resource) in &new.resources {
        let Some(before) = old.resources.get(id) else {
            let renamed = same_under_another_id(resource, old, new);
            changes.push(whole(id, resource, Action::Add, Impact::Created, renamed));
            continue;
        };
        let values = changes_of("", &as_value(before), &as_value(resource));
        if values.is_empty() {
            continue;
        }
        let impact = impact_of_change(before, resource, &values);
        changes.push(ResourceChange {
            logical_id: id.clone(),
            resource_type: resource.resource_type.clone(),
            action: impact.action(),
            impact,
            renamed: None,
            values,
        });
    }
    for (id, resource) in old.resources.iter().filter(|(id, _)| !new.resources.contains_key(*id)) {
        let renamed = same_under_another_id(resource, new, old);
        changes.push(whole(id, resource, Action::Remove, impact_of_removal(resource), renamed));
    }
    changes
}

fn whole(id: &str, resource: &Resource, action: Action, impact: Impact, renamed: Option<String>) -> ResourceChange {
    ResourceChange {
        logical_id: id.to_owned(),
        resource_type: resource.resource_type.clone(),
        action,
        impact,
        renamed,
        values: Vec::new(),
    }
}

/// The logical id under which `there` has an equal resource that `here` lacks.
fn same_under_another_id(resource: &Resource, there: &Template, here: &Template) -> Option<String> {
    let is_same =
        |other: &Resource| other.resource_type == resource.resource_type && other.properties == resource.properties;
    let mut candidates = there.resources.iter().filter(|(id, _)| !here.resources.contains_key(*id));
    candidates.find(|(_, other)| is_same(other)).map(|(id, _)| id.clone())
}

/// A resource in the form of the template. The order in which dependencies are named means nothing.
fn as_value(resource: &Resource) -> Value {
    let mut resource = resource.clone();
    resource.depends_on.sort_unstable();
    // A resource has string keys only, so it always has a JSON form.
    serde_json::to_value(resource).unwrap_or_default()
}

fn member_changes(old: &Template, new: &Template) -> Vec<MemberChange> {
    let mut changes = Vec::new();
    compare("Parameters", &members(&old.parameters), &members(&new.parameters), &mut changes);
    for change in &mut changes {
        let declared = [old, new].map(|template| template.parameters.get(&change.name));
        if declared.into_iter().flatten().any(Parameter::is_secret) {
            change.values.iter_mut().for_each(hide);
        }
    }
    compare("Rules", &old.rules, &new.rules, &mut changes);
    compare("Mappings", &members(&old.mappings), &members(&new.mappings), &mut changes);
    compare("Conditions", &old.conditions, &new.conditions, &mut changes);
    compare("Outputs", &members(&old.outputs), &members(&new.outputs), &mut changes);
    let single = |value: &Option<Value>| -> IndexMap<String, Value> {
        value.iter().map(|value| (String::new(), value.clone())).collect()
    };
    let text = |text: &Option<String>| single(&text.clone().map(Value::String));
    compare("Description", &text(&old.description), &text(&new.description), &mut changes);
    compare("Metadata", &single(&old.metadata), &single(&new.metadata), &mut changes);
    compare("Transform", &single(&old.transform), &single(&new.transform), &mut changes);
    changes
}

fn members<T: Serialize>(section: &IndexMap<String, T>) -> IndexMap<String, Value> {
    section.iter().map(|(name, member)| (name.clone(), serde_json::to_value(member).unwrap_or_default())).collect()
}

/// Hides the default of a parameter that must not be shown; that it differs may be.
fn hide(change: &mut ValueChange) {
    for value in [&mut change.before, &mut change.after].into_iter().flatten() {
        if change.path == "Default" {
            *value = HIDDEN.into();
        } else if let Some(default) = value.get_mut("Default") {
            *default = HIDDEN.into();
        }
    }
}

fn compare(
    section: &'static str,
    old: &IndexMap<String, Value>,
    new: &IndexMap<String, Value>,
    changes: &mut Vec<MemberChange>,
) {
    let mut change = |name: &str, action, values: Vec<ValueChange>| {
        if !values.is_empty() {
            changes.push(MemberChange { section, name: name.to_owned(), action, values });
        }
    };
    for (name, member) in new {
        match old.get(name) {
            Some(before) => change(name, Action::Modify, changes_of("", before, member)),
            None => change(name, Action::Add, vec![ValueChange::added("", member)]),
        }
    }
    for (name, member) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        change(name, Action::Remove, vec![ValueChange::removed("", member)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"
Parameters:
  Size: { Type: Number, Default: 1 }
  Secret: { Type: String, NoEcho: true, Default: hunter2 }
Conditions: { Big: !Equals [!Ref Size, 2] }
Resources:
  Same: { Type: AWS::SNS::Topic, DependsOn: [Kept, Typed], Properties: { FifoTopic: "false", DisplayName: 7 } }
  Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  Changed:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{ Key: a, Value: b }, { Key: c, Value: d }, { Key: e, Value: f }]
      VersioningConfiguration: { Status: Enabled }
      BucketName: !Sub "${AWS::StackName}-x"
  Old: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Typed: { Type: AWS::SQS::Queue }
  Policy: { Type: AWS::SQS::Queue, DeletionPolicy: Delete }
Outputs:
  A: { Value: x }
  Gone: { Value: x }
"#;
    const NEW: &str = r#"
Parameters:
  Size: { Type: Number, Default: 2 }
  Secret: { Type: String, NoEcho: true, Default: hunter3 }
Conditions: { Big: !Equals [!Ref Size, 2] }
Resources:
  New: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
  Same: { Type: AWS::SNS::Topic, DependsOn: [Typed, Kept], Properties: { FifoTopic: false, DisplayName: "7" } }
  Kept: { Type: AWS::S3::Bucket, DeletionPolicy: Retain }
  Changed:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{ Key: a, Value: b }, { Key: e, Value: g }]
      VersioningConfiguration: { Status: Suspended }
      BucketName: !Sub "${AWS::StackName}-y"
      AccelerateConfiguration: { AccelerationStatus: Enabled }
  Typed: { Type: AWS::SNS::Topic }
  Policy: { Type: AWS::SQS::Queue, DeletionPolicy: Retain }
Outputs:
  A: { Value: y }
  Added: { Value: x }
"#;

    #[test]
    fn changes_of_every_kind() {
        let (old, new) = (Template::parse(OLD).unwrap(), Template::parse(NEW).unwrap());
        insta::assert_json_snapshot!("changes", Changes::between(&old, &new));
        let gone = Template::parse("Resources: { Kept: { Type: AWS::S3::Bucket } }").unwrap();
        let changes = Changes::between(&old, &gone);
        let kept: Vec<_> = changes.resources.iter().filter(|change| change.impact == Impact::Retained).collect();
        assert!(kept.is_empty());
        let shown = serde_json::to_string(&(&changes, Changes::between(&old, &new))).unwrap();
        assert!(!shown.contains("hunter"), "{shown}");
        let none = Template::parse("Resources: { X: { Type: AWS::S3::Bucket } }").unwrap();
        let removed = Changes::between(&old, &none);
        let of_kept = removed.resources.iter().find(|change| change.logical_id == "Kept").unwrap();
        assert_eq!((of_kept.action, of_kept.impact), (Action::Remove, Impact::Retained));
    }

    #[test]
    fn a_template_equals_itself_and_every_way_has_a_way_back() {
        let (old, new) = (Template::parse(OLD).unwrap(), Template::parse(NEW).unwrap());
        assert!(Changes::between(&old, &old).is_empty());
        let there = Changes::between(&old, &new);
        let back = Changes::between(&new, &old);
        assert_eq!(there.resources.len(), back.resources.len());
        assert_eq!(there.members.len(), back.members.len());
    }
}

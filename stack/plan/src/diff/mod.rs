//! What changes between two templates, offline: resources with the paths of their values, and the other sections.

mod impact;
mod replacement;
#[cfg(test)]
mod tests;
mod values;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::broadening::Broadening;
use crate::template::{Parameter, Resource, Template};

pub use impact::Impact;
pub use replacement::Cause;
pub use values::ValueChange;

use impact::{impact_of_removal, impact_of_replacement, impact_of_update};
use replacement::{Changed, action_of, causes, kind_of, name_in_the_way};
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
    /// What the newer template allows and the older one does not.
    pub broadening: Vec<Broadening>,
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
    /// Values that differ; empty for a resource that comes or goes as a whole, or that changes only with another.
    pub values: Vec<ValueChange>,
    /// Why it is made again, or changes with another that is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The property that holds a fixed name, when the resource is made again under the same: the update will fail, as
    /// the new one comes before the old one goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_taken: Option<String>,
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
        Self {
            resources: resource_changes(old, new),
            members: member_changes(old, new),
            broadening: Broadening::between(old, new),
        }
    }

    /// True when the templates say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.members.is_empty()
    }
}

fn resource_changes(old: &Template, new: &Template) -> Vec<ResourceChange> {
    let mut differing = Changed::new();
    for (id, resource) in &new.resources {
        if let Some(before) = old.resources.get(id) {
            differing.insert(id.clone(), changes_of("", &as_value(before), &as_value(resource)));
        }
    }
    let mut causes = causes(old, new, &differing);
    let mut changes = Vec::new();
    for (id, resource) in &new.resources {
        let Some(before) = old.resources.get(id) else {
            let renamed = same_under_another_id(resource, old, new);
            changes.push(whole(id, resource, Action::Add, Impact::Created, renamed));
            continue;
        };
        let values = differing.remove(id).unwrap_or_default();
        let causes = causes.remove(id).unwrap_or_default();
        if !values.is_empty() || !causes.is_empty() {
            changes.push(change_of(id, before, resource, values, causes));
        }
    }
    for (id, resource) in old.resources.iter().filter(|(id, _)| !new.resources.contains_key(*id)) {
        let renamed = same_under_another_id(resource, new, old);
        let impact = impact_of_removal(resource, kind_of(&resource.resource_type).as_deref());
        changes.push(whole(id, resource, Action::Remove, impact, renamed));
    }
    changes
}

/// A resource that both templates have.
fn change_of(
    id: &str,
    before: &Resource,
    after: &Resource,
    values: Vec<ValueChange>,
    causes: Vec<Cause>,
) -> ResourceChange {
    let kind = kind_of(&after.resource_type);
    let (action, impact) = if before.resource_type == after.resource_type {
        match action_of(&causes) {
            action @ (Action::Replace | Action::MayReplace) => (action, impact_of_replacement(after, kind.as_deref())),
            // What comes with another changes for real, whatever else differs.
            _ if !causes.is_empty() => (Action::Modify, Impact::Updated),
            _ => (Action::Modify, impact_of_update(&values, kind.as_deref())),
        }
    } else {
        (Action::Replace, Impact::Refused)
    };
    let is_made_again = action == Action::Replace && impact != Impact::Refused;
    ResourceChange {
        logical_id: id.to_owned(),
        resource_type: after.resource_type.clone(),
        action,
        impact,
        renamed: None,
        values,
        causes: if impact == Impact::Refused { Vec::new() } else { causes },
        name_taken: is_made_again.then(|| name_in_the_way(before, after)).flatten(),
    }
}

fn whole(id: &str, resource: &Resource, action: Action, impact: Impact, renamed: Option<String>) -> ResourceChange {
    ResourceChange {
        logical_id: id.to_owned(),
        resource_type: resource.resource_type.clone(),
        action,
        impact,
        renamed,
        values: Vec::new(),
        causes: Vec::new(),
        name_taken: None,
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

//! Which changes make a resource again, and what follows for the resources that refer to it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Action, ValueChange};
use crate::specification::{Replacement, ResourceType, Specification};
use crate::template::{Resource, Target, Template, function_of, references_of};

/// Why a resource is made again, or changes though its own properties say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Path of the property (`Properties.BucketName`).
    pub path: String,
    /// The resource that is made again and that the property refers to; nothing when the property itself differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_again: Option<String>,
    /// What that does: [`Action::Modify`], [`Action::MayReplace`] or [`Action::Replace`].
    pub effect: Action,
}

/// Causes by logical id, for the resources of both templates that keep their type.
pub(super) fn causes(old: &Template, new: &Template, changes: &Changed) -> BTreeMap<String, Vec<Cause>> {
    let kept = |id: &String| {
        let [before, after] = [old, new].map(|template| template.resources.get(id).map(|one| &one.resource_type));
        before.is_some() && before == after
    };
    let own: BTreeMap<&String, Vec<Cause>> = changes
        .iter()
        .filter(|(id, _)| kept(id))
        .filter_map(|(id, values)| Some((id, own_causes(new.resources.get(id)?, values))))
        .collect();
    let uses: Vec<Use> = new.resources.iter().filter(|(id, _)| kept(id)).flat_map(|(id, one)| uses(id, one)).collect();
    let mut actions: BTreeMap<String, Action> = BTreeMap::new();
    loop {
        let mut causes: BTreeMap<String, Vec<Cause>> =
            own.iter().map(|(id, causes)| ((*id).clone(), causes.clone())).collect();
        for one in uses.iter().filter(|one| one.of != one.by) {
            let Some(action) = actions.get(&one.of).copied().filter(|action| *action != Action::Modify) else {
                continue;
            };
            // A thing that keeps its name is perhaps the same to those who refer to it.
            let is_certain = action == Action::Replace
                && !one.conditional
                && old.resources.get(&one.of).zip(new.resources.get(&one.of)).is_some_and(|(before, after)| {
                    name_that_stays(before, after, kind_of(&after.resource_type).as_deref()).is_none()
                });
            let effect = match one.replacement {
                Replacement::No => Action::Modify,
                Replacement::Yes if is_certain => Action::Replace,
                Replacement::Yes | Replacement::Maybe => Action::MayReplace,
            };
            let cause = Cause { path: one.path.clone(), made_again: Some(one.of.clone()), effect };
            let known = causes.entry(one.by.clone()).or_default();
            if !known.contains(&cause) {
                known.push(cause);
            }
        }
        // What is made again only grows from round to round, so this ends.
        let next: BTreeMap<String, Action> =
            causes.iter().map(|(id, causes)| (id.clone(), action_of(causes))).collect();
        if next == actions {
            return causes.into_iter().filter(|(_, causes)| !causes.is_empty()).collect();
        }
        actions = next;
    }
}

/// Values that differ, by logical id.
pub(super) type Changed = BTreeMap<String, Vec<ValueChange>>;

/// The worst of what the causes do.
pub(super) fn action_of(causes: &[Cause]) -> Action {
    let rank = |action: Action| match action {
        Action::Replace => 2,
        Action::MayReplace => 1,
        _ => 0,
    };
    causes.iter().map(|cause| cause.effect).max_by_key(|effect| rank(*effect)).unwrap_or(Action::Modify)
}

pub(super) fn kind_of(resource_type: &str) -> Option<std::sync::Arc<ResourceType>> {
    Specification::embedded().resource_type(resource_type)
}

/// The property that gives the thing a name that is the same before and after: two of them cannot be there at once.
///
/// Nothing for a type of which the old one goes before the new one comes.
pub(super) fn name_in_the_way(before: &Resource, after: &Resource) -> Option<String> {
    let kind = kind_of(&after.resource_type)?;
    if kind.deletes_before_creating() {
        return None;
    }
    name_that_stays(before, after, Some(&kind))
}

fn name_that_stays(before: &Resource, after: &Resource, kind: Option<&ResourceType>) -> Option<String> {
    let kind = kind?;
    let is_kept = |name: &String| {
        let [before, after] = [before, after].map(|resource| resource.properties.get(name));
        before.is_some() && before == after
    };
    let read_only = kind.read_only();
    let identifier = kind.primary_identifier();
    let of_arn = || -> Vec<String> {
        let template = kind.arn_template().unwrap_or_default();
        let names = template.split("${").skip(1).filter_map(|rest| rest.split('}').next());
        names
            .filter(|name| !matches!(*name, "Partition" | "Region" | "Account" | "AccountId"))
            .map(str::to_owned)
            .collect()
    };
    let names = if identifier.iter().any(|name| read_only.contains(name)) { of_arn() } else { identifier };
    (!names.is_empty() && names.iter().all(is_kept)).then(|| format!("Properties.{}", names[0]))
}

/// A place where one resource refers to another.
struct Use {
    by: String,
    of: String,
    path: String,
    replacement: Replacement,
    conditional: bool,
}

fn uses(id: &str, resource: &Resource) -> Vec<Use> {
    let kind = kind_of(&resource.resource_type);
    let references = references_of(&resource.properties, "");
    let named = references.into_iter().filter_map(|reference| match &reference.target {
        Target::Name(_) | Target::Attribute { .. } => Some((reference.target.logical_id()?.to_owned(), reference.path)),
        Target::DependsOn(_) | Target::Condition(_) | Target::Mapping(_) => None,
    });
    named
        .map(|(of, path)| {
            let (steps, conditional) = property_steps(&path);
            let replacement =
                kind.as_ref().map_or(Replacement::No, |kind| kind.replacement(&specification_path(&steps)));
            Use { by: id.to_owned(), of, path: shown_path(&steps), replacement, conditional }
        })
        .collect()
}

/// Steps of the path to a function, up to the first that is not `Fn::If`; and whether there was one.
fn property_steps(path: &str) -> (Vec<String>, bool) {
    let (mut steps, mut conditional) = (Vec::new(), false);
    let mut rest = path.split('/').skip(1);
    while let Some(step) = rest.next() {
        match step {
            "Fn::If" => {
                conditional = true;
                rest.next();
            }
            step if step == "Ref" || step.starts_with("Fn::") => break,
            step => steps.push(step.replace("~1", "/").replace("~0", "~")),
        }
    }
    (steps, conditional)
}

fn is_index(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}

fn specification_path(steps: &[String]) -> String {
    steps.iter().map(|step| if is_index(step) { "*" } else { step }).collect::<Vec<_>>().join("/")
}

fn shown_path(steps: &[String]) -> String {
    steps.iter().fold("Properties".to_owned(), |path, step| {
        if is_index(step) { format!("{path}[{step}]") } else { format!("{path}.{step}") }
    })
}

/// What the differing properties do by themselves.
fn own_causes(resource: &Resource, values: &[ValueChange]) -> Vec<Cause> {
    let Some(kind) = kind_of(&resource.resource_type) else { return Vec::new() };
    let causes = values.iter().filter_map(|change| {
        let path = change.path.strip_prefix("Properties")?;
        let path = path.replace('[', ".").replace(']', "");
        let steps: Vec<String> = path.split('.').skip(1).map(str::to_owned).collect();
        let inside = [&change.before, &change.after].into_iter().flatten();
        let effect = match inside.map(|value| worst_inside(&kind, &specification_path(&steps), value)).max()? {
            Replacement::No => return None,
            Replacement::Maybe => Action::MayReplace,
            Replacement::Yes => Action::Replace,
        };
        Some(Cause { path: change.path.clone(), made_again: None, effect })
    });
    causes.collect()
}

/// The worst of what a change of each value inside does, so that a part that is not there does not count.
fn worst_inside(kind: &ResourceType, path: &str, value: &Value) -> Replacement {
    let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}/{step}") };
    let parts: Vec<Replacement> = match value {
        Value::Object(fields) if function_of(fields).is_none() && !fields.is_empty() => {
            fields.iter().map(|(key, value)| worst_inside(kind, &below(key), value)).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| worst_inside(kind, &below("*"), item)).collect()
        }
        _ => vec![kind.replacement(path)],
    };
    parts.into_iter().max().unwrap_or(Replacement::No)
}

//! What CloudFormation says that a deployment would do, joined with what the templates tell: of two answers the worse counts.

use serde::Serialize;
use stack_aws::{Preview, Recreation, ResourceChange, StackStatus, ValidationFinding};
use stack_plan::Template;
use stack_plan::diff::{self, Action, Cause, Changes, Impact};
use stack_plan::specification::Specification;

use crate::differences::StackDifferences;
use crate::secrets::{HIDDEN, is_secret};

/// What CloudFormation says of one stack.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum ChangeSetView {
    /// It made a change set, which is gone again.
    Made {
        /// What it does, in CloudFormation's order.
        changes: Vec<ToldChange>,
        /// Findings of CloudFormation's validation that do not block.
        warnings: Vec<ValidationFinding>,
    },
    /// There is nothing to change.
    Empty,
    /// It refuses the change set.
    Refused {
        /// Reason that CloudFormation gave.
        reason: String,
        /// Findings of its validation, where it named any.
        findings: Vec<ValidationFinding>,
    },
    /// An operation works on the stack.
    Busy {
        /// Status of the stack.
        status: StackStatus,
    },
    /// The stack is in a state that must be left first.
    Stuck {
        /// Status of the stack.
        status: StackStatus,
    },
    /// The stack needs values of another one that is not deployed yet.
    Waits {
        /// Name of the other stack.
        companion: String,
    },
    /// The template has to lie in the artifact bucket, which is not there yet.
    NeedsBucket {
        /// Name of the bucket.
        bucket: String,
    },
}

/// What CloudFormation says of one resource.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ToldChange {
    /// Logical id.
    pub(crate) logical_id: String,
    /// CloudFormation type.
    pub(crate) resource_type: String,
    /// What it does.
    pub(crate) action: Action,
    /// What the templates tell of the resource; absent when they tell nothing.
    pub(crate) templates: Option<Action>,
    /// What becomes of the physical resource by its policies, where CloudFormation says so.
    pub(crate) policy_action: Option<String>,
    /// Properties, sorted by path.
    pub(crate) values: Vec<ToldValue>,
}

/// What CloudFormation says of one property.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ToldValue {
    /// JSON pointer in the resource.
    pub(crate) path: String,
    /// Value before.
    pub(crate) before: Option<String>,
    /// Value after; absent where only the deployment knows it.
    pub(crate) after: Option<String>,
    /// Whether its change makes the resource again.
    pub(crate) recreation: Recreation,
}

impl ChangeSetView {
    /// True when CloudFormation would change something.
    pub(crate) fn differs(&self) -> bool {
        matches!(self, Self::Made { changes, .. } if !changes.is_empty())
    }
}

/// Adds what CloudFormation says to the differences of a stack, and to what these tell of each resource.
pub(crate) fn join(differences: &mut StackDifferences, deployed: &Template, planned: &Template, preview: Preview) {
    let view = match preview {
        Preview::Made(change_set) => {
            let told = |change: ResourceChange| {
                let known = differences.changes.resources.iter().find(|known| known.logical_id == change.logical_id);
                let templates = known.map(|known| known.action);
                take_in(&mut differences.changes, &change);
                told(change, templates, deployed, planned)
            };
            ChangeSetView::Made {
                changes: change_set.changes.into_iter().map(told).collect(),
                warnings: change_set.warnings,
            }
        }
        Preview::Empty => ChangeSetView::Empty,
        Preview::Refused { reason, findings } => ChangeSetView::Refused { reason, findings },
        Preview::Busy { status } => ChangeSetView::Busy { status },
        Preview::Stuck { status } => ChangeSetView::Stuck { status },
        Preview::Waits { companion } => ChangeSetView::Waits { companion },
        Preview::NeedsBucket { bucket } => ChangeSetView::NeedsBucket { bucket },
        _ => return,
    };
    differences.change_set = Some(view);
}

/// The worse of what CloudFormation and the templates say of a resource.
fn take_in(changes: &mut Changes, told: &ResourceChange) {
    let action = told.action;
    let Some(known) = changes.resources.iter_mut().find(|known| known.logical_id == told.logical_id) else {
        changes.resources.push(diff::ResourceChange {
            logical_id: told.logical_id.clone(),
            resource_type: told.resource_type.clone(),
            action,
            impact: impact_of(told),
            renamed: None,
            values: Vec::new(),
            causes: causes_of(told),
            name_taken: None,
        });
        return;
    };
    if badness(action) <= badness(known.action) {
        return;
    }
    known.action = action;
    known.impact = impact_of(told);
    for cause in causes_of(told) {
        if !known.causes.iter().any(|one| one.path == cause.path) {
            known.causes.push(cause);
        }
    }
}

/// How bad a change in place may turn out; additions and removals are the same to both.
fn badness(action: Action) -> u8 {
    match action {
        Action::Modify => 1,
        Action::MayReplace => 2,
        Action::Replace => 3,
        Action::Add | Action::Remove | Action::Import => 4,
    }
}

/// What becomes of the thing itself, or of the old one: by what CloudFormation says of its policies, else the worse.
fn impact_of(told: &ResourceChange) -> Impact {
    match (told.action, told.policy_action.as_deref()) {
        (Action::Add | Action::Import, _) => Impact::Created,
        (Action::Modify, _) => Impact::Updated,
        (_, Some("Retain" | "ReplaceAndRetain")) => Impact::Retained,
        (_, Some("Snapshot" | "ReplaceAndSnapshot")) => Impact::Snapshot,
        _ => {
            let known = Specification::embedded().resource_type(&told.resource_type);
            if known.is_none_or(|known| known.is_stateful()) { Impact::DataLost } else { Impact::Deleted }
        }
    }
}

/// The properties for which CloudFormation makes a resource again.
fn causes_of(told: &ResourceChange) -> Vec<Cause> {
    let effect = |recreation| match recreation {
        Recreation::Never => None,
        Recreation::Conditionally => Some(Action::MayReplace),
        Recreation::Always => Some(Action::Replace),
    };
    let cause = |(path, effect): (&str, Action)| Cause {
        path: path.trim_start_matches('/').replace('/', "."),
        made_again: None,
        effect,
    };
    let causes = told.values.iter().filter_map(|value| Some((value.path.as_str(), effect(value.recreation)?)));
    causes.map(cause).collect()
}

fn told(change: ResourceChange, templates: Option<Action>, deployed: &Template, planned: &Template) -> ToldChange {
    let hides = |path: &str| {
        let path = path.strip_prefix("/Properties").unwrap_or(path);
        [deployed, planned].into_iter().any(|template| {
            let resource = template.resources.get(&change.logical_id);
            resource.is_some_and(|resource| is_secret(template, &resource.properties, path))
        })
    };
    let values = change.values.iter().map(|value| {
        let is_hidden = hides(&value.path);
        let hide = |text: &Option<String>| text.clone().map(|text| if is_hidden { HIDDEN.to_owned() } else { text });
        ToldValue {
            path: value.path.clone(),
            before: hide(&value.before),
            after: hide(&value.after),
            recreation: value.recreation,
        }
    });
    ToldChange {
        values: values.collect(),
        logical_id: change.logical_id,
        resource_type: change.resource_type,
        action: change.action,
        templates,
        policy_action: change.policy_action,
    }
}

#[cfg(test)]
mod tests;

//! Policies of both templates, side by side: who or what each is about, and what it says.

use std::collections::BTreeMap;

use super::coverage::uncovered;
use super::severe::reasons;
use super::statement::Statement;
use super::{Broadening, Sides, identity, resource_policies, words};
use crate::policy::Effect;

/// What a policy is to its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holding {
    /// It says what a role, a user or a group may do.
    Identity,
    /// It says what a managed policy that nothing of the template holds allows: one that is a boundary, for example.
    Contents,
    /// It says who may take a role.
    Trust,
    /// It says who may do what to a resource.
    Resource,
}

impl Holding {
    /// Whether its statements say whom they are about.
    pub(super) fn names_principals(self) -> bool {
        matches!(self, Self::Trust | Self::Resource)
    }
}

/// Who or what policies are about. All that is said of one holder counts together, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holder {
    pub(super) holding: Holding,
    /// Logical id (the older one) or, of what is outside of the template, what names it.
    pub(super) name: String,
    /// True for a resource of the template.
    pub(super) is_resource: bool,
}

/// Statements by holder.
pub(super) type Policies = BTreeMap<Holder, Vec<Statement>>;

pub(super) fn broadening(sides: &Sides<'_>) -> Vec<Broadening> {
    let [(old, was_attached), (new, is_attached)] = [sides.old, sides.new].map(|reader| {
        let mut policies = Policies::new();
        let attached = identity::gather(reader, &mut policies);
        resource_policies::gather(reader, &mut policies);
        (policies, attached)
    });
    let nothing = Vec::new();
    let mut found = Vec::new();
    for (holder, statements) in &new {
        if holder.holding == Holding::Contents && is_attached.contains(&holder.name) {
            continue;
        }
        let names_principals = holder.holding.names_principals();
        let is_new = holder.is_resource && !sides.old.template.resources.contains_key(&holder.name);
        // A new resource is compared with itself without a policy.
        let implied = if is_new { resource_policies::implied(sides.new, &holder.name) } else { Vec::new() };
        let before: Vec<&Statement> = old.get(holder).unwrap_or(&nothing).iter().chain(&implied).collect();
        let allowances = statements.iter().filter(|statement| statement.effect == Effect::Allow);
        for statement in allowances.filter(|statement| !(is_new && statement.is_implied)) {
            for uncovered in uncovered(statement, &before) {
                let reasons = reasons(&uncovered, holder.holding);
                let what = words::allows(&uncovered, names_principals, &reasons);
                found.push(Broadening::wider(&statement.place, what).severe_if(!reasons.is_empty()));
            }
        }
    }
    for (holder, statements) in &old {
        // With its holder, a denial has nothing left to guard, unless the holder stays in the account without it.
        let goes = holder.is_resource && !sides.is_kept(&holder.name);
        if goes && !sides.is_retained(&holder.name) {
            continue;
        }
        let is_held = [&was_attached, &is_attached].iter().any(|attached| attached.contains(&holder.name));
        if holder.holding == Holding::Contents && is_held {
            continue;
        }
        let names_principals = holder.holding.names_principals();
        let after: Vec<&Statement> = new.get(holder).unwrap_or(&nothing).iter().collect();
        let denials = statements.iter().filter(|statement| statement.effect == Effect::Deny);
        for statement in denials.filter(|statement| !(goes && sides.is_retained(&statement.place.logical_id))) {
            for uncovered in uncovered(statement, &after) {
                let what = words::denies_no_more(&uncovered, names_principals);
                found.push(Broadening::wider(&statement.place, what));
            }
        }
    }
    found
}

//! Whether statements are within other statements, atom by atom: an action, a resource, a principal.

use super::reader::Guards;
use super::statement::{Extent, Item, Statement};
use super::term::Term;

/// A part of an extent that is covered or is not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// One of what is listed.
    Item(&'a Item),
    /// Everything but what is listed.
    Rest(&'a [Item]),
}

/// What of a statement no other statement covers.
#[derive(Debug)]
pub(super) struct Uncovered<'a> {
    pub(super) statement: &'a Statement,
    pub(super) actions: Vec<Part<'a>>,
    pub(super) resources: Vec<Part<'a>>,
    pub(super) principals: Vec<Part<'a>>,
    /// True when all of it was covered but for the conditions.
    pub(super) is_loosened: bool,
}

/// What of `statement` none of `others` covers, in groups of actions that are uncovered in the same way.
pub(super) fn uncovered<'a>(statement: &'a Statement, others: &[&Statement]) -> Vec<Uncovered<'a>> {
    let same_effect = others.iter().filter(|other| other.effect == statement.effect);
    let (holding, limited): (Vec<&&Statement>, Vec<&&Statement>) =
        same_effect.partition(|other| holds_with(other, statement));
    let [actions, resources, principals] = [&statement.actions, &statement.resources, &statement.principals].map(parts);
    // Per statement and part, once: the product below only looks them up.
    let tables = |others: Vec<&&Statement>| -> Vec<[Vec<bool>; 3]> {
        let table = |other: &&Statement| {
            [(&other.actions, &actions), (&other.resources, &resources), (&other.principals, &principals)]
                .map(|(extent, parts)| parts.iter().map(|part| covers(extent, part, &statement.when)).collect())
        };
        others.into_iter().map(table).collect()
    };
    let (holding, limited) = (tables(holding), tables(limited));
    let mut found: Vec<(Vec<bool>, Uncovered<'a>)> = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let (mut missing, mut is_loosened) = (Vec::new(), true);
        for resource in 0..resources.len() {
            for principal in 0..principals.len() {
                let is_in = |table: &[Vec<bool>; 3]| table[0][index] && table[1][resource] && table[2][principal];
                let is_missing = !holding.iter().any(is_in);
                missing.push(is_missing);
                is_loosened &= !is_missing || limited.iter().any(is_in);
            }
        }
        if !missing.contains(&true) {
            continue;
        }
        if let Some((_, group)) =
            found.iter_mut().find(|(same, one)| *same == missing && one.is_loosened == is_loosened)
        {
            group.actions.push(*action);
            continue;
        }
        let is_hit = |at: &dyn Fn(usize) -> usize, wanted: usize| {
            missing.iter().enumerate().any(|(place, missing)| *missing && at(place) == wanted)
        };
        let columns = principals.len();
        let chosen = |parts: &[Part<'a>], at: &dyn Fn(usize) -> usize| -> Vec<Part<'a>> {
            parts.iter().enumerate().filter(|(index, _)| is_hit(at, *index)).map(|(_, part)| *part).collect()
        };
        let group = Uncovered {
            statement,
            actions: vec![*action],
            resources: chosen(&resources, &|place| place / columns),
            principals: chosen(&principals, &|place| place % columns),
            is_loosened,
        };
        found.push((missing, group));
    }
    found.into_iter().map(|(_, group)| group).collect()
}

/// Whether the conditions of `other`, and those of the template around it, hold whenever those of `statement` do.
fn holds_with(other: &Statement, statement: &Statement) -> bool {
    other.when.is_subset(&statement.when)
        && other
            .limits
            .iter()
            .all(|limit| statement.limits.iter().any(|stricter| limit.holds_with(stricter, &statement.when)))
}

fn parts(extent: &Extent) -> Vec<Part<'_>> {
    match extent {
        Extent::These(items) => items.iter().map(Part::Item).collect(),
        Extent::AllBut(items) => vec![Part::Rest(items)],
    }
}

/// Whether all of the part is in the extent. `when` are conditions of the template that are known to hold.
fn covers(extent: &Extent, part: &Part<'_>, when: &Guards) -> bool {
    let also = |one: &Item| -> Guards { when.union(&one.when).cloned().collect() };
    match (extent, part) {
        (Extent::These(items), Part::Item(one)) => {
            let when = also(one);
            items.iter().any(|item| item.when.is_subset(&when) && item.term.covers(&one.term))
        }
        (Extent::These(items), Part::Rest(_)) => {
            items.iter().any(|item| item.when.is_subset(when) && item.term.is_everything())
        }
        // What may be left out is taken as left out.
        (Extent::AllBut(items), Part::Item(one)) => !items.iter().any(|item| item.term.overlaps(&one.term)),
        (Extent::AllBut(items), Part::Rest(others)) => items.iter().all(|item| {
            let when = also(item);
            others.iter().any(|other| other.when.is_subset(&when) && other.term.covers(&item.term))
        }),
    }
}

impl Part<'_> {
    /// True for a part that takes in everything.
    pub(super) fn is_everything(&self) -> bool {
        match self {
            Self::Item(item) => item.term.is_everything(),
            Self::Rest(items) => items.is_empty(),
        }
    }

    /// The term, when it is one.
    pub(super) fn term(&self) -> Option<&Term> {
        match self {
            Self::Item(item) => Some(&item.term),
            Self::Rest(_) => None,
        }
    }
}

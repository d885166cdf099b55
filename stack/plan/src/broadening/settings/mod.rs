//! Settings that guard: encryption, retention, authorization, public addresses.
//!
//! Each has a rank, the higher the safer; a setting is wider when its rank is lower than before.

mod known;
mod look;
mod special;

use super::reader::{Guards, Reader};
use super::statement::{Place, plain_text};
use super::{Broadening, Sides};
use known::SETTINGS;
use look::{Seen, look};
use serde_json::Value;

/// How safe a value is.
#[derive(Debug, Clone, Copy)]
enum Rank {
    /// `true` is safer.
    Flag,
    /// `false` is safer.
    OpenFlag,
    /// Being there is safer.
    Present,
    /// Not being there is safer.
    Absent,
    /// The later in the list the safer, and what is not in the list the safest.
    Order(&'static [&'static str]),
    /// The more the safer.
    More,
    /// The fewer the safer.
    Fewer,
}

/// A setting of some types.
#[derive(Debug, Clone, Copy)]
struct Setting {
    kinds: &'static [&'static str],
    /// Path below `Properties`, items of lists as `*`.
    path: &'static str,
    rank: Rank,
    /// Rank of a setting that is not there.
    absent: i64,
    /// Rank that a new resource must have, for a setting that counts there as well.
    when_new: Option<i64>,
    /// What becomes wider.
    what: &'static str,
}

/// More than any number of days.
const FOREVER: i64 = i64::MAX;

pub(super) fn broadening(sides: &Sides<'_>) -> Vec<Broadening> {
    let mut found = Vec::new();
    for (id, resource) in &sides.new.template.resources {
        let kind = resource.resource_type.as_str();
        for setting in SETTINGS.iter().filter(|setting| setting.kinds.contains(&kind)) {
            setting.compare(sides, id, &mut found);
        }
        special::of_resource(sides, id, resource, &mut found);
    }
    special::removed_firewalls(sides, &mut found);
    found
}

impl Setting {
    fn compare(&self, sides: &Sides<'_>, id: &str, found: &mut Vec<Broadening>) {
        let properties =
            |reader: &Reader<'_>, id: &str| reader.template.resources.get(id).map(|one| one.properties.clone());
        let Some(after) = properties(sides.new, id) else { return };
        let before = sides.before(id).map(|resource| resource.properties.clone());
        let after = look(sides.new, &after, self.path, &sides.new.guards_of(id));
        let before = before.as_ref().map(|before| look(sides.old, before, self.path, &Guards::new()));
        for seen in &after {
            // An item that a list did not have is new like a new resource.
            let old: Vec<&Seen> = before.iter().flatten().filter(|old| old.item == seen.item).collect();
            let is_wider = if old.is_empty() {
                self.when_new.zip(self.rank_of(seen)).is_some_and(|(safe, rank)| rank < safe)
            } else {
                let consistent = old.iter().filter(|old| look::is_consistent(&old.when, &seen.when));
                consistent.into_iter().any(|old| self.is_wider(old, seen))
            };
            if is_wider {
                found.push(Broadening::wider(&Place::new(id, format!("Properties.{}", seen.path)), self.what));
            }
        }
    }

    fn is_wider(&self, old: &Seen, new: &Seen) -> bool {
        match (self.rank_of(old), self.rank_of(new)) {
            (Some(before), Some(after)) => after < before,
            // What only the deployment knows is wider unless it is the same, or nothing was guarded.
            (Some(before), None) => before > self.lowest(),
            (None, Some(after)) => after <= self.lowest(),
            (None, None) => old.key != new.key,
        }
    }

    fn lowest(&self) -> i64 {
        if matches!(self.rank, Rank::Fewer) { i64::MIN } else { 0 }
    }

    /// Nothing for what only the deployment knows.
    fn rank_of(&self, seen: &Seen) -> Option<i64> {
        let Some(value) = &seen.value else { return Some(self.absent) };
        let is_empty = value.as_str() == Some("");
        let text = plain_text(value);
        let flag = |on: i64| match text.as_deref()?.to_ascii_lowercase().as_str() {
            "true" => Some(on),
            "false" => Some(1 - on),
            _ => None,
        };
        match self.rank {
            Rank::Flag => flag(1),
            Rank::OpenFlag => flag(0),
            Rank::Present => Some(i64::from(!is_empty)),
            Rank::Absent => Some(i64::from(is_empty)),
            Rank::Order(values) => {
                let text = text?;
                let index = values.iter().position(|known| *known == text).unwrap_or(values.len());
                i64::try_from(index).ok()
            }
            Rank::More => text?.parse().ok(),
            Rank::Fewer => text?.parse::<i64>().ok().map(|number| -number),
        }
    }
}

/// True for a value that says `true`.
fn is_true(value: &Value) -> bool {
    plain_text(value).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

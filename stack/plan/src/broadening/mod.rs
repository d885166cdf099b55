//! What a newer template allows that an older one does not: permissions, networks, and the settings that guard data.
//!
//! Statements of policies are compared atom by atom (an action, a resource, a principal), whatever their order and
//! spelling: an atom of the newer template is wider when no statement of the older one covers it. A denial that is gone
//! is wider too. What cannot be told (a function whose value only the deployment knows, and that differs) counts as
//! wider. Contents of managed policies outside of the template are not looked at.

mod coverage;
mod documents;
mod identity;
mod limit;
mod network;
mod policy_places;
mod principal;
mod reader;
mod resource_policies;
mod secrets;
mod settings;
mod severe;
mod spelling;
mod statement;
mod subject;
mod term;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::template::Template;

use reader::Reader;
use statement::Place;

/// Something that becomes wider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Broadening {
    /// Logical id of the resource that says so; of what is no resource, its name in its section.
    pub logical_id: String,
    /// Path inside the resource (`Properties.Policies[0].PolicyDocument.Statement[1]`), or the section (`Outputs.Value`).
    pub path: String,
    /// What becomes wider, in words that go on after "it".
    pub what: String,
    /// How bad that is.
    pub severity: Severity,
}

/// How bad something is that becomes wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It deserves a look.
    Wider,
    /// Bad practice wherever it stands: any principal, any action, a role for whoever asks.
    Severe,
}

impl Broadening {
    /// Everything that `new` opens and `old` does not. When `old` has no resources, as before the first deployment,
    /// everything is new, and only what is severe is told.
    #[must_use]
    pub fn between(old: &Template, new: &Template) -> Vec<Self> {
        let aliases = renamed(old, new);
        let none = BTreeMap::new();
        let (alone_old, alone_new) = (Reader::new(old, &none), Reader::new(new, &aliases));
        let sides = Sides { old: &alone_old.beside(&alone_new), new: &alone_new.beside(&alone_old) };
        let mut found = documents::broadening(&sides);
        found.extend(network::broadening(&sides));
        found.extend(settings::broadening(&sides));
        found.extend(secrets::broadening(&sides));
        if old.resources.is_empty() {
            found.retain(|broadening| broadening.severity == Severity::Severe);
        }
        // In the order of the newer template; what only the older one has comes last.
        let index = |broadening: &Self| new.resources.get_index_of(&broadening.logical_id).unwrap_or(usize::MAX);
        found.sort_by(|one, other| index(one).cmp(&index(other)).then_with(|| one.cmp(other)));
        found.dedup();
        found
    }

    fn wider(place: &Place, what: impl Into<String>) -> Self {
        let Place { logical_id, path } = place.clone();
        Self { logical_id, path, what: what.into(), severity: Severity::Wider }
    }

    fn severe_if(mut self, is_severe: bool) -> Self {
        if is_severe {
            self.severity = Severity::Severe;
        }
        self
    }
}

/// Both templates.
struct Sides<'a> {
    old: &'a Reader<'a>,
    new: &'a Reader<'a>,
}

impl Sides<'_> {
    /// The resource of the older template that one of the newer is, under whichever id.
    fn before(&self, id: &str) -> Option<&crate::template::Resource> {
        let kind = self.new.template.resources.get(id).map(|resource| resource.resource_type.as_str());
        self.old.template.resources.get(self.new.alias(id)).filter(|before| Some(before.resource_type.as_str()) == kind)
    }

    /// True when the newer template still has what the older one has under this id.
    fn is_kept(&self, old_id: &str) -> bool {
        self.new.template.resources.keys().any(|id| self.new.alias(id) == old_id)
    }

    /// True for a resource of the older template that stays in the account when it goes out of the template.
    fn is_retained(&self, old_id: &str) -> bool {
        let resource = self.old.template.resources.get(old_id);
        let policy = resource.and_then(|resource| resource.deletion_policy.as_deref());
        matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
    }
}

/// Newer logical ids of resources that are otherwise the same, with their older ones.
fn renamed(old: &Template, new: &Template) -> BTreeMap<String, String> {
    let mut aliases: BTreeMap<String, String> = BTreeMap::new();
    for (id, resource) in new.resources.iter().filter(|(id, _)| !old.resources.contains_key(*id)) {
        let same = old.resources.iter().find(|(other, before)| {
            !new.resources.contains_key(*other)
                && !aliases.values().any(|taken| taken == *other)
                && before.resource_type == resource.resource_type
                && before.properties == resource.properties
                && before.condition == resource.condition
        });
        if let Some((other, _)) = same {
            aliases.insert(id.clone(), other.clone());
        }
    }
    aliases
}

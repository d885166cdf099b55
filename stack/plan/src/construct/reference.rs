//! References between constructs: `bucket.assets`, `bucket.assets/avatars/*`.

use std::collections::BTreeMap;

use super::Kind;
use crate::fault::{FaultKind, Place, Sink};
use crate::scope::Known;

/// Names of everything that the project declares, faulty or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declared {
    names: BTreeMap<Kind, Vec<String>>,
    groups: BTreeMap<(Kind, String), Vec<Group>>,
}

/// Attributes of the parts of a construct: `user_pool.users.clients.web` has the group `clients` with `web`.
pub(crate) type Group = (&'static str, Vec<String>);

impl Declared {
    pub(crate) fn insert(&mut self, kind: Kind, name: &str) {
        self.names.entry(kind).or_default().push(name.to_owned());
    }

    pub(crate) fn insert_groups(&mut self, kind: Kind, name: &str, groups: Vec<Group>) {
        self.groups.insert((kind, name.to_owned()), groups);
    }

    pub(crate) fn names(&self, kind: Kind) -> &[String] {
        self.names.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Names of the parts of a construct in one group of attributes.
    pub(crate) fn members(&self, kind: Kind, name: &str, group: &str) -> &[String] {
        let groups = self.groups.get(&(kind, name.to_owned()));
        let found = groups.into_iter().flatten().find(|(own, _)| *own == group);
        found.map_or(&[], |(_, members)| members.as_slice())
    }

    /// The names that expressions may use; `absent` are attributes that a construct lacks, with how to get them.
    pub(crate) fn known(&self, absent: &[(Kind, &str, &'static str, &'static str)]) -> BTreeMap<String, Known> {
        let attributes_of = |kind: Kind, name: &str| {
            let lacks = |attribute: &str| absent.iter().find(|it| (it.0, it.1, it.2) == (kind, name, attribute));
            let known = kind.attributes().iter().map(|&attribute| {
                let known = lacks(attribute).map_or(Known::Value, |(.., help)| Known::Absent(help));
                (attribute.to_owned(), known)
            });
            let mut known: BTreeMap<String, Known> = known.collect();
            for (group, members) in self.groups.get(&(kind, name.to_owned())).into_iter().flatten() {
                known.insert((*group).to_owned(), Known::group(members.iter().cloned()));
            }
            Known::Group(known)
        };
        Kind::ALL
            .iter()
            .filter(|kind| !kind.attributes().is_empty())
            .map(|&kind| {
                let members = self.names(kind).iter().map(|name| (name.clone(), attributes_of(kind, name)));
                (kind.word().to_owned(), Known::Group(members.collect()))
            })
            .collect()
    }

    /// Reports a name that is not declared.
    pub(crate) fn check(&self, kind: Kind, name: &str, place: &Place, sink: &Sink) -> bool {
        let known = self.names(kind);
        let is_known = known.iter().any(|candidate| candidate == name);
        if !is_known {
            let kind = FaultKind::UnknownReference {
                construct: kind.word().to_owned(),
                name: name.to_owned(),
                known: known.to_vec(),
            };
            sink.push(kind, place);
        }
        is_known
    }
}

/// `bucket.assets`, `bucket.assets/avatars/*`, `topic.news`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// What follows the first `/`.
    pub(crate) path: Option<String>,
}

impl Reference {
    /// Reads a reference to something that is declared and is of one of `kinds`; reports what is wrong with it.
    pub(crate) fn read(text: &str, kinds: &[Kind], declared: &Declared, place: &Place, sink: &Sink) -> Option<Self> {
        let (target, path) = match text.split_once('/') {
            Some((target, path)) => (target, Some(path.to_owned())),
            None => (text, None),
        };
        let found = target
            .split_once('.')
            .and_then(|(word, name)| Some((kinds.iter().copied().find(|kind| kind.word() == word)?, name)));
        let Some((kind, name)) = found else {
            let forms: Vec<String> = kinds.iter().map(|kind| format!("`{}.NAME`", kind.word())).collect();
            let kind = FaultKind::BadValue {
                value: text.to_owned(),
                expected: "a reference that fits here".to_owned(),
                help: format!("write {}", forms.join(" or ")),
            };
            sink.push(kind, place);
            return None;
        };
        let is_declared = declared.check(kind, name, place, sink);
        is_declared.then(|| Self { kind, name: name.to_owned(), path })
    }

    /// As [`read`](Self::read), for a place that takes the construct as a whole: a path is a fault.
    pub(crate) fn read_whole(
        text: &str,
        kinds: &[Kind],
        declared: &Declared,
        place: &Place,
        sink: &Sink,
    ) -> Option<Self> {
        let reference = Self::read(text, kinds, declared, place, sink)?;
        if reference.path.is_none() {
            return Some(reference);
        }
        let kind = FaultKind::BadValue {
            value: text.to_owned(),
            expected: format!("a whole {}", reference.kind.word().replace('_', " ")),
            help: format!("write `{}.{}`", reference.kind.word(), reference.name),
        };
        sink.push(kind, place);
        None
    }

    /// Reads the name of a construct of the one kind that fits, with or without the kind's word before it.
    pub(crate) fn read_name(text: &str, kind: Kind, declared: &Declared, place: &Place, sink: &Sink) -> Option<Self> {
        let name = text.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(text).to_owned();
        declared.check(kind, &name, place, sink).then_some(Self { kind, name, path: None })
    }
}

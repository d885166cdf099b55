//! `access:` links: what a function may do with what.

use super::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text, read_texts};
use crate::scope::Scope;
use crate::values::{METHODS, is_index_name};

/// A verb of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    Delete,
    List,
    Query,
    Scan,
    Publish,
    Send,
    Consume,
    Connect,
    Invoke,
    Invalidate,
    Transcode,
    Pull,
    Push,
}

/// What stands before the name of an index in a target.
const INDEX_PATH: &str = "index/";

/// What each verb may be said of, and the policy source that grants it (`policies/<name>.json.hbs`).
const LINKS: &[(Verb, Kind, &str)] = &[
    (Verb::Read, Kind::Bucket, "bucket-read"),
    (Verb::Write, Kind::Bucket, "bucket-write"),
    (Verb::Delete, Kind::Bucket, "bucket-delete"),
    (Verb::List, Kind::Bucket, "bucket-list"),
    (Verb::Read, Kind::Table, "table-read"),
    (Verb::Write, Kind::Table, "table-write"),
    (Verb::Delete, Kind::Table, "table-delete"),
    (Verb::Query, Kind::Table, "table-query"),
    (Verb::Scan, Kind::Table, "table-scan"),
    (Verb::Publish, Kind::Topic, "topic-publish"),
    (Verb::Send, Kind::Queue, "queue-send"),
    (Verb::Consume, Kind::Queue, "queue-consume"),
    (Verb::Read, Kind::Secret, "secret-read"),
    (Verb::Connect, Kind::Database, "database-connect"),
    (Verb::Invoke, Kind::Function, "function-invoke"),
    (Verb::Invoke, Kind::HttpApi, "http_api-invoke"),
    (Verb::Invoke, Kind::RestApi, "rest_api-invoke"),
    (Verb::Invalidate, Kind::Distribution, "distribution-invalidate"),
    (Verb::Transcode, Kind::Transcoder, "transcoder-transcode"),
    (Verb::Pull, Kind::Repository, "repository-pull"),
    (Verb::Push, Kind::Repository, "repository-push"),
];

/// Every link of the language.
#[cfg(test)]
pub(crate) fn links() -> impl Iterator<Item = (Verb, Kind)> {
    LINKS.iter().map(|(verb, kind, _)| (*verb, *kind))
}

impl Verb {
    const ALL: &'static [Self] = &[
        Self::Read,
        Self::Write,
        Self::Delete,
        Self::List,
        Self::Query,
        Self::Scan,
        Self::Publish,
        Self::Send,
        Self::Consume,
        Self::Connect,
        Self::Invoke,
        Self::Invalidate,
        Self::Transcode,
        Self::Pull,
        Self::Push,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Query => "query",
            Self::Scan => "scan",
            Self::Publish => "publish",
            Self::Send => "send",
            Self::Consume => "consume",
            Self::Connect => "connect",
            Self::Invoke => "invoke",
            Self::Invalidate => "invalidate",
            Self::Transcode => "transcode",
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }

    /// What the verb may be said of.
    fn targets(self) -> Vec<Kind> {
        LINKS.iter().filter(|(verb, ..)| *verb == self).map(|(_, kind, _)| *kind).collect()
    }

    /// Reads a verb; reports an unknown one.
    pub(crate) fn read(word: &str, place: &Place, sink: &Sink) -> Option<Self> {
        let verb = Self::ALL.iter().copied().find(|verb| verb.word() == word);
        if verb.is_none() {
            let known = Self::ALL.iter().map(|verb| verb.word().to_owned()).collect();
            sink.push(FaultKind::UnknownKey { key: word.to_owned(), known }, place);
        }
        verb
    }
}

/// Reads the links of an `access:` mapping.
pub(crate) fn read_access(fields: &Fields<'_>, sink: &Sink) -> Vec<(Verb, Text)> {
    let mut links = Vec::new();
    for entry in fields.section("access") {
        let Some(verb) = Verb::read(entry.name, &entry.place, sink) else { continue };
        let targets = read_texts(entry.node, &entry.place, sink);
        links.extend(targets.into_iter().map(|target| (verb, target)));
    }
    links
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) verb: Verb,
    pub(crate) target: Reference,
    pub(crate) place: Place,
}

impl Access {
    /// Reads the target of a link.
    pub(crate) fn resolve(verb: Verb, text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<Self> {
        let literal = scope.literal(text)?;
        let target = Reference::read(&literal, &verb.targets(), declared, &text.place, scope.sink())?;
        if let Some(path) = &target.path
            && let Some((expected, help)) = path_fault(verb, target.kind, path)
        {
            let kind = FaultKind::BadValue { value: literal, expected: expected.to_owned(), help: help.to_owned() };
            scope.sink().push(kind, &text.place);
            return None;
        }
        Some(Self { verb, target, place: text.place.clone() })
    }

    /// The index of a table that it is for, when it is for one.
    pub(crate) fn index(&self) -> Option<&str> {
        let path = self.target.path.as_deref().filter(|_| self.target.kind == Kind::Table);
        path.and_then(|path| path.strip_prefix(INDEX_PATH))
    }

    /// Name of the policy source that grants it.
    pub(crate) fn policy_source(&self) -> &'static str {
        let is_ours = |(verb, kind, _): &&(Verb, Kind, &str)| *verb == self.verb && *kind == self.target.kind;
        // Links are read by the same list, so each has its source; no file has the empty name.
        LINKS.iter().find(is_ours).map_or("", |(.., source)| source)
    }

    /// The keys of the bucket that the link covers, `*` and `?` being wildcards.
    pub(crate) fn key_pattern(&self) -> &str {
        self.target.path.as_deref().unwrap_or("*")
    }

    /// True when a key that begins with `prefix` and ends with `suffix` may be covered: unless the fixed beginnings
    /// exclude each other, it is taken as possible.
    pub(crate) fn may_touch(&self, prefix: &str, suffix: &str) -> bool {
        let pattern = self.key_pattern();
        match pattern.find(['*', '?']) {
            None => pattern.starts_with(prefix) && pattern.ends_with(suffix),
            Some(end) => {
                let fixed = &pattern[..end];
                let fixed_end = pattern.rsplit(['*', '?']).next().unwrap_or_default();
                let beginnings_meet = fixed.starts_with(prefix) || prefix.starts_with(fixed);
                let ends_meet = fixed_end.ends_with(suffix) || suffix.ends_with(fixed_end);
                beginnings_meet && ends_meet
            }
        }
    }
}

/// What is wrong with what follows the `/` of a target, and how to mend it.
fn path_fault(verb: Verb, kind: Kind, path: &str) -> Option<(&'static str, &'static str)> {
    let is_pattern = !path.is_empty() && !path.contains(['$', '"', '\\']) && path.len() <= 1024;
    match kind {
        Kind::Table => {
            let is_index = path.strip_prefix(INDEX_PATH).is_some_and(is_index_name);
            let is_searched = matches!(verb, Verb::Query | Verb::Scan);
            (!is_index || !is_searched).then_some((
                "a table or one of its indexes",
                "`table.NAME`, or for `query` and `scan` also `table.NAME/index/INDEX`",
            ))
        }
        Kind::HttpApi | Kind::RestApi => {
            let method = path.split('/').next().unwrap_or_default();
            let is_route = is_pattern && path.contains('/') && (method == "*" || METHODS.contains(&method));
            (!is_route).then_some(("a route of an API", "a method and a path: `http_api.NAME/GET/path/*`"))
        }
        _ => (kind != Kind::Bucket || !is_pattern).then_some((
            "a target with a key pattern",
            "buckets have keys, `bucket.NAME/prefix/*`, and APIs have routes, `http_api.NAME/GET/path/*`; at most 1024 characters, without `$`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_touch_unless_their_ends_exclude_it() {
        let touches = |pattern: Option<&str>, prefix: &str, suffix: &str| {
            let target = Reference { kind: Kind::Bucket, name: "b".into(), path: pattern.map(Into::into) };
            Access { verb: Verb::Write, target, place: Place::default() }.may_touch(prefix, suffix)
        };
        assert!(touches(None, "", ""));
        assert!(touches(None, "in/", ".jpg"));
        assert!(touches(Some("in/*"), "in/a/", ""));
        assert!(touches(Some("*"), "in/", ""));
        assert!(!touches(Some("out/*"), "in/", ""));
        assert!(!touches(Some("out/*.png"), "out/", ".jpg"));
        assert!(touches(Some("out/*.tar.gz"), "out/", ".gz"));
        assert!(touches(Some("exact.json"), "", ".json"));
        assert!(!touches(Some("exact.json"), "exact.json.", ""));
    }
}

//! `access:` links: what a function may do with what.

use crate::fault::{FaultKind, Place, Sink};
use crate::scope::Scope;

use super::{Declared, Kind, Reference};
use crate::project::Text;

/// A verb of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    Delete,
    List,
    Publish,
    Invoke,
}

impl Verb {
    const ALL: [Self; 6] = [Self::Read, Self::Write, Self::Delete, Self::List, Self::Publish, Self::Invoke];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Publish => "publish",
            Self::Invoke => "invoke",
        }
    }

    /// What the verb applies to.
    pub(crate) fn target(self) -> Kind {
        match self {
            Self::Read | Self::Write | Self::Delete | Self::List => Kind::Bucket,
            Self::Publish => Kind::Topic,
            Self::Invoke => Kind::Function,
        }
    }

    /// Name of the policy source that grants it.
    pub(crate) fn policy_source(self) -> &'static str {
        match self {
            Self::Read => "bucket-read.json.hbs",
            Self::Write => "bucket-write.json.hbs",
            Self::Delete => "bucket-delete.json.hbs",
            Self::List => "bucket-list.json.hbs",
            Self::Publish => "topic-publish.json.hbs",
            Self::Invoke => "function-invoke.json.hbs",
        }
    }

    /// Reads a verb; reports an unknown one.
    pub(crate) fn read(word: &str, place: &Place, sink: &Sink) -> Option<Self> {
        let verb = Self::ALL.into_iter().find(|verb| verb.word() == word);
        if verb.is_none() {
            let known = Self::ALL.iter().map(|verb| verb.word().to_owned()).collect();
            sink.push(FaultKind::UnknownKey { key: word.to_owned(), known }, place);
        }
        verb
    }
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
        let target = Reference::read(&literal, &[verb.target()], declared, &text.place, scope.sink())?;
        if let Some(path) = &target.path
            && (target.kind != Kind::Bucket || path.is_empty() || path.contains(['$', '"', '\\']) || path.len() > 1024)
        {
            let kind = FaultKind::BadValue {
                value: literal,
                expected: "a target with a key pattern".to_owned(),
                help: "only buckets have keys: `bucket.NAME/prefix/*`, at most 1024 characters, without `$`".to_owned(),
            };
            scope.sink().push(kind, &text.place);
            return None;
        }
        Some(Self { verb, target, place: text.place.clone() })
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

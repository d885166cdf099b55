//! `lifecycle:` of a bucket: what S3 does to objects by itself.

use serde_json::{Value, json};

use super::event::key_filter;
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{Days, StorageClass, VersionCount};
use crate::yaml::Node;

/// Keys of a rule that say what happens.
const ACTIONS: [&str; 6] =
    ["transitions", "expire", "expire_delete_markers", "noncurrent_transitions", "noncurrent_expire", "abort_uploads"];

/// A rule as written.
#[derive(Debug, Clone)]
pub(super) struct LifecycleDeclaration {
    place: Place,
    prefix: Option<Text>,
    transitions: Vec<(StorageClass, Text)>,
    expire: Option<Text>,
    expire_delete_markers: Option<Text>,
    noncurrent_transitions: Vec<(StorageClass, Text)>,
    noncurrent_expire: Option<Text>,
    noncurrent_keep: Option<Text>,
    abort_uploads: Option<Text>,
}

/// What S3 does to objects by itself.
#[derive(Debug, Clone)]
pub(crate) struct LifecycleRule {
    pub(crate) prefix: String,
    /// Classes with the days after which an object moves there, by days.
    pub(crate) transitions: Vec<(StorageClass, u32)>,
    pub(crate) expire_days: Option<u32>,
    pub(crate) expire_delete_markers: bool,
    /// The same for versions that are no longer current, counted from that moment.
    pub(crate) noncurrent_transitions: Vec<(StorageClass, u32)>,
    pub(crate) noncurrent_expire_days: Option<u32>,
    /// How many of those versions stay whatever their age.
    pub(crate) noncurrent_keep: Option<u32>,
    pub(crate) abort_uploads_days: Option<u32>,
}

pub(super) fn read_lifecycle(node: &Node, place: &Place, sink: &Sink) -> Option<LifecycleDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let rule = LifecycleDeclaration {
        place: place.clone(),
        prefix: fields.text("prefix"),
        transitions: read_transitions(&fields, "transitions", sink),
        expire: fields.text("expire"),
        expire_delete_markers: fields.text("expire_delete_markers"),
        noncurrent_transitions: read_transitions(&fields, "noncurrent_transitions", sink),
        noncurrent_expire: fields.text("noncurrent_expire"),
        noncurrent_keep: fields.text("noncurrent_keep"),
        abort_uploads: fields.text("abort_uploads"),
    };
    if ACTIONS.iter().all(|key| node.get(key).is_none()) {
        let help =
            "what happens to old objects: `expire: 30d`, `transitions: { STANDARD_IA: 30d }`, or to uploads that nobody finished: `abort_uploads: 7d`"
                .to_owned();
        sink.push(FaultKind::MissingKey { key: "expire".to_owned(), help }, place);
    }
    if rule.noncurrent_keep.is_some() && rule.noncurrent_expire.is_none() {
        let help = "`noncurrent_keep` spares versions from it: `noncurrent_expire: 30d`".to_owned();
        sink.push(FaultKind::MissingKey { key: "noncurrent_expire".to_owned(), help }, place);
    }
    if let (Some(markers), Some(_)) = (&rule.expire_delete_markers, &rule.expire) {
        let kind = FaultKind::BadValue {
            value: "expire_delete_markers".to_owned(),
            expected: "a key beside `expire`".to_owned(),
            help: "S3 takes one of the two in a rule, and removes delete markers with `expire` as well".to_owned(),
        };
        sink.push(kind, &markers.place);
    }
    fields.finish();
    Some(rule)
}

fn read_transitions(fields: &Fields<'_>, key: &'static str, sink: &Sink) -> Vec<(StorageClass, Text)> {
    let mut transitions = Vec::new();
    for (word, days) in fields.text_section(key) {
        match StorageClass::parse(&word) {
            Some(class) => transitions.push((class, days)),
            None => sink.push(FaultKind::UnknownKey { key: word, known: StorageClass::words() }, &days.place),
        }
    }
    transitions
}

impl LifecycleDeclaration {
    /// Where a rule speaks of versions that are no longer current, if it does.
    pub(super) fn noncurrent_place(&self) -> Option<&Place> {
        let transition = self.noncurrent_transitions.first().map(|(_, days)| &days.place);
        transition.or(self.noncurrent_expire.as_ref().map(|days| &days.place))
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>) -> LifecycleRule {
        let days = |text: Option<&Text>| text.and_then(|text| scope.value::<Days>(text)).map(|days| days.0);
        let rule = LifecycleRule {
            prefix: key_filter(self.prefix.as_ref(), scope).unwrap_or_default(),
            transitions: resolve_transitions(&self.transitions, scope),
            expire_days: days(self.expire.as_ref()),
            expire_delete_markers: scope.value_or(self.expire_delete_markers.as_ref(), false),
            noncurrent_transitions: resolve_transitions(&self.noncurrent_transitions, scope),
            noncurrent_expire_days: days(self.noncurrent_expire.as_ref()),
            noncurrent_keep: self
                .noncurrent_keep
                .as_ref()
                .and_then(|text| scope.value::<VersionCount>(text))
                .map(|count| count.0),
            abort_uploads_days: days(self.abort_uploads.as_ref()),
        };
        for (transitions, expire) in
            [(&rule.transitions, rule.expire_days), (&rule.noncurrent_transitions, rule.noncurrent_expire_days)]
        {
            check_order(transitions, expire, &self.place, scope.sink());
        }
        rule
    }
}

fn resolve_transitions(texts: &[(StorageClass, Text)], scope: &Scope<'_>) -> Vec<(StorageClass, u32)> {
    let mut transitions = Vec::new();
    for (class, text) in texts {
        let Some(Days(days)) = scope.value::<Days>(text) else { continue };
        if days < class.least_days() {
            let kind = FaultKind::BadValue {
                value: format!("{days}d"),
                expected: format!("at least {}d, before which nothing moves to {}", class.least_days(), class.word()),
                help: String::new(),
            };
            scope.sink().push(kind, &text.place);
            continue;
        }
        transitions.push((*class, days));
    }
    transitions.sort_by_key(|(class, days)| (*days, *class));
    transitions
}

/// S3 moves objects towards the cold only, and not on the day on which they go.
fn check_order(transitions: &[(StorageClass, u32)], expire: Option<u32>, place: &Place, sink: &Sink) {
    let refuse = |value: String, expected: &str, help: &str| {
        sink.push(FaultKind::BadValue { value, expected: expected.to_owned(), help: help.to_owned() }, place);
    };
    for pair in transitions.windows(2) {
        if let [(warm, sooner), (cold, later)] = pair
            && (cold < warm || sooner == later)
        {
            let value = format!("{} after {}", cold.word(), warm.word());
            let help = "order, from warm to cold: STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE; each later than the one before";
            refuse(value, "a way that objects can go", help);
        }
    }
    if let (Some((class, last)), Some(expire)) = (transitions.last(), expire)
        && expire <= *last
    {
        let value = format!("{expire}d");
        refuse(value, &format!("later than the move to {} after {last}d", class.word()), "expire them later");
    }
}

impl LifecycleRule {
    /// Values of the rule in the bucket's template source.
    pub(super) fn values(&self) -> Value {
        let transitions = |transitions: &[(StorageClass, u32)]| {
            transitions.iter().map(|(class, days)| json!({ "class": class.word(), "days": days })).collect::<Vec<_>>()
        };
        json!({
            "prefix": self.prefix,
            "transitions": transitions(&self.transitions),
            "expire_days": self.expire_days,
            "expire_delete_markers": self.expire_delete_markers,
            "noncurrent_transitions": transitions(&self.noncurrent_transitions),
            "noncurrent_expire_days": self.noncurrent_expire_days,
            "noncurrent_keep": self.noncurrent_keep,
            "abort_uploads_days": self.abort_uploads_days,
        })
    }
}

//! `lifecycle:` of a bucket: what S3 does to objects by itself.

use super::event::key_filter;
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::Days;
use crate::yaml::Node;

/// A rule as written.
#[derive(Debug, Clone)]
pub(super) struct LifecycleDeclaration {
    prefix: Option<Text>,
    expire: Option<Text>,
    abort_uploads: Option<Text>,
}

/// What S3 does to objects by itself.
#[derive(Debug, Clone)]
pub(crate) struct LifecycleRule {
    pub(crate) prefix: String,
    pub(crate) expire_days: Option<u32>,
    pub(crate) abort_uploads_days: Option<u32>,
}

pub(super) fn read_lifecycle(node: &Node, place: &Place, sink: &Sink) -> Option<LifecycleDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let rule = LifecycleDeclaration {
        prefix: fields.text("prefix"),
        expire: fields.text("expire"),
        abort_uploads: fields.text("abort_uploads"),
    };
    if node.get("expire").is_none() && node.get("abort_uploads").is_none() {
        let help =
            "what happens to old objects: `expire: 30d`, or to uploads that nobody finished: `abort_uploads: 7d`"
                .to_owned();
        sink.push(FaultKind::MissingKey { key: "expire".to_owned(), help }, place);
    }
    fields.finish();
    Some(rule)
}

impl LifecycleDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> LifecycleRule {
        let days = |text: Option<&Text>| text.and_then(|text| scope.value::<Days>(text)).map(|days| days.0);
        LifecycleRule {
            prefix: key_filter(self.prefix.as_ref(), scope).unwrap_or_default(),
            expire_days: days(self.expire.as_ref()),
            abort_uploads_days: days(self.abort_uploads.as_ref()),
        }
    }
}

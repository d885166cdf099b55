//! Where the outcome of an invocation goes: `on_failure:` and `on_success:`.

use serde_json::{Value, json};

use super::super::{Declared, Kind, Reference};
use crate::fault::Place;
use crate::links::Links;
use crate::naming::Naming;
use crate::project::Text;
use crate::role::Role;
use crate::scope::Scope;

/// A queue or a topic that hears of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) target: Reference,
    pub(crate) place: Place,
}

impl Destination {
    /// Reads `queue.NAME` or `topic.NAME`; nothing for an empty value.
    pub(super) fn read(text: Option<&Text>, scope: &Scope<'_>, declared: &Declared) -> Option<Self> {
        let text = text?;
        let value = scope.literal(text).filter(|value| !value.is_empty())?;
        let kinds = [Kind::Queue, Kind::Topic];
        let target = Reference::read_whole(&value, &kinds, declared, &text.place, scope.sink())?;
        Some(Self { target, place: text.place.clone() })
    }

    /// Lets the function tell it: Lambda does so in the function's name.
    pub(super) fn grant(&self, role: &mut Role<'_>, links: &Links<'_>) {
        let source = if self.target.kind == Kind::Queue { "queue-send" } else { "topic-publish" };
        role.grant(source, &links.target(self.target.kind, &self.target.name), &self.place, links);
    }

    /// What the template source needs of it: one of `queue_id` and `topic_id`.
    pub(super) fn values(&self) -> Value {
        let id = Naming::id(self.target.kind, &self.target.name);
        let (queue_id, topic_id) = if self.target.kind == Kind::Queue { (Some(id), None) } else { (None, Some(id)) };
        json!({ "queue_id": queue_id, "topic_id": topic_id })
    }
}

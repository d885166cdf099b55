//! `dead_letter:` of a queue: where messages go that nobody could process.

use super::super::{Declared, Kind, Reference};
use crate::fault::FaultKind;
use crate::project::Text;
use crate::scope::Scope;

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeadLetter {
    /// A queue that is made for it.
    Own,
    /// A queue of the project.
    Queue(String),
}

impl DeadLetter {
    /// Reads `true`, `false`, an empty value (none) or `queue.NAME`.
    pub(super) fn read(owner: &str, text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<Self> {
        let value = scope.literal(text)?;
        match value.as_str() {
            "true" => return Some(Self::Own),
            "false" | "" => return None,
            _ => {}
        }
        let queue = Reference::read_whole(&value, &[Kind::Queue], declared, &text.place, scope.sink())?.name;
        if queue == owner {
            let kind = FaultKind::BadValue {
                value,
                expected: "another queue".to_owned(),
                help: "a queue cannot be its own dead-letter queue; `true` makes one".to_owned(),
            };
            scope.sink().push(kind, &text.place);
            return None;
        }
        Some(Self::Queue(queue))
    }
}

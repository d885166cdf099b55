//! `filter:` of a subscription: which messages it receives.

use serde_json::Value;

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text, Tree};
use crate::scope::Scope;
use crate::values::SettingValue;

/// Greatest number of keys of a filter policy.
const KEYS: usize = 5;

/// A filter as written.
#[derive(Debug, Clone)]
pub(super) struct FilterDeclaration {
    policy: Tree,
    scope: Option<Text>,
}

/// Which messages a subscription receives.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// A filter policy of SNS.
    pub(crate) policy: Value,
    pub(crate) scope: FilterScope,
}

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterScope {
    Attributes,
    Body,
}

impl FilterScope {
    /// The word of SNS.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Attributes => "MessageAttributes",
            Self::Body => "MessageBody",
        }
    }
}

impl SettingValue for FilterScope {
    const EXPECTED: &'static str = "`attributes` or `body`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "attributes" => Some(Self::Attributes),
            "body" => Some(Self::Body),
            _ => None,
        }
    }
}

/// Reads `filter` and `filter_on`.
pub(super) fn read_filter(fields: &Fields<'_>, sink: &Sink) -> Option<FilterDeclaration> {
    let scope = fields.text("filter_on");
    let Some((node, place)) = fields.get("filter") else {
        if let Some(scope) = scope {
            let help = "which messages: `filter: { kind: [order] }`".to_owned();
            sink.push(FaultKind::MissingKey { key: "filter".to_owned(), help }, &scope.place);
        }
        return None;
    };
    check_policy(node.as_mapping().map(<[_]>::len), &place, sink);
    Some(FilterDeclaration { policy: Tree::read(node, &place, sink)?, scope })
}

fn check_policy(keys: Option<usize>, place: &Place, sink: &Sink) {
    let kind = match keys {
        Some(1..=KEYS) => return,
        Some(0) | None => FaultKind::BadValue {
            value: "filter".to_owned(),
            expected: "a filter policy".to_owned(),
            help: "keys with the values that pass: `filter: { kind: [order, { prefix: re- }] }`".to_owned(),
        },
        Some(value) => FaultKind::LimitExceeded { what: "keys of a filter policy".to_owned(), value, limit: KEYS },
    };
    sink.push(kind, place);
}

impl FilterDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Option<Filter> {
        let filter_scope = scope.value_or(self.scope.as_ref(), FilterScope::Attributes);
        Some(Filter { policy: self.policy.evaluate(scope)?, scope: filter_scope })
    }
}

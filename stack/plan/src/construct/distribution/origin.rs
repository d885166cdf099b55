//! Origins of a distribution.

use serde_json::{Value, json};

use crate::construct::{Declared, Kind, Reference};
use crate::fault::FaultKind;
use crate::links::Links;
use crate::project::Text;
use crate::scope::Scope;

/// Constructs that a distribution may serve.
const KINDS: [Kind; 3] = [Kind::Bucket, Kind::HttpApi, Kind::RestApi];

/// Where answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A bucket or an API of the project.
    Construct(Kind, String),
    /// A server elsewhere, by its name in DNS.
    Host(String),
}

/// Reads `bucket.x`, `http_api.x` or `https://host`.
pub(super) fn read_origin(text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<Origin> {
    let value = scope.literal(text)?;
    let Some(host) = value.strip_prefix("https://") else {
        let reference = Reference::read_whole(&value, &KINDS, declared, &text.place, scope.sink())?;
        return Some(Origin::Construct(reference.kind, reference.name));
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_host = host.contains('.')
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_host {
        return Some(Origin::Host(host.to_ascii_lowercase()));
    }
    let help = "scheme and host only: `https://www.example.com`".to_owned();
    let kind = FaultKind::BadValue { value, expected: "an origin that CloudFront reaches".to_owned(), help };
    scope.sink().push(kind, &text.place);
    None
}

impl Origin {
    /// What stands before every path: the stage of a REST API.
    fn path(&self, links: &Links<'_>) -> Option<String> {
        let Self::Construct(Kind::RestApi, name) = self else { return None };
        links.constructs.rest_apis.iter().find(|api| api.name == *name)?.path()
    }

    pub(super) fn is_bucket(&self) -> bool {
        matches!(self, Self::Construct(Kind::Bucket, _))
    }

    /// What behaviors call it. Words that no host has keep constructs and hosts apart.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Construct(Kind::Bucket, name) => name.clone(),
            Self::Construct(kind, name) => format!("{}.{name}", kind.word()),
            Self::Host(host) => host.clone(),
        }
    }

    /// Values in the distribution's template source.
    pub(super) fn values(&self, links: &Links<'_>) -> Value {
        let host = match self {
            Self::Construct(kind, name) => links.attribute(*kind, name, "domain"),
            Self::Host(host) => host.clone(),
        };
        json!({ "id": self.id(), "host": host, "path": self.path(links), "is_bucket": self.is_bucket() })
    }
}

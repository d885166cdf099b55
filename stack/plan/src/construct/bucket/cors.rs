//! `cors:` of a bucket: who may call it from a browser.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{CorsMethod, CorsOrigin, HeaderName, MaxAge};
use crate::yaml::Node;

/// A rule as written.
#[derive(Debug, Clone)]
pub(super) struct CorsDeclaration {
    origins: Vec<Text>,
    methods: Vec<Text>,
    headers: Vec<Text>,
    expose: Vec<Text>,
    max_age: Option<Text>,
}

/// Who may call from a browser.
#[derive(Debug, Clone)]
pub(crate) struct CorsRule {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Option<u32>,
}

pub(super) fn read_cors(node: &Node, place: &Place, sink: &Sink) -> Option<CorsDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    for (key, help) in [
        ("origins", "who may call: `origins: [\"https://example.com\"]`"),
        ("methods", "which methods: `methods: [GET, PUT]`"),
    ] {
        if node.get(key).is_none() {
            sink.push(FaultKind::MissingKey { key: key.to_owned(), help: help.to_owned() }, place);
        }
    }
    let rule = CorsDeclaration {
        origins: fields.texts("origins"),
        methods: fields.texts("methods"),
        headers: fields.texts("headers"),
        expose: fields.texts("expose"),
        max_age: fields.text("max_age"),
    };
    fields.finish();
    Some(rule)
}

impl CorsDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> CorsRule {
        let headers = |texts: &[Text]| {
            texts.iter().filter_map(|text| scope.value::<HeaderName>(text)).map(|name| name.0).collect()
        };
        CorsRule {
            origins: self
                .origins
                .iter()
                .filter_map(|text| scope.value::<CorsOrigin>(text))
                .map(|origin| origin.0)
                .collect(),
            methods: self
                .methods
                .iter()
                .filter_map(|text| scope.value::<CorsMethod>(text))
                .map(|method| method.0)
                .collect(),
            headers: headers(&self.headers),
            expose: headers(&self.expose),
            max_age: self.max_age.as_ref().and_then(|text| scope.value::<MaxAge>(text)).map(|age| age.0),
        }
    }
}

impl CorsRule {
    /// Values of the rule in the bucket's template source.
    pub(super) fn values(&self) -> Value {
        json!({
            "origins": self.origins,
            "methods": self.methods,
            "headers": self.headers,
            "expose": self.expose,
            "has_max_age": self.max_age.is_some(),
            "max_age": self.max_age,
        })
    }
}

//! `cors:` of an API: what API Gateway itself answers to pages of other origins.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{ApiMethod, ApiOrigin, HeaderName, MaxAge, SettingValue};
use crate::yaml::Node;

/// CORS as written.
#[derive(Debug, Clone)]
pub(crate) struct CorsDeclaration {
    place: Place,
    origins: Vec<Text>,
    methods: Vec<Text>,
    headers: Vec<Text>,
    expose: Vec<Text>,
    max_age: Option<Text>,
    credentials: Option<Text>,
}

/// Who may call from a browser.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Option<u32>,
    pub(crate) credentials: bool,
}

/// Reads `cors: { origins, methods, headers, expose, max_age, credentials }`.
pub(crate) fn read_cors(node: &Node, place: &Place, sink: &Sink) -> Option<CorsDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    for (key, help) in [
        ("origins", "who may call: `origins: [\"https://example.com\"]`"),
        ("methods", "which methods: `methods: [GET, POST]`"),
    ] {
        if node.get(key).is_none() {
            sink.push(FaultKind::MissingKey { key: key.to_owned(), help: help.to_owned() }, place);
        }
    }
    let cors = CorsDeclaration {
        place: place.clone(),
        origins: fields.texts("origins"),
        methods: fields.texts("methods"),
        headers: fields.texts("headers"),
        expose: fields.texts("expose"),
        max_age: fields.text("max_age"),
        credentials: fields.text("credentials"),
    };
    fields.finish();
    Some(cors)
}

impl CorsDeclaration {
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn resolve(&self, scope: &Scope<'_>) -> Cors {
        let cors = Cors {
            origins: values::<ApiOrigin>(&self.origins, scope, |origin| origin.0),
            methods: values::<ApiMethod>(&self.methods, scope, |method| method.0),
            headers: values::<HeaderName>(&self.headers, scope, |header| header.0),
            expose: values::<HeaderName>(&self.expose, scope, |header| header.0),
            max_age: self.max_age.as_ref().and_then(|text| scope.value::<MaxAge>(text)).map(|age| age.0),
            credentials: scope.value_or(self.credentials.as_ref(), false),
        };
        if cors.credentials && cors.origins.iter().any(|origin| origin == "*") {
            let kind = FaultKind::BadValue {
                value: "*".to_owned(),
                expected: "an origin that may send credentials".to_owned(),
                help: "name the origins: a page of any origin could act for whoever is signed in".to_owned(),
            };
            scope.sink().push(kind, &self.place);
        }
        cors
    }
}

impl Cors {
    /// Properties in the words of an HTTP API.
    pub(crate) fn values(&self) -> Value {
        let mut values = json!({ "AllowOrigins": self.origins, "AllowMethods": self.methods });
        for (key, headers) in [("AllowHeaders", &self.headers), ("ExposeHeaders", &self.expose)] {
            if !headers.is_empty() {
                values[key] = json!(headers);
            }
        }
        if let Some(seconds) = self.max_age {
            values["MaxAge"] = json!(seconds);
        }
        values["AllowCredentials"] = json!(self.credentials);
        values
    }
}

fn values<T: SettingValue>(texts: &[Text], scope: &Scope<'_>, text: impl Fn(T) -> String) -> Vec<String> {
    texts.iter().filter_map(|value| scope.value::<T>(value)).map(text).collect()
}

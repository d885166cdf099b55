//! `url:` of a function: an HTTPS address of its own.

use serde_json::{Value, json};

use super::super::Kind;
use crate::fault::{FaultKind, Place, Sink};
use crate::naming::Naming;
use crate::project::{Fields, Text, read_text};
use crate::scope::Scope;
use crate::values::{HeaderName, InvokeMode, MaxAge, UrlAuth, UrlMethod, UrlOrigin};
use crate::yaml::Node;

/// An address as written.
#[derive(Debug, Clone, Default)]
pub(super) struct UrlDeclaration {
    auth: Option<Text>,
    invoke_mode: Option<Text>,
    cors: Option<CorsDeclaration>,
}

#[derive(Debug, Clone)]
struct CorsDeclaration {
    place: Place,
    origins: Vec<Text>,
    methods: Vec<Text>,
    headers: Vec<Text>,
    expose: Vec<Text>,
    max_age: Option<Text>,
    credentials: Option<Text>,
}

/// An address with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Url {
    pub(crate) auth: UrlAuth,
    invoke_mode: InvokeMode,
    cors: Option<Cors>,
}

/// Who may call from a browser.
#[derive(Debug, Clone)]
struct Cors {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    expose: Vec<String>,
    max_age: Option<u32>,
    credentials: bool,
}

/// Logical id of a function's address.
pub(super) fn url_id(function: &str) -> String {
    format!("{}Url", Naming::id(Kind::Function, function))
}

/// Reads `iam`, `none`, or a mapping.
pub(super) fn read_url(node: &Node, place: &Place, sink: &Sink) -> Option<UrlDeclaration> {
    if node.as_mapping().is_none() {
        let auth = read_text(node, place, sink)?;
        return Some(UrlDeclaration { auth: Some(auth), ..UrlDeclaration::default() });
    }
    let fields = Fields::open(node, place, sink)?;
    let url = UrlDeclaration {
        auth: fields.text("auth"),
        invoke_mode: fields.text("invoke_mode"),
        cors: fields.get("cors").and_then(|(node, place)| read_cors(node, &place, sink)),
    };
    fields.finish();
    Some(url)
}

fn read_cors(node: &Node, place: &Place, sink: &Sink) -> Option<CorsDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    if node.get("origins").is_none() {
        let help = "who may call: `origins: [\"https://example.com\"]`".to_owned();
        sink.push(FaultKind::MissingKey { key: "origins".to_owned(), help }, place);
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

impl UrlDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Url {
        Url {
            auth: scope.value_or(self.auth.as_ref(), UrlAuth::Iam),
            invoke_mode: scope.value_or(self.invoke_mode.as_ref(), InvokeMode("BUFFERED")),
            cors: self.cors.as_ref().map(|cors| cors.resolve(scope)),
        }
    }
}

impl CorsDeclaration {
    fn resolve(&self, scope: &Scope<'_>) -> Cors {
        let headers = |texts: &[Text]| {
            texts.iter().filter_map(|text| scope.value::<HeaderName>(text)).map(|name| name.0).collect()
        };
        let methods = self.methods.iter().filter_map(|text| scope.value::<UrlMethod>(text));
        let cors = Cors {
            origins: self
                .origins
                .iter()
                .filter_map(|text| scope.value::<UrlOrigin>(text))
                .map(|origin| origin.0)
                .collect(),
            methods: methods.map(|method| method.0.to_owned()).collect(),
            headers: headers(&self.headers),
            expose: headers(&self.expose),
            max_age: self.max_age.as_ref().and_then(|text| scope.value::<MaxAge>(text)).map(|age| age.0),
            credentials: scope.value_or(self.credentials.as_ref(), false),
        };
        if cors.credentials && cors.origins.iter().any(|origin| origin == "*") {
            let kind = FaultKind::BadValue {
                value: "*".to_owned(),
                expected: "an origin that may send credentials".to_owned(),
                help: "browsers refuse `*` together with `credentials: true`; name the origins".to_owned(),
            };
            scope.sink().push(kind, &self.place);
        }
        cors
    }
}

impl Url {
    /// Values of the address in the function's template source.
    pub(super) fn values(&self, function: &str) -> Value {
        let id = url_id(function);
        json!({
            "permission_id": format!("{id}Permission"),
            "invoke_permission_id": format!("{id}InvokePermission"),
            "id": id,
            "auth": self.auth.as_str(),
            "is_public": self.auth == UrlAuth::None,
            "invoke_mode": self.invoke_mode.0,
            "cors": self.cors.as_ref().map(|cors| json!({
                "origins": cors.origins,
                "methods": if cors.methods.is_empty() { vec!["*".to_owned()] } else { cors.methods.clone() },
                "headers": cors.headers,
                "expose": cors.expose,
                "has_max_age": cors.max_age.is_some(),
                "max_age": cors.max_age,
                "credentials": cors.credentials,
            })),
        })
    }
}

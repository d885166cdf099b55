//! `routes:` of an HTTP API.

use crate::construct::api::{RouteKey, Throttle, ThrottleDeclaration, read_route_key, read_throttle};
use crate::construct::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named, Text, read_text};
use crate::scope::Scope;
use crate::yaml::Value;

/// A route as written.
#[derive(Debug, Clone)]
pub(crate) struct RouteDeclaration {
    pub(super) key: RouteKey,
    pub(super) place: Place,
    function: Option<Text>,
    /// Name of an authorizer that the API declares.
    pub(super) authorizer: Option<String>,
    /// True when its authorizer is none that the API declares.
    pub(super) is_faulty: bool,
    auth: Option<Text>,
    pub(super) scopes: Vec<Text>,
    throttle: Option<ThrottleDeclaration>,
}

/// A route with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) key: RouteKey,
    pub(crate) function: String,
    pub(crate) authorizer: Option<String>,
    /// True when requests are signed with credentials of AWS.
    pub(crate) is_signed: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) throttle: Option<Throttle>,
}

impl RouteDeclaration {
    /// Reads `"GET /x": { function, authorizer, ... }` or `"GET /x": function`.
    pub(super) fn read(named: &Named<'_>, authorizers: &[String], sink: &Sink) -> Option<Self> {
        let key = read_route_key(named.name, true, &named.place, sink);
        let mut route = Self {
            key: RouteKey { method: String::new(), path: String::new() },
            place: named.place.clone(),
            function: None,
            authorizer: None,
            is_faulty: false,
            auth: None,
            scopes: Vec::new(),
            throttle: None,
        };
        if matches!(named.node.value, Value::Scalar(_)) && !named.node.is_null() {
            route.function = read_text(named.node, &named.place, sink);
        } else {
            let fields = Fields::open(named.node, &named.place, sink)?;
            route.function = fields.required("function", "what answers: `function: NAME`");
            let authorizer = fields.text("authorizer").filter(|text| text.raw != "none");
            route.authorizer = authorizer.as_ref().and_then(|text| known_authorizer(text, authorizers, sink));
            route.is_faulty = authorizer.is_some() && route.authorizer.is_none();
            route.auth = fields.text("auth");
            route.scopes = fields.texts("scopes");
            route.throttle = read_throttle(&fields, sink);
            if let (Some(_), Some(auth)) = (&route.authorizer, &route.auth) {
                let kind = FaultKind::BadValue {
                    value: auth.raw.clone(),
                    expected: "needed beside `authorizer`".to_owned(),
                    help: "a route has one of `authorizer` and `auth: iam`".to_owned(),
                };
                sink.push(kind, &auth.place);
            }
            fields.finish();
        }
        route.key = key?;
        Some(route)
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Route> {
        let text = self.function.as_ref()?;
        let is_signed = self.auth.as_ref().is_some_and(|text| read_auth(text, scope));
        let scopes = self.scopes.iter().filter_map(|text| scope.literal(text)).collect();
        let throttle = self.throttle.as_ref().and_then(|throttle| throttle.resolve(scope));
        let function =
            Reference::read_name(&scope.literal(text)?, Kind::Function, declared, &text.place, scope.sink())?;
        Some(Route {
            key: self.key.clone(),
            function: function.name,
            authorizer: self.authorizer.clone(),
            is_signed,
            scopes,
            throttle,
        })
    }
}

/// `auth:` of a route: true for `iam`, false for `none`.
pub(crate) fn read_auth(text: &Text, scope: &Scope<'_>) -> bool {
    match scope.literal(text).as_deref() {
        Some("iam") => true,
        Some("none") | None => false,
        Some(other) => {
            let kind = FaultKind::BadValue {
                value: other.to_owned(),
                expected: "`iam` or `none`".to_owned(),
                help: "`iam` asks for requests that are signed with credentials of AWS".to_owned(),
            };
            scope.sink().push(kind, &text.place);
            false
        }
    }
}

/// The name of an authorizer of the API; reports one that it does not declare.
pub(crate) fn known_authorizer(text: &Text, known: &[String], sink: &Sink) -> Option<String> {
    if !known.contains(&text.raw) {
        let kind = FaultKind::UnknownReference {
            construct: "authorizer".to_owned(),
            name: text.raw.clone(),
            known: known.to_vec(),
        };
        sink.push(kind, &text.place);
        return None;
    }
    Some(text.raw.clone())
}

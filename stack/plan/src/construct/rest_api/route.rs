//! `routes:` of a REST API.

use super::authorizer::AuthorizerDeclaration;
use crate::construct::access::{Access, Verb};
use crate::construct::api::{RouteKey, Throttle, ThrottleDeclaration, read_route_key, read_throttle};
use crate::construct::http_api::{known_authorizer, read_auth};
use crate::construct::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named, Text, read_text};
use crate::scope::Scope;
use crate::yaml::Value;

/// A route as written.
#[derive(Debug, Clone)]
pub(super) struct RouteDeclaration {
    pub(super) key: RouteKey,
    pub(super) place: Place,
    function: Option<Text>,
    bucket: Option<Text>,
    authorizer: Option<String>,
    /// True when its authorizer is none that the API declares.
    pub(super) is_faulty: bool,
    auth: Option<Text>,
    api_key: Option<Text>,
    scopes: Vec<Text>,
    throttle: Option<ThrottleDeclaration>,
}

/// A route with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) key: RouteKey,
    pub(crate) target: Target,
    pub(crate) authorizer: Option<String>,
    /// True when requests are signed with credentials of AWS.
    pub(crate) is_signed: bool,
    /// True when a request must bring a key of a plan.
    pub(crate) api_key: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) throttle: Option<Throttle>,
}

/// What answers.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A function.
    Function(String),
    /// An object of a bucket, whose key has parameters of the path in braces.
    Bucket { access: Access, key: String },
}

impl RouteDeclaration {
    /// Reads `"GET /x": { function, authorizer, ... }`, `"GET /x/{y}": { bucket: name/{y} }` or `"GET /x": function`.
    pub(super) fn read(named: &Named<'_>, authorizers: &[String], sink: &Sink) -> Option<Self> {
        let key = read_route_key(named.name, false, &named.place, sink);
        let mut route = Self {
            key: RouteKey { method: String::new(), path: String::new() },
            place: named.place.clone(),
            function: None,
            bucket: None,
            authorizer: None,
            is_faulty: false,
            auth: None,
            api_key: None,
            scopes: Vec::new(),
            throttle: None,
        };
        if matches!(named.node.value, Value::Scalar(_)) && !named.node.is_null() {
            route.function = read_text(named.node, &named.place, sink);
        } else {
            let fields = Fields::open(named.node, &named.place, sink)?;
            route.function = fields.text("function");
            route.bucket = fields.text("bucket");
            if named.node.get("function").is_some() == named.node.get("bucket").is_some() {
                let help = "exactly one of `function` and `bucket` says what answers".to_owned();
                sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, &named.place);
            }
            let authorizer = fields.text("authorizer").filter(|text| text.raw != "none");
            route.authorizer = authorizer.as_ref().and_then(|text| known_authorizer(text, authorizers, sink));
            route.is_faulty = authorizer.is_some() && route.authorizer.is_none();
            route.auth = fields.text("auth");
            route.api_key = fields.text("api_key");
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

    /// Where the file asks for a key.
    pub(super) fn api_key_place(&self) -> Option<&Place> {
        self.api_key.as_ref().filter(|text| text.raw == "true").map(|text| &text.place)
    }

    /// Reports scopes of a route whose authorizer knows none.
    pub(super) fn check_scopes(&self, authorizers: &[AuthorizerDeclaration], sink: &Sink) {
        let of_route = authorizers.iter().find(|own| self.authorizer.as_deref() == Some(own.name.as_str()));
        if let (Some(scope), false) = (self.scopes.first(), of_route.is_some_and(AuthorizerDeclaration::is_user_pool)) {
            let kind = FaultKind::BadValue {
                value: scope.raw.clone(),
                expected: "a scope of a token that API Gateway checks".to_owned(),
                help: "scopes belong to routes whose authorizer has a `user_pool`".to_owned(),
            };
            sink.push(kind, &scope.place);
        }
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Route> {
        let is_signed = self.auth.as_ref().is_some_and(|text| read_auth(text, scope));
        let api_key = scope.value_or(self.api_key.as_ref(), false);
        let scopes = self.scopes.iter().filter_map(|text| scope.literal(text)).collect();
        let throttle = self.throttle.as_ref().and_then(|throttle| throttle.resolve(scope));
        let target = match (&self.function, &self.bucket) {
            (Some(text), _) => {
                let literal = scope.literal(text)?;
                let function = Reference::read_name(&literal, Kind::Function, declared, &text.place, scope.sink())?;
                Target::Function(function.name)
            }
            (None, Some(text)) => self.bucket(text, scope, declared)?,
            (None, None) => return None,
        };
        Some(Route {
            key: self.key.clone(),
            target,
            authorizer: self.authorizer.clone(),
            is_signed,
            api_key,
            scopes,
            throttle,
        })
    }

    fn bucket(&self, text: &Text, scope: &Scope<'_>, declared: &Declared) -> Option<Target> {
        let value = scope.literal(text)?;
        let refuse = |expected: &str, help: String| {
            let kind = FaultKind::BadValue { value: value.clone(), expected: expected.to_owned(), help };
            scope.sink().push(kind, &text.place);
        };
        let whole = if value.starts_with("bucket.") { value.clone() } else { format!("bucket.{value}") };
        let reference = Reference::read(&whole, &[Kind::Bucket], declared, &text.place, scope.sink())?;
        let Some(key) = reference.path.clone().filter(|key| !key.is_empty()) else {
            refuse(
                "a bucket and a key",
                "write the key with parameters of the path: `images/{size}/{object}`".to_owned(),
            );
            return None;
        };
        if self.key.method != "GET" && self.key.method != "HEAD" {
            refuse(
                "possible for this method",
                "objects are read by GET and HEAD routes; a function writes them".to_owned(),
            );
            return None;
        }
        let Some(pattern) = key_pattern(&key, &self.key.parameters()) else {
            let parameters = self.key.parameters().join(", ");
            let help =
                format!("letters, digits and `-._~/`, and parameters of the path in braces; it has: {parameters}");
            refuse("a key made of the path", help);
            return None;
        };
        let target = Reference { path: Some(pattern), ..reference };
        Some(Target::Bucket { access: Access { verb: Verb::Read, target, place: text.place.clone() }, key })
    }
}

/// The keys that a route may read, with `*` for each parameter; nothing when the key is none.
fn key_pattern(key: &str, parameters: &[&str]) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = key;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if !parameters.contains(&name) {
            return None;
        }
        pattern.push_str(before);
        pattern.push('*');
        rest = after;
    }
    pattern.push_str(rest);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/*".contains(&byte);
    let is_literal = !key.contains('*') && !key.starts_with('/');
    (is_literal && pattern.len() <= 1024 && pattern.bytes().all(is_plain)).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use super::key_pattern;

    #[test]
    fn keys_are_made_of_the_path() {
        let parameters = ["size", "object"];
        assert_eq!(key_pattern("{size}/{object}", &parameters).as_deref(), Some("*/*"));
        assert_eq!(key_pattern("a/{object}.jpg", &parameters).as_deref(), Some("a/*.jpg"));
        assert_eq!(key_pattern("fixed.json", &parameters).as_deref(), Some("fixed.json"));
        for wrong in ["{other}", "{size", "a}b", "a b", "*", "/a", "ä", "a'b"] {
            assert_eq!(key_pattern(wrong, &parameters), None, "{wrong}");
        }
    }
}

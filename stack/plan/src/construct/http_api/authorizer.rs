//! `authorizers:` of an HTTP API.

use serde_json::{Value, json};

use crate::construct::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::AuthorizerCache;

/// Where a token stands unless the file says otherwise.
const IDENTITY: &str = "$request.header.Authorization";

/// An authorizer as written.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizerDeclaration {
    pub(super) name: String,
    identity: Vec<Text>,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Function { function: Text, cache: Option<Text> },
    UserPool { pool: Text, clients: Vec<Text> },
    Issuer { issuer: Text, audience: Vec<Text> },
}

/// An authorizer with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Authorizer {
    pub(crate) name: String,
    pub(crate) identity: Vec<String>,
    pub(crate) caller: Caller,
}

/// Who decides.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// A function, which answers `{"isAuthorized": ..., "context": ...}`.
    Function { function: String, cache: AuthorizerCache },
    /// API Gateway itself, by the signature and the claims of a JSON web token.
    Token { issuer: String, audience: Vec<String> },
}

impl AuthorizerDeclaration {
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        check_authorizer_name(named, sink);
        let fields = Fields::open(named.node, &named.place, sink)?;
        let identity = fields.texts("identity");
        let given: Vec<&str> =
            ["function", "user_pool", "issuer"].into_iter().filter(|key| named.node.get(key).is_some()).collect();
        let by = match given.as_slice() {
            ["function"] => {
                let cache = fields.text("cache");
                fields.text("function").map(|function| By::Function { function, cache })
            }
            ["user_pool"] => {
                let clients = fields.texts("clients");
                fields.text("user_pool").map(|pool| By::UserPool { pool, clients })
            }
            ["issuer"] => {
                let audience = fields.texts("audience");
                if named.node.get("audience").is_none() {
                    let help = "for whom tokens are: `audience: [CLIENT-ID]`".to_owned();
                    sink.push(FaultKind::MissingKey { key: "audience".to_owned(), help }, &named.place);
                }
                fields.text("issuer").map(|issuer| By::Issuer { issuer, audience })
            }
            _ => {
                for key in ["function", "user_pool", "issuer", "cache", "clients", "audience"] {
                    fields.get(key);
                }
                let help = "exactly one of `function`, `user_pool` and `issuer` says who decides".to_owned();
                sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, &named.place);
                None
            }
        };
        fields.finish();
        Some(Self { name: named.name.to_owned(), identity, by: by? })
    }

    /// True when API Gateway checks the token itself.
    pub(super) fn is_jwt(&self) -> bool {
        !matches!(self.by, By::Function { .. })
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Authorizer> {
        let name = self.name.clone();
        let mut identity: Vec<String> = self.identity.iter().filter_map(|text| identity_source(text, scope)).collect();
        if identity.is_empty() {
            identity.push(IDENTITY.to_owned());
        }
        let caller = match &self.by {
            By::Function { function, cache } => {
                let cache = scope.value_or(cache.as_ref(), AuthorizerCache(0));
                let literal = scope.literal(function)?;
                let function = Reference::read_name(&literal, Kind::Function, declared, &function.place, scope.sink())?;
                Caller::Function { function: function.name, cache }
            }
            By::UserPool { pool, clients } => user_pool(pool, clients, scope, declared)?,
            By::Issuer { issuer, audience } => Caller::Token {
                issuer: issuer_url(issuer, scope)?,
                audience: audience.iter().filter_map(|text| scope.evaluate(text)).collect(),
            },
        };
        Some(Authorizer { name, identity, caller })
    }
}

impl Authorizer {
    pub(super) fn values(&self, id: &str, links: &Links<'_>) -> Value {
        let mut values = json!({ "id": id, "name": self.name, "identity": self.identity });
        match &self.caller {
            Caller::Function { function, cache } => {
                values["uri"] = json!(invocation_uri(function, links));
                values["cache"] = json!(cache.0);
            }
            Caller::Token { issuer, audience } => {
                values["uri"] = Value::Null;
                values["issuer"] = json!(issuer);
                values["audience"] = json!(audience);
            }
        }
        values
    }
}

/// What API Gateway calls to start a function.
pub(crate) fn invocation_uri(function: &str, links: &Links<'_>) -> String {
    let naming = links.naming;
    // The attribute and not the literal ARN, so that the function is there first.
    let function = crate::deferred::attribute(&Naming::id(Kind::Function, function), "Arn");
    let service = format!("arn:{}:apigateway:{}:lambda", naming.partition, naming.region);
    format!("{service}:path/2015-03-31/functions/{function}/invocations")
}

/// Reports a name of an authorizer that it may not have.
pub(crate) fn check_authorizer_name(named: &Named<'_>, sink: &Sink) {
    if !crate::names::is_kebab(named.name) || named.name.len() > 64 || named.name == "none" {
        let rule = "lower-case words of letters and digits joined by `-`, at most 64, and not `none`".to_owned();
        let kind = FaultKind::BadName { name: named.name.to_owned(), what: "authorizer name".to_owned(), rule };
        sink.push(kind, &named.place);
    }
}

/// A pool of the project decides by its issuer and by the ids of its clients.
fn user_pool(pool: &Text, clients: &[Text], scope: &Scope<'_>, declared: &Declared) -> Option<Caller> {
    let literal = scope.literal(pool)?;
    let reference = Reference::read_name(&literal, Kind::UserPool, declared, &pool.place, scope.sink())?;
    let known = declared.members(Kind::UserPool, &reference.name, "clients");
    let mut names: Vec<String> = Vec::new();
    for text in clients {
        let Some(name) = scope.literal(text) else { continue };
        if known.contains(&name) {
            names.push(name);
        } else {
            let kind = FaultKind::UnknownReference { construct: "client".to_owned(), name, known: known.to_vec() };
            scope.sink().push(kind, &text.place);
        }
    }
    if clients.is_empty() {
        names = known.to_vec();
    }
    if known.is_empty() {
        let help = "declare a client of the pool: `clients: { web: {} }`".to_owned();
        scope.sink().push(FaultKind::MissingKey { key: "clients".to_owned(), help }, &pool.place);
    }
    let at = |path: &[&str]| {
        let mut whole = vec![Kind::UserPool.word(), reference.name.as_str()];
        whole.extend(path);
        scope.value_at(&whole).and_then(Value::as_str).map(str::to_owned)
    };
    let issuer = at(&["issuer"]).unwrap_or_default();
    let audience = names.iter().filter_map(|name| at(&["clients", name])).collect();
    Some(Caller::Token { issuer, audience })
}

fn issuer_url(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.evaluate(text)?;
    let is_url = value.starts_with("https://") || !crate::deferred::is_clean(&value);
    if is_url && !value.contains(char::is_whitespace) {
        return Some(value);
    }
    let help = "the `iss` of its tokens: `issuer: https://issuer.example.com/`".to_owned();
    let kind = FaultKind::BadValue { value, expected: "a URL with `https://`".to_owned(), help };
    scope.sink().push(kind, &text.place);
    None
}

fn identity_source(text: &Text, scope: &Scope<'_>) -> Option<String> {
    const BEGINNINGS: [&str; 4] = ["$request.header.", "$request.querystring.", "$context.", "$stageVariables."];
    let value = scope.literal(text)?;
    let rest = BEGINNINGS.iter().find_map(|beginning| value.strip_prefix(beginning));
    let is_name = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    if rest.is_some_and(is_name) {
        return Some(value);
    }
    let help = "`$request.header.NAME`, `$request.querystring.NAME` or `$context.NAME`".to_owned();
    let kind = FaultKind::BadValue { value, expected: "a part of a request".to_owned(), help };
    scope.sink().push(kind, &text.place);
    None
}

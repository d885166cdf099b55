//! `authorizers:` of a REST API.

use serde_json::{Value, json};

use crate::construct::http_api::{check_authorizer_name, invocation_uri};
use crate::construct::{Declared, Kind, Reference};
use crate::fault::{FaultKind, Sink};
use crate::links::Links;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{AuthorizerCache, SettingValue};

/// Where a token stands unless the file says otherwise.
const IDENTITY: &str = "method.request.header.Authorization";

/// An authorizer as written.
#[derive(Debug, Clone)]
pub(super) struct AuthorizerDeclaration {
    pub(super) name: String,
    identity: Vec<Text>,
    cache: Option<Text>,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Function { function: Text, input: Option<Text> },
    UserPool(Text),
}

/// An authorizer with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Authorizer {
    pub(crate) name: String,
    identity: Vec<String>,
    cache: AuthorizerCache,
    pub(crate) caller: Caller,
}

/// Who decides.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// A function, which answers with a policy.
    Function { function: String, input: Input },
    /// API Gateway itself, by the tokens of a user pool of the project.
    UserPool(String),
}

/// What a function receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// Headers, path and query of the request.
    Request,
    /// The token alone.
    Token,
}

impl SettingValue for Input {
    const EXPECTED: &'static str = "`request` or `token`";
    const HELP: &'static str = "`request` gives the function headers, path and query, `token` the one header alone";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "request" => Some(Self::Request),
            "token" => Some(Self::Token),
            _ => None,
        }
    }
}

impl AuthorizerDeclaration {
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        check_authorizer_name(named, sink);
        let fields = Fields::open(named.node, &named.place, sink)?;
        let identity = fields.texts("identity");
        let cache = fields.text("cache");
        let (function, pool) = (fields.text("function"), fields.text("user_pool"));
        if named.node.get("function").is_some() == named.node.get("user_pool").is_some() {
            let help = "exactly one of `function` and `user_pool` says who decides".to_owned();
            sink.push(FaultKind::MissingKey { key: "function".to_owned(), help }, &named.place);
        }
        let by = match (function, pool) {
            (_, Some(pool)) => Some(By::UserPool(pool)),
            (function, None) => {
                let input = fields.text("type");
                function.map(|function| By::Function { function, input })
            }
        };
        fields.finish();
        Some(Self { name: named.name.to_owned(), identity, cache, by: by? })
    }

    /// True when API Gateway checks the token itself.
    pub(super) fn is_user_pool(&self) -> bool {
        matches!(self.by, By::UserPool(_))
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Option<Authorizer> {
        let mut identity: Vec<String> = self.identity.iter().filter_map(|text| identity_source(text, scope)).collect();
        if identity.is_empty() {
            identity.push(IDENTITY.to_owned());
        }
        let cache = scope.value_or(self.cache.as_ref(), AuthorizerCache(0));
        let name = |text: &Text, kind: Kind| {
            let literal = scope.literal(text)?;
            Reference::read_name(&literal, kind, declared, &text.place, scope.sink()).map(|target| target.name)
        };
        let caller = match &self.by {
            By::UserPool(text) => Caller::UserPool(name(text, Kind::UserPool)?),
            By::Function { function, input } => {
                let input = scope.value_or(input.as_ref(), Input::Request);
                let is_one_header = identity.len() == 1 && identity[0].starts_with("method.request.header.");
                if let (Input::Token, false, Some(text)) = (input, is_one_header, self.identity.first()) {
                    let kind = FaultKind::BadValue {
                        value: identity.join(", "),
                        expected: "one header, which is all that a token authorizer sees".to_owned(),
                        help: "write `identity: method.request.header.NAME`, or `type: request`".to_owned(),
                    };
                    scope.sink().push(kind, &text.place);
                }
                Caller::Function { function: name(function, Kind::Function)?, input }
            }
        };
        Some(Authorizer { name: self.name.clone(), identity, cache, caller })
    }
}

impl Authorizer {
    /// How methods with it are authorized, in the words of API Gateway.
    pub(super) fn authorization(&self) -> &'static str {
        match self.caller {
            Caller::Function { .. } => "CUSTOM",
            Caller::UserPool(_) => "COGNITO_USER_POOLS",
        }
    }

    pub(super) fn values(&self, id: &str, links: &Links<'_>) -> Value {
        let (kind, uri, pool) = match &self.caller {
            Caller::Function { function, input } => {
                let kind = if *input == Input::Token { "TOKEN" } else { "REQUEST" };
                (kind, Some(invocation_uri(function, links)), None)
            }
            Caller::UserPool(pool) => ("COGNITO_USER_POOLS", None, Some(links.attribute(Kind::UserPool, pool, "arn"))),
        };
        json!({
            "id": id,
            "name": self.name,
            "type": kind,
            "uri": uri,
            "pool": pool,
            "identity": self.identity.join(","),
            "cache": self.cache.0,
        })
    }
}

fn identity_source(text: &Text, scope: &Scope<'_>) -> Option<String> {
    const BEGINNINGS: [&str; 4] =
        ["method.request.header.", "method.request.querystring.", "context.", "stageVariables."];
    let value = scope.literal(text)?;
    let rest = BEGINNINGS.iter().find_map(|beginning| value.strip_prefix(beginning));
    let is_name = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    if rest.is_some_and(is_name) {
        return Some(value);
    }
    let help = "`method.request.header.NAME`, `method.request.querystring.NAME` or `context.NAME`".to_owned();
    let kind = FaultKind::BadValue { value, expected: "a part of a request".to_owned(), help };
    scope.sink().push(kind, &text.place);
    None
}

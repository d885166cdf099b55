//! `cors:` of a REST API: preflights that API Gateway answers itself, and the headers of its own answers.

use serde_json::{Map, Value, json};

use crate::construct::http_api::{Cors, CorsDeclaration};
use crate::fault::FaultKind;
use crate::scope::Scope;
use crate::values::METHODS;

/// Headers that clients of AWS send.
const HEADERS: [&str; 5] = ["Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"];

/// The same as for an HTTP API, with one origin: an answer without a function cannot choose.
pub(super) fn resolve(declaration: &CorsDeclaration, scope: &Scope<'_>) -> Cors {
    let mut cors = declaration.resolve(scope);
    if cors.headers.is_empty() {
        cors.headers = HEADERS.map(str::to_owned).into();
    }
    let texts = cors.origins.iter().chain(&cors.headers).chain(&cors.expose);
    let quoted = texts.into_iter().find(|text| text.contains('\'')).cloned();
    let refused = if cors.origins.len() > 1 {
        Some((cors.origins.join(", "), "one origin, which is all that a REST API can answer"))
    } else {
        quoted.map(|text| (text, "a text without `'`"))
    };
    if let Some((value, expected)) = refused {
        let help = "name one origin, or `*`; a function can answer `OPTIONS` itself".to_owned();
        let kind = FaultKind::BadValue { value, expected: expected.to_owned(), help };
        scope.sink().push(kind, declaration.place());
    }
    cors
}

/// Headers of every answer that no function gives, as names and quoted values.
pub(super) fn headers(cors: &Cors) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if let Some(origin) = cors.origins.first() {
        headers.push(("Access-Control-Allow-Origin", quoted(origin)));
    }
    if cors.credentials {
        headers.push(("Access-Control-Allow-Credentials", quoted("true")));
    }
    if !cors.expose.is_empty() {
        headers.push(("Access-Control-Expose-Headers", quoted(&cors.expose.join(","))));
    }
    headers
}

/// Headers of the answer to a preflight.
pub(super) fn preflight_headers(cors: &Cors) -> Vec<(&'static str, String)> {
    let mut all = headers(cors);
    all.retain(|(name, _)| *name != "Access-Control-Expose-Headers");
    let methods =
        if cors.methods.iter().any(|method| method == "*") { METHODS.join(",") } else { cors.methods.join(",") };
    all.push(("Access-Control-Allow-Methods", quoted(&methods)));
    all.push(("Access-Control-Allow-Headers", quoted(&cors.headers.join(","))));
    if let Some(seconds) = cors.max_age {
        all.push(("Access-Control-Max-Age", quoted(&seconds.to_string())));
    }
    all
}

/// Headers as parameters of a response, each name after `prefix`.
pub(super) fn parameters(headers: &[(&'static str, String)], prefix: &str) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (format!("{prefix}{name}"), json!(value))).collect()
}

/// A fixed value, as API Gateway writes it.
fn quoted(text: &str) -> String {
    format!("'{text}'")
}

//! HTTP and WebSocket APIs: what their parts say of each other.

use serde_json::Value;

use crate::template::check::conditions::Assumptions;
use crate::template::check::found::{At, Found};
use crate::template::check::gather::target_of;
use crate::template::check::sample::Piece;
use crate::template::check::{Checker, SchemaFault};

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Answers to browsers: known methods, and no credentials for everybody.
pub(super) fn cors(checker: &Checker<'_>, properties: &Value, at: &At<'_>, under: &Assumptions, found: &mut Found) {
    for method in checker.selected(properties, "CorsConfiguration/AllowMethods/*", at, under) {
        if let Some(name) = method.value.as_str().filter(|name| *name != "*" && !is_method(name) || *name == "ANY") {
            let mut allowed: Vec<String> = METHODS.iter().skip(1).map(|name| (*name).to_owned()).collect();
            allowed.push("*".to_owned());
            found.push(&At::path(&method.path), SchemaFault::NotAllowed { value: name.to_owned(), allowed });
        }
    }
    let credentials = properties.pointer("/CorsConfiguration/AllowCredentials") == Some(&Value::Bool(true));
    for origin in checker.selected(properties, "CorsConfiguration/AllowOrigins/*", at, under) {
        if credentials && origin.value == "*" {
            found.say(&At::path(&origin.path), "`*` cannot stand beside AllowCredentials: browsers refuse the answer");
        }
    }
}

fn is_method(name: &str) -> bool {
    METHODS.contains(&name)
}

/// A function behind an HTTP API is told in which form it gets requests.
pub(super) fn integration(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let is_proxy = properties.get("IntegrationType").is_some_and(|kind| kind == "AWS_PROXY");
    let is_function = properties.get("IntegrationSubtype").is_none();
    let api = properties.get("ApiId").and_then(target_of).and_then(|id| checker.resources.get(&id));
    let is_http =
        api.and_then(|api| api.pointer("/Properties/ProtocolType")).is_some_and(|protocol| protocol == "HTTP");
    if is_proxy && is_function && is_http && properties.get("PayloadFormatVersion").is_none() {
        found.push(at, SchemaFault::MissingProperty { name: "PayloadFormatVersion".to_owned() });
    }
}

/// The key of a route, its authorizer, and that all of its parts are of one API.
pub(super) fn route(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let api = properties.get("ApiId").and_then(target_of);
    let protocol = api.as_ref().and_then(|id| checker.resources.get(id)?.pointer("/Properties/ProtocolType")?.as_str());
    if let (Some("HTTP"), Some(key)) = (protocol, properties.get("RouteKey").and_then(Value::as_str)) {
        let is_fine = key == "$default"
            || key.split_once(' ').is_some_and(|(method, path)| is_method(method) && path.starts_with('/'));
        if !is_fine {
            let format = "a method and a path (`GET /items`), or `$default`".to_owned();
            found.push(&at.key("RouteKey"), SchemaFault::WrongFormat { value: key.to_owned(), format });
        }
    }
    authorizer(checker, properties, at, found);
    if let Some(target) = properties.get("Target")
        && let Some(Piece::Text(prefix)) = checker.pieces(target).as_deref().and_then(<[Piece]>::first)
        && !prefix.starts_with("integrations")
    {
        let fault = SchemaFault::WrongFormat {
            value: prefix.clone(),
            format: "the target of a route (`integrations/ID`)".to_owned(),
        };
        found.push(&at.key("Target"), fault);
    }
    let parts = [
        ("AuthorizerId", properties.get("AuthorizerId").and_then(target_of), "AWS::ApiGatewayV2::Authorizer"),
        ("Target", integration_of(checker, properties), "AWS::ApiGatewayV2::Integration"),
    ];
    for (key, id, expected) in parts {
        let Some((id, part)) =
            id.and_then(|id| Some((checker.resources.get_key_value(&id)?.0, checker.resources.get(&id)?)))
        else {
            continue;
        };
        let type_name = part.get("Type").and_then(Value::as_str).unwrap_or_default();
        if type_name != expected {
            let found_words = format!("`{id}` ({type_name})");
            found
                .push(&at.key(key), SchemaFault::WrongTarget { found: found_words, expected: format!("`{expected}`") });
        } else if let (Some(api), Some(other)) = (&api, part.pointer("/Properties/ApiId").and_then(target_of))
            && *api != other
        {
            found.say(&at.key(key), format!("`{id}` is of the API `{other}`, and the route of `{api}`"));
        }
    }
}

/// The kind of authorization goes with the authorizer.
fn authorizer(checker: &Checker<'_>, properties: &Value, at: &At<'_>, found: &mut Found) {
    let kind = properties.get("AuthorizationType");
    let given = properties.get("AuthorizerId");
    match (kind.and_then(Value::as_str), given) {
        (Some("JWT" | "CUSTOM"), None) => {
            let by = format!("AuthorizationType: {}", kind.and_then(Value::as_str).unwrap_or_default());
            found.push(at, SchemaFault::RequiresProperty { name: "AuthorizerId".to_owned(), by });
        }
        (Some("NONE") | None, Some(_)) if kind.is_none_or(Value::is_string) => {
            found.say(&at.key("AuthorizerId"), "an authorizer needs AuthorizationType JWT or CUSTOM beside it");
        }
        (Some(kind @ ("JWT" | "CUSTOM")), Some(given)) => {
            let authorizer = target_of(given).and_then(|id| checker.resources.get(&id));
            let own = authorizer.and_then(|known| known.pointer("/Properties/AuthorizerType")?.as_str());
            let fits = match own {
                Some("JWT") => kind == "JWT",
                Some("REQUEST") => kind == "CUSTOM",
                _ => true,
            };
            if !fits {
                let allowed = vec![if kind == "JWT" { "CUSTOM" } else { "JWT" }.to_owned()];
                found.push(&at.key("AuthorizationType"), SchemaFault::NotAllowed { value: kind.to_owned(), allowed });
            }
        }
        _ => {}
    }
}

/// Logical id that the target `integrations/${Id}` names.
fn integration_of(checker: &Checker<'_>, properties: &Value) -> Option<String> {
    let target = properties.get("Target")?;
    let arguments = target.get("Fn::Sub").or_else(|| target.get("Fn::Join"))?;
    let pieces = checker.pieces(target)?;
    let [Piece::Text(prefix), Piece::Unknown] = pieces.as_slice() else {
        // `Fn::Join` may have the slash apart.
        return match pieces.as_slice() {
            [Piece::Text(word), Piece::Text(slash), Piece::Unknown] if word == "integrations" && slash == "/" => {
                arguments.get(1)?.get(1).and_then(target_of)
            }
            _ => None,
        };
    };
    if prefix != "integrations/" {
        return None;
    }
    match arguments {
        Value::String(text) => text.split_once("${")?.1.strip_suffix('}').map(str::to_owned),
        _ => arguments.get(1)?.get(1).and_then(target_of),
    }
}

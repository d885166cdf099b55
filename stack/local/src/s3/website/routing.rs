//! Redirects of a website: of everything, or by rules for prefixes and errors.

use http::StatusCode;
use s3s::dto::{RedirectAllRequestsTo, RoutingRule, WebsiteConfiguration};

use super::{Visit, redirect_to};
use crate::http_types::Response;
use crate::wire::percent_encode;

/// Sends every request to another host, which gets the same path.
pub(super) fn redirect_all(visit: &Visit<'_>, redirect: &RedirectAllRequestsTo) -> Response {
    let protocol = redirect.protocol.as_ref().map_or("http", |protocol| protocol.as_str());
    let location = format!("{protocol}://{}/{}", redirect.host_name, percent_encode(visit.key, "/"));
    redirect_to(StatusCode::MOVED_PERMANENTLY, &location)
}

/// The redirect of the first rule that fits: before an object is looked for, or (with its status) after an error.
pub(super) fn redirect(
    visit: &Visit<'_>,
    configuration: &WebsiteConfiguration,
    error: Option<StatusCode>,
) -> Option<Response> {
    let rule = configuration.routing_rules.iter().flatten().find(|rule| fits(rule, visit.key, error))?;
    let prefix = rule.condition.as_ref().and_then(|condition| condition.key_prefix_equals.as_deref());
    let redirect = &rule.redirect;
    let key = match (&redirect.replace_key_with, &redirect.replace_key_prefix_with) {
        (Some(whole), _) => whole.clone(),
        (None, Some(new)) => {
            let old = prefix.unwrap_or_default();
            format!("{new}{}", visit.key.strip_prefix(old).unwrap_or(visit.key))
        }
        (None, None) => visit.key.to_owned(),
    };
    let path = percent_encode(key, "/");
    let status = redirect.http_redirect_code.as_deref().and_then(|code| code.parse().ok());
    let status = status.filter(|code: &StatusCode| code.is_redirection()).unwrap_or(StatusCode::MOVED_PERMANENTLY);
    let protocol = redirect.protocol.as_ref().map(s3s::dto::Protocol::as_str);
    let location = match (&redirect.host_name, protocol) {
        (Some(host), protocol) => format!("{}://{host}/{path}", protocol.unwrap_or("http")),
        (None, Some(protocol)) => format!("{protocol}://{}{}/{path}", visit.host, visit.base),
        (None, None) => format!("{}/{path}", visit.base),
    };
    Some(redirect_to(status, &location))
}

/// Whether all that a rule's condition names is so. A rule about errors is none before there is one.
fn fits(rule: &RoutingRule, key: &str, error: Option<StatusCode>) -> bool {
    let condition = rule.condition.as_ref();
    let code = condition.and_then(|condition| condition.http_error_code_returned_equals.as_deref());
    let prefix = condition.and_then(|condition| condition.key_prefix_equals.as_deref()).unwrap_or_default();
    let code_fits = match (code, error) {
        (None, None) => true,
        (Some(code), Some(error)) => code == error.as_str(),
        _ => false,
    };
    code_fits && key.starts_with(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use s3s::dto::{Condition, Redirect};

    fn location(rule: RoutingRule, key: &str, error: Option<StatusCode>) -> Option<String> {
        let configuration = WebsiteConfiguration { routing_rules: Some(vec![rule]), ..Default::default() };
        let (request, ()) = http::Request::new(()).into_parts();
        let visit = Visit { bucket: "b", key, base: "/_stack/s3-website/b", host: "127.0.0.1:4566", request: &request };
        let response = redirect(&visit, &configuration, error)?;
        Some(format!("{} {}", response.status().as_u16(), response.headers()["location"].to_str().unwrap()))
    }

    #[test]
    fn rules_redirect_prefixes_and_errors() {
        let docs = || RoutingRule {
            condition: Some(Condition { key_prefix_equals: Some("docs/".to_owned()), ..Default::default() }),
            redirect: Redirect { replace_key_prefix_with: Some("documents/".to_owned()), ..Default::default() },
        };
        assert_eq!(location(docs(), "docs/a b", None).as_deref(), Some("301 /_stack/s3-website/b/documents/a%20b"));
        assert_eq!(location(docs(), "other", None), None);
        assert_eq!(location(docs(), "docs/a", Some(StatusCode::NOT_FOUND)), None);
        let gone = || RoutingRule {
            condition: Some(Condition {
                http_error_code_returned_equals: Some("404".to_owned()),
                ..Default::default()
            }),
            redirect: Redirect {
                host_name: Some("example.com".to_owned()),
                protocol: Some("https".to_owned().into()),
                replace_key_with: Some("gone.html".to_owned()),
                http_redirect_code: Some("302".to_owned()),
                ..Default::default()
            },
        };
        assert_eq!(location(gone(), "x", None), None);
        assert_eq!(
            location(gone(), "x", Some(StatusCode::NOT_FOUND)).as_deref(),
            Some("302 https://example.com/gone.html")
        );
        assert_eq!(location(gone(), "x", Some(StatusCode::FORBIDDEN)), None);
    }
}

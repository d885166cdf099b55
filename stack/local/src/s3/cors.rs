//! Cross-origin requests: which rule of a bucket fits, and the headers that tell the browser so.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::dto::{CORSConfiguration, CORSRule};

use crate::iam::resource_policy::glob;

/// What a browser says about a cross-origin request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::s3) struct CrossOrigin<'a> {
    pub(in crate::s3) origin: &'a str,
    pub(in crate::s3) method: &'a str,
    /// `Access-Control-Request-Headers` of a preflight.
    pub(in crate::s3) headers: Option<&'a str>,
}

/// The methods that a rule may name.
pub(in crate::s3) const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// The answer's headers by the first rule that fits, if one does.
pub(in crate::s3) fn headers(configuration: &CORSConfiguration, request: CrossOrigin<'_>) -> Option<HeaderMap> {
    let rule = configuration.cors_rules.iter().find(|rule| fits(rule, request))?;
    let mut headers = HeaderMap::new();
    let everyone = rule.allowed_origins.iter().any(|origin| origin == "*");
    insert(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, if everyone { "*" } else { request.origin });
    if !everyone {
        insert(&mut headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    insert(&mut headers, ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    if let Some(asked) = request.headers {
        insert(&mut headers, ACCESS_CONTROL_ALLOW_HEADERS, &asked.to_ascii_lowercase());
    }
    if let Some(exposed) = rule.expose_headers.as_ref().filter(|exposed| !exposed.is_empty()) {
        insert(&mut headers, ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "));
    }
    if let Some(age) = rule.max_age_seconds.filter(|age| *age > 0) {
        insert(&mut headers, ACCESS_CONTROL_MAX_AGE, &age.to_string());
    }
    insert(&mut headers, VARY, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    Some(headers)
}

fn fits(rule: &CORSRule, request: CrossOrigin<'_>) -> bool {
    rule.allowed_origins.iter().any(|origin| glob(origin, request.origin))
        && rule.allowed_methods.iter().any(|method| method == request.method)
        && request.headers.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).all(|name| {
            let name = name.to_ascii_lowercase();
            rule.allowed_headers.iter().flatten().any(|allowed| glob(&allowed.to_ascii_lowercase(), &name))
        })
}

/// A value that HTTP does not allow is left out.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CORSRule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        CORSRule {
            allowed_origins: owned(origins),
            allowed_methods: owned(methods),
            allowed_headers: Some(owned(headers)),
            expose_headers: Some(owned(&["ETag"])),
            max_age_seconds: Some(300),
            id: None,
        }
    }

    fn ask<'a>(origin: &'a str, method: &'a str, headers: Option<&'a str>) -> CrossOrigin<'a> {
        CrossOrigin { origin, method, headers }
    }

    #[test]
    fn the_first_fitting_rule_answers() {
        let configuration = CORSConfiguration {
            cors_rules: vec![
                rule(&["https://*.example.com"], &["PUT"], &["Content-*", "x-amz-meta-*"]),
                rule(&["*"], &["GET", "HEAD"], &[]),
            ],
        };
        let put = headers(&configuration, ask("https://app.example.com", "PUT", Some("content-type, X-Amz-Meta-Name")))
            .unwrap();
        assert_eq!(put[ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example.com");
        assert_eq!(put[ACCESS_CONTROL_ALLOW_HEADERS], "content-type, x-amz-meta-name");
        assert_eq!(put[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(put[ACCESS_CONTROL_EXPOSE_HEADERS], "ETag");
        assert_eq!(put[ACCESS_CONTROL_MAX_AGE], "300");
        let get = headers(&configuration, ask("https://elsewhere.test", "GET", None)).unwrap();
        assert_eq!(get[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!get.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        for refused in [
            ask("https://example.com.evil.test", "PUT", None),
            ask("https://app.example.com", "DELETE", None),
            ask("https://app.example.com", "PUT", Some("authorization")),
            ask("https://elsewhere.test", "GET", Some("x-anything")),
        ] {
            assert_eq!(headers(&configuration, refused), None, "{refused:?}");
        }
    }
}

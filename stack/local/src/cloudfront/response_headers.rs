//! What a response headers policy adds to an answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::behavior::items;
use crate::iam::resource_policy::glob;
use crate::wire::properties::{as_flag, as_integer};

/// The viewer's side of a cross-origin request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) origin: Option<&'a str>,
    /// Set for a preflight: the method that it asks about.
    pub(super) preflight: Option<&'a str>,
}

/// Adds the headers of a policy; one that the origin set stays unless the policy overrides it.
pub(super) fn apply(policy: &Value, viewer: Viewer<'_>, headers: &mut HeaderMap) {
    apply_cors(&policy["CorsConfig"], viewer, headers);
    apply_security(&policy["SecurityHeadersConfig"], headers);
    for custom in items(&policy["CustomHeadersConfig"]["Items"]) {
        let name = custom["Header"].as_str().and_then(|name| HeaderName::try_from(name).ok());
        if let (Some(name), Some(value)) = (name, custom["Value"].as_str()) {
            set(headers, name, value, flag(&custom["Override"]));
        }
    }
    for removed in items(&policy["RemoveHeadersConfig"]["Items"]) {
        if let Some(name) = removed["Header"].as_str() {
            headers.remove(name);
        }
    }
}

fn flag(value: &Value) -> bool {
    as_flag(value).unwrap_or_default()
}

/// A value that HTTP does not allow is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str, replace: bool) {
    if let Ok(value) = HeaderValue::from_str(value)
        && (replace || !headers.contains_key(&name))
    {
        headers.insert(name, value);
    }
}

fn list(value: &Value) -> Vec<&str> {
    items(&value["Items"]).filter_map(Value::as_str).collect()
}

fn apply_cors(cors: &Value, viewer: Viewer<'_>, headers: &mut HeaderMap) {
    let (Some(origin), true) = (viewer.origin, cors.is_object()) else { return };
    let replace = flag(&cors["OriginOverride"]);
    let origins = list(&cors["AccessControlAllowOrigins"]);
    if !origins.iter().any(|allowed| glob(allowed, origin)) {
        return;
    }
    let everyone = origins.contains(&"*");
    set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, if everyone { "*" } else { origin }, replace);
    if !everyone {
        set(headers, VARY, "Origin", false);
    }
    if flag(&cors["AccessControlAllowCredentials"]) {
        set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true", replace);
    }
    let exposed = list(&cors["AccessControlExposeHeaders"]);
    if !exposed.is_empty() {
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "), replace);
    }
    if viewer.preflight.is_some() {
        let methods = list(&cors["AccessControlAllowMethods"]);
        set(headers, ACCESS_CONTROL_ALLOW_METHODS, &methods.join(", "), replace);
        let allowed = list(&cors["AccessControlAllowHeaders"]);
        set(headers, ACCESS_CONTROL_ALLOW_HEADERS, &allowed.join(", "), replace);
        if let Some(age) = as_integer(&cors["AccessControlMaxAgeSec"]) {
            set(headers, ACCESS_CONTROL_MAX_AGE, &age.to_string(), replace);
        }
    }
}

fn apply_security(security: &Value, headers: &mut HeaderMap) {
    let part = |name: &str| security.get(name).map(|part| (part, flag(&part["Override"])));
    if let Some((_, replace)) = part("ContentTypeOptions") {
        set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff", replace);
    }
    if let Some((frame, replace)) = part("FrameOptions") {
        set(headers, X_FRAME_OPTIONS, frame["FrameOption"].as_str().unwrap_or("DENY"), replace);
    }
    if let Some((referrer, replace)) = part("ReferrerPolicy") {
        set(headers, REFERRER_POLICY, referrer["ReferrerPolicy"].as_str().unwrap_or("no-referrer"), replace);
    }
    if let Some((protection, replace)) = part("XSSProtection") {
        let value = match (flag(&protection["Protection"]), flag(&protection["ModeBlock"])) {
            (true, true) => "1; mode=block",
            (true, false) => "1",
            (false, _) => "0",
        };
        set(headers, X_XSS_PROTECTION, value, replace);
    }
    if let Some((content, replace)) = part("ContentSecurityPolicy")
        && let Some(value) = content["ContentSecurityPolicy"].as_str()
    {
        set(headers, http::header::CONTENT_SECURITY_POLICY, value, replace);
    }
    if let Some((transport, replace)) = part("StrictTransportSecurity") {
        let age = as_integer(&transport["AccessControlMaxAgeSec"]).unwrap_or_default();
        let mut value = format!("max-age={age}");
        if flag(&transport["IncludeSubdomains"]) {
            value.push_str("; includeSubDomains");
        }
        if flag(&transport["Preload"]) {
            value.push_str("; preload");
        }
        set(headers, STRICT_TRANSPORT_SECURITY, &value, replace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::managed::response_headers_policy;

    fn applied(id: &str, viewer: Viewer<'_>, headers: &[(HeaderName, &str)]) -> HeaderMap {
        let mut map: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        apply(&response_headers_policy(id).unwrap(), viewer, &mut map);
        map
    }

    #[test]
    fn simple_cors_answers_any_origin_and_only_cross_origin_requests() {
        let simple = "60669652-455b-4ae9-85a4-c4c02393f86c";
        let viewer = Viewer { origin: Some("https://a.test"), preflight: None };
        assert_eq!(applied(simple, viewer, &[])[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let same_origin = Viewer { origin: None, preflight: None };
        assert!(applied(simple, same_origin, &[]).is_empty());
        let set_by_origin = [(ACCESS_CONTROL_ALLOW_ORIGIN, "https://a.test")];
        assert_eq!(applied(simple, viewer, &set_by_origin)[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.test");
    }

    #[test]
    fn security_headers_are_set() {
        let viewer = Viewer { origin: None, preflight: None };
        let headers = applied("67f7725c-6f97-4210-82d7-5512b31e9d03", viewer, &[]);
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
        assert_eq!(headers[X_XSS_PROTECTION], "1; mode=block");
    }
}

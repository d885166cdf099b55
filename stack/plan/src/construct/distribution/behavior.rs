//! Behaviors of a distribution: which requests are answered from where, and how.

use serde_json::{Value, json};

use super::origin::{Origin, read_origin};
use super::policies::{CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS, id_of, read_policy};
use crate::construct::Declared;
use crate::fault::{FaultKind, Sink};
use crate::project::{Fields, Named, Text, read_text};
use crate::scope::Scope;
use crate::values::SettingValue;
use crate::yaml;

/// Greatest length of a path pattern.
const PATTERN: usize = 255;

/// A behavior as written.
#[derive(Debug, Clone)]
pub(super) struct BehaviorDeclaration {
    /// Paths that it answers; nothing for the one that answers all others.
    pattern: Option<String>,
    origin: Option<Text>,
    cache: Option<Text>,
    origin_request: Option<Text>,
    response_headers: Option<Text>,
    methods: Option<Text>,
}

/// A behavior with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Behavior {
    pattern: Option<String>,
    /// A host without a name while it has a fault.
    pub(super) origin: Origin,
    cache: String,
    origin_request: Option<String>,
    response_headers: Option<String>,
    methods: Methods,
}

/// Methods that CloudFront lets through; it knows three sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Methods(&'static [&'static str]);

const READ: Methods = Methods(&["GET", "HEAD"]);
const ALL: Methods = Methods(&["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]);

impl SettingValue for Methods {
    const EXPECTED: &'static str = "`read`, `options` or `all`";
    const HELP: &'static str = "`read` is GET and HEAD, `options` also OPTIONS, `all` everything";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(READ),
            "options" => Some(Self(&["GET", "HEAD", "OPTIONS"])),
            "all" => Some(ALL),
            _ => None,
        }
    }
}

impl BehaviorDeclaration {
    /// Reads the keys that stand in the distribution itself, for all paths that no other behavior takes.
    pub(super) fn read_default(fields: &Fields<'_>) -> Self {
        let help = "what it serves: `origin: bucket.NAME`, `http_api.NAME` or `https://HOST`";
        Self::read_fields(fields, None, fields.required("origin", help))
    }

    /// Reads `"/api/*": http_api.x`, or a mapping with an `origin`.
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        check_pattern(named, sink);
        let pattern = Some(named.name.to_owned());
        if matches!(named.node.value, yaml::Value::Scalar(_)) && !named.node.is_null() {
            return Some(Self {
                pattern,
                origin: read_text(named.node, &named.place, sink),
                cache: None,
                origin_request: None,
                response_headers: None,
                methods: None,
            });
        }
        let fields = Fields::open(named.node, &named.place, sink)?;
        let origin = fields.required("origin", "what it serves: `origin: http_api.NAME`");
        let behavior = Self::read_fields(&fields, pattern, origin);
        fields.finish();
        Some(behavior)
    }

    fn read_fields(fields: &Fields<'_>, pattern: Option<String>, origin: Option<Text>) -> Self {
        Self {
            pattern,
            origin,
            cache: fields.text("cache"),
            origin_request: fields.text("origin_request"),
            response_headers: fields.text("response_headers"),
            methods: fields.text("methods"),
        }
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Behavior {
        let origin = self.origin.as_ref().and_then(|text| read_origin(text, scope, declared));
        let is_static = origin.as_ref().is_none_or(Origin::is_bucket);
        // What is computed is not kept unless the file says so, and sees all of the request but its `Host`, by which the
        // origin would look for another.
        let (cache, request) = if is_static {
            ("CachingOptimized", "CORS-CustomOrigin")
        } else {
            ("CachingDisabled", "AllViewerExceptHostHeader")
        };
        let named = |text: &&Text| text.raw != "none";
        let policy =
            |text: Option<&Text>, what, policies| text.and_then(|text| read_policy(text, what, policies, scope));
        Behavior {
            pattern: self.pattern.clone(),
            cache: policy(self.cache.as_ref(), "cache policy", CACHE).unwrap_or_else(|| id_of(cache, CACHE)),
            origin_request: match &self.origin_request {
                None => Some(id_of(request, ORIGIN_REQUEST)),
                text => policy(text.as_ref().filter(named), "origin request policy", ORIGIN_REQUEST),
            },
            response_headers: policy(
                self.response_headers.as_ref().filter(named),
                "response headers policy",
                RESPONSE_HEADERS,
            ),
            methods: scope.value_or(self.methods.as_ref(), if is_static { READ } else { ALL }),
            origin: origin.unwrap_or_else(|| Origin::Host(String::new())),
        }
    }
}

impl Behavior {
    /// Properties in the words of CloudFront.
    pub(super) fn values(&self) -> Value {
        let mut values = json!({});
        if let Some(pattern) = &self.pattern {
            values["PathPattern"] = json!(pattern);
        }
        values["TargetOriginId"] = json!(self.origin.id());
        values["ViewerProtocolPolicy"] = json!("redirect-to-https");
        values["AllowedMethods"] = json!(self.methods.0);
        values["CachedMethods"] = json!(["GET", "HEAD"]);
        values["Compress"] = json!(true);
        values["CachePolicyId"] = json!(self.cache);
        for (key, policy) in
            [("OriginRequestPolicyId", &self.origin_request), ("ResponseHeadersPolicyId", &self.response_headers)]
        {
            if let Some(policy) = policy {
                values[key] = json!(policy);
            }
        }
        values
    }
}

fn check_pattern(named: &Named<'_>, sink: &Sink) {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.*$/~\"'@:+&?".contains(&byte);
    let is_pattern = named.name.len() <= PATTERN
        && named.name.bytes().all(is_allowed)
        && (named.name.starts_with('/') || named.name.starts_with('*'))
        && !matches!(named.name, "*" | "/*");
    if !is_pattern {
        let rule = "a path with `*` and `?` as wildcards, at most 255 characters: `/api/*`, `*.jpg`; everything else is the distribution's own `origin`";
        let kind =
            FaultKind::BadName { name: named.name.to_owned(), what: "path pattern".to_owned(), rule: rule.to_owned() };
        sink.push(kind, &named.place);
    }
}

//! `errors:` and `fallback:` of a distribution: pages in place of bare errors.

use serde_json::{Value, json};

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Named, Text, read_text};
use crate::scope::Scope;
use crate::values::SettingValue;
use crate::yaml;

/// Errors that CloudFront can answer with a page.
const CODES: [u16; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
/// Seconds for which an error is kept unless the file says otherwise: soon over, and still a shield.
const CACHE: u32 = 10;

/// An error page as written.
#[derive(Debug, Clone)]
pub(super) struct ErrorDeclaration {
    code: u16,
    page: Option<Text>,
    status: Option<Text>,
    cache: Option<Text>,
}

/// What is answered in place of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorPage {
    code: u16,
    page: String,
    status: u16,
    cache: u32,
}

/// A path of a page.
struct PagePath(String);

impl SettingValue for PagePath {
    const EXPECTED: &'static str = "the path of a page";
    const HELP: &'static str = "a path begins with `/`: `/error.html`";
    fn parse(text: &str) -> Option<Self> {
        (text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }
}

/// A status that CloudFront may answer with a page.
struct Status(u16);

impl SettingValue for Status {
    const EXPECTED: &'static str = "a status that CloudFront can answer with a page";
    const HELP: &'static str = "one of 200, 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|status| *status == 200 || CODES.contains(status)).map(Self)
    }
}

/// Seconds for which an error is kept.
struct ErrorCache(u32);

impl SettingValue for ErrorCache {
    const EXPECTED: &'static str = "a duration from 0s to 365d";
    const HELP: &'static str = "write a whole number with a unit: `10s`, `5m`";
    fn parse(text: &str) -> Option<Self> {
        crate::values::parse_seconds(text).filter(|seconds| *seconds <= 31_536_000).map(Self)
    }
}

impl ErrorDeclaration {
    /// Reads `403: /error.html`, or `403: { page, status, cache }`.
    pub(super) fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let code = named.name.parse().ok().filter(|code| CODES.contains(code));
        let Some(code) = code else {
            let codes: Vec<String> = CODES.iter().map(ToString::to_string).collect();
            let rule = format!("one of {}", codes.join(", "));
            let kind = FaultKind::BadName { name: named.name.to_owned(), what: "error".to_owned(), rule };
            sink.push(kind, &named.place);
            return None;
        };
        if matches!(named.node.value, yaml::Value::Scalar(_)) && !named.node.is_null() {
            return Some(Self { code, page: read_text(named.node, &named.place, sink), status: None, cache: None });
        }
        let fields = Fields::open(named.node, &named.place, sink)?;
        let error = Self {
            code,
            page: fields.required("page", "the page to answer: `page: /error.html`"),
            status: fields.text("status"),
            cache: fields.text("cache"),
        };
        fields.finish();
        Some(error)
    }

    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Option<ErrorPage> {
        let status = scope.value_or(self.status.as_ref(), Status(self.code)).0;
        let cache = scope.value_or(self.cache.as_ref(), ErrorCache(CACHE)).0;
        let page: PagePath = scope.value(self.page.as_ref()?)?;
        Some(ErrorPage { code: self.code, page: page.0, status, cache })
    }
}

/// Pages for an application that knows its paths itself: whatever the bucket does not have is answered by one page. A
/// private bucket says 403 of what it does not have.
pub(super) fn fallback(text: &Text, scope: &Scope<'_>) -> Vec<ErrorPage> {
    let Some(page) = scope.value::<PagePath>(text) else { return Vec::new() };
    [403, 404].map(|code| ErrorPage { code, page: page.0.clone(), status: 200, cache: CACHE }).into()
}

/// Reports what `fallback` cannot be together with.
pub(super) fn check_fallback(text: &Text, has_api: bool, declared: &[ErrorDeclaration], place: &Place, sink: &Sink) {
    if has_api {
        let kind = FaultKind::BadValue {
            value: text.raw.clone(),
            expected: "possible beside an API".to_owned(),
            help: "CloudFront has one set of error pages for all paths, so answers 403 and 404 of the API would become the page as well; give the API a domain of its own".to_owned(),
        };
        sink.push(kind, &text.place);
    }
    for error in declared.iter().filter(|error| matches!(error.code, 403 | 404)) {
        let kind = FaultKind::NameCollision {
            what: "error page of".to_owned(),
            name: error.code.to_string(),
            first: place.key_path.clone() + ".errors",
            second: text.place.key_path.clone(),
        };
        sink.push(kind, &text.place);
    }
}

impl ErrorPage {
    /// Properties in the words of CloudFront.
    pub(super) fn values(&self) -> Value {
        json!({
            "ErrorCode": self.code,
            "ResponseCode": self.status,
            "ResponsePagePath": self.page,
            "ErrorCachingMinTTL": self.cache,
        })
    }
}

//! What of a request an answer depends on, and how long it is kept: cache policies and origin request policies.

use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::behavior::items;
use super::{CloudFront, Kind, managed};
use crate::wire::properties::{as_flag, as_integer};

/// Seconds that an answer is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ttl {
    pub(super) minimum: i64,
    pub(super) default: i64,
    pub(super) maximum: i64,
}

/// What of the query, the headers and the cookies of a request matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    None,
    All,
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Choice {
    fn takes(&self, name: &str) -> bool {
        let holds = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(name));
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(list) => holds(list),
            Self::Except(list) => !holds(list),
        }
    }
}

/// How a behavior caches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CachePolicy {
    pub(super) ttl: Ttl,
    query: Choice,
    headers: Choice,
    cookies: Choice,
}

/// What reaches an origin besides what the cache depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forwarding {
    query: Choice,
    headers: Choice,
    cookies: Choice,
}

fn seconds(value: &Value, name: &str, default: i64) -> i64 {
    value.get(name).and_then(as_integer).unwrap_or(default).max(0)
}

fn names(value: &Value) -> Vec<String> {
    // In templates the list stands for itself; the API has it under `Items`.
    let list = if value.is_array() { value } else { &value["Items"] };
    items(list).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn choice(behavior: Option<&str>, list: &Value) -> Choice {
    match behavior {
        Some("all" | "allViewer" | "allViewerAndWhitelistCloudFront") => Choice::All,
        Some("whitelist") => Choice::Only(names(list)),
        Some("allExcept") => Choice::Except(names(list)),
        _ => Choice::None,
    }
}

impl CachePolicy {
    /// The policy of a behavior: by id, or in the older form within it.
    pub(super) fn of(cloudfront: &CloudFront, behavior: &Value) -> Self {
        let Some(id) = behavior["CachePolicyId"].as_str() else { return Self::of_forwarded_values(behavior) };
        let own = cloudfront.part(Kind::CachePolicy, id);
        Self::read(&own.or_else(|| managed::cache_policy(id)).unwrap_or(Value::Null))
    }

    fn read(policy: &Value) -> Self {
        let parameters = &policy["ParametersInCacheKeyAndForwardedToOrigin"];
        let minimum = seconds(policy, "MinTTL", 0);
        let (query, headers, cookies) =
            (&parameters["QueryStringsConfig"], &parameters["HeadersConfig"], &parameters["CookiesConfig"]);
        Self {
            ttl: Ttl {
                minimum,
                default: seconds(policy, "DefaultTTL", 86_400).max(minimum),
                maximum: seconds(policy, "MaxTTL", 31_536_000),
            },
            query: choice(query["QueryStringBehavior"].as_str(), &query["QueryStrings"]),
            headers: choice(headers["HeaderBehavior"].as_str(), &headers["Headers"]),
            cookies: choice(cookies["CookieBehavior"].as_str(), &cookies["Cookies"]),
        }
    }

    fn of_forwarded_values(behavior: &Value) -> Self {
        let values = &behavior["ForwardedValues"];
        let keys = names(&values["QueryStringCacheKeys"]);
        let query = match as_flag(&values["QueryString"]) {
            Some(true) if keys.is_empty() => Choice::All,
            Some(true) => Choice::Only(keys),
            _ => Choice::None,
        };
        let headers = names(&values["Headers"]);
        let everything = headers.iter().any(|name| name == "*");
        let minimum = seconds(behavior, "MinTTL", 0);
        Self {
            ttl: Ttl {
                minimum,
                // All headers in the key means that nothing is kept.
                default: if everything { 0 } else { seconds(behavior, "DefaultTTL", 86_400).max(minimum) },
                maximum: if everything { 0 } else { seconds(behavior, "MaxTTL", 31_536_000) },
            },
            query,
            headers: if everything { Choice::All } else { Choice::Only(headers) },
            cookies: choice(values["Cookies"]["Forward"].as_str(), &values["Cookies"]["WhitelistedNames"]),
        }
    }

    /// The part of the cache's key that is not the path: the query, headers and cookies that matter.
    pub(super) fn key(&self, request: &Parts) -> (String, String) {
        let query = chosen_query(request, &[&self.query]);
        let mut lines: Vec<String> = request
            .headers
            .iter()
            .filter(|(name, _)| **name != http::header::COOKIE && self.headers.takes(name.as_str()))
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        lines.push(chosen_cookies(request, &[&self.cookies]));
        (query, lines.join("\n"))
    }
}

impl Forwarding {
    /// The origin request policy of a behavior; without one nothing more than the cache's key is forwarded.
    pub(super) fn of(cloudfront: &CloudFront, behavior: &Value) -> Self {
        let id = behavior["OriginRequestPolicyId"].as_str();
        let policy = id.and_then(|id| {
            cloudfront.part(Kind::OriginRequestPolicy, id).or_else(|| managed::origin_request_policy(id))
        });
        let policy = policy.unwrap_or_else(|| json!({}));
        let (query, headers, cookies) =
            (&policy["QueryStringsConfig"], &policy["HeadersConfig"], &policy["CookiesConfig"]);
        Self {
            query: choice(query["QueryStringBehavior"].as_str(), &query["QueryStrings"]),
            headers: choice(headers["HeaderBehavior"].as_str(), &headers["Headers"]),
            cookies: choice(cookies["CookieBehavior"].as_str(), &cookies["Cookies"]),
        }
    }

    /// The query that reaches the origin.
    pub(super) fn query(&self, cache: &CachePolicy, request: &Parts) -> String {
        chosen_query(request, &[&cache.query, &self.query])
    }

    /// The headers that reach the origin, without those that are about one connection.
    pub(super) fn headers(&self, cache: &CachePolicy, request: &Parts) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let wanted = cache.headers.takes(name.as_str()) || self.headers.takes(name.as_str());
            if wanted && !is_of_connection(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        let cookies = chosen_cookies(request, &[&cache.cookies, &self.cookies]);
        if let (false, Ok(cookies)) = (cookies.is_empty(), http::HeaderValue::from_str(&cookies)) {
            headers.insert(http::header::COOKIE, cookies);
        }
        // What the content of a request is reaches the origin always.
        for name in [http::header::CONTENT_TYPE, http::header::RANGE] {
            if let Some(value) = request.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers
    }
}

fn is_of_connection(name: &HeaderName) -> bool {
    let names = [
        "connection",
        "content-length",
        "cookie",
        "keep-alive",
        "te",
        "transfer-encoding",
        "upgrade",
        "expect",
        "accept-encoding",
    ];
    names.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

fn chosen_query(request: &Parts, choices: &[&Choice]) -> String {
    let query = request.uri.query().unwrap_or_default().split('&');
    let taken = query.filter(|pair| !pair.is_empty()).filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        choices.iter().any(|choice| choice.takes(name))
    });
    taken.collect::<Vec<_>>().join("&")
}

fn chosen_cookies(request: &Parts, choices: &[&Choice]) -> String {
    let all = request.headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let taken = all.flat_map(|line| line.split(';')).map(str::trim).filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && choices.iter().any(|choice| choice.takes(name))
    });
    taken.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_key_has_what_the_policy_names() {
        let policy = CachePolicy::read(&json!({
            "MinTTL": 1, "DefaultTTL": 0, "MaxTTL": "60",
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["page"]},
                "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]},
                "CookiesConfig": {"CookieBehavior": "allExcept", "Cookies": ["session"]},
            },
        }));
        assert_eq!(policy.ttl, Ttl { minimum: 1, default: 1, maximum: 60 });
        let asked = request(
            "/?a=1&page=2",
            &[("accept-language", "de"), ("accept", "*/*"), ("cookie", "session=x; theme=dark")],
        );
        assert_eq!(policy.key(&asked), ("page=2".to_owned(), "accept-language: de\ntheme=dark".to_owned()));
    }

    #[test]
    fn the_older_form_is_read_too() {
        let policy =
            CachePolicy::of_forwarded_values(&json!({"ForwardedValues": {"QueryString": "true"}, "DefaultTTL": 5}));
        assert_eq!(policy.ttl, Ttl { minimum: 0, default: 5, maximum: 31_536_000 });
        assert_eq!(policy.key(&request("/?b=2&a=1", &[])).0, "b=2&a=1");
        let everything = CachePolicy::of_forwarded_values(&json!({"ForwardedValues": {"Headers": ["*"]}}));
        assert_eq!(everything.ttl.maximum, 0);
    }
}

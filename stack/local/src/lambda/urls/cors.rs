//! Cross-origin rules of a function URL.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::function::validation;
use super::super::settings::{between, one_of};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, reference_list};

/// Seconds in a day, the longest that a preflight may be remembered.
const LONGEST_AGE: u32 = 86_400;

/// Which pages of other origins may read answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cors {
    pub(crate) credentials: Option<bool>,
    pub(crate) headers: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) origins: Vec<String>,
    pub(crate) expose: Vec<String>,
    /// Seconds.
    pub(crate) max_age: Option<u32>,
}

impl Cors {
    /// Reads a `Cors`; an empty one takes the rules away.
    pub(super) fn read(input: &Value) -> Result<Option<Self>, ServiceError> {
        let cors = Self {
            credentials: input.get("AllowCredentials").and_then(as_flag),
            headers: reference_list(input, "AllowHeaders"),
            methods: reference_list(input, "AllowMethods"),
            origins: reference_list(input, "AllowOrigins"),
            expose: reference_list(input, "ExposeHeaders"),
            max_age: input.get("MaxAge").map(|age| between("cors.maxAge", age, 0, LONGEST_AGE)).transpose()?,
        };
        for method in &cors.methods {
            one_of("cors.allowMethods", method, &["GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"])?;
        }
        for (field, list) in
            [("allowHeaders", &cors.headers), ("allowOrigins", &cors.origins), ("exposeHeaders", &cors.expose)]
        {
            if list.len() > 100 {
                let shown = format!("[{}]", list.join(", "));
                let wrong = "Member must have length less than or equal to 100";
                return Err(validation(&shown, &format!("cors.{field}"), wrong));
            }
            if let Some(text) = list.iter().find(|text| HeaderValue::from_str(text).is_err()) {
                return Err(validation(
                    text,
                    &format!("cors.{field}"),
                    "Member must satisfy regular expression pattern: .*",
                ));
            }
        }
        Ok((cors != Self::default()).then_some(cors))
    }

    /// The rules as the API and templates have them.
    pub(crate) fn show(&self) -> Value {
        let mut shown = Map::new();
        if let Some(credentials) = self.credentials {
            shown.insert("AllowCredentials".to_owned(), json!(credentials));
        }
        for (name, list) in [
            ("AllowHeaders", &self.headers),
            ("AllowMethods", &self.methods),
            ("AllowOrigins", &self.origins),
            ("ExposeHeaders", &self.expose),
        ] {
            if !list.is_empty() {
                shown.insert(name.to_owned(), json!(list));
            }
        }
        if let Some(age) = self.max_age {
            shown.insert("MaxAge".to_owned(), json!(age));
        }
        Value::Object(shown)
    }

    /// Whether a request asks in advance what a page may do.
    pub(super) fn is_preflight(method: &http::Method, headers: &HeaderMap) -> bool {
        *method == http::Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The headers that an answer to a page gets; none for an origin that is not allowed.
    pub(super) fn answer_headers(&self, request: &HeaderMap, is_preflight: bool) -> Vec<(HeaderName, HeaderValue)> {
        let origin = request.get(header::ORIGIN);
        let Some(origin) = origin.filter(|origin| origin.to_str().is_ok_and(|origin| self.allows(origin))) else {
            return Vec::new();
        };
        let mut answer = Vec::new();
        let mut add = |name: HeaderName, value: &str| {
            answer.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        };
        let credentials = self.credentials == Some(true);
        if self.origins.iter().any(|one| one == "*") && !credentials {
            add(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        } else {
            add(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.to_str().unwrap_or_default());
            add(header::VARY, "Origin");
        }
        if credentials {
            add(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if !self.expose.is_empty() {
            add(header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose.join(","));
        }
        if is_preflight {
            if !self.methods.is_empty() {
                add(header::ACCESS_CONTROL_ALLOW_METHODS, &self.methods.join(","));
            }
            if !self.headers.is_empty() {
                add(header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers.join(","));
            }
            if let Some(age) = self.max_age {
                add(header::ACCESS_CONTROL_MAX_AGE, &age.to_string());
            }
        }
        answer
    }

    /// Whether an origin is in the list, where `*` stands for any text in it.
    fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|pattern| {
            pattern == "*" || pattern.eq_ignore_ascii_case(origin) || crate::iam::resource_policy::glob(pattern, origin)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cors: &Value, origin: &'static str, is_preflight: bool) -> Vec<String> {
        let request = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
        let cors = Cors::read(cors).unwrap().unwrap();
        let answer = cors.answer_headers(&request, is_preflight);
        answer.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn only_allowed_origins_get_headers() {
        let one = json!({"AllowOrigins": ["https://app.example"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-a"],
            "ExposeHeaders": ["etag"], "MaxAge": 60, "AllowCredentials": true});
        let expected = [
            "access-control-allow-origin: https://app.example",
            "vary: Origin",
            "access-control-allow-credentials: true",
            "access-control-expose-headers: etag",
            "access-control-allow-methods: GET,POST",
            "access-control-allow-headers: x-a",
            "access-control-max-age: 60",
        ];
        assert_eq!(headers(&one, "https://app.example", true), expected);
        assert_eq!(headers(&one, "https://app.example", false), expected[..4]);
        assert!(headers(&one, "https://evil.example", true).is_empty());
        let any = json!({"AllowOrigins": ["*"], "AllowMethods": ["*"]});
        let expected = ["access-control-allow-origin: *", "access-control-allow-methods: *"];
        assert_eq!(headers(&any, "https://evil.example", true), expected);
    }

    #[test]
    fn wrong_rules_are_refused_and_empty_ones_are_none() {
        for (cors, part) in [
            (json!({"AllowMethods": ["OPTIONS"]}), "Value 'OPTIONS' at 'cors.allowMethods'"),
            (json!({"MaxAge": 86_401}), "less than or equal to 86400"),
            (json!({"AllowOrigins": vec!["https://a"; 101]}), "less than or equal to 100"),
            (json!({"AllowHeaders": ["a\n"]}), "cors.allowHeaders"),
        ] {
            let refusal = Cors::read(&cors).unwrap_err();
            assert!(refusal.message.contains(part), "{}", refusal.message);
        }
        assert_eq!(Cors::read(&json!({})).unwrap(), None);
    }
}

//! Cross-origin requests: the one place that writes their headers.

use thiserror::Error;

use crate::{Answer, Problem, Request};

/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE: &str = "600";

/// Which web pages may call a function, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
    methods: &'static str,
    headers: &'static str,
}

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("names `{origin}`, and an origin is `*` or `https://host` with an optional port and nothing behind it")]
pub struct OriginError {
    /// The text.
    pub origin: String,
}

impl Cors {
    /// Pages of these origins (`https://example.com`, or `*` for all) may use `methods` and `headers` (comma lists).
    ///
    /// # Errors
    ///
    /// [`OriginError`] for the first entry that no browser would ever send.
    pub fn new(origins: Vec<String>, methods: &'static str, headers: &'static str) -> Result<Self, OriginError> {
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(OriginError { origin: origin.clone() }),
            None => Ok(Self { origins, methods, headers }),
        }
    }

    /// The answer to a preflight.
    #[must_use]
    pub fn preflight(&self, request: &Request) -> Answer {
        let answer = Answer::empty(200)
            .with_header("access-control-allow-methods", self.methods)
            .with_header("access-control-allow-headers", self.headers)
            .with_header("access-control-max-age", MAX_AGE);
        self.allow(request, answer)
    }

    /// What a client gets: the answer or the problem, either readable by the pages that may call.
    #[must_use]
    pub fn answer(&self, request: &Request, result: Result<Answer, Problem>) -> Answer {
        self.allow(request, result.unwrap_or_else(Answer::from))
    }

    fn allow(&self, request: &Request, answer: Answer) -> Answer {
        if self.origins.iter().any(|origin| origin == "*") {
            return answer.with_header("access-control-allow-origin", "*");
        }
        let allowed = match self.origins.as_slice() {
            // One origin needs no look at the request, and a browser of another origin is refused by it just as well.
            [only] => Some(only.as_str()),
            several => {
                let origin = request.header("origin").unwrap_or_default();
                several.iter().map(String::as_str).find(|allowed| *allowed == origin)
            }
        };
        let answer = answer.with_header("vary", "origin");
        match allowed {
            Some(origin) => answer.with_header("access-control-allow-origin", origin),
            None => answer,
        }
    }
}

/// Whether a browser could send this text as `Origin`.
fn is_origin(text: &str) -> bool {
    let Some(authority) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return text == "*";
    };
    let of_authority = |other: char| {
        other.is_ascii_lowercase() || other.is_ascii_digit() || matches!(other, '.' | '-' | ':' | '[' | ']')
    };
    !authority.is_empty() && authority.chars().all(of_authority)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parse_request;

    fn request(origin: Option<&str>) -> Request {
        let event = json!({
            "version": "2.0", "rawPath": "/", "headers": { "Origin": origin },
            "requestContext": { "http": { "method": "OPTIONS" } }
        });
        parse_request(event).unwrap()
    }

    fn cors(origins: &[&str]) -> Cors {
        Cors::new(origins.iter().map(|&origin| origin.to_owned()).collect(), "OPTIONS,POST", "authorization").unwrap()
    }

    fn allowed(cors: &Cors, origin: Option<&str>) -> Option<String> {
        cors.preflight(&request(origin)).headers.get("access-control-allow-origin").cloned()
    }

    #[test]
    fn a_preflight_names_methods_headers_and_the_origin() {
        let answer = cors(&["https://a.example"]).preflight(&request(Some("https://a.example")));
        let expected = json!({
            "statusCode": 200,
            "headers": {
                "access-control-allow-headers": "authorization",
                "access-control-allow-methods": "OPTIONS,POST",
                "access-control-allow-origin": "https://a.example",
                "access-control-max-age": "600",
                "vary": "origin"
            },
            "body": "",
            "isBase64Encoded": false
        });
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[test]
    fn of_several_origins_the_one_that_asks_is_named() {
        let several = cors(&["https://a.example", "http://localhost:8080"]);
        assert_eq!(allowed(&several, Some("http://localhost:8080")).unwrap(), "http://localhost:8080");
        assert_eq!(allowed(&several, Some("https://evil.example")), None);
        assert_eq!(allowed(&several, None), None);
        assert_eq!(allowed(&cors(&["https://a.example"]), Some("https://evil.example")).unwrap(), "https://a.example");
        assert_eq!(allowed(&cors(&["*"]), None).unwrap(), "*");
    }

    #[test]
    fn a_problem_can_be_read_by_the_page() {
        let problem = Problem::method_not_allowed("GET", "POST");
        let answer = cors(&["https://a.example"]).answer(&request(None), Err(problem));
        let expected = json!({
            "statusCode": 405,
            "headers": {
                "access-control-allow-origin": "https://a.example",
                "allow": "POST",
                "cache-control": "no-store",
                "content-type": "application/json",
                "vary": "origin",
                "x-content-type-options": "nosniff"
            },
            "body": r#"{"error":{"code":"method-not-allowed","message":"`GET` is not served here; POST is"}}"#,
            "isBase64Encoded": false
        });
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[test]
    fn texts_that_are_no_origins_are_refused() {
        for text in
            ["", "example.com", "https://", "https://example.com/", "https://Example.com", "https://*.example.com"]
        {
            let error = Cors::new(vec![text.to_owned()], "", "").unwrap_err();
            assert_eq!(error.origin, text);
        }
        assert!(Cors::new(vec!["http://[::1]:8080".into(), "*".into()], "", "").is_ok());
    }
}

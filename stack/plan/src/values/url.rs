//! Values of function URLs.

use super::SettingValue;

/// Who may call a function's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlAuth {
    /// Callers sign, and their own policies allow it.
    Iam,
    /// Everyone; the function decides.
    None,
}

impl UrlAuth {
    /// The word of AWS.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "AWS_IAM",
            Self::None => "NONE",
        }
    }
}

impl SettingValue for UrlAuth {
    const EXPECTED: &'static str = "who may call a function's address";
    const HELP: &'static str = "`iam` (signed requests) or `none` (everyone; the function checks its callers itself)";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "iam" => Some(Self::Iam),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// How an address answers, in the word of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvokeMode(pub(crate) &'static str);

impl SettingValue for InvokeMode {
    const EXPECTED: &'static str = "a way to answer";
    const HELP: &'static str = "`buffered` (at once, at most 6 MB) or `response-stream` (as it comes)";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "buffered" => Some(Self("BUFFERED")),
            "response-stream" => Some(Self("RESPONSE_STREAM")),
            _ => None,
        }
    }
}

/// A method that CORS of function URLs knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UrlMethod(pub(crate) &'static str);

impl SettingValue for UrlMethod {
    const EXPECTED: &'static str = "a method that CORS of function URLs knows";
    const HELP: &'static str =
        "one of GET, HEAD, POST, PUT, PATCH, DELETE, * (preflight OPTIONS is answered by itself)";
    fn parse(text: &str) -> Option<Self> {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "*"].into_iter().find(|known| *known == text).map(Self)
    }
}

/// An origin of a function URL: `*` or `scheme://host[:port]`, without wildcards in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UrlOrigin(pub(crate) String);

impl SettingValue for UrlOrigin {
    const EXPECTED: &'static str = "an origin";
    const HELP: &'static str = "write scheme, host and port only, without a path: `https://example.com`, or `*` alone";
    fn parse(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_host = |host: &str| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@*".contains(&byte))
        };
        (text == "*" || host.is_some_and(is_host)).then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_no_wildcards_in_them() {
        for right in ["*", "http://localhost:8080", "https://example.com"] {
            assert!(UrlOrigin::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "example.com", "https://", "https://a/b", "https://*.example.com", "https://a b", "https://é"]
        {
            assert!(UrlOrigin::parse(wrong).is_none(), "{wrong}");
        }
    }
}

//! Values of APIs, user pools and domains.

use super::{SettingValue, parse_seconds, parse_whole};

/// Seconds for which the answer of an authorizer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuthorizerCache(pub(crate) u32);

impl SettingValue for AuthorizerCache {
    const EXPECTED: &'static str = "a duration from 0s to 1h";
    const HELP: &'static str = "write a whole number with a unit: `0s` asks the authorizer for every request, `5m`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| *seconds <= 3600).map(Self)
    }
}

/// Requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) u32);

impl SettingValue for Rate {
    const EXPECTED: &'static str = "a number of requests per second from 1 to 1000000";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 1_000_000).map(Self)
    }
}

/// Requests that may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burst(pub(crate) u32);

impl SettingValue for Burst {
    const EXPECTED: &'static str = "a number of requests at once from 1 to 1000000";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 1_000_000).map(Self)
    }
}

/// Minutes for which an access token or an id token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenLifetime(pub(crate) u32);

impl SettingValue for TokenLifetime {
    const EXPECTED: &'static str = "a duration from 5m to 1d in whole minutes";
    const HELP: &'static str = "write a whole number with a unit: `5m`, `1h`";
    fn parse(text: &str) -> Option<Self> {
        parse_minutes(text).filter(|minutes| (5..=1440).contains(minutes)).map(Self)
    }
}

/// Minutes for which a refresh token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshLifetime(pub(crate) u32);

impl SettingValue for RefreshLifetime {
    const EXPECTED: &'static str = "a duration from 60m to 3650d in whole minutes";
    const HELP: &'static str = "write a whole number with a unit: `1h`, `30d`";
    fn parse(text: &str) -> Option<Self> {
        parse_minutes(text).filter(|minutes| (60..=5_256_000).contains(minutes)).map(Self)
    }
}

fn parse_minutes(text: &str) -> Option<u32> {
    parse_seconds(text).filter(|seconds| seconds % 60 == 0).map(|seconds| seconds / 60)
}

/// An origin that an API Gateway answers: `*`, or `scheme://host[:port]` without wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiOrigin(pub(crate) String);

impl SettingValue for ApiOrigin {
    const EXPECTED: &'static str = "an origin that API Gateway takes";
    const HELP: &'static str =
        "write scheme, host and port only: `https://example.com`, or `*`; unlike S3 it has no `https://*.example.com`";
    fn parse(text: &str) -> Option<Self> {
        let origin = super::CorsOrigin::parse(text)?;
        (text == "*" || !text.contains('*')).then_some(Self(origin.0))
    }
}

/// A method that an API may allow to pages of other origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiMethod(pub(crate) String);

/// Methods that a route may have.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl SettingValue for ApiMethod {
    const EXPECTED: &'static str = "a method";
    const HELP: &'static str = "one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, or `*`";
    fn parse(text: &str) -> Option<Self> {
        (text == "*" || METHODS.contains(&text)).then(|| Self(text.to_owned()))
    }
}

/// Name of a stage, the first part of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageName(pub(crate) String);

impl Default for StageName {
    fn default() -> Self {
        Self("api".to_owned())
    }
}

impl SettingValue for StageName {
    const EXPECTED: &'static str = "the name of a stage";
    const HELP: &'static str = "letters, digits, `-` and `_`, at most 128: `stage: v1`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ((1..=128).contains(&text.len()) && text.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

/// Where a REST API is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// In its region.
    Regional,
    /// Through the locations of CloudFront.
    Edge,
}

impl SettingValue for Endpoint {
    const EXPECTED: &'static str = "`regional` or `edge`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "regional" => Some(Self::Regional),
            "edge" => Some(Self::Edge),
            _ => None,
        }
    }
}

/// The oldest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MinimumTls {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl SettingValue for MinimumTls {
    const EXPECTED: &'static str = "`1.2` or `1.3`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "1.2" => Some(Self::Tls12),
            "1.3" => Some(Self::Tls13),
            _ => None,
        }
    }
}

/// A media type, `*` allowed for its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaType(pub(crate) String);

impl SettingValue for MediaType {
    const EXPECTED: &'static str = "a media type";
    const HELP: &'static str = "for example `image/png`, `image/*` or `*/*`";
    fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            let character = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
            part == "*" || (!part.is_empty() && part.bytes().all(character))
        };
        let (kind, subtype) = text.split_once('/')?;
        (is_part(kind) && is_part(subtype)).then(|| Self(text.to_owned()))
    }
}

/// Requests of a key in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) limit: u32,
    /// In the words of API Gateway.
    pub(crate) period: &'static str,
}

impl SettingValue for Quota {
    const EXPECTED: &'static str = "a number of requests in a period";
    const HELP: &'static str = "write `10000/day`, `/week` or `/month`";
    fn parse(text: &str) -> Option<Self> {
        let (limit, period) = text.split_once('/')?;
        let limit = parse_whole(limit.trim(), 1, u32::MAX >> 1)?;
        let period = match period.trim() {
            "day" => "DAY",
            "week" => "WEEK",
            "month" => "MONTH",
            _ => return None,
        };
        Some(Self { limit, period })
    }
}

/// Id of a hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostedZone(pub(crate) String);

impl SettingValue for HostedZone {
    const EXPECTED: &'static str = "the id of a hosted zone";
    const HELP: &'static str = "Route 53 shows it beside the zone: `Z0123456789ABCDEFGHIJ`";
    fn parse(text: &str) -> Option<Self> {
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let characters = id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        (id.starts_with('Z') && (2..=32).contains(&id.len()) && characters).then(|| Self(id.to_owned()))
    }
}

/// ARN of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateArn {
    pub(crate) arn: String,
    pub(crate) region: String,
}

impl SettingValue for CertificateArn {
    const EXPECTED: &'static str = "the ARN of a certificate of ACM";
    const HELP: &'static str =
        "for example `arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555`";
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "acm", region, account, resource] = parts.as_slice() else { return None };
        let is_id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let is_arn = partition.starts_with("aws")
            && super::Region::parse(region).is_some()
            && super::Account::parse(account).is_some()
            && resource.strip_prefix("certificate/").is_some_and(is_id);
        is_arn.then(|| Self { arn: text.to_owned(), region: (*region).to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_whole_minutes() {
        assert_eq!(TokenLifetime::parse("1h"), Some(TokenLifetime(60)));
        assert_eq!(TokenLifetime::parse("1d"), Some(TokenLifetime(1440)));
        for wrong in ["4m", "90s", "25h", "x"] {
            assert_eq!(TokenLifetime::parse(wrong), None, "{wrong}");
        }
        assert_eq!(RefreshLifetime::parse("30d"), Some(RefreshLifetime(43_200)));
        assert_eq!(RefreshLifetime::parse("59m"), None);
    }

    #[test]
    fn origins_of_an_api_have_no_wildcard_inside() {
        assert!(ApiOrigin::parse("https://example.com").is_some());
        assert!(ApiOrigin::parse("*").is_some());
        assert!(ApiOrigin::parse("https://*.example.com").is_none());
    }

    #[test]
    fn certificates_know_their_region() {
        let arn = "arn:aws:acm:eu-central-1:111122223333:certificate/1111-22";
        assert_eq!(CertificateArn::parse(arn).unwrap().region, "eu-central-1");
        for wrong in ["", "arn:aws:acm:eu-central-1:1:certificate/1", "arn:aws:acm:us-east-1:111122223333:key/1"] {
            assert!(CertificateArn::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(HostedZone::parse("/hostedzone/Z1A").unwrap().0, "Z1A");
        assert!(HostedZone::parse("example.com").is_none());
    }
}

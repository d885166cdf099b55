//! Signature Version 4 of the services other than S3 (whose protocol crate checks its own).

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::FormatItem, macros::format_description};

use super::percent::percent_decode_bytes;
use super::{CONTROL_BODY_LIMIT, Protocol, ServiceError, percent_decode, percent_encode, read_body};
use crate::http_types::{Peer, Request, full};
use crate::iam::{Iam, Identity};
use crate::requests::Note;

/// How far a client's clock may be off.
const CLOCK_SKEW: time::Duration = time::Duration::minutes(15);

const TIMESTAMP: &[FormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// What a signed request claims.
#[derive(Debug)]
struct Claim {
    access_key: String,
    date: String,
    region: String,
    service: String,
    signed_headers: String,
    signature: String,
    timestamp: String,
    session_token: Option<String>,
    /// Seconds that a presigned URL is good for; absent for a signed header.
    expires: Option<i64>,
}

/// The region in the credential scope of a Signature Version 4 header: `<key>/<date>/<region>/<service>/...`.
pub(crate) fn signed_region(request: &Request) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let scope = header.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    scope.split('/').nth(2).filter(|region| !region.is_empty()).map(str::to_owned)
}

/// Reads the body, checks the signature over it, and puts the caller's [`crate::iam::Principal`] into the request.
///
/// # Errors
/// A missing, malformed, expired or wrong signature, with the code that this protocol uses for it.
pub(crate) async fn authenticate(iam: &Iam, request: Request, protocol: Protocol) -> Result<Request, ServiceError> {
    let claim = Claim::read(&request, protocol)?;
    let identity = identify(iam, &claim, protocol)?;
    let note = request.extensions().get::<Note>().cloned();
    check_time(&claim, OffsetDateTime::now_utc(), protocol)?;
    let (mut parts, body) = request.into_parts();
    let body = read_body(http::Request::new(body), CONTROL_BODY_LIMIT).await?;
    let canonical = canonical_request(&parts, &claim, &body);
    let expected = hex::decode(&claim.signature).unwrap_or_default();
    if signing_mac(&identity.secret_key, &claim, &canonical).verify_slice(&expected).is_err() {
        return Err(refusal(
            protocol,
            Refusal::WrongSignature,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ));
    }
    if let Some(note) = note {
        note.caller(&identity.principal.arn);
        if matches!(protocol, Protocol::Query | Protocol::Ec2) {
            note.action(parts.uri.query(), &body);
        }
    }
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
    parts.extensions.insert(identity.principal.asking(&claim.region, peer));
    Ok(http::Request::from_parts(parts, full(body)))
}

#[derive(Debug, Clone, Copy)]
enum Refusal {
    Missing,
    Incomplete,
    UnknownKey,
    ExpiredToken,
    WrongSignature,
}

/// AWS names the same refusal differently in its XML and JSON protocols.
fn refusal(protocol: Protocol, refusal: Refusal, message: impl Into<String>) -> ServiceError {
    let json = matches!(protocol, Protocol::Json | Protocol::Json10 | Protocol::RestJson | Protocol::Cbor);
    let code = match (refusal, json) {
        (Refusal::Missing, false) => "MissingAuthenticationToken",
        (Refusal::Missing, true) => "MissingAuthenticationTokenException",
        (Refusal::Incomplete, false) => "IncompleteSignature",
        (Refusal::Incomplete, true) => "IncompleteSignatureException",
        (Refusal::UnknownKey, false) => "InvalidClientTokenId",
        (Refusal::UnknownKey, true) => "UnrecognizedClientException",
        (Refusal::ExpiredToken, false) => "ExpiredToken",
        (Refusal::ExpiredToken, true) => "ExpiredTokenException",
        (Refusal::WrongSignature, false) => "SignatureDoesNotMatch",
        (Refusal::WrongSignature, true) => "InvalidSignatureException",
    };
    ServiceError::new(http::StatusCode::FORBIDDEN, code, message)
}

fn identify(iam: &Iam, claim: &Claim, protocol: Protocol) -> Result<Identity, ServiceError> {
    let unknown = || refusal(protocol, Refusal::UnknownKey, "The security token included in the request is invalid.");
    let identity = iam.identity(&claim.access_key).ok_or_else(unknown)?;
    if identity.session_token.is_some() && identity.session_token != claim.session_token {
        return Err(unknown());
    }
    if identity.expires.is_some_and(|expires| expires <= OffsetDateTime::now_utc()) {
        return Err(refusal(protocol, Refusal::ExpiredToken, "The security token included in the request is expired"));
    }
    Ok(identity)
}

fn check_time(claim: &Claim, now: OffsetDateTime, protocol: Protocol) -> Result<(), ServiceError> {
    let Ok(signed) = PrimitiveDateTime::parse(&claim.timestamp, TIMESTAMP).map(PrimitiveDateTime::assume_utc) else {
        return Err(refusal(
            protocol,
            Refusal::Incomplete,
            format!("Date must be in ISO-8601 'basic format'. Got '{}'.", claim.timestamp),
        ));
    };
    if !claim.timestamp.starts_with(&claim.date) {
        return Err(refusal(
            protocol,
            Refusal::WrongSignature,
            format!("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: `{}`", claim.date),
        ));
    }
    let expires = claim.expires.map_or(CLOCK_SKEW, time::Duration::seconds);
    let show = |time: OffsetDateTime| time.format(TIMESTAMP).unwrap_or_default();
    if signed + expires < now {
        return Err(refusal(
            protocol,
            Refusal::WrongSignature,
            format!("Signature expired: {} is now earlier than {}", claim.timestamp, show(now - expires)),
        ));
    }
    if signed > now + CLOCK_SKEW {
        return Err(refusal(
            protocol,
            Refusal::WrongSignature,
            format!("Signature not yet current: {} is still later than {}", claim.timestamp, show(now + CLOCK_SKEW)),
        ));
    }
    Ok(())
}

impl Claim {
    fn read(request: &Request, protocol: Protocol) -> Result<Self, ServiceError> {
        let incomplete =
            |what: &str| refusal(protocol, Refusal::Incomplete, format!("Authorization header requires {what}"));
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (credential, signed_headers, signature, timestamp, session_token, expires) = if let Some(authorization) =
            header("authorization")
        {
            let fields = authorization.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(|| {
                incomplete("the algorithm AWS4-HMAC-SHA256, the only one that the local cloud checks")
            })?;
            let field = |name: &str| {
                fields
                    .split(',')
                    .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
                    .map(str::to_owned)
            };
            (
                field("Credential").ok_or_else(|| incomplete("'Credential' parameter."))?,
                field("SignedHeaders").ok_or_else(|| incomplete("'SignedHeaders' parameter."))?,
                field("Signature").ok_or_else(|| incomplete("'Signature' parameter."))?,
                header("x-amz-date")
                    .ok_or_else(|| incomplete("existence of either a 'X-Amz-Date' or a 'Date' header."))?,
                header("x-amz-security-token"),
                None,
            )
        } else {
            let query = request.uri().query().unwrap_or_default();
            let field = |name: &str| {
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).and_then(percent_decode)
            };
            let missing = || refusal(protocol, Refusal::Missing, "Request is missing Authentication Token");
            (
                field("X-Amz-Credential").ok_or_else(missing)?,
                field("X-Amz-SignedHeaders").ok_or_else(missing)?,
                field("X-Amz-Signature").ok_or_else(missing)?,
                field("X-Amz-Date").ok_or_else(missing)?,
                field("X-Amz-Security-Token"),
                Some(field("X-Amz-Expires").and_then(|seconds| seconds.parse().ok()).unwrap_or(0).clamp(0, 604_800)),
            )
        };
        let mut scope = credential.splitn(5, '/').map(str::to_owned);
        match (scope.next(), scope.next(), scope.next(), scope.next(), scope.next().as_deref()) {
            (Some(access_key), Some(date), Some(region), Some(service), Some("aws4_request")) => Ok(Self {
                access_key,
                date,
                region,
                service,
                signed_headers,
                signature,
                timestamp,
                session_token,
                expires,
            }),
            _ => Err(incomplete("a 'Credential' of the form <access key>/<date>/<region>/<service>/aws4_request.")),
        }
    }
}

fn canonical_request(parts: &http::request::Parts, claim: &Claim, body: &[u8]) -> String {
    let mut query: Vec<(String, String)> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| claim.expires.is_none() || *name != "X-Amz-Signature")
        .map(|(name, value)| (canonical(name), canonical(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = String::new();
    for name in claim.signed_headers.split(';') {
        let values: Vec<String> = parts
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(headers, "{name}:{}", values.join(","));
    }
    // The path is encoded once more than on the wire; S3 alone differs.
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        parts.method,
        percent_encode(parts.uri.path(), "/"),
        query.join("&"),
        claim.signed_headers,
        hex::encode(Sha256::digest(body)),
    )
}

/// A name or value of a query, encoded as the signer encodes it. What is not well encoded is taken as it stands.
fn canonical(text: &str) -> String {
    percent_decode_bytes(text).map_or_else(|| percent_encode(text, ""), |bytes| percent_encode(bytes, ""))
}

fn signing_mac(secret_key: &str, claim: &Claim, canonical: &str) -> Hmac<Sha256> {
    let scope = format!("{}/{}/{}/aws4_request", claim.date, claim.region, claim.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        claim.timestamp,
        hex::encode(Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret_key}").into_bytes();
    for part in [&claim.date, &claim.region, &claim.service, "aws4_request"] {
        key = mac(&key, part.as_bytes()).finalize().into_bytes().to_vec();
    }
    mac(&key, text.as_bytes())
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    // HMAC pads a key with zeros to the block size and hashes longer ones; done here, no length can be wrong.
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The "get-vanilla-query-order-key-case" example of AWS's published Signature Version 4 test suite.
    #[test]
    fn the_published_example_has_the_published_signature() {
        let request = http::Request::builder()
            .uri("/?Param2=value2&Param1=value1")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, \
                 Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            )
            .body(full(""))
            .unwrap();
        let claim = Claim::read(&request, Protocol::Query).unwrap();
        let (parts, _) = request.into_parts();
        let canonical = canonical_request(&parts, &claim, b"");
        let mac = signing_mac("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &claim, &canonical);
        assert_eq!(hex::encode(mac.finalize().into_bytes()), claim.signature);
    }

    fn claim(timestamp: &str, date: &str, expires: Option<i64>) -> Claim {
        Claim {
            access_key: "test".to_owned(),
            date: date.to_owned(),
            region: "us-east-1".to_owned(),
            service: "sts".to_owned(),
            signed_headers: "host".to_owned(),
            signature: String::new(),
            timestamp: timestamp.to_owned(),
            session_token: None,
            expires,
        }
    }

    #[test]
    fn a_clock_may_be_off_by_fifteen_minutes() {
        let now = time::macros::datetime!(2026-11-21 12:00 UTC);
        let check = |timestamp| check_time(&claim(timestamp, "20261121", None), now, Protocol::Query);
        assert!(check("20261121T114500Z").is_ok());
        assert!(check("20261121T121500Z").is_ok());
        let early = check("20261121T114459Z").unwrap_err();
        assert_eq!(early.message, "Signature expired: 20261121T114459Z is now earlier than 20261121T114500Z");
        assert!(check("20261121T121501Z").unwrap_err().message.starts_with("Signature not yet current"));
        assert_eq!(check("yesterday").unwrap_err().code, "IncompleteSignature");
    }

    #[test]
    fn a_presigned_url_ends_when_it_says_so() {
        let now = time::macros::datetime!(2026-11-21 12:00 UTC);
        let check = |expires| check_time(&claim("20261121T115900Z", "20261121", Some(expires)), now, Protocol::Query);
        assert!(check(60).is_ok());
        assert!(check(59).is_err());
    }

    #[test]
    fn the_date_of_the_scope_is_the_date_of_the_request() {
        let now = time::macros::datetime!(2026-11-21 12:00 UTC);
        assert!(check_time(&claim("20261121T120000Z", "20261120", None), now, Protocol::Query).is_err());
    }
}

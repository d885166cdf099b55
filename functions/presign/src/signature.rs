//! Signature Version 4 in the query of a URL.

use std::collections::BTreeMap;
use std::time::Duration;

use ring::{digest, hmac};
use time::OffsetDateTime;
use time::macros::format_description;
use wiring::Credentials;

use crate::Storage;
use crate::encode::percent_encode;

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs in the name of a function's role.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Keys of the role.
    pub credentials: Credentials,
    /// Region of the buckets.
    pub region: String,
}

/// What a URL allows.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// `PUT`, `GET`.
    pub method: &'a str,
    /// Key of the object.
    pub key: &'a str,
    /// Headers that the request must carry exactly so, by lower-case name.
    pub headers: BTreeMap<&'a str, String>,
    /// How long the URL is valid: one second to seven days, and never longer than the credentials.
    pub lifetime: Duration,
}

impl Signer {
    /// The URL of a grant that begins at a time (since 1970-01-01T00:00:00Z).
    #[must_use]
    pub fn sign(&self, storage: &Storage, grant: &Grant<'_>, now: Duration) -> String {
        let moment = timestamp(now);
        let day = moment.get(..8).unwrap_or_default();
        let scope = self.scope(day);
        let mut headers = grant.headers.clone();
        headers.insert("host", storage.host().to_owned());
        let signed_headers = headers.keys().copied().collect::<Vec<_>>().join(";");

        let credential = format!("{}/{scope}", self.credentials.access_key);
        let lifetime = grant.lifetime.as_secs().to_string();
        let mut query = BTreeMap::from([
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", &moment),
            ("X-Amz-Expires", &lifetime),
            ("X-Amz-SignedHeaders", &signed_headers),
        ]);
        if let Some(token) = &self.credentials.session_token {
            query.insert("X-Amz-Security-Token", token);
        }
        let query: Vec<String> =
            query.into_iter().map(|(name, value)| format!("{name}={}", percent_encode(value, ""))).collect();
        let query = query.join("&");

        let path = storage.path(grant.key);
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{}", value.trim())).collect();
        let lines = lines.join("\n");
        let request = format!("{}\n{path}\n{query}\n{lines}\n\n{signed_headers}\nUNSIGNED-PAYLOAD", grant.method);
        let digest = hex::encode(digest::digest(&digest::SHA256, request.as_bytes()));
        let text = format!("{ALGORITHM}\n{moment}\n{scope}\n{digest}");
        let signature = self.signature(day, &text);
        format!("{}{path}?{query}&X-Amz-Signature={signature}", storage.origin())
    }

    /// Signs a text for a day in hexadecimal.
    pub(crate) fn signature(&self, day: &str, text: &str) -> String {
        hex::encode(keyed(self.key(day).as_ref(), text))
    }

    /// Day, region and service as a signature names them.
    pub(crate) fn scope(&self, day: &str) -> String {
        format!("{day}/{}/s3/aws4_request", self.region)
    }

    /// The key of a day.
    fn key(&self, day: &str) -> hmac::Tag {
        let secret = format!("AWS4{}", self.credentials.secret_key);
        let day = keyed(secret.as_bytes(), day);
        let region = keyed(day.as_ref(), &self.region);
        let service = keyed(region.as_ref(), "s3");
        keyed(service.as_ref(), "aws4_request")
    }
}

fn keyed(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

/// `20260102T030405Z`.
pub(crate) fn timestamp(now: Duration) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    (OffsetDateTime::UNIX_EPOCH + now).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the S3 user guide.
    #[test]
    fn the_published_example_comes_out() {
        let credentials = Credentials {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let signer = Signer { credentials, region: "us-east-1".into() };
        let storage = Storage::at("https://examplebucket.s3.amazonaws.com");
        let grant =
            Grant { method: "GET", key: "test.txt", headers: BTreeMap::new(), lifetime: Duration::from_hours(24) };
        // 2013-05-24T00:00:00Z.
        let url = signer.sign(&storage, &grant, Duration::from_hours(380_376));
        assert_eq!(
            url,
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }
}

//! Forms that a browser posts to S3: a policy document that says what is allowed, and its signature.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::signature::{ALGORITHM, timestamp};
use crate::{Signer, Storage};

/// What a form allows: one object, with fields that must have these very values.
#[derive(Debug, Clone)]
pub struct PostGrant<'a> {
    /// Key of the object.
    pub key: &'a str,
    /// Fields that the form must carry exactly so (`Content-Type`).
    pub fields: BTreeMap<&'a str, String>,
    /// Size of the file in bytes.
    pub length: RangeInclusive<u64>,
    /// How long the form is valid, and never longer than the credentials.
    pub lifetime: Duration,
}

/// A form, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it is posted to, as `multipart/form-data`.
    pub url: String,
    /// Fields that come before the field `file`, which is the last one.
    pub fields: BTreeMap<String, String>,
}

impl Signer {
    /// The form of a grant that begins at a time (since 1970-01-01T00:00:00Z).
    #[must_use]
    pub fn sign_post(&self, storage: &Storage, grant: &PostGrant<'_>, now: Duration) -> Form {
        let moment = timestamp(now);
        let day = moment.get(..8).unwrap_or_default();
        let mut fields: BTreeMap<String, String> =
            grant.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        fields.insert("key".to_owned(), grant.key.to_owned());
        fields.insert("x-amz-algorithm".to_owned(), ALGORITHM.to_owned());
        fields.insert("x-amz-credential".to_owned(), format!("{}/{}", self.credentials.access_key, self.scope(day)));
        fields.insert("x-amz-date".to_owned(), moment.clone());
        if let Some(token) = &self.credentials.session_token {
            fields.insert("x-amz-security-token".to_owned(), token.clone());
        }
        let mut conditions = vec![json!({ "bucket": storage.bucket() })];
        conditions.extend(fields.iter().map(|(name, value)| json!({ name: value })));
        conditions.push(json!(["content-length-range", grant.length.start(), grant.length.end()]));
        let policy: Value = json!({ "expiration": expiration(now + grant.lifetime), "conditions": conditions });
        let policy = STANDARD.encode(policy.to_string());
        fields.insert("x-amz-signature".to_owned(), self.signature(day, &policy));
        fields.insert("policy".to_owned(), policy);
        Form { url: storage.form_url(), fields }
    }
}

/// `2026-01-02T03:04:05Z`.
fn expiration(moment: Duration) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    (OffsetDateTime::UNIX_EPOCH + moment).format(format).unwrap_or_default()
}

//! Signature Version 4 of calls that no SDK client makes.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use thiserror::Error;

/// A request that cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the request cannot be signed: {0}")]
pub struct SignatureError(String);

/// Signs calls of one service in the name of a function's role.
#[derive(Debug, Clone)]
pub struct Signer {
    /// As signatures name the service: `mediaconvert`.
    pub service: &'static str,
    /// Region that the service signs for.
    pub region: String,
    /// Keys of the role.
    pub credentials: wiring::Credentials,
}

impl Signer {
    /// All headers of a POST at a time since 1970-01-01T00:00:00Z: its content type, and those of the signature.
    ///
    /// # Errors
    ///
    /// [`SignatureError`], when the URL is none.
    pub fn post(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        now: Duration,
    ) -> Result<Vec<(String, String)>, SignatureError> {
        let keys = self.credentials.clone();
        let identity =
            Credentials::new(keys.access_key, keys.secret_key, keys.session_token, None, "environment").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(UNIX_EPOCH + now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SignatureError(error.to_string()))?;
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let request = SignableRequest::new(
            "POST",
            url,
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(body),
        );
        let signed = request.and_then(|request| sign(request, &params.into()));
        let (instructions, _signature) = signed.map_err(|error| SignatureError(error.to_string()))?.into_parts();
        headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(headers)
    }
}

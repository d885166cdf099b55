//! The certificates of the keys that SNS signs with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fetch::{Allowance, Client};
use http_events::Problem;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use wiring::Clock;
use x509_cert::Certificate as X509;
use x509_cert::der::DecodePem as _;

use crate::message::Message;
use crate::settings::Service;

/// How long a fetch may take in all. SNS waits 15 s for an answer.
const TIME_OUT: Duration = Duration::from_secs(3);

/// Most bytes of a certificate. Those of SNS have about 2,200.
const LARGEST: usize = 16 << 10;

/// Fetches at once, and how long until another one may follow: forged messages cannot make the function fetch on and on.
const FETCHES: u32 = 10;
const FETCH_INTERVAL: Duration = Duration::from_secs(6);

/// Certificates that are kept. SNS has one at a time, and two while it changes them.
const KEPT: usize = 4;

/// Certificates, fetched when they are needed and kept.
pub struct Certificates {
    service: Service,
    client: Client,
    clock: Arc<dyn Clock>,
    /// Held while one is fetched, so that those who need the same wait for it.
    cache: tokio::sync::Mutex<Cache>,
}

struct Cache {
    certificates: BTreeMap<String, Arc<Certificate>>,
    allowance: Allowance,
}

/// An RSA key and the time that it is valid for, since 1970-01-01T00:00:00Z.
struct Certificate {
    key: Vec<u8>,
    start: Duration,
    end: Duration,
}

impl Certificates {
    /// Certificates of a service.
    #[must_use]
    pub fn new(service: Service, clock: Arc<dyn Clock>) -> Self {
        let cache = Cache { certificates: BTreeMap::new(), allowance: Allowance::new(FETCHES, FETCH_INTERVAL) };
        Self { service, client: Client::new(TIME_OUT, LARGEST), clock, cache: tokio::sync::Mutex::new(cache) }
    }

    /// Verifies the signature of a message.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `signature-version-refused`, `message-incomplete`, `certificate-refused`, `certificate-unavailable`,
    /// `signature-wrong`.
    pub async fn verify(&self, message: &Message) -> Result<(), Problem> {
        let algorithm: &'static RsaParameters = match message.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Problem::new(400, "signature-version-refused", "`SignatureVersion` is neither 1 nor 2")),
        };
        let text = message.signed_text().ok_or_else(|| {
            Problem::new(400, "message-incomplete", "a confirmation has no `Token` or no `SubscribeURL`")
        })?;
        let wrong = || Problem::new(403, "signature-wrong", "the signature is not that of SNS over this message");
        let signature = STANDARD.decode(&message.signature).map_err(|_| wrong())?;
        let certificate = self.certificate(&message.certificate).await?;
        let now = self.clock.now();
        if now < certificate.start || now > certificate.end {
            return Err(Problem::new(403, "certificate-refused", "the certificate is not valid at this time"));
        }
        UnparsedPublicKey::new(algorithm, &certificate.key).verify(text.as_bytes(), &signature).map_err(|_| wrong())
    }

    async fn certificate(&self, url: &str) -> Result<Arc<Certificate>, Problem> {
        let refused = |message: &str| Problem::new(403, "certificate-refused", message);
        let address = self.service.certificate(url).ok_or_else(|| {
            refused(&format!("`SigningCertURL` is not where {} keeps its certificates", self.service.origin()))
        })?;
        let mut cache = self.cache.lock().await;
        if let Some(certificate) = cache.certificates.get(url) {
            return Ok(Arc::clone(certificate));
        }
        let unavailable = |message: &str| {
            Problem::new(503, "certificate-unavailable", format!("the certificate could not be fetched: {message}"))
                .with_header("retry-after", FETCH_INTERVAL.as_secs().to_string())
        };
        if !cache.allowance.take(self.clock.now()) {
            return Err(unavailable("too many were asked for lately"));
        }
        let bytes = self.client.get(&address).await.map_err(|error| unavailable(&error.to_string()))?;
        let certificate = parse_certificate(&bytes).ok_or_else(|| refused("the certificate is none of an RSA key"))?;
        if cache.certificates.len() >= KEPT {
            cache.certificates.clear();
        }
        let certificate = Arc::new(certificate);
        cache.certificates.insert(url.to_owned(), Arc::clone(&certificate));
        Ok(certificate)
    }
}

/// Reads a certificate in PEM. `None` when it is none.
fn parse_certificate(pem: &[u8]) -> Option<Certificate> {
    let certificate = X509::from_pem(pem).ok()?.tbs_certificate;
    let validity = certificate.validity;
    // What is in there is an `RSAPublicKey`, or no signature will fit it.
    let key = certificate.subject_public_key_info.subject_public_key.as_bytes()?.to_vec();
    let (start, end) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    Some(Certificate { key, start, end })
}

//! The key that messages are signed with, and its certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Where the certificate is found.
pub(super) const CERTIFICATE_PATH: &str = "/_stack/sns/certificate.pem";

const KEY_BITS: usize = 2048;

/// What PKCS #1 puts before a digest to name its algorithm.
const SHA1_PREFIX: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// Any error on the way to a key.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A key pair of this process with a certificate that it signed itself.
pub(super) struct Signer {
    key: RsaPrivateKey,
    pub(super) certificate: String,
}

impl Signer {
    /// Makes a key and a certificate: some hundred milliseconds of computing.
    pub(super) fn generate() -> Result<Self, BoxError> {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, KEY_BITS)?;
        let document = key.to_pkcs8_der()?;
        let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(
            &rustls_pki_types::PrivatePkcs8KeyDer::from(document.as_bytes()),
            &rcgen::PKCS_RSA_SHA256,
        )?;
        let mut parameters = rcgen::CertificateParams::new(vec!["sns.localhost".to_owned()])?;
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "sns.localhost");
        let certificate = parameters.self_signed(&pair)?.pem();
        Ok(Self { key, certificate })
    }

    /// The signature of a text, base64: SHA-1 for version `1`, SHA-256 for version `2`.
    pub(super) fn sign(&self, version: &str, text: &str) -> Result<String, BoxError> {
        let (prefix, digest): (&[u8], Vec<u8>) = match version {
            "2" => (&SHA256_PREFIX, Sha256::digest(text).to_vec()),
            _ => (&SHA1_PREFIX, Sha1::digest(text).to_vec()),
        };
        let scheme = Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: prefix.into() };
        Ok(STANDARD.encode(self.key.sign(scheme, &digest)?))
    }
}

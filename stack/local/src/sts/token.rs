//! Tokens of identity providers: JSON Web Tokens signed with RSA.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What PKCS #1 puts before a SHA-256 digest to name the algorithm.
pub(crate) const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A token that was taken apart, not yet believed.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    /// Algorithm and id of the key.
    pub(crate) header: Value,
    pub(crate) payload: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Claims {
    /// Takes a token apart; `None` for what is no JSON Web Token.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: json(header).filter(Value::is_object)?,
            payload: json(payload).filter(Value::is_object)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A text claim.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.payload.get(name).and_then(Value::as_str)
    }

    /// A number claim, for example a time in seconds since 1970.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.payload.get(name).and_then(Value::as_i64)
    }
}

/// Whether one of the keys (a JSON Web Key Set) signed the token. Only RS256 is accepted, whatever the token asks for.
pub(crate) fn verify(claims: &Claims, keys: &Value) -> bool {
    if claims.header["alg"] != "RS256" {
        return false;
    }
    let kid = claims.header.get("kid");
    let keys = keys.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    keys.iter()
        .filter(|key| key["kty"] == "RSA" && (kid.is_none() || key.get("kid") == kid))
        .filter_map(public_key)
        .any(|key| verify_with(claims, &key))
}

/// Whether this key signed the token.
pub(crate) fn verify_with(claims: &Claims, key: &RsaPublicKey) -> bool {
    let digest = Sha256::digest(&claims.signed);
    let scheme = Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: SHA256_PREFIX.as_slice().into() };
    claims.header["alg"] == "RS256" && key.verify(scheme, &digest, &claims.signature).is_ok()
}

fn public_key(key: &Value) -> Option<RsaPublicKey> {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?.trim_end_matches('=')).ok()?;
        Some(BigUint::from_bytes_be(&bytes))
    };
    RsaPublicKey::new(number("n")?, number("e")?).ok()
}

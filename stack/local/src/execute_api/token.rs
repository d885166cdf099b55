//! JSON Web Tokens: RSA signatures and the claims that API Gateway looks at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// What PKCS #1 puts before a SHA-2 digest to name its algorithm; the two marked bytes differ by algorithm.
const DIGEST_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// Bits of the smallest key that is taken.
const SMALLEST_KEY: usize = 2048;

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// It is no token that this service checks.
    Malformed(&'static str),
    /// No key of the issuer has the token's id: perhaps there are newer keys.
    UnknownKey,
    /// The signature does not fit.
    Signature,
    /// It is over.
    Expired,
    /// A claim is not as it must be.
    Claim(&'static str),
}

impl TokenFault {
    /// The words of `error_description`.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Malformed(why) | Self::Claim(why) => (*why).to_owned(),
            Self::UnknownKey => "signing key not found".to_owned(),
            Self::Signature => "signature verification failed".to_owned(),
            Self::Expired => "the token has expired".to_owned(),
        }
    }
}

/// A token whose parts could be read, not yet believed.
pub(crate) struct Token<'a> {
    algorithm: String,
    key_id: String,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Reads the compact form.
    pub(crate) fn parse(text: &'a str) -> Result<Self, TokenFault> {
        let malformed = || TokenFault::Malformed("the token is not a JSON Web Token");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let header = object(header).ok_or_else(malformed)?;
        let member = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        if header.contains_key("crit") {
            return Err(TokenFault::Malformed("the token has critical header parameters"));
        }
        Ok(Self {
            algorithm: member("alg").ok_or_else(malformed)?,
            key_id: member("kid").ok_or(TokenFault::Malformed("the token has no key id"))?,
            claims: object(claims).ok_or_else(malformed)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?,
        })
    }

    /// The claims, once the signature was found good with one of an issuer's keys (`{"keys": [...]}`).
    pub(crate) fn verify(self, keys: &Value) -> Result<Map<String, Value>, TokenFault> {
        let key = keys["keys"].as_array().into_iter().flatten().find(|key| {
            key["kid"] == *self.key_id && key["kty"] == "RSA" && key.get("use").is_none_or(|usage| usage == "sig")
        });
        let key = key.ok_or(TokenFault::UnknownKey)?;
        if key.get("alg").is_some_and(|algorithm| *algorithm != *self.algorithm) {
            return Err(TokenFault::Signature);
        }
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(key[name].as_str()?.trim_end_matches('=')).ok()?;
            Some(BigUint::from_bytes_be(&bytes))
        };
        let (modulus, exponent) = number("n").zip(number("e")).ok_or(TokenFault::Signature)?;
        if modulus.bits() < SMALLEST_KEY {
            return Err(TokenFault::Signature);
        }
        let key = RsaPublicKey::new(modulus, exponent).map_err(|_| TokenFault::Signature)?;
        let (name, digest) = match self.algorithm.as_str() {
            "RS256" => (1, Sha256::digest(self.signed).to_vec()),
            "RS384" => (2, Sha384::digest(self.signed).to_vec()),
            "RS512" => (3, Sha512::digest(self.signed).to_vec()),
            _ => return Err(TokenFault::Malformed("the signing method of the token is not RSA")),
        };
        let mut prefix = DIGEST_PREFIX;
        let length = u8::try_from(digest.len()).unwrap_or_default();
        prefix[1] = 17 + length;
        prefix[14] = name;
        prefix[18] = length;
        let scheme = Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: prefix.into() };
        key.verify(scheme, &digest, &self.signature).map_err(|_| TokenFault::Signature)?;
        Ok(self.claims)
    }
}

/// Checks who issued a token and when it is good; `now` is in seconds since 1970.
pub(crate) fn check_claims(claims: &Map<String, Value>, issuer: &str, now: i64) -> Result<(), TokenFault> {
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(TokenFault::Claim("the issuer of the token is not that of the authorizer"));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double for 280 million years")]
    let now = now as f64;
    if time("exp").ok_or(TokenFault::Claim("the token has no expiry"))? <= now {
        return Err(TokenFault::Expired);
    }
    if claims.contains_key("nbf") && time("nbf").is_none_or(|begin| begin > now) {
        return Err(TokenFault::Claim("the token is not good yet"));
    }
    if claims.contains_key("iat") && time("iat").is_none_or(|issued| issued > now) {
        return Err(TokenFault::Claim("the token was issued in the future"));
    }
    Ok(())
}

/// Whether `aud`, or `client_id` where there is none, is one of these.
pub(crate) fn is_for(claims: &Map<String, Value>, audiences: &[&str]) -> bool {
    let names = |value: &Value, name: &str| value == name;
    match (claims.get("aud"), claims.get("client_id")) {
        (Some(Value::Array(several)), _) => several.iter().any(|one| audiences.iter().any(|name| names(one, name))),
        (Some(one), _) | (None, Some(one)) => audiences.iter().any(|name| names(one, name)),
        (None, None) => false,
    }
}

/// Whether `scope` or `scp` holds one of these; none asked for is always held.
pub(crate) fn has_scope(claims: &Map<String, Value>, wanted: &[&str]) -> bool {
    let held = |name: &str| match claims.get(name) {
        Some(Value::String(text)) => text.split_whitespace().any(|scope| wanted.contains(&scope)),
        Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).any(|scope| wanted.contains(&scope)),
        _ => false,
    };
    wanted.is_empty() || held("scope") || held("scp")
}

/// A claim as functions get it: text; lists in brackets.
pub(crate) fn claim_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(claim_text).collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

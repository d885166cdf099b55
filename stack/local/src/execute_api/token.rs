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

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use rsa::RsaPrivateKey;
    use rsa::traits::PublicKeyParts as _;
    use serde_json::json;

    use super::*;

    static KEY: LazyLock<RsaPrivateKey> =
        LazyLock::new(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, SMALLEST_KEY).unwrap());

    /// The keys of an issuer with one key, `k1`.
    pub(crate) fn keys() -> Value {
        let number = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        json!({"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": number(KEY.n()), "e": number(KEY.e())}]})
    }

    /// A token with this header and these claims, signed with that key over SHA-256.
    pub(crate) fn signed(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(header), encode(claims));
        let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: DIGEST_PREFIX.into() };
        let signature = KEY.sign(scheme, &Sha256::digest(&text)).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn verified(text: &str, keys: &Value) -> Result<Map<String, Value>, TokenFault> {
        Token::parse(text)?.verify(keys)
    }

    #[test]
    fn only_what_a_key_of_the_issuer_signed_is_believed() {
        let header = json!({"alg": "RS256", "kid": "k1"});
        let good = signed(&header, &json!({"sub": "u"}));
        assert_eq!(verified(&good, &keys()).unwrap()["sub"], "u");

        let parts: Vec<&str> = good.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode(json!({"sub": "v"}).to_string());
        let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": "k1"}).to_string());
        for (text, fault) in [
            (format!("{}.{other}.{}", parts[0], parts[2]), TokenFault::Signature),
            (format!("{}.{}.", parts[0], parts[1]), TokenFault::Signature),
            (format!("{none}.{}.", parts[1]), TokenFault::Signature),
            (signed(&json!({"alg": "HS256", "kid": "k1"}), &json!({})), TokenFault::Signature),
            (signed(&json!({"alg": "RS512", "kid": "k1"}), &json!({})), TokenFault::Signature),
            (signed(&json!({"alg": "RS256", "kid": "k2"}), &json!({})), TokenFault::UnknownKey),
        ] {
            assert_eq!(verified(&text, &keys()), Err(fault), "{text}");
        }
        for text in ["", "a", "a.b", "a.b.c", "..", &good[..good.len() - 1].replace('.', "")] {
            assert!(matches!(verified(text, &keys()), Err(TokenFault::Malformed(_))), "{text}");
        }
        for header in [json!({"alg": "RS256"}), json!({"alg": "RS256", "kid": "k1", "crit": ["x"]})] {
            assert!(
                matches!(verified(&signed(&header, &json!({})), &keys()), Err(TokenFault::Malformed(_))),
                "{header}"
            );
        }
        let mut unfit = keys();
        unfit["keys"][0]["use"] = json!("enc");
        assert_eq!(verified(&good, &unfit), Err(TokenFault::UnknownKey));
        let mut small = keys();
        small["keys"][0]["n"] = json!(URL_SAFE_NO_PAD.encode([0x81; 128]));
        assert_eq!(verified(&good, &small), Err(TokenFault::Signature));
    }

    #[test]
    fn claims_say_who_issued_a_token_and_when_it_is_good() {
        let check = |claims: Value| check_claims(claims.as_object().unwrap(), "https://i", 1000);
        assert_eq!(check(json!({"iss": "https://i", "exp": 1001, "nbf": 1000, "iat": 1000})), Ok(()));
        assert_eq!(check(json!({"iss": "https://i", "exp": 1000})), Err(TokenFault::Expired));
        for claims in [
            json!({"iss": "https://j", "exp": 1001}),
            json!({"exp": 1001}),
            json!({"iss": "https://i"}),
            json!({"iss": "https://i", "exp": "1001"}),
            json!({"iss": "https://i", "exp": 1001, "nbf": 1001}),
            json!({"iss": "https://i", "exp": 1001, "iat": 1001}),
            json!({"iss": "https://i", "exp": 1001, "nbf": "x"}),
        ] {
            assert!(matches!(check(claims.clone()), Err(TokenFault::Claim(_))), "{claims}");
        }
    }

    #[test]
    fn audiences_and_scopes_are_those_of_the_token() {
        let object = |value: Value| value.as_object().unwrap().clone();
        for (claims, expected) in [
            (json!({"aud": "a"}), true),
            (json!({"aud": ["x", "a"]}), true),
            (json!({"client_id": "a"}), true),
            (json!({"aud": "x", "client_id": "a"}), false),
            (json!({}), false),
        ] {
            assert_eq!(is_for(&object(claims.clone()), &["a", "b"]), expected, "{claims}");
        }
        assert!(has_scope(&object(json!({})), &[]));
        assert!(has_scope(&object(json!({"scope": "x y"})), &["y", "z"]));
        assert!(has_scope(&object(json!({"scp": ["y"]})), &["y"]));
        assert!(!has_scope(&object(json!({"scope": "xy"})), &["x"]));
        assert_eq!(claim_text(&json!(["a", 1])), "[a 1]");
    }
}

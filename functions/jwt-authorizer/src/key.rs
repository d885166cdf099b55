//! A public key of the pool, and the set of them (RFC 7517).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::json::parse_object;
use crate::token::Token;

/// An RSA key that may verify RS256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Key {
    /// Reads a JWK. `None` when it is no RSA key, or is meant for something else than verifying RS256.
    #[must_use]
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let is_or_absent = |name: &str, value: &str| jwk.get(name).is_none_or(|found| found == value);
        let may_verify = jwk.get("key_ops").is_none_or(|operations| {
            operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
        });
        let suits = jwk["kty"] == "RSA" && is_or_absent("use", "sig") && is_or_absent("alg", "RS256") && may_verify;
        let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
        if !suits {
            return None;
        }
        Some(Self { modulus: number("n")?, exponent: number("e")? })
    }

    /// Whether the token carries this key's signature. Keys of less than 2,048 bits verify nothing.
    #[must_use]
    pub fn verifies(&self, token: &Token<'_>) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, token.signed, &token.signature).is_ok()
    }
}

/// The keys of a pool by their ids; `None` for those that do not suit, so that their ids are known nevertheless.
pub(crate) type KeySet = BTreeMap<String, Option<Key>>;

/// Reads a JWK set. `None` when it is none, or has no key that suits. Of two keys with one id the first that suits is taken.
pub(crate) fn parse_key_set(bytes: &[u8]) -> Option<KeySet> {
    let document = parse_object(bytes)?;
    let mut set = KeySet::new();
    for jwk in document.get("keys")?.as_array()? {
        let Some(id) = jwk["kid"].as_str() else { continue };
        let slot = set.entry(id.to_owned()).or_default();
        if slot.is_none() {
            *slot = Key::from_jwk(jwk);
        }
    }
    set.values().any(Option::is_some).then_some(set)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwk(changes: Value) -> Value {
        let mut jwk = json!({ "kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB", "use": "sig", "alg": "RS256" });
        let Value::Object(changes) = changes else { return jwk };
        for (name, value) in changes {
            if value == "absent" {
                jwk.as_object_mut().unwrap().remove(&name);
            } else {
                jwk[name] = value;
            }
        }
        jwk
    }

    #[test]
    fn only_keys_meant_for_rs256_suit() {
        for good in [json!({}), json!({ "use": "absent", "alg": "absent" }), json!({ "key_ops": ["sign", "verify"] })] {
            assert!(Key::from_jwk(&jwk(good.clone())).is_some(), "{good}");
        }
        for bad in [
            json!({ "kty": "EC" }),
            json!({ "kty": "absent" }),
            json!({ "use": "enc" }),
            json!({ "use": null }),
            json!({ "alg": "RS512" }),
            json!({ "alg": 1 }),
            json!({ "key_ops": ["encrypt"] }),
            json!({ "key_ops": "verify" }),
            json!({ "n": "absent" }),
            json!({ "n": "AQ==" }),
            json!({ "e": 3 }),
        ] {
            assert!(Key::from_jwk(&jwk(bad.clone())).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_set_knows_the_ids_of_keys_that_do_not_suit() {
        let unsuitable = jwk(json!({ "kid": "enc", "use": "enc" }));
        let (first, second) = (jwk(json!({ "kid": "enc" })), jwk(json!({ "kid": "enc", "n": "AQID" })));
        let parse = |keys: &[&Value]| parse_key_set(json!({ "keys": keys }).to_string().as_bytes());
        let set = parse(&[&jwk(json!({})), &unsuitable, &jwk(json!({ "kid": "absent" }))]).unwrap();
        assert_eq!(
            set.iter().map(|(id, key)| (id.as_str(), key.is_some())).collect::<Vec<_>>(),
            [("enc", false), ("k", true)]
        );
        let set = parse(&[&unsuitable, &first, &second]).unwrap();
        assert_eq!(set["enc"], Key::from_jwk(&first));
        assert_eq!(parse(&[&unsuitable]), None);
        assert_eq!(parse(&[]), None);
        for text in ["", "{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[1]}"#] {
            assert_eq!(parse_key_set(text.as_bytes()), None, "{text}");
        }
    }
}

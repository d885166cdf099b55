//! The compact form of a signed token: `header.payload.signature`, each base64url without padding (RFC 7515, section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json::parse_object;
use crate::refusal::Refusal;

/// Longest token that is looked at, in bytes: more than API Gateway lets through as a header (10,240 in all).
const LONGEST: usize = 16 << 10;

/// The one algorithm that user pools sign with.
const ALGORITHM: &str = "RS256";

/// A token whose header says RS256, and whose signature nobody has looked at yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Key that the header names.
    pub key_id: String,
    /// What is signed: header, dot, payload, as they were sent.
    pub signed: &'a [u8],
    /// The signature, decoded.
    pub signature: Vec<u8>,
    /// The payload, decoded. It means nothing before the signature is verified.
    pub payload: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a token apart. Whatever else the header carries (`jku`, `x5u`, `jwk`, `x5c`) is never read.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for what is no token in compact form, for every algorithm but RS256, and for a header that demands an
    /// extension (`crit`, RFC 7515, section 4.1.11).
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::Malformed("too long"));
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed("not in three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Malformed("not in three parts"))?;
        // A further dot is no letter of base64url.
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed("not base64url"));
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header = parse_object(&header).ok_or(Refusal::Malformed("its header is no plain JSON object"))?;
        if header.get("alg").and_then(Value::as_str) != Some(ALGORITHM) {
            return Err(Refusal::Algorithm);
        }
        if header.contains_key("crit") {
            return Err(Refusal::Malformed("it demands an extension"));
        }
        let key_id = header.get("kid").and_then(Value::as_str).ok_or(Refusal::Malformed("it names no key"))?.to_owned();
        Ok(Self { key_id, signed: signed.as_bytes(), signature, payload })
    }

    /// The claims of the payload.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`] when the payload is no plain JSON object.
    pub fn claims(&self) -> Result<Map<String, Value>, Refusal> {
        parse_object(&self.payload).ok_or(Refusal::Malformed("its payload is no plain JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.AQID", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = token(r#"{"alg":"RS256","kid":"k","jku":"https://evil"}"#, r#"{"a":1}"#);
        let token = Token::parse(&text).unwrap();
        assert_eq!((token.key_id.as_str(), token.signature.as_slice()), ("k", [1, 2, 3].as_slice()));
        assert_eq!(token.signed, text.strip_suffix(".AQID").unwrap().as_bytes());
        assert_eq!(token.claims().unwrap()["a"], 1);
    }

    #[test]
    fn what_is_no_such_token_is_refused_with_its_reason() {
        let good = token(r#"{"alg":"RS256","kid":"k"}"#, "{}");
        let why = |text: &str| Token::parse(text).unwrap_err();
        assert_eq!(why(""), Refusal::Malformed("not in three parts"));
        assert_eq!(why("a.b"), Refusal::Malformed("not in three parts"));
        assert_eq!(why(&format!("{good}.AQID")), Refusal::Malformed("not base64url"));
        assert_eq!(why(&format!("{good}=")), Refusal::Malformed("not base64url"));
        assert_eq!(why(&format!(" {good}")), Refusal::Malformed("not base64url"));
        // The last letter of `AQ` may be only A, Q, g or w: the others carry bits that decode to nothing.
        assert_eq!(why(&good.replace(".AQID", ".AR")), Refusal::Malformed("not base64url"));
        assert_eq!(why(&token(r#"{"alg":"RS384","kid":"k"}"#, "{}")), Refusal::Algorithm);
        assert_eq!(why(&token(r#"{"kid":"k"}"#, "{}")), Refusal::Algorithm);
        assert_eq!(why(&token("[]", "{}")), Refusal::Malformed("its header is no plain JSON object"));
        assert_eq!(why(&token(r#"{"alg":"RS256","kid":1}"#, "{}")), Refusal::Malformed("it names no key"));
        assert_eq!(
            why(&token(r#"{"alg":"RS256","kid":"k","crit":[]}"#, "{}")),
            Refusal::Malformed("it demands an extension")
        );
        let no_claims = token(r#"{"alg":"RS256","kid":"k"}"#, "[]");
        let refusal = Token::parse(&no_claims).unwrap().claims().unwrap_err();
        assert_eq!(refusal, Refusal::Malformed("its payload is no plain JSON object"));
    }

    #[test]
    fn the_longest_token_has_16384_bytes() {
        let start = token(r#"{"alg":"RS256","kid":"k"}"#, "{}");
        let longest = format!("{start}{}", "A".repeat(LONGEST - start.len()));
        assert_eq!(longest.len(), 16_384);
        // The whole is looked at, whatever comes of it.
        assert_ne!(Token::parse(&longest).err(), Some(Refusal::Malformed("too long")));
        assert_eq!(Token::parse(&format!("{longest}A")), Err(Refusal::Malformed("too long")));
    }
}

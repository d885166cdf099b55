//! Operations that encrypt and decrypt.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::api::Asked;
use super::keys::invalid;
use super::{Key, crypto};
use crate::wire::ServiceError;
use crate::wire::properties::text;

/// Greatest plain text in bytes.
const PLAIN_LIMIT: usize = 4096;

pub(super) fn encrypt(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let key = asked.usable("kms:Encrypt")?;
    let plain = STANDARD.decode(asked.require("Plaintext")?).map_err(|_| invalid("Plaintext must be base64"))?;
    if plain.len() > PLAIN_LIMIT {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to {PLAIN_LIMIT}"
        )));
    }
    let blob = crypto::encrypt(&key, &plain, &asked.context("EncryptionContext"))?;
    Ok(json!({"CiphertextBlob": blob, "KeyId": key.arn(), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
}

/// What a ciphertext holds, and the key that it was made with.
fn open(asked: &Asked<'_>, action: &str, named: Option<&str>, context: &str) -> Result<(Vec<u8>, Key), ServiceError> {
    let no_ciphertext = || ServiceError::bad_request("InvalidCiphertextException", "");
    let (kms, region) = (&asked.cloud.kms, &asked.cloud.region);
    let blob = asked.require("CiphertextBlob")?;
    let id = crypto::key_of(blob).ok_or_else(no_ciphertext)?;
    let key = kms.key(region, &id).map_err(|_| no_ciphertext())?;
    asked.authorize(action, &key.arn(), Some(&key))?;
    if let Some(named) = named
        && kms.key(region, named)?.id != key.id
    {
        return Err(ServiceError::bad_request(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ));
    }
    let key = kms.usable(region, &key.id)?;
    let plain = crypto::decrypt(&key, blob, &asked.context(context)).ok_or_else(no_ciphertext)?;
    Ok((plain, key))
}

pub(super) fn decrypt(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let (plain, key) = open(asked, "kms:Decrypt", text(asked.input, "KeyId"), "EncryptionContext")?;
    Ok(json!({"KeyId": key.arn(), "Plaintext": STANDARD.encode(plain), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}))
}

pub(super) fn re_encrypt(asked: &Asked<'_>) -> Result<Value, ServiceError> {
    let source = text(asked.input, "SourceKeyId");
    let (plain, from) = open(asked, "kms:ReEncryptFrom", source, "SourceEncryptionContext")?;
    let to = asked.cloud.kms.usable(&asked.cloud.region, asked.require("DestinationKeyId")?)?;
    asked.authorize("kms:ReEncryptTo", &to.arn(), Some(&to))?;
    let blob = crypto::encrypt(&to, &plain, &asked.context("DestinationEncryptionContext"))?;
    Ok(json!({
        "CiphertextBlob": blob,
        "SourceKeyId": from.arn(),
        "KeyId": to.arn(),
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

pub(super) fn data_key(asked: &Asked<'_>, action: &str, plain_too: bool) -> Result<Value, ServiceError> {
    let key = asked.usable(action)?;
    let length = match (text(asked.input, "KeySpec"), asked.length("NumberOfBytes", 1)?) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(length)) => length,
        _ => return Err(invalid("Please specify either number of bytes or key spec.")),
    };
    let plain = crypto::random(length)?;
    let blob = crypto::encrypt(&key, &plain, &asked.context("EncryptionContext"))?;
    let mut shown = json!({"CiphertextBlob": blob, "KeyId": key.arn()});
    if plain_too {
        shown["Plaintext"] = json!(STANDARD.encode(plain));
    }
    Ok(shown)
}

//! AES-256-GCM under the material of a key.
//!
//! A ciphertext is: format (1 byte), key id (36), number of the material (1), nonce (12), encrypted bytes with their tag. The
//! encryption context is authenticated, not kept.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::Key;
use crate::wire::ServiceError;

const FORMAT: u8 = 1;

/// Length of an id.
const ID: usize = 36;

/// Bytes before the encrypted ones.
const HEAD: usize = 1 + ID + 1 + NONCE_LEN;

/// Random bytes.
pub(super) fn random(length: usize) -> Result<Vec<u8>, ServiceError> {
    let mut bytes = vec![0; length];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ServiceError::internal("the operating system gives no random numbers"))?;
    Ok(bytes)
}

/// Encrypts and gives base64.
pub(super) fn encrypt(key: &Key, plain: &[u8], context: &BTreeMap<String, String>) -> Result<String, ServiceError> {
    let last = key.material.len().saturating_sub(1);
    let cipher = cipher(key, last)?;
    let nonce = random(NONCE_LEN)?;
    let mut bytes = plain.to_vec();
    let sealed = cipher.seal_in_place_append_tag(nonce_of(&nonce)?, Aad::from(authenticated(key, context)), &mut bytes);
    sealed.map_err(|_| failed())?;
    let mut blob = vec![FORMAT];
    blob.extend_from_slice(key.id.as_bytes());
    blob.push(u8::try_from(last).map_err(|_| failed())?);
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&bytes);
    Ok(STANDARD.encode(blob))
}

/// The id of the key that a ciphertext was made with; `None` for what is no ciphertext of ours.
pub(super) fn key_of(blob: &str) -> Option<String> {
    let blob = STANDARD.decode(blob).ok()?;
    let id = blob.get(1..=ID).filter(|_| blob.len() > HEAD && blob[0] == FORMAT)?;
    String::from_utf8(id.to_vec()).ok()
}

/// Decrypts; `None` when key, context or ciphertext are not those that belong together.
pub(super) fn decrypt(key: &Key, blob: &str, context: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let blob = STANDARD.decode(blob).ok().filter(|blob| blob.len() > HEAD)?;
    let cipher = cipher(key, usize::from(blob[1 + ID])).ok()?;
    let nonce = nonce_of(&blob[2 + ID..HEAD]).ok()?;
    let mut bytes = blob[HEAD..].to_vec();
    cipher.open_in_place(nonce, Aad::from(authenticated(key, context)), &mut bytes).ok().map(|plain| plain.to_vec())
}

fn cipher(key: &Key, number: usize) -> Result<LessSafeKey, ServiceError> {
    let material = key.material.get(number).and_then(|material| hex::decode(material).ok()).ok_or_else(failed)?;
    UnboundKey::new(&AES_256_GCM, &material).map(LessSafeKey::new).map_err(|_| failed())
}

fn nonce_of(bytes: &[u8]) -> Result<Nonce, ServiceError> {
    Nonce::try_assume_unique_for_key(bytes).map_err(|_| failed())
}

/// Key and context, unambiguous: every part after its length.
fn authenticated(key: &Key, context: &BTreeMap<String, String>) -> Vec<u8> {
    let mut bytes = key.id.clone().into_bytes();
    for part in context.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn failed() -> ServiceError {
    ServiceError::internal("the key could not be used")
}

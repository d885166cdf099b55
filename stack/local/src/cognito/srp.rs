//! Secure Remote Password as Cognito speaks it: the 3072-bit group of RFC 5054, SHA-256, and a key derived with the words
//! "Caldera Derived Key".

use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::BigUint;
use sha2::{Digest as _, Sha256};

/// The prime of the group, the one of RFC 3526 with 3072 bits.
const PRIME: &str = "\
FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

fn prime() -> BigUint {
    BigUint::parse_bytes(PRIME.as_bytes(), 16).unwrap_or_default()
}

fn generator() -> BigUint {
    BigUint::from(2_u8)
}

/// A number from hexadecimal digits.
pub(super) fn number(hexadecimal: &str) -> Option<BigUint> {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16)
}

/// Big-endian bytes with a zero before them where the number would read as negative.
fn padded(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_none_or(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

fn hash(parts: &[&[u8]]) -> BigUint {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    BigUint::from_bytes_be(&digest.finalize())
}

/// What is kept of a password: enough to check one, too little to know it. `pool_name` is the pool's id after its region.
pub(super) fn verifier(salt: &BigUint, pool_name: &str, username: &str, password: &str) -> BigUint {
    let identity = Sha256::digest(format!("{pool_name}{username}:{password}"));
    let x = hash(&[&padded(salt), &identity]);
    generator().modpow(&x, &prime())
}

/// The multiplier of the protocol.
fn multiplier() -> BigUint {
    hash(&[&padded(&prime()), &padded(&generator())])
}

/// The server's public number for its private one.
pub(super) fn public(verifier: &BigUint, private: &BigUint) -> BigUint {
    let prime = prime();
    (multiplier() * verifier + generator().modpow(private, &prime)) % prime
}

/// The key that both sides derive; `None` for a public number of the client that would make it guessable.
pub(super) fn session_key(
    client_public: &BigUint,
    server_public: &BigUint,
    verifier: &BigUint,
    private: &BigUint,
) -> Option<[u8; 16]> {
    let prime = prime();
    if client_public % &prime == BigUint::default() {
        return None;
    }
    let scramble = hash(&[&padded(client_public), &padded(server_public)]);
    let shared = (client_public * verifier.modpow(&scramble, &prime)).modpow(private, &prime);
    derive(&shared, &scramble)
}

fn derive(shared: &BigUint, scramble: &BigUint) -> Option<[u8; 16]> {
    let extracted = mac(&padded(scramble), &[&padded(shared)])?;
    let expanded = mac(&extracted, &[b"Caldera Derived Key", &[1]])?;
    expanded[..16].try_into().ok()
}

/// What the client proves its password with.
pub(super) fn signature(key: &[u8], pool_name: &str, username: &str, block: &[u8], timestamp: &str) -> Option<Vec<u8>> {
    mac(key, &[pool_name.as_bytes(), username.as_bytes(), block, timestamp.as_bytes()])
}

/// HMAC with SHA-256.
pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client as the published libraries of AWS compute it.
    fn client_key(
        private: &BigUint,
        server_public: &BigUint,
        salt: &BigUint,
        identity: (&str, &str, &str),
    ) -> Option<[u8; 16]> {
        let (pool, username, password) = identity;
        let prime = prime();
        let own = generator().modpow(private, &prime);
        let scramble = hash(&[&padded(&own), &padded(server_public)]);
        let x = hash(&[&padded(salt), &Sha256::digest(format!("{pool}{username}:{password}"))]);
        let offset = (multiplier() * generator().modpow(&x, &prime)) % &prime;
        let base = (server_public + &prime - offset) % &prime;
        derive(&base.modpow(&(private + scramble * x), &prime), &hash(&[&padded(&own), &padded(server_public)]))
    }

    #[test]
    fn both_sides_derive_the_same_key_for_the_right_password_only() {
        let salt = number("0a1b2c3d4e5f60718293a4b5c6d7e8f9").unwrap();
        let verifier = verifier(&salt, "AbCdEfGhI", "alice", "Secret-1");
        let (client, server) = (number("1234567890abcdef").unwrap(), number("fedcba0987654321").unwrap());
        let server_public = public(&verifier, &server);
        let client_public = generator().modpow(&client, &prime());
        let key = session_key(&client_public, &server_public, &verifier, &server);
        assert!(key.is_some());
        assert_eq!(client_key(&client, &server_public, &salt, ("AbCdEfGhI", "alice", "Secret-1")), key);
        assert_ne!(client_key(&client, &server_public, &salt, ("AbCdEfGhI", "alice", "secret-1")), key);
        assert_eq!(session_key(&prime(), &server_public, &verifier, &server), None);
    }
}

//! Why a token is not accepted.

use thiserror::Error;

use crate::keys::KeyError;

/// Why a token is not accepted. The client is not told; the log is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The request carries no token, or more than one.
    #[error("the request has no single Authorization header")]
    Missing,
    /// Not a token in compact form.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// Signed with something else than RS256, or not at all.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// There is no key to verify it with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature is not that of the pool.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is missing, of another type, or not what is demanded.
    #[error("the claim `{0}` is missing or wrong")]
    Claim(&'static str),
    /// The token is of the past.
    #[error("the token has expired")]
    Expired,
    /// The token is of the future.
    #[error("the token is not valid yet")]
    TooEarly,
}

impl Refusal {
    /// Kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token-missing",
            Self::Malformed(_) => "token-malformed",
            Self::Algorithm => "algorithm-refused",
            Self::Key(KeyError::Unknown) => "key-unknown",
            Self::Key(KeyError::Unsuitable) => "key-unsuitable",
            Self::Key(KeyError::Unavailable) => "keys-unavailable",
            Self::Signature => "signature-wrong",
            Self::Claim(_) => "claim-refused",
            Self::Expired => "token-expired",
            Self::TooEarly => "token-not-yet-valid",
        }
    }
}

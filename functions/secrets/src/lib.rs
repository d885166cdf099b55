//! Secrets that functions compare with what they are told: read once, kept for minutes, compared in constant time.

mod compare;
mod kept;

pub use compare::Comparison;
pub use kept::{KeptSecret, SecretError};

//! How functions reach AWS: one configuration for every SDK client, signatures of calls without one, and failures in the service's
//! words.

mod config;
mod failure;
mod signature;

pub use config::{CloudSettings, sdk_config};
pub use failure::failure_text;
pub use signature::{SignatureError, Signer};

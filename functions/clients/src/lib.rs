//! How functions reach AWS: one configuration for every SDK client, and failures in the service's words.

mod config;
mod failure;

pub use config::{CloudSettings, sdk_config};
pub use failure::failure_text;

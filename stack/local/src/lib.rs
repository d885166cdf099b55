//! The local cloud: AWS-compatible endpoints on one loopback port, in this process.
//!
//! A request comes in at `server`, `router` finds the service that it is for, and the service answers. A service is one
//! folder: its `mod.rs` holds state and behavior, `api.rs` the wire format, `resources.rs` how CloudFormation makes its
//! resources. Services reach each other through `cloud::Cloud` only.

mod cloud;
mod cloudformation;
mod cloudfront;
mod cognito;
mod console;
mod delivery;
mod error;
mod http_types;
mod iam;
mod lambda;
mod logs;
mod persist;
mod router;
mod s3;
mod server;
mod settings;
mod sns;
mod sts;
mod wire;

pub use cloudfront::address::{answering, distribution_url};
pub use error::LocalError;
pub use server::LocalCloud;
pub use settings::{DEFAULT_ACCOUNT, DEFAULT_PORT, Settings, Storage};

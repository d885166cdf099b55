//! The local cloud: AWS-compatible endpoints on one loopback port, in this process.
//!
//! A request comes in at `server`, `router` finds the service that it is for, and the service answers. A service is one
//! folder: its `mod.rs` holds state and behavior, `api.rs` the wire format, `resources.rs` how CloudFormation makes its
//! resources. Services reach each other through `cloud::Cloud` only.

mod acm;
mod addresses;
mod apigateway;
mod apigatewayv2;
mod cloud;
mod cloudformation;
mod cloudfront;
mod cloudwatch;
mod code;
mod cognito;
mod console;
mod delivery;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod error;
mod events;
mod execute_api;
mod http_client;
mod http_payload;
mod http_types;
mod iam;
mod journal;
mod kms;
mod lambda;
mod logs;
mod mediaconvert;
mod pattern;
mod persist;
mod rds;
mod records;
mod requests;
mod route53;
mod router;
mod s3;
mod scheduler;
mod secrets_manager;
mod server;
mod settings;
mod sns;
mod sqs;
mod ssm;
mod sts;
mod tagging;
#[cfg(test)]
mod testing;
mod timer;
mod wire;

pub use addresses::answering;
pub use cloudfront::address::distribution_url;
pub use error::LocalError;
pub use execute_api::address::api_url;
pub use server::LocalCloud;
pub use settings::{DEFAULT_ACCOUNT, DEFAULT_PORT, Fault, FaultAction, Settings, Storage};

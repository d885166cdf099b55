//! URLs that carry a signature, so that a browser can put one object into a bucket without keys of its own.
//!
//! Signature Version 4 in the query, as the S3 user guide describes it under "Authenticating Requests: Using Query
//! Parameters". What a URL allows is exactly what was signed: method, bucket, key, time, and the headers that were given.

mod encode;
mod signature;
mod storage;

pub use signature::{Grant, Signer};
pub use storage::Storage;

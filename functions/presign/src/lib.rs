//! URLs and forms that carry a signature, so that a browser can put one object into a bucket without keys of its own.
//!
//! A URL ([`Signer::sign`]) takes a `PUT` or a `GET`; a form ([`Signer::sign_post`]) takes a `POST`, and can bound the size. Signature Version 4 in the query, as the S3 user guide describes it under "Authenticating Requests: Using Query
//! Parameters", and under "Browser-Based Uploads Using POST". What a URL allows is exactly what was signed: method, bucket, key, time, and the headers that were given.

mod encode;
mod post;
mod signature;
mod storage;

pub use post::{Form, PostGrant};
pub use signature::{Grant, Signer};
pub use storage::Storage;

pub use encode::percent_encode;

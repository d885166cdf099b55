//! Lambda functions: an image of a repository becomes an object per width, and a row for each.
//!
//! [`handle`] serves `PUT /images/raw/{object+}` of a REST API, with the image as body. With the feature `ingest` the binary serves
//! [`ingest`] instead: images above 4 MB, which come through a bucket and a queue. Both do the same with an image.

mod incoming;
mod upload;

use std::sync::Arc;

use http_events::Cors;
use image_library::Library;
use wiring::Log;

pub use incoming::{BatchFailures, IngestError, MessageFailure, ingest};
pub use upload::handle;

/// What the handlers work with.
pub struct Dependencies {
    /// Table and bucket.
    pub library: Library,
    /// Pages that may call.
    pub cors: Cors,
    /// Bucket that large images come through; empty where there is none.
    pub incoming_bucket: String,
    /// Receives one JSON object per fact.
    pub log: Arc<dyn Log>,
}

//! The rows of video responses: one per project, step and mail; what each function writes into them, and in which order.
//!
//! | attribute | written by | what it is |
//! |---|---|---|
//! | `ProjectStep`, `Mail` | `video-api` | the key: `<project>-<step>` and the mail |
//! | `video` | `video-api` | key of the object that may be uploaded |
//! | `requested` | `video-api` | when that was allowed, ISO 8601 |
//! | `status` | `transcode-video`, `transcode-status` | `submitted`, `complete`, `error` |
//! | `upload`, `sequencer` | `transcode-video` | which upload the status is about, and its place among those of the key |
//! | `job` | `transcode-video` | id of the job |
//! | `output`, `error` | `transcode-status` | key of the result, or why there is none |
//!
//! A status belongs to one upload: an old job that ends late, or an event that arrives twice, changes nothing.

mod item;
mod rows;
mod status;

pub use rows::{Row, Rows, RowsError};
pub use status::{End, Upload};

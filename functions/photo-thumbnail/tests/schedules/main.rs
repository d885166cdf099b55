//! Random schedules of the catalog: events doubled, reordered and several at a time, S3 and the database failing at any step.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod line;
mod oracle;
mod schedule;
mod superseded;
mod world;

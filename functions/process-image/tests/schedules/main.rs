//! Random schedules of one picture and another: uploads, deletions, and their events doubled, reordered and several at a time.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod oracle;
mod schedule;
mod superseded;
mod world;

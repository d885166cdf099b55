//! The handlers with the real SDK clients, against an S3 and a DynamoDB that answer HTTP requests inside the test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod events;
mod incoming;
mod requests;
mod schedules;
mod world;

//! The whole handler, with an SNS to hand that signs with a real key.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod events;
mod messages;
mod world;

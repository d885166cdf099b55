//! The whole handler, with a key server, a clock and a log to hand.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod attacks;
mod events;
mod keys;
mod world;

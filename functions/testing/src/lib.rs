//! What the tests of the functions share: public events, a clock, a log, numbers and an HTTP server to hand.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a helper of a test fails the test by panicking, with the place and the value"
)]

mod clock;
mod corpora;
#[cfg(unix)]
mod databases;
mod facts;
mod random;
mod server;
mod service;
mod storage;

pub use clock::ManualClock;
pub use corpora::{corpus, lambda_events, python, skipped, wrong_types};
#[cfg(unix)]
pub use databases::DatabaseServer;
pub use facts::Facts;
pub use random::Random;
pub use server::{Reply, Server};
pub use service::{Call, Service};
pub use storage::{Storage, StoredObject};

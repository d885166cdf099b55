//! What the tests of the functions share: public events, a clock, a log, numbers and an HTTP server to hand.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a helper of a test fails the test by panicking, with the place and the value"
)]

mod clock;
mod corpora;
#[cfg(unix)]
mod databases;
mod facts;
mod gate;
mod memory;
mod random;
mod server;
mod service;
mod storage;

pub use clock::ManualClock;
pub use corpora::{corpus, lambda_events, python, skipped, wrong_types};
#[cfg(unix)]
pub use databases::DatabaseServer;
pub use facts::Facts;
pub use gate::{Gate, Verdict};
pub use memory::{GatedConnector, MemoryObject, MemoryStorage};
pub use random::Random;
pub use server::{Reply, Server};
pub use service::{Call, Service};
pub use storage::{Storage, StoredObject, tag};

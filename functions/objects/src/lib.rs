//! Objects of S3 that functions make of others.
//!
//! Events of S3 may come twice, in any order, and several at once. [`read()`] reads the object that an event tells of and no other;
//! [`write_latest`] writes what was made of it unless something of a later event stands there. What is written carries the
//! [`place`] of its event among those of its object, and a picture carries it in its bytes as well ([`mark()`]).

mod client;
mod error;
mod latest;
mod mark;
mod read;

use s3_events::ObjectEvent;

pub use client::client;
pub use error::StorageError;
pub use latest::{ROUNDS, Standing, Writing, fetch, write_latest, write_over};
pub use mark::mark;
pub use read::{Found, Object, read};

/// Largest object that is read, in bytes.
pub const LARGEST_OBJECT: usize = 64 << 20;

/// Longest key that S3 stores, in bytes.
pub const LONGEST_KEY: usize = 1024;

/// Longest sequencer that is compared, in digits: as many as a catalog has room for. Those of S3 have some twenty.
const LONGEST_PLACE: usize = 64;

/// Place of an event among those of its object: texts that order as the events do. `None` where S3 does not tell.
#[must_use]
pub fn place(event: &ObjectEvent) -> Option<&str> {
    let place = event.sequencer.as_ref()?.sort_key();
    (1..=LONGEST_PLACE).contains(&place.len()).then_some(place)
}

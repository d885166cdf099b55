//! Items of the table.

mod item;
mod names;
mod objects;
mod rows;

pub(crate) use names::{Failure, Held, NameState};
pub(crate) use objects::{Release, Rendition, Renditions};
pub(crate) use rows::{Row, Status};

/// How long a change may hold a name, or a deletion an object, in milliseconds: longer than any function that does either may run
/// (29 s and 60 s), so that whoever is overtaken is not there any more.
pub(crate) const LEASE: u64 = 90_000;

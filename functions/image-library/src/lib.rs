//! Images under the hash of their bytes, and the names that mean them.
//!
//! [`Library::insert`] and [`Library::remove`] are all that may happen to a name. Both can be repeated, interrupted and run at the
//! same time in any number, for one name or for several that mean the same bytes: no object is lost that a name means, and none
//! stays that no name means. Three kinds of items see to it, all in one table:
//!
//! | item | key | says |
//! |---|---|---|
//! | row | `raw`, `sg`, ... / `<type>/<name>/<hashed>` | what people and pages read: `rows` |
//! | state of a name | `name:<name>` | which image it means, which it may still mean, and who is changing it |
//! | state of an object | `object:<hashed>` | which names mean it, what is stored of it, and who is deleting it |
//!
//! A name is changed by one at a time; what is left of an interrupted change is known from the state and cleared by the next. An
//! object is deleted only while no name claims it, and is not claimed while it is being deleted. Indexes of the table decide
//! nothing: they lag behind.

mod error;
mod insert;
mod library;
mod name;
mod order;
mod pause;
mod picture;
mod remove;
mod settings;
mod storage;
mod table;

pub use error::LibraryError;
pub use insert::{Image, Insertion};
pub use library::Library;
pub use name::{ImageName, NameError};
pub use order::Stamp;
pub use pause::{Pause, Timer};
pub use picture::Picture;
pub use remove::Removal;
pub use settings::{FunctionSettings, Settings, Width, Widths, WidthsError};

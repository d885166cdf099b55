//! What the binaries of the functions share: configuration from the environment, structured logs, the runtime loop.
//!
//! A function's `main.rs` reads its settings with [`Environment`], makes its dependencies, and hands both to [`serve()`].

mod clock;
mod environment;
mod log;
mod redact;
mod serve;

pub use clock::{Clock, SystemClock};
pub use environment::{Credentials, Environment, IncompleteEnvironment};
pub use log::{Log, StandardOutput};
pub use serve::serve;

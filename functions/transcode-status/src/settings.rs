//! The function's configuration.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Table of the responses (`TABLE`).
    pub table: String,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        Self { table: environment.required("TABLE", "the table of the responses") }
    }
}

//! The function's configuration.

use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The secret with `{"username", "password"}` (`CREDENTIALS_ARN`).
    pub credentials: String,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment.
    pub fn read(environment: &mut Environment<'_>) -> Self {
        Self { credentials: environment.required("CREDENTIALS_ARN", "the secret with user name and password") }
    }
}

//! The function's configuration.

use fetch::Address;
use wiring::Environment;

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the actions are (`API_URL`).
    pub api: Address,
    /// The secret that they want (`SHARED_SECRET_ARN`).
    pub secret: String,
}

impl Settings {
    /// Reads the variables; what is wrong with them stays with the environment. `None` when the address is.
    pub fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let url = environment.required("API_URL", "the URL of the function `attendance`");
        let secret = environment.required("SHARED_SECRET_ARN", "the secret that the actions want");
        let api = if url.is_empty() { None } else { environment.check("API_URL", Address::parse(&url)) };
        Some(Self { api: api?, secret })
    }
}

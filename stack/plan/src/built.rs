//! What the build makes of a function package.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A deployable zip and the hash of its bytes.
///
/// The object key is the content hash, so uploading the same bytes twice uploads once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Name of the function in the project file that this zip serves.
    pub function: String,
    /// Cargo package that was built.
    pub package: String,
    /// The zip on this machine.
    pub file: PathBuf,
    /// Lower-case hexadecimal SHA-256 of the zip's bytes (64 characters).
    pub sha256: String,
    /// Size of the zip in bytes.
    pub size: u64,
}

impl Built {
    /// The key under which the artifact bucket holds this zip: `<package>/<sha256>.zip`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}.zip", self.package, self.sha256)
    }
}

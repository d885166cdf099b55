//! Errors of the local cloud itself (a service's answers to bad requests are [`crate::wire::ServiceError`]).

use std::net::SocketAddr;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// Why the local cloud cannot start or go on.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum LocalError {
    /// The port is taken.
    #[error("cannot listen on `{address}`")]
    #[diagnostic(
        code("port-in-use"),
        help("another program listens there: stop it (`stack local stop`), or choose another port with `--port`")
    )]
    PortInUse {
        /// Address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or directory of the data directory cannot be used.
    #[error("cannot use `{path}`", path = path.display())]
    #[diagnostic(code("data-directory"), help("check that the directory exists, is writable and has room"))]
    DataDirectory {
        /// Path in question.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the data directory is not what this program writes.
    #[error("cannot read `{path}`", path = path.display())]
    #[diagnostic(
        code("data-file"),
        help("nothing was changed; restore the file, or start empty with `stack local reset`")
    )]
    DataFile {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        #[source]
        source: serde_json::Error,
    },
    /// The data directory was written by another version.
    #[error("data directory `{path}` has layout `{found}`, this program reads `{expected}`", path = path.display())]
    #[diagnostic(
        code("data-version"),
        help("nothing was changed; use the program that wrote it, or start empty with `stack local reset`")
    )]
    DataVersion {
        /// The directory.
        path: PathBuf,
        /// Layout version found.
        found: String,
        /// Layout version that this program reads.
        expected: &'static str,
    },
}

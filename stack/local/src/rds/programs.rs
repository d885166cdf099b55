//! Which database servers this machine has.

use std::path::{Path, PathBuf};

use super::invalid;
use crate::wire::ServiceError;

/// A family of servers that understand each other's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    MySql,
    Postgres,
}

impl Family {
    /// The family of an RDS engine.
    ///
    /// # Errors
    /// An engine that is not served.
    pub(super) fn of(engine: &str) -> Result<Self, ServiceError> {
        match engine {
            "mysql" | "mariadb" => Ok(Self::MySql),
            "postgres" => Ok(Self::Postgres),
            other => Err(invalid(
                "InvalidParameterValue",
                format!("the local cloud serves the engines mysql, mariadb and postgres, not `{other}`"),
            )),
        }
    }

    /// Port that clients try first.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::MySql => 3306,
            Self::Postgres => 5432,
        }
    }

    /// Programs that serve it, in the order of preference, and how to get one.
    fn programs(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::MySql => {
                (&["mysqld", "mariadbd"], "apt install mariadb-server (Debian, Ubuntu), brew install mariadb (macOS)")
            }
            Self::Postgres => {
                (&["postgres"], "apt install postgresql (Debian, Ubuntu), brew install postgresql (macOS)")
            }
        }
    }

    /// The server to start, its links followed: its tools lie beside it.
    ///
    /// # Errors
    /// None is there; the message names the command that installs one.
    pub(super) fn find(self) -> Result<PathBuf, ServiceError> {
        let (programs, install) = self.programs();
        let places = places();
        let found = programs.iter().find_map(|program| find_in(&places, program));
        found.ok_or_else(|| {
            invalid(
                "InsufficientDBInstanceCapacity",
                format!(
                    "the local cloud starts a database server of this machine, and there is no `{}` on PATH or in the usual places: {install}",
                    programs.join("` or `")
                ),
            )
        })
    }
}

/// A tool of a server: beside it, or where programs are.
pub(super) fn tool(server: &Path, names: &[&str]) -> Result<PathBuf, ServiceError> {
    let mut directories: Vec<PathBuf> = server.parent().map(Path::to_path_buf).into_iter().collect();
    // Debian has the server under `sbin` and what lays out its data under `bin`; archives under `bin` and `scripts`.
    directories.extend(
        server.parent().and_then(Path::parent).into_iter().flat_map(|top| [top.join("bin"), top.join("scripts")]),
    );
    directories.extend(places());
    names.iter().find_map(|name| find_in(&directories, name)).ok_or_else(|| {
        invalid(
            "InsufficientDBInstanceCapacity",
            format!("`{}` was found, but not `{}`, which lays out its data", server.display(), names.join("` or `")),
        )
    })
}

fn find_in(directories: &[PathBuf], program: &str) -> Option<PathBuf> {
    let found = directories.iter().map(|directory| directory.join(program)).find(|path| path.is_file())?;
    std::fs::canonicalize(found).ok()
}

/// `PATH`, then where servers are that PATH of an ordinary user does not name.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    places.extend(
        [
            "/usr/sbin",
            "/usr/local/sbin",
            "/usr/libexec",
            "/usr/local/mysql/bin",
            "/usr/local/pgsql/bin",
            "/opt/homebrew/bin",
        ]
        .map(PathBuf::from),
    );
    for top in ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let Ok(entries) = std::fs::read_dir(top) else { continue };
        let mut versions: Vec<PathBuf> = entries.flatten().map(|entry| entry.path().join("bin")).collect();
        // The newest first: `17` before `9`.
        versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
        places.extend(versions);
    }
    places
}

/// The number in the name of a directory above `bin`.
fn version(path: &Path) -> u32 {
    let name = path.parent().and_then(Path::file_name).and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let digits: String = name.chars().filter(char::is_ascii_digit).take(4).collect();
    digits.parse().unwrap_or(0)
}

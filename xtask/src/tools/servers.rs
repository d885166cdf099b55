//! Database servers and ffmpeg, which the local cloud starts for databases and transcoding.

use std::path::Path;

use super::apt;
use crate::paths;

/// What is looked for, where besides PATH, and the package of Debian that has it.
const PROGRAMS: [(&str, &[&str], &str); 3] = [
    ("mariadbd", &["/usr/sbin", "/usr/libexec"], "mariadb-server"),
    ("postgres", &["/usr/lib/postgresql/*/bin"], "postgresql"),
    ("ffmpeg", &[], "ffmpeg"),
];

/// Sees to it that all of them are there, by apt when this is root on Debian.
pub(super) fn provide() -> Result<(), String> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(name, places, _)| !is_there(name, places)).map(|(.., package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt::install(&missing).map_err(|reason| format!("{}: {reason}", missing.join(", ")))
}

/// `*` in a place stands for every folder there: Debian has one for each version of a server.
fn is_there(name: &str, places: &[&str]) -> bool {
    let holds = |place: &str| match place.split_once("/*/") {
        None => Path::new(place).join(name).is_file(),
        Some((above, below)) => std::fs::read_dir(above)
            .is_ok_and(|versions| versions.flatten().any(|entry| entry.path().join(below).join(name).is_file())),
    };
    paths::program(name).is_some() || places.iter().any(|place| holds(place))
}

//! Whom a server runs as, and how it is told to end: what differs between operating systems.

use std::path::Path;

use tokio::process::Command;

use crate::wire::ServiceError;

/// A user that servers run as where the caller is root, whom they refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    id: u32,
    group: u32,
}

/// What a server ends at, with all its data written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `MySQL`'s: `SIGTERM`.
    Terminate,
    /// `PostgreSQL`'s that does not wait for clients: `SIGINT`.
    Interrupt,
}

/// The user that a server must be started as: none, unless this is root.
///
/// # Errors
/// This is root, and there is neither one of these users nor `nobody`.
#[cfg(unix)]
pub(super) fn unprivileged(names: &[&str]) -> Result<Option<User>, ServiceError> {
    if !is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = names.iter().chain(&["nobody"]).find_map(|name| {
        let mut fields = users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
        Some(User { id: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    });
    found.map(Some).ok_or_else(|| {
        super::invalid(
            "InsufficientDBInstanceCapacity",
            "the database server refuses to run as root, and there is no user `nobody` to run it as: start the local cloud as an ordinary user",
        )
    })
}

/// Whether this process is root's.
#[cfg(unix)]
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Gives a file or a directory to the user that a server runs as.
#[cfg(unix)]
pub(super) fn give(path: &Path, user: Option<User>) -> std::io::Result<()> {
    match user {
        Some(user) => std::os::unix::fs::chown(path, Some(user.id), Some(user.group)),
        None => Ok(()),
    }
}

/// Lets the command run as the user.
#[cfg(unix)]
pub(super) fn run_as(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        command.uid(user.id).gid(user.group);
    }
}

/// The first directory above `path` that `user` cannot enter.
#[cfg(unix)]
pub(super) fn closed_to(path: &Path, user: Option<User>) -> Option<&Path> {
    use std::os::unix::fs::MetadataExt as _;
    let user = user?;
    path.ancestors().skip(1).find(|directory| {
        std::fs::metadata(directory).is_ok_and(|metadata| {
            let bit = if metadata.uid() == user.id {
                0o100
            } else if metadata.gid() == user.group {
                0o010
            } else {
                0o001
            };
            metadata.mode() & bit == 0
        })
    })
}

impl End {
    /// Tells the process, which may have ended by itself.
    #[cfg(unix)]
    pub(super) fn send(self, id: u32) {
        let signal = match self {
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Interrupt => rustix::process::Signal::INT,
        };
        if let Some(process) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(process, signal);
        }
    }

    #[cfg(not(unix))]
    pub(super) fn send(self, _id: u32) {}
}

#[cfg(not(unix))]
pub(super) fn unprivileged(_names: &[&str]) -> Result<Option<User>, ServiceError> {
    Ok(None)
}

#[cfg(not(unix))]
pub(super) fn is_root() -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn give(_path: &Path, _user: Option<User>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn run_as(_command: &mut Command, _user: Option<User>) {}

#[cfg(not(unix))]
pub(super) fn closed_to(_path: &Path, _user: Option<User>) -> Option<&Path> {
    None
}

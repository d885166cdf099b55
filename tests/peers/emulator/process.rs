//! Running processes of functions, as Linux tells of them: the emulator runs on no other system.

use std::path::{Path, PathBuf};

/// A process, with the environment that it was started with.
#[derive(Debug)]
pub(super) struct Process {
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

impl Process {
    /// The only process that `suits`.
    pub(super) fn find(what: &str, suits: impl Fn(&Self) -> bool) -> Self {
        let directories = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let processes =
            directories.filter_map(|directory| Some(Self { environment: environment(&directory)?, directory }));
        let mut found: Vec<Self> = processes.filter(suits).collect();
        assert_eq!(found.len(), 1, "processes that are {what}: {found:?}");
        found.remove(0)
    }

    /// A variable of its environment; empty when it is not set.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.environment.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// Its environment.
    pub(super) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        // One that has ended has no environment any more, and another one that got its number has another.
        environment(&self.directory).is_some_and(|environment| environment == self.environment)
    }
}

/// `None` for what is no process, has ended, or is somebody else's.
fn environment(directory: &Path) -> Option<Vec<(String, String)>> {
    let text = String::from_utf8(std::fs::read(directory.join("environ")).ok()?).ok()?;
    let variables = text.split_terminator('\0').filter_map(|line| line.split_once('='));
    Some(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

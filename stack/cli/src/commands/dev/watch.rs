//! Notices that files changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use crate::error::CliError;

/// How long files must be at rest until a change is told: editors and `git` write in several steps.
const REST: Duration = Duration::from_millis(150);

/// How long a change is kept back at most while files do not come to rest.
const PATIENCE: Duration = Duration::from_secs(2);

/// Directories that no source lies in, and that are large or change all the time.
const IGNORED: [&str; 4] = ["target", "node_modules", ".git", ".stack"];

/// Watches files and directories.
pub(super) struct Watch {
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<PathBuf>,
    /// What was asked for: a changed path below one of these counts.
    roots: BTreeSet<PathBuf>,
    /// What the operating system was asked for.
    registered: BTreeSet<PathBuf>,
}

impl Watch {
    pub(super) fn new() -> Result<Self, CliError> {
        let (sender, events) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            for path in event.paths {
                // The receiver is gone when the command ends.
                let _ = sender.send(path);
            }
        })
        .map_err(|source| CliError::Watch { source })?;
        Ok(Self { watcher, events, roots: BTreeSet::new(), registered: BTreeSet::new() })
    }

    /// Watches these files and directories, and no others. A path that does not exist yet counts from its creation.
    pub(super) fn refresh(&mut self, paths: &[PathBuf]) -> Result<(), CliError> {
        self.roots = paths.iter().map(|path| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())).collect();
        let mut wanted = BTreeSet::new();
        for root in &self.roots {
            collect(root, &mut wanted);
        }
        for gone in self.registered.difference(&wanted) {
            // A directory that was removed is no longer watched anyway.
            let _ = self.watcher.unwatch(gone);
        }
        for directory in wanted.difference(&self.registered) {
            match self.watcher.watch(directory, RecursiveMode::NonRecursive) {
                // Removed since it was listed.
                Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => {}
                result => result.map_err(|source| CliError::Watch { source })?,
            }
        }
        self.registered = wanted;
        Ok(())
    }

    /// Waits until something changed and files are at rest again. Gives the changed files.
    pub(super) async fn changed(&mut self) -> Vec<String> {
        let mut files = BTreeSet::new();
        loop {
            let Some(path) = self.events.recv().await else { std::future::pending().await };
            if self.counts(&path) {
                files.insert(path);
                break;
            }
        }
        let end = Instant::now() + PATIENCE;
        while let Ok(Some(path)) = timeout_at(end.min(Instant::now() + REST), self.events.recv()).await {
            if self.counts(&path) {
                files.insert(path);
            }
        }
        files.iter().map(|file| self.name(file)).collect()
    }

    fn counts(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.strip_prefix(root).is_ok_and(|below| !is_ignored(below)))
    }

    /// Short name for people: from the watched directory on.
    fn name(&self, file: &Path) -> String {
        let root = self.roots.iter().find(|root| file.starts_with(root));
        let parent = root.and_then(|root| root.parent());
        parent.and_then(|parent| file.strip_prefix(parent).ok()).unwrap_or(file).display().to_string()
    }
}

fn is_ignored(below: &Path) -> bool {
    let is_listed = below.iter().any(|part| part.to_str().is_some_and(|part| IGNORED.contains(&part)));
    // Editors' own files: `.x.swp`, `x~`, `#x#`, `4913`.
    let name = below.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_swap = below.extension().is_some_and(|extension| extension == "swp" || extension == "swx");
    is_listed || is_swap || name.ends_with('~') || name.starts_with('#') || name == "4913"
}

/// The directories to watch for a root: a directory with all below it, else the nearest directory above.
fn collect(root: &Path, directories: &mut BTreeSet<PathBuf>) {
    if !root.is_dir() {
        directories.extend(root.parent().filter(|parent| parent.is_dir()).map(Path::to_owned));
        return;
    }
    // The directory above tells when this one is removed or made again.
    directories.extend(root.parent().map(Path::to_owned));
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        for entry in entries {
            // Links are not followed: they may lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !is_ignored(Path::new(&entry.file_name())) {
                open.push(entry.path());
            }
        }
        directories.insert(directory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(paths: &[PathBuf]) -> Watch {
        let mut watch = Watch::new().unwrap();
        watch.refresh(paths).unwrap();
        watch
    }

    #[tokio::test]
    async fn a_burst_of_writes_is_one_change() {
        let directory = tempfile::tempdir().unwrap();
        let site = directory.path().join("site");
        std::fs::create_dir_all(site.join("css")).unwrap();
        let mut watch = watch(std::slice::from_ref(&site));
        std::fs::write(site.join("index.html"), "1").unwrap();
        std::fs::write(site.join("css/a.css"), "2").unwrap();
        assert_eq!(watch.changed().await, ["site/css/a.css", "site/index.html"]);
    }

    #[tokio::test]
    async fn a_file_replaced_by_renaming_is_noticed_and_its_neighbors_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("stack.yaml");
        std::fs::write(&file, "1").unwrap();
        let mut watch = watch(std::slice::from_ref(&file));
        std::fs::write(directory.path().join("other"), "x").unwrap();
        std::fs::write(directory.path().join("draft"), "2").unwrap();
        std::fs::rename(directory.path().join("draft"), &file).unwrap();
        assert_eq!(watch.changed().await.len(), 1);
    }

    #[test]
    fn build_products_and_editors_files_do_not_count() {
        for path in ["target/debug/x", "a/.git/index", "stack.yaml~", ".stack.yaml.swp", "#a#"] {
            assert!(is_ignored(Path::new(path)), "{path}");
        }
        for path in ["src/main.rs", "targets.txt", ""] {
            assert!(!is_ignored(Path::new(path)), "{path}");
        }
    }
}

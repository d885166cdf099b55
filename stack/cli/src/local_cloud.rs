//! The local cloud of a directory, seen from outside: who runs it, where it answers.
//!
//! `.stack/local/` beside the project file holds `lock` (locked by the process that serves, so that a dead one is never
//! taken for a running one), `state.json` (its process id and port), `log` (what a background one says) and `data`.

use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cloud_client;
use crate::error::{CliError, LocalCloudError};

/// Files of the local cloud that belongs to one directory.
#[derive(Debug, Clone)]
pub(crate) struct CloudDirectory(PathBuf);

/// What the serving process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CloudState {
    /// Process id.
    pub(crate) pid: u32,
    /// Endpoint for AWS clients.
    pub(crate) url: String,
    /// Data directory, absent when state is in memory.
    pub(crate) data: Option<PathBuf>,
}

/// Held by the process that serves; `state.json` goes when it is dropped.
#[derive(Debug)]
pub(crate) struct CloudLock {
    state: PathBuf,
    /// The lock ends with the file.
    _file: File,
}

impl Drop for CloudLock {
    fn drop(&mut self) {
        // A file that stays behind misleads nobody: without the lock it is not believed.
        let _ = std::fs::remove_file(&self.state);
    }
}

impl CloudDirectory {
    /// The files of the local cloud of a project directory.
    pub(crate) fn of(project_directory: &Path) -> Self {
        Self(project_directory.join(".stack").join("local"))
    }

    /// Where state is kept unless told otherwise.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// What a background process says.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// Makes the directory.
    pub(crate) fn create(&self) -> Result<(), CliError> {
        std::fs::create_dir_all(&self.0).map_err(|source| CliError::Unwritable { path: self.0.clone(), source })
    }

    /// Becomes the one local cloud of this directory.
    ///
    /// # Errors
    /// [`LocalCloudError::LocalCloudRunning`] when another process is that.
    pub(crate) fn lock(&self) -> Result<CloudLock, CliError> {
        self.create()?;
        let path = self.0.join("lock");
        let unwritable = |source| CliError::Unwritable { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => Ok(CloudLock { state: self.0.join("state.json"), _file: file }),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
            Err(TryLockError::WouldBlock) => {
                let state = self.read_state();
                Err(LocalCloudError::LocalCloudRunning {
                    url: state.as_ref().map_or_else(|| "(starting)".to_owned(), |state| state.url.clone()),
                    pid: state.map_or(0, |state| state.pid),
                }
                .into())
            }
        }
    }

    /// Tells others where this process serves. The caller holds the lock.
    pub(crate) fn write_state(&self, state: &CloudState) -> Result<(), CliError> {
        // Written beside and renamed, so that a reader never sees half of it.
        let path = self.0.join("state.json");
        let draft = self.0.join("state.json.new");
        let text = serde_json::to_string(state).unwrap_or_default();
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(|source| CliError::Unwritable { path, source })
    }

    /// The process that serves for this directory, if one does and has said where.
    pub(crate) fn running(&self) -> Option<CloudState> {
        if self.is_locked() { self.read_state() } else { None }
    }

    /// True while a process serves for this directory, or is about to.
    pub(crate) fn is_locked(&self) -> bool {
        File::options()
            .write(true)
            .open(self.0.join("lock"))
            .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn read_state(&self) -> Option<CloudState> {
        let text = std::fs::read_to_string(self.0.join("state.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Endpoint of the local cloud that commands with `--local` use: this directory's own, or the one on the default port.
    ///
    /// # Errors
    /// [`LocalCloudError::LocalCloudMissing`] when none answers.
    pub(crate) fn endpoint(&self) -> Result<String, CliError> {
        if let Some(state) = self.running() {
            return Ok(state.url);
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, stack_local::DEFAULT_PORT));
        if is_local_cloud(address) {
            Ok(format!("http://{address}"))
        } else {
            Err(LocalCloudError::LocalCloudMissing { url: format!("http://{address}") }.into())
        }
    }
}

/// True when our own local cloud answers at this address.
pub(crate) fn is_local_cloud(address: SocketAddr) -> bool {
    cloud_client::fetch_health(&format!("http://{address}")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_exclusive_and_its_state_ends_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let cloud = CloudDirectory::of(directory.path());
        assert_eq!(cloud.running(), None);
        let lock = cloud.lock().unwrap();
        let state = CloudState { pid: 7, url: "http://127.0.0.1:1".to_owned(), data: None };
        cloud.write_state(&state).unwrap();
        assert_eq!(cloud.running(), Some(state));
        assert!(matches!(cloud.lock(), Err(CliError::LocalCloud(LocalCloudError::LocalCloudRunning { pid: 7, .. }))));
        drop(lock);
        assert_eq!(cloud.running(), None);
        assert!(cloud.lock().is_ok());
    }

    #[test]
    fn the_state_of_a_dead_process_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let cloud = CloudDirectory::of(directory.path());
        cloud.create().unwrap();
        cloud.write_state(&CloudState { pid: 1, url: "http://127.0.0.1:1".to_owned(), data: None }).unwrap();
        assert_eq!(cloud.running(), None);
    }
}

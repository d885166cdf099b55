//! State that outlives the process: one JSON file per service, replaced as a whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::LocalError;
use crate::wire::ServiceError;

/// Locks a mutex. A panic elsewhere does not close a service: every holder leaves a whole value behind.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a file so that a reader, or the next start after a crash, sees the old bytes or the new ones, never a mixture.
///
/// # Errors
/// What the operating system says; the old file is untouched then.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().ok_or_else(|| std::io::Error::other("the path has no directory"))?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The rename itself is on disk only once the directory is.
    std::fs::File::open(directory)?.sync_all()
}

/// A value that is read at start and written back after every change; in memory only where there is no data directory.
#[derive(Debug)]
pub(crate) struct Store<T> {
    file: Option<PathBuf>,
    value: Mutex<T>,
}

impl<T: Clone + Default + Serialize + DeserializeOwned> Store<T> {
    /// Reads `<data directory>/<name>.json`, or starts with the default where there is none.
    ///
    /// # Errors
    /// [`LocalError::DataDirectory`] when the file cannot be read, [`LocalError::DataFile`] when it is not ours.
    pub(crate) fn open(data_directory: Option<&Path>, name: &str) -> Result<Self, LocalError> {
        let Some(directory) = data_directory else {
            return Ok(Self { file: None, value: Mutex::default() });
        };
        let path = directory.join(format!("{name}.json"));
        let value = match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| LocalError::DataFile { path: path.clone(), source })?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => T::default(),
            Err(source) => return Err(LocalError::DataDirectory { path, source }),
        };
        Ok(Self { file: Some(path), value: Mutex::new(value) })
    }

    /// Looks at the value.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&lock(&self.value))
    }

    /// Changes the value, all or nothing: the change is made on a copy, written, and only then seen by others.
    ///
    /// # Errors
    /// What `change` refuses with, or an internal failure when the file cannot be written.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> Result<R, ServiceError>) -> Result<R, ServiceError> {
        let mut value = lock(&self.value);
        let mut changed = value.clone();
        let result = change(&mut changed)?;
        if let Some(path) = &self.file {
            let bytes = serde_json::to_vec(&changed)
                .map_err(|error| ServiceError::internal(format!("cannot write the state: {error}")))?;
            write_atomic(path, &bytes)
                .map_err(|error| ServiceError::internal(format!("cannot write `{}`: {error}", path.display())))?;
        }
        *value = changed;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_back_by_the_next_start() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::<Vec<String>>::open(Some(directory.path()), "names").unwrap();
        store
            .change(|names| {
                names.push("first".to_owned());
                Ok(())
            })
            .unwrap();
        let again = Store::<Vec<String>>::open(Some(directory.path()), "names").unwrap();
        assert_eq!(again.read(Clone::clone), ["first"]);
    }

    #[test]
    fn a_refused_change_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::<Vec<String>>::open(Some(directory.path()), "names").unwrap();
        let refused = store.change(|names| {
            names.push("half".to_owned());
            Err::<(), _>(ServiceError::bad_request("Refused", "no"))
        });
        assert!(refused.is_err());
        assert!(store.read(Vec::is_empty));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("names.json"), "[").unwrap();
        let error = Store::<Vec<String>>::open(Some(directory.path()), "names").unwrap_err();
        assert!(matches!(error, LocalError::DataFile { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(directory.path().join("names.json")).unwrap(), "[");
    }
}

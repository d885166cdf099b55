//! One build at a time per target directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use stack_plan::Event;

use crate::{BuildError, Events};

/// Waits until no other build uses `directory`. The lock ends with the returned file, also when the process is killed.
pub(crate) async fn acquire(directory: &Path, events: &mut Events<'_>) -> Result<File, BuildError> {
    let path = directory.join("build.lock");
    let failed = |source| BuildError::UnusableFile { action: "lock", path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(source)) => Err(failed(source)),
        Err(TryLockError::WouldBlock) => {
            events(Event::Notice { code: "waiting-for-another-build", detail: path.display().to_string() });
            let waited = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
            waited.map_err(|join| failed(join.into()))?.map_err(failed)
        }
    }
}

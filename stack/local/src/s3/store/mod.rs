//! The store behind S3: an index in memory, a journal of its changes, and blobs.
//!
//! A change is: bytes into a blob, then one record into the journal, then the same record into the index. The record is what
//! commits: a process that ends before it leaves a blob that nothing refers to, which is swept at the next opening.

mod blob;
mod record;
mod state;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::journal::{self, Journal};
use blob::{Blob, Blobs};
pub(in crate::s3) use blob::{BlobWriter, Content, NewBlob, Segment};
use record::LAYOUT;
pub(in crate::s3) use record::{Checksum, Headers, Kind, Part, Record, Upload, Version};
pub(in crate::s3) use state::{Bucket, State};

use crate::error::LocalError;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub(in crate::s3) enum StoreError {
    #[error("cannot write to the store")]
    Write { source: std::io::Error },
    #[error("cannot read from the store")]
    Read { source: std::io::Error },
    #[error("the object has {size} bytes, more than the {limit} that can be taken at once")]
    TooLarge { size: u64, limit: u64 },
}

impl StoreError {
    fn write(source: std::io::Error) -> Self {
        Self::Write { source }
    }
}

/// Buckets and objects.
#[derive(Debug)]
pub(in crate::s3) struct Store {
    blobs: Blobs,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    /// Absent in memory.
    journal: Option<Journal>,
    /// Time of the newest change in nanoseconds since 1970, or just after the one before when the clock stood still.
    clock: i128,
}

impl Inner {
    /// A time later than every one given before, in nanoseconds since 1970.
    fn tick(&mut self) -> i128 {
        self.clock = time::OffsetDateTime::now_utc().unix_timestamp_nanos().max(self.clock + 1);
        self.clock
    }
}

/// When a change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::s3) struct Moment(i128);

impl Moment {
    #[cfg(test)]
    pub(in crate::s3) fn at(nanoseconds: i128) -> Self {
        Self(nanoseconds)
    }

    /// Milliseconds since 1970.
    pub(in crate::s3) fn milliseconds(self) -> i64 {
        i64::try_from(self.0 / 1_000_000).unwrap_or(i64::MAX)
    }

    /// Hexadecimal digits that grow with every change: the `sequencer` of events and the base of version ids.
    pub(in crate::s3) fn sequencer(self) -> String {
        format!("{:018X}", self.0)
    }
}

/// What a change decided on: records to commit, and the answer.
pub(in crate::s3) struct Change<T> {
    pub(in crate::s3) records: Vec<Record>,
    pub(in crate::s3) answer: T,
}

impl Store {
    /// A store that is gone with the process.
    pub(in crate::s3) fn in_memory() -> Self {
        Self { blobs: Blobs::memory(), inner: Mutex::new(Inner { state: State::default(), journal: None, clock: 0 }) }
    }

    /// Opens or makes the store in `<data directory>/s3`.
    pub(in crate::s3) fn in_directory(data_directory: &Path) -> Result<Self, LocalError> {
        let directory = data_directory.join("s3");
        let objects = directory.join("objects");
        let path = directory.join("journal");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LocalError::DataDirectory { path, source }
        };
        std::fs::create_dir_all(&objects).map_err(failed(&objects))?;
        let (mut journal, records) = Journal::open::<Record>(&path).map_err(failed(&path))?;
        if let Some(Record::Layout { version }) = records.first()
            && version != LAYOUT
        {
            return Err(LocalError::DataVersion { path: directory, found: version.clone(), expected: LAYOUT });
        }
        let blobs = Blobs::directory(objects.clone());
        let mut state = State::default();
        let count = records.len();
        let mut released = Vec::new();
        for record in records {
            if !state.apply(&blobs, record, &mut released) {
                let source =
                    std::io::Error::new(std::io::ErrorKind::InvalidData, "a record does not fit those before it");
                return Err(LocalError::DataDirectory { path, source });
            }
        }
        drop(released);
        let snapshot = state.snapshot();
        if count == 0 || count > 2 * snapshot.len() + 1000 {
            journal = Journal::rewrite(&path, &snapshot).map_err(failed(&path))?;
        }
        blobs.sweep(&state.blobs).map_err(failed(&objects))?;
        Ok(Self { blobs, inner: Mutex::new(Inner { state, journal: Some(journal), clock: 0 }) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the index.
    pub(in crate::s3) fn read<T>(&self, reader: impl FnOnce(&State) -> T) -> T {
        reader(&self.lock().state)
    }

    /// A writer for the bytes of a new object or part.
    pub(in crate::s3) fn writer(&self) -> BlobWriter<'_> {
        self.blobs.writer()
    }

    /// Decides on a change and commits it, alone: what `decide` saw still holds when its records are applied. When this
    /// returns, the change survives the end of the process.
    pub(in crate::s3) async fn change<T, E: From<StoreError>>(
        &self,
        new: Vec<NewBlob>,
        decide: impl FnOnce(&State, Moment) -> Result<Change<T>, E>,
    ) -> Result<T, E> {
        let (answer, sync, released) = self.commit(new, decide)?;
        if let Some(sync) = sync {
            let waited = tokio::task::spawn_blocking(move || sync.wait()).await;
            waited.map_err(std::io::Error::other).and_then(|synced| synced).map_err(StoreError::write)?;
        }
        // Only now may the bytes go that the change replaced.
        drop(released);
        Ok(answer)
    }

    fn commit<T, E: From<StoreError>>(
        &self,
        new: Vec<NewBlob>,
        decide: impl FnOnce(&State, Moment) -> Result<Change<T>, E>,
    ) -> Result<(T, Option<journal::Sync>, Vec<Blob>), E> {
        let mut inner = self.lock();
        let moment = Moment(inner.tick());
        let change = decide(&inner.state, moment)?;
        let mut sync = None;
        let mut released = Vec::new();
        let mut new = new.into_iter();
        for record in change.records {
            if let Some(journal) = &mut inner.journal {
                sync = Some(journal.append(&record).map_err(StoreError::write)?);
            }
            // Taken in once the record that refers to them is written: until then, dropping them removes them.
            for blob in new.by_ref() {
                inner.state.blobs.adopt(blob);
            }
            if !inner.state.apply(&self.blobs, record, &mut released) {
                tracing::error!("a change of the S3 store does not fit its index");
            }
        }
        Ok((change.answer, sync, released))
    }
}

//! Bytes of objects and parts: in memory, or in a file named by a random id. A key never becomes a path.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::StoreError;
use crate::http_types::BoxError;

/// Bytes up to which the memory backend keeps one blob in memory; longer ones go to a scratch file.
const MEMORY_BLOB_LIMIT: usize = 1024 * 1024;

/// Bytes that all blobs in memory may take together; beyond it, every new blob goes to a scratch file.
const MEMORY_TOTAL_LIMIT: u64 = 128 * 1024 * 1024;

/// Bytes read from a file at a time.
const READ_CHUNK: usize = 128 * 1024;

/// One run of bytes of an object. An object of a multipart upload has one per part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::s3) struct Segment {
    /// Id of the blob: 32 hexadecimal digits.
    pub(in crate::s3) blob: String,
    /// Length in bytes.
    pub(in crate::s3) size: u64,
}

/// The bytes of one blob. Cheap to clone; a reader that holds one can finish after the object is gone.
#[derive(Debug, Clone)]
pub(in crate::s3) enum Blob {
    Memory(Arc<MemoryBlob>),
    File(Arc<BlobFile>),
}

/// Bytes that count against [`MEMORY_TOTAL_LIMIT`] as long as they live.
#[derive(Debug)]
pub(in crate::s3) struct MemoryBlob {
    bytes: Bytes,
    total: Arc<AtomicU64>,
}

impl Drop for MemoryBlob {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

/// A file that is removed with its last user once it is discarded.
#[derive(Debug)]
pub(in crate::s3) struct BlobFile {
    path: PathBuf,
    discarded: AtomicBool,
}

impl Drop for BlobFile {
    fn drop(&mut self) {
        if self.discarded.load(Ordering::Acquire) {
            // A file that cannot be removed now is swept when the store is opened next.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Blob {
    fn set_discarded(&self, discarded: bool) {
        if let Self::File(file) = self {
            file.discarded.store(discarded, Ordering::Release);
        }
    }
}

/// A blob that was written and that nothing refers to yet; dropping it removes it.
#[derive(Debug)]
pub(in crate::s3) struct NewBlob {
    pub(in crate::s3) segment: Segment,
    blob: Blob,
}

/// Where blobs are kept.
#[derive(Debug)]
enum Place {
    /// Small blobs in memory, others in a scratch directory that is made when the first of them comes.
    Memory { scratch: std::sync::OnceLock<tempfile::TempDir>, total: Arc<AtomicU64> },
    /// Every blob in this directory.
    Directory(PathBuf),
}

/// Makes and finds blobs, and counts who refers to them.
#[derive(Debug)]
pub(in crate::s3) struct Blobs {
    place: Place,
}

/// Blobs that objects refer to, with the number of references (a copy shares the bytes of its source).
#[derive(Debug, Default)]
pub(in crate::s3) struct BlobTable(HashMap<String, (usize, Blob)>);

impl Blobs {
    /// Blobs in memory.
    pub(in crate::s3) fn memory() -> Self {
        Self { place: Place::Memory { scratch: std::sync::OnceLock::new(), total: Arc::default() } }
    }

    /// Blobs in a directory.
    pub(in crate::s3) fn directory(path: PathBuf) -> Self {
        Self { place: Place::Directory(path) }
    }

    /// A writer for a new blob.
    pub(in crate::s3) fn writer(&self) -> BlobWriter<'_> {
        BlobWriter {
            blobs: self,
            id: uuid::Uuid::new_v4().simple().to_string(),
            size: 0,
            sink: Sink::Memory(BytesMut::new()),
        }
    }

    fn path(&self, id: &str) -> Result<PathBuf, StoreError> {
        match &self.place {
            Place::Directory(directory) => Ok(blob_path(directory, id)),
            Place::Memory { scratch, .. } => {
                if let Some(directory) = scratch.get() {
                    return Ok(blob_path(directory.path(), id));
                }
                let made = tempfile::Builder::new().prefix("stack-local-s3-").tempdir().map_err(StoreError::write)?;
                // Two first writers may race: one directory is kept, the other is removed when it is dropped here.
                Ok(blob_path(scratch.get_or_init(|| made).path(), id))
            }
        }
    }

    /// Whether a writer should leave memory for a file.
    fn wants_file(&self, buffered: usize) -> bool {
        match &self.place {
            Place::Directory(_) => true,
            Place::Memory { total, .. } => {
                buffered > MEMORY_BLOB_LIMIT || total.load(Ordering::Relaxed) + buffered as u64 > MEMORY_TOTAL_LIMIT
            }
        }
    }

    /// A blob of a store directory, as the journal names it.
    fn existing(&self, id: &str) -> Option<Blob> {
        match &self.place {
            Place::Directory(directory) => Some(Blob::File(Arc::new(BlobFile {
                path: blob_path(directory, id),
                discarded: AtomicBool::new(false),
            }))),
            Place::Memory { .. } => None,
        }
    }

    /// Removes files that nothing refers to: bodies whose request never ended, or that were replaced before a crash.
    pub(in crate::s3) fn sweep(&self, table: &BlobTable) -> std::io::Result<()> {
        let Place::Directory(directory) = &self.place else { return Ok(()) };
        for shard in std::fs::read_dir(directory)? {
            for file in std::fs::read_dir(shard?.path())? {
                let file = file?;
                let referred = file.file_name().to_str().is_some_and(|name| table.0.contains_key(name));
                if !referred {
                    std::fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }
}

/// `<directory>/<first two digits>/<id>`.
fn blob_path(directory: &Path, id: &str) -> PathBuf {
    directory.join(&id[..2]).join(id)
}

/// Whether a text is an id of ours, so that a damaged journal cannot name a path.
fn is_blob_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl BlobTable {
    /// Takes new blobs in, with no reference yet; [`BlobTable::refer`] follows under the same lock.
    pub(in crate::s3) fn adopt(&mut self, new: NewBlob) {
        self.0.insert(new.segment.blob, (0, new.blob));
    }

    /// Counts a reference to each segment. `false` when one names no blob.
    pub(in crate::s3) fn refer(&mut self, blobs: &Blobs, segments: &[Segment]) -> bool {
        for segment in segments {
            if let Some((count, blob)) = self.0.get_mut(&segment.blob) {
                *count += 1;
                blob.set_discarded(false);
            } else {
                let Some(blob) = is_blob_id(&segment.blob).then(|| blobs.existing(&segment.blob)).flatten() else {
                    return false;
                };
                self.0.insert(segment.blob.clone(), (1, blob));
            }
        }
        true
    }

    /// Takes a reference to each segment away and gives the blobs that have none left: they go when the caller drops them,
    /// which is after the journal is on the disk, and when their last reader ends.
    pub(in crate::s3) fn release(&mut self, segments: &[Segment], released: &mut Vec<Blob>) {
        for segment in segments {
            let Some((count, _)) = self.0.get_mut(&segment.blob) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0
                && let Some((_, blob)) = self.0.remove(&segment.blob)
            {
                blob.set_discarded(true);
                released.push(blob);
            }
        }
    }

    /// The bytes of segments, for reading after the lock is gone.
    pub(in crate::s3) fn content(&self, segments: &[Segment]) -> Option<Content> {
        segments
            .iter()
            .map(|segment| self.0.get(&segment.blob).map(|(_, blob)| (blob.clone(), segment.size)))
            .collect::<Option<Vec<_>>>()
            .map(Content)
    }
}

enum Sink {
    Memory(BytesMut),
    File { file: tokio::fs::File, guard: Arc<BlobFile> },
}

/// Writes one blob; memory first, a file where the place asks for one.
pub(in crate::s3) struct BlobWriter<'blobs> {
    blobs: &'blobs Blobs,
    id: String,
    size: u64,
    sink: Sink,
}

impl BlobWriter<'_> {
    /// Appends bytes.
    pub(in crate::s3) async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if let Sink::Memory(buffer) = &self.sink
            && self.blobs.wants_file(buffer.len() + bytes.len())
        {
            self.move_to_file().await?;
        }
        self.size += bytes.len() as u64;
        match &mut self.sink {
            Sink::Memory(buffer) => buffer.extend_from_slice(bytes),
            Sink::File { file, .. } => file.write_all(bytes).await.map_err(StoreError::write)?,
        }
        Ok(())
    }

    async fn move_to_file(&mut self) -> Result<(), StoreError> {
        let Sink::Memory(buffer) = &self.sink else { return Ok(()) };
        let path = self.blobs.path(&self.id)?;
        if let Some(shard) = path.parent() {
            tokio::fs::create_dir_all(shard).await.map_err(StoreError::write)?;
        }
        // The guard comes first, so that a half-written file never stays.
        let guard = Arc::new(BlobFile { path: path.clone(), discarded: AtomicBool::new(true) });
        let mut file = tokio::fs::File::create_new(&path).await.map_err(StoreError::write)?;
        file.write_all(buffer).await.map_err(StoreError::write)?;
        self.sink = Sink::File { file, guard };
        Ok(())
    }

    /// Ends the blob. In a store directory its bytes are on the disk when this returns.
    pub(in crate::s3) async fn finish(mut self) -> Result<NewBlob, StoreError> {
        let durable = matches!(self.blobs.place, Place::Directory(_));
        if durable && matches!(self.sink, Sink::Memory(_)) {
            self.move_to_file().await?;
        }
        let blob = match self.sink {
            Sink::Memory(buffer) => {
                let total = match &self.blobs.place {
                    Place::Memory { total, .. } => Arc::clone(total),
                    Place::Directory(_) => Arc::default(),
                };
                total.fetch_add(buffer.len() as u64, Ordering::Relaxed);
                Blob::Memory(Arc::new(MemoryBlob { bytes: buffer.freeze(), total }))
            }
            Sink::File { mut file, guard } => {
                file.flush().await.map_err(StoreError::write)?;
                if durable {
                    file.sync_data().await.map_err(StoreError::write)?;
                    sync_parent(&guard.path).await.map_err(StoreError::write)?;
                }
                Blob::File(guard)
            }
        };
        Ok(NewBlob { segment: Segment { blob: self.id, size: self.size }, blob })
    }
}

/// Makes the name of a new file durable.
async fn sync_parent(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) => tokio::fs::File::open(parent).await?.sync_all().await,
        None => Ok(()),
    }
}

/// Bytes to read: blobs in order.
#[derive(Debug, Clone)]
pub(in crate::s3) struct Content(Vec<(Blob, u64)>);

impl Content {
    /// The bytes from `start` up to `end` (exclusive) as a stream.
    pub(in crate::s3) fn stream(
        self,
        start: u64,
        end: u64,
    ) -> impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
        let mut offset = 0;
        let mut pieces = Vec::new();
        for (blob, size) in self.0 {
            let (first, last) = (start.max(offset), end.min(offset + size));
            if first < last {
                pieces.push((blob, first - offset, last - first));
            }
            offset += size;
        }
        futures::stream::iter(pieces).map(|(blob, start, length)| blob_stream(blob, start, length)).flatten()
    }

    /// All bytes at once; `limit` is the greatest number that the caller can take.
    pub(in crate::s3) async fn collect(self, limit: u64) -> Result<Bytes, StoreError> {
        let size: u64 = self.0.iter().map(|(_, size)| size).sum();
        if size > limit {
            return Err(StoreError::TooLarge { size, limit });
        }
        let mut bytes = BytesMut::new();
        let mut stream = std::pin::pin!(self.stream(0, size));
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(
                &chunk.map_err(|source| StoreError::Read { source: std::io::Error::other(source) })?,
            );
        }
        Ok(bytes.freeze())
    }
}

/// What is left to read of one blob.
struct Reading {
    blob: Blob,
    file: Option<tokio::fs::File>,
    start: u64,
    left: u64,
}

fn blob_stream(blob: Blob, start: u64, length: u64) -> futures::stream::BoxStream<'static, Result<Bytes, BoxError>> {
    futures::stream::try_unfold(Reading { blob, file: None, start, left: length }, read_chunk).boxed()
}

async fn read_chunk(mut reading: Reading) -> Result<Option<(Bytes, Reading)>, BoxError> {
    if reading.left == 0 {
        return Ok(None);
    }
    let chunk = match &reading.blob {
        Blob::Memory(memory) => {
            let start = usize::try_from(reading.start)?;
            memory.bytes.slice(start..start + usize::try_from(reading.left)?)
        }
        Blob::File(blob) => {
            let mut file = if let Some(file) = reading.file.take() {
                file
            } else {
                let mut file = tokio::fs::File::open(&blob.path).await?;
                file.seek(std::io::SeekFrom::Start(reading.start)).await?;
                file
            };
            let mut buffer = BytesMut::zeroed(READ_CHUNK.min(usize::try_from(reading.left).unwrap_or(READ_CHUNK)));
            let count = file.read(&mut buffer).await?;
            if count == 0 {
                return Err("the stored object is shorter than its index says".into());
            }
            buffer.truncate(count);
            reading.file = Some(file);
            buffer.freeze()
        }
    };
    reading.left -= chunk.len() as u64;
    Ok(Some((chunk, reading)))
}

//! An append-only file of records: one line each, `<crc32 in 8 hexadecimal digits> <JSON>`.
//!
//! A record counts once its line is whole. A torn last line is what a crash leaves of a write that nobody was told about:
//! it is cut off at opening. A damaged line with whole ones after it is not a crash but damage: the file is refused untouched.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use s3s::crypto::Crc32;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A journal that is open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Arc<File>,
    /// Length in bytes of all whole records.
    length: u64,
    /// A write failed and could not be undone: nothing may follow it.
    broken: bool,
    synced: Arc<Mutex<u64>>,
}

/// What makes an append durable, to be waited for after the lock of the store is gone.
#[derive(Debug)]
pub(crate) struct Sync {
    file: Arc<File>,
    position: u64,
    synced: Arc<Mutex<u64>>,
}

impl Sync {
    /// Blocks until the append is on the disk. One call serves all appends that came before it.
    pub(crate) fn wait(&self) -> std::io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced >= self.position {
            return Ok(());
        }
        let length = self.file.metadata()?.len();
        self.file.sync_data()?;
        *synced = length;
        Ok(())
    }
}

impl Journal {
    /// Opens or makes a journal and reads its records.
    pub(crate) fn open<T: DeserializeOwned>(path: &Path) -> std::io::Result<(Self, Vec<T>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (records, length) = parse(&bytes)?;
        if length < bytes.len() {
            file.set_len(length as u64)?;
            file.sync_all()?;
        }
        let length = length as u64;
        let journal = Self { file: Arc::new(file), length, broken: false, synced: Arc::new(Mutex::new(0)) };
        Ok((journal, records))
    }

    /// Replaces the file at `path` by one that holds just `records`: all of it or nothing, whenever the process ends.
    pub(crate) fn rewrite<T: Serialize>(path: &Path, records: &[T]) -> std::io::Result<Self> {
        let mut text = Vec::new();
        for record in records {
            text.extend_from_slice(&line(record)?);
        }
        let new: PathBuf = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        if let Some(parent) = path.parent() {
            File::open(parent)?.sync_all()?;
        }
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        Ok(Self { file: Arc::new(file), length: text.len() as u64, broken: false, synced: Arc::new(Mutex::new(0)) })
    }

    /// Appends one record. On an error the file is as it was.
    pub(crate) fn append<T: Serialize>(&mut self, record: &T) -> std::io::Result<Sync> {
        if self.broken {
            return Err(std::io::Error::other("an earlier write to the journal failed and could not be undone"));
        }
        let line = line(record)?;
        let mut file = self.file.as_ref();
        if let Err(error) = file.write_all(&line) {
            let undone = file.set_len(self.length).and_then(|()| file.seek(SeekFrom::End(0)));
            self.broken = undone.is_err();
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(Sync { file: Arc::clone(&self.file), position: self.length, synced: Arc::clone(&self.synced) })
    }
}

fn line<T: Serialize>(record: &T) -> std::io::Result<Vec<u8>> {
    let json = serde_json::to_string(record)?;
    Ok(format!("{:08x} {json}\n", Crc32::checksum_u32(json.as_bytes())).into_bytes())
}

/// The records of a journal and the length of the part that they fill.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> std::io::Result<(Vec<T>, usize)> {
    let mut records = Vec::new();
    let mut length = 0;
    while let Some(end) = bytes[length..].iter().position(|byte| *byte == b'\n') {
        let Some(json) = checked(&bytes[length..length + end]) else { break };
        records.push(serde_json::from_str(json)?);
        length += end + 1;
    }
    let follows = bytes[length..].split(|byte| *byte == b'\n').skip(1).any(|line| checked(line).is_some());
    if follows {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            format!("the record at byte {length} is damaged, and whole records follow it"),
        ));
    }
    Ok((records, length))
}

/// The JSON of a line whose checksum is right.
fn checked(line: &[u8]) -> Option<&str> {
    let (checksum, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    (checksum.len() == 8 && u32::from_str_radix(checksum, 16).ok()? == Crc32::checksum_u32(json.as_bytes()))
        .then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(records: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let (mut journal, read) = Journal::open::<String>(&path).unwrap();
        assert!(read.is_empty());
        for record in records {
            journal.append(record).unwrap().wait().unwrap();
        }
        (directory, path)
    }

    #[test]
    fn a_record_torn_at_any_byte_is_cut_off_and_the_journal_goes_on() {
        let (_directory, path) = written(&["one", "two \u{1f600} \n", "three"]);
        let whole = std::fs::read(&path).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for cut in last..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, records) = Journal::open::<String>(&path).unwrap();
            assert_eq!(records, ["one", "two \u{1f600} \n"], "cut at byte {cut}");
            journal.append(&"four").unwrap().wait().unwrap();
            let (_, records) = Journal::open::<String>(&path).unwrap();
            assert_eq!(records, ["one", "two \u{1f600} \n", "four"], "cut at byte {cut}");
        }
    }

    #[test]
    fn damage_before_whole_records_is_refused_and_left_alone() {
        let (_directory, path) = written(&["one", "two", "three"]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[10] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let error = Journal::open::<String>(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn rewriting_keeps_just_what_it_is_given() {
        let (_directory, path) = written(&["one", "two", "three"]);
        let mut journal = Journal::rewrite(&path, &["three"]).unwrap();
        journal.append(&"four").unwrap();
        let (_, records) = Journal::open::<String>(&path).unwrap();
        assert_eq!(records, ["three", "four"]);
    }
}

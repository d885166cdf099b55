//! The zip of a function: one file, `bootstrap`, and bytes that depend on nothing but its content.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stack_plan::plan::Architecture;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::BuildError;

/// Name that the Lambda runtime `provided.al2023` starts.
const ENTRY: &str = "bootstrap";

/// Raised when the same binary would give other bytes than before, so that recorded zips are made anew.
const FORMAT: u32 = 1;

/// A compiled binary and the package that it belongs to.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) package: String,
    pub(crate) file: PathBuf,
}

/// A zip on disk.
#[derive(Debug)]
pub(crate) struct Zip {
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) unchanged: bool,
}

/// Lies beside a zip and says which binary it was made of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    format: u32,
    binary_sha256: String,
    zip_sha256: String,
}

/// Makes `file` the zip of `binary`, unless it is that already. A reader of `file` sees the old zip or the new one.
pub(crate) async fn store(binary: &Binary, file: &Path, architecture: Architecture) -> Result<Zip, BuildError> {
    let (package, source) = (binary.package.clone(), binary.file.clone());
    let file = file.to_owned();
    let work = tokio::task::spawn_blocking(move || store_blocking(&package, &source, &file, architecture));
    work.await.unwrap_or_else(|join| {
        Err(BuildError::UnusableFile { action: "zip", path: binary.file.clone(), source: join.into() })
    })
}

fn store_blocking(package: &str, binary: &Path, file: &Path, architecture: Architecture) -> Result<Zip, BuildError> {
    let refuse = || BuildError::NotExecutable {
        package: package.to_owned(),
        file: binary.to_owned(),
        architecture: architecture.as_str(),
    };
    let content = match std::fs::read(binary) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(refuse()),
        Err(source) => return Err(BuildError::UnusableFile { action: "read", path: binary.to_owned(), source }),
    };
    if !is_executable_for(&content, architecture) {
        return Err(refuse());
    }
    let binary_sha256 = hex::encode(Sha256::digest(&content));
    if let Some(zip) = recorded(file, &binary_sha256) {
        return Ok(zip);
    }
    let bytes = pack(&content).map_err(|source| cannot_write(file, content.len(), source))?;
    let zip_sha256 = hex::encode(Sha256::digest(&bytes));
    replace(file, &bytes)?;
    let record = Record { format: FORMAT, binary_sha256, zip_sha256: zip_sha256.clone() };
    replace(&record_path(file), record.to_json().as_bytes())?;
    Ok(Zip { sha256: zip_sha256, size: bytes.len() as u64, unchanged: false })
}

/// The zip that is there, if it was made of this binary and its bytes are still those that were written.
fn recorded(file: &Path, binary_sha256: &str) -> Option<Zip> {
    let record: Record = serde_json::from_slice(&std::fs::read(record_path(file)).ok()?).ok()?;
    let bytes = std::fs::read(file).ok()?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let good = record.format == FORMAT && record.binary_sha256 == binary_sha256 && record.zip_sha256 == sha256;
    good.then_some(Zip { sha256, size: bytes.len() as u64, unchanged: true })
}

impl Record {
    fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

fn record_path(file: &Path) -> PathBuf {
    file.with_extension("zip.json")
}

/// The bytes of a zip that holds `content` as an executable: fixed time, fixed mode, fixed compression.
fn pack(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(content.len() / 2)));
    zip.start_file(ENTRY, options)?;
    zip.write_all(content)?;
    Ok(zip.finish()?.into_inner())
}

/// Writes beside `file`, then renames, so that an interrupted write leaves what was there.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
        temporary.write_all(bytes)?;
        temporary.persist(file).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| cannot_write(file, bytes.len(), source))
}

fn cannot_write(file: &Path, needed: usize, source: std::io::Error) -> BuildError {
    BuildError::CannotWriteZip { path: file.to_owned(), needed: needed as u64, source }
}

/// Reads the ELF header: class 64, little endian, and the machine of the architecture.
fn is_executable_for(content: &[u8], architecture: Architecture) -> bool {
    let machine: u16 = match architecture {
        Architecture::X86_64 => 0x3e,
        Architecture::Arm64 => 0xb7,
    };
    content.starts_with(b"\x7fELF\x02\x01") && content.get(18..20) == Some(&machine.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    fn elf(machine: u8, body: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
        bytes.extend([machine, 0]);
        bytes.extend(body.as_bytes());
        bytes
    }

    fn store_in(directory: &Path, content: &[u8]) -> Result<Zip, BuildError> {
        let binary = directory.join("thumb");
        std::fs::write(&binary, content).unwrap();
        store_blocking("thumb", &binary, &directory.join("thumb.zip"), Architecture::X86_64)
    }

    #[test]
    fn the_zip_holds_an_executable_bootstrap_of_1980() {
        let directory = tempfile::tempdir().unwrap();
        let content = elf(0x3e, "code");
        let zip = store_in(directory.path(), &content).unwrap();
        let bytes = std::fs::read(directory.path().join("thumb.zip")).unwrap();
        assert_eq!(hex::encode(Sha256::digest(&bytes)), zip.sha256);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode(), Some(0o100_755));
        assert_eq!(entry.last_modified(), Some(DateTime::default()));
        let mut read = Vec::new();
        entry.read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }

    #[test]
    fn the_same_binary_is_zipped_once_and_a_damaged_zip_again() {
        let directory = tempfile::tempdir().unwrap();
        let first = store_in(directory.path(), &elf(0x3e, "code")).unwrap();
        assert!(!first.unchanged);
        assert!(store_in(directory.path(), &elf(0x3e, "code")).unwrap().unchanged);
        std::fs::write(directory.path().join("thumb.zip"), b"half").unwrap();
        let mended = store_in(directory.path(), &elf(0x3e, "code")).unwrap();
        assert!(!mended.unchanged);
        assert_eq!(mended.sha256, first.sha256);
        assert_ne!(store_in(directory.path(), &elf(0x3e, "other")).unwrap().sha256, first.sha256);
    }

    #[test]
    fn a_zip_that_cannot_be_replaced_stays_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("zips/thumb.zip");
        std::fs::create_dir_all(&file).unwrap();
        let error = replace(&file, b"new").unwrap_err();
        assert!(matches!(error, BuildError::CannotWriteZip { needed: 3, .. }), "{error:?}");
        assert!(file.is_dir());
        assert_eq!(std::fs::read_dir(directory.path().join("zips")).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_binary_of_another_architecture_or_none_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for content in [elf(0xb7, "arm"), b"#!/bin/sh".to_vec(), Vec::new()] {
            let error = store_in(directory.path(), &content).unwrap_err();
            assert!(matches!(error, BuildError::NotExecutable { architecture: "x86_64", .. }), "{error:?}");
        }
        assert!(!directory.path().join("thumb.zip").exists());
    }

    #[test]
    fn bytes_do_not_depend_on_the_mode_of_the_binary() {
        let directory = tempfile::tempdir().unwrap();
        let binary = directory.path().join("thumb");
        let zip = store_in(directory.path(), &elf(0x3e, "code")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o700)).unwrap();
        let again = store_blocking("thumb", &binary, &directory.path().join("b.zip"), Architecture::X86_64).unwrap();
        assert_eq!(zip.sha256, again.sha256);
    }
}

//! A function's code: checking a zip, keeping it, unpacking it.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::function::invalid;
use crate::wire::ServiceError;

/// Greatest size in bytes of a zip that comes with the request instead of from a bucket.
pub(super) const DIRECT_ZIP_LIMIT: usize = 52_428_800;

/// Greatest size in bytes of the unpacked code.
const UNPACKED_LIMIT: u64 = 262_144_000;

/// Most entries in a zip.
const ENTRY_LIMIT: usize = 20_000;

/// The program that a custom runtime starts.
pub(super) const BOOTSTRAP: &str = "bootstrap";

/// SHA-256 of a zip, hexadecimal.
pub(super) fn code_hash(zip: &[u8]) -> String {
    hex::encode(Sha256::digest(zip))
}

/// Refuses a zip that could not run: not a zip, too large, a `bootstrap` for another machine, or none where one is needed.
pub(super) fn check_zip(zip: &[u8], needs_bootstrap: bool) -> Result<(), ServiceError> {
    let mut archive = check_entries(zip)?;
    let mut head = Vec::new();
    match archive.by_name(BOOTSTRAP) {
        Ok(bootstrap) => {
            bootstrap.take(20).read_to_end(&mut head).map_err(|_| not_a_zip())?;
            check_machine(&head)
        }
        Err(_) if needs_bootstrap => {
            Err(invalid("the zip has no `bootstrap` at its root: a custom runtime starts the executable of that name"))
        }
        Err(_) => Ok(()),
    }
}

/// Refuses a zip that is no layer: not a zip, too large, or with an extension, which is a program that nobody would start.
pub(super) fn check_layer(zip: &[u8]) -> Result<(), ServiceError> {
    let archive = check_entries(zip)?;
    let extension = archive.file_names().flatten().find(|name| name.starts_with("extensions/") && !name.ends_with('/'));
    match extension {
        Some(name) => Err(invalid(format!(
            "the layer holds the extension `{name}`, and the local cloud does not run extensions of Lambda"
        ))),
        None => Ok(()),
    }
}

/// Refuses what is no zip, leads out of the package, or is too large.
fn check_entries(zip: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, ServiceError> {
    let mut archive = open(zip)?;
    let mut unpacked = 0u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|_| not_a_zip())?;
        if entry.is_symlink() {
            return Err(invalid(format!(
                "the zip holds the symbolic link `{}`, which is refused",
                entry.name().unwrap_or_default()
            )));
        }
        if entry.enclosed_name().is_none() {
            return Err(invalid(format!(
                "the zip holds the path `{}`, which leads out of the package",
                entry.name().unwrap_or_default()
            )));
        }
        unpacked = unpacked.saturating_add(entry.size());
    }
    if unpacked > UNPACKED_LIMIT {
        return Err(too_large());
    }
    Ok(archive)
}

/// Refuses a program for another kind of machine. Scripts run anywhere.
fn check_machine(head: &[u8]) -> Result<(), ServiceError> {
    let [0x7f, b'E', b'L', b'F', .., machine_low, machine_high] = head else { return Ok(()) };
    let built_for = match u16::from_le_bytes([*machine_low, *machine_high]) {
        0x3e => "x86_64",
        0xb7 => "aarch64",
        _ => "another architecture",
    };
    let here = std::env::consts::ARCH;
    if std::env::consts::OS != "linux" {
        return Err(invalid(format!(
            "`bootstrap` is a Linux program for {built_for}, and the local cloud runs functions as processes of this {} machine: build it for this machine",
            std::env::consts::OS
        )));
    }
    if built_for != here {
        return Err(invalid(format!(
            "`bootstrap` is built for {built_for}, and this machine is {here}: the local cloud runs functions natively, so build the function for {here}"
        )));
    }
    Ok(())
}

/// Unpacks checked zips over each other into `directory`, unless that is there already. Whoever is first moves the finished
/// directory into place, so a half-unpacked one is never run.
pub(super) fn unpack(zip_files: &[PathBuf], directory: &Path) -> std::io::Result<PathBuf> {
    if directory.is_dir() {
        return Ok(directory.to_owned());
    }
    let parent = directory.parent().ok_or_else(|| std::io::Error::other("the directory has no parent"))?;
    std::fs::create_dir_all(parent)?;
    let unfinished = tempfile::tempdir_in(parent)?;
    let mut left = UNPACKED_LIMIT;
    for zip_file in zip_files {
        left = unpack_into(zip_file, unfinished.path(), left)?;
    }
    match std::fs::rename(unfinished.path(), directory) {
        Err(error) if !directory.is_dir() => Err(error),
        _ => Ok(directory.to_owned()),
    }
}

/// Unpacks one zip into a directory, at most `left` bytes, and returns how many more there may be.
fn unpack_into(zip_file: &Path, directory: &Path, mut left: u64) -> std::io::Result<u64> {
    let mut archive = ZipArchive::new(std::fs::File::open(zip_file)?).map_err(std::io::Error::other)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(std::io::Error::other)?;
        let Some(path) = entry.enclosed_name().filter(|_| !entry.is_symlink()) else { continue };
        let target = directory.join(&path);
        if entry.is_dir() {
            std::fs::create_dir_all(&target)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = std::fs::File::create(&target)?;
        // The size in the zip's directory may lie: count what comes out.
        let written = std::io::copy(&mut (&mut entry).take(left + 1), &mut file)?;
        left = left.checked_sub(written).ok_or_else(|| std::io::Error::other("the unpacked code is too large"))?;
        file.flush()?;
        let executable = path == Path::new(BOOTSTRAP) || entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        set_mode(&target, if executable { 0o755 } else { 0o644 })?;
    }
    Ok(left)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

fn open(zip: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, ServiceError> {
    let archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| not_a_zip())?;
    if archive.is_empty() {
        return Err(invalid("Uploaded file must be a non-empty zip"));
    }
    if archive.len() > ENTRY_LIMIT {
        return Err(invalid(format!("the zip holds more than {ENTRY_LIMIT} files")));
    }
    Ok(archive)
}

fn not_a_zip() -> ServiceError {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn too_large() -> ServiceError {
    invalid(format!("Unzipped size must be smaller than {UNPACKED_LIMIT} bytes"))
}

#[cfg(test)]
mod tests {
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn elf(machine: u16) -> Vec<u8> {
        let mut head = b"\x7fELF".to_vec();
        head.resize(18, 0);
        head.extend(machine.to_le_bytes());
        head
    }

    #[test]
    fn what_could_not_run_is_refused() {
        let other_machine = if std::env::consts::ARCH == "x86_64" { 0xb7 } else { 0x3e };
        let mut link = zip::ZipWriter::new(Cursor::new(Vec::new()));
        link.add_symlink("bootstrap", "/bin/sh", SimpleFileOptions::default()).unwrap();
        for (bytes, part) in [
            (b"not a zip".to_vec(), "Could not unzip uploaded file"),
            (zip(&[]), "non-empty"),
            (zip(&[("bin/bootstrap", b"#!/bin/sh")]), "no `bootstrap` at its root"),
            (zip(&[("bootstrap", b"#!"), ("../escape", b"x")]), "`../escape`"),
            (zip(&[("bootstrap", &elf(other_machine))]), "`bootstrap` is"),
            (link.finish().unwrap().into_inner(), "symbolic link `bootstrap`"),
        ] {
            let error = check_zip(&bytes, true).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert!(check_zip(&zip(&[("bootstrap", b"#!/bin/sh")]), true).is_ok());
        assert!(check_zip(&zip(&[("index.py", b"")]), false).is_ok());
        assert!(check_zip(&zip(&[("bootstrap", &elf(other_machine))]), false).is_err());
    }

    #[test]
    fn a_layer_with_an_extension_is_refused() {
        assert!(check_layer(&zip(&[("python/shared.py", b""), ("extensions/", b"")])).is_ok());
        let refusal = check_layer(&zip(&[("extensions/agent", b"#!/bin/sh")])).unwrap_err();
        assert!(refusal.message.contains("`extensions/agent`"), "{}", refusal.message);
    }

    #[cfg(unix)]
    #[test]
    fn the_bootstrap_is_made_executable() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("code.zip");
        std::fs::write(&file, zip(&[("bootstrap", b"#!/bin/sh"), ("data/words", b"x")])).unwrap();
        let over = directory.path().join("over.zip");
        std::fs::write(&over, zip(&[("data/words", b"y")])).unwrap();
        let files = [file, over];
        let code = unpack(&files, &directory.path().join("code")).unwrap();
        let mode = |name: &str| std::fs::metadata(code.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bootstrap"), mode("data/words")), (0o755, 0o644));
        assert_eq!(std::fs::read(code.join("data/words")).unwrap(), b"y", "the later one wins");
        assert_eq!(unpack(&files, &code).unwrap(), code);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3, "nothing half done is left");
    }
}

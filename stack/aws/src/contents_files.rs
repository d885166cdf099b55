//! The files that become objects: found, hashed, given a content type.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use stack_plan::plan::Contents;
use tokio::io::AsyncReadExt as _;

use crate::error::{AwsError, Result};

/// A file on its way to a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentFile {
    pub(crate) path: PathBuf,
    pub(crate) content_type: String,
    pub(crate) cache_control: Option<String>,
}

/// The objects of one bucket by key, from every directory that goes there; a later one wins over an earlier.
pub(crate) fn collect_files(project_directory: &Path, contents: &[&Contents]) -> Result<BTreeMap<String, ContentFile>> {
    let mut files = BTreeMap::new();
    for entry in contents {
        let source = project_directory.join(&entry.source);
        let metadata = std::fs::metadata(&source).map_err(unreadable(&source))?;
        let mut found = Vec::new();
        if metadata.is_dir() {
            walk(&source, &mut found)?;
        } else {
            found.push(source.clone());
        }
        let base = if metadata.is_dir() { source.as_path() } else { source.parent().unwrap_or(&source) };
        for path in found {
            let key = key(&entry.prefix, base, &path)?;
            let content_type = content_type(&path);
            files.insert(key, ContentFile { path, content_type, cache_control: entry.cache_control.clone() });
        }
    }
    Ok(files)
}

/// Every file below a directory. Links to files are files; links to directories are not followed (they may be circular).
fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
        let entry = entry.map_err(unreadable(directory))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable(&path))?;
        if kind.is_dir() {
            walk(&path, found)?;
        } else if std::fs::metadata(&path).map_err(unreadable(&path))?.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn key(prefix: &str, base: &Path, path: &Path) -> Result<String> {
    let relative = path.strip_prefix(base).unwrap_or(path);
    let mut key = String::new();
    let prefix = prefix.trim_matches('/');
    if !prefix.is_empty() {
        key.push_str(prefix);
    }
    for part in relative {
        let part = part.to_str().ok_or_else(|| AwsError::UnusableFileName { path: path.to_owned() })?;
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(part);
    }
    Ok(key)
}

/// By the extension; text is UTF-8.
fn content_type(path: &Path) -> String {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    if guess.type_() == "text" { format!("{guess}; charset=utf-8") } else { guess.to_string() }
}

/// Lower-case hexadecimal MD5 of a file's bytes: what S3 shows as `ETag` of an object that was put in one piece.
pub(crate) async fn md5_of(path: &Path) -> Result<String> {
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable(path))?;
    let mut hash = Md5::new();
    let mut buffer = vec![0_u8; 256 * 1024];
    loop {
        let length = file.read(&mut buffer).await.map_err(unreadable(path))?;
        if length == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..length]);
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> AwsError {
    let path = path.to_owned();
    move |source| AwsError::UnreadableFile { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_way_below_the_source_under_the_prefix() {
        let key = |prefix| key(prefix, Path::new("/p/site"), Path::new("/p/site/css/a b.css")).unwrap();
        assert_eq!(key(""), "css/a b.css");
        assert_eq!(key("docs"), "docs/css/a b.css");
        assert_eq!(key("/docs/"), "docs/css/a b.css");
    }

    #[test]
    fn browsers_are_told_what_a_file_is() {
        assert_eq!(content_type(Path::new("index.html")), "text/html; charset=utf-8");
        assert_eq!(content_type(Path::new("a.webp")), "image/webp");
        assert_eq!(content_type(Path::new("a.wasm")), "application/wasm");
        assert_eq!(content_type(Path::new("LICENSE")), "application/octet-stream");
    }
}

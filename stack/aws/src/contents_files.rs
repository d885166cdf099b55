//! The files that become objects: found, hashed, given a content type.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use sha2::Sha256;
use stack_plan::plan::{ContentHeaders, Contents};
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
            let below = below(base, &path)?;
            files.insert(key(&entry.prefix, &below), with_headers(entry, &below, path));
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

/// The way to a file below the source, with `/` between its parts.
fn below(base: &Path, path: &Path) -> Result<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(base).unwrap_or(path).iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| AwsError::UnusableFileName { path: path.to_owned() })
}

fn key(prefix: &str, below: &str) -> String {
    format!("{}{below}", key_prefix(prefix))
}

/// What the keys under a prefix of the project file begin with.
pub(crate) fn key_prefix(prefix: &str) -> String {
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
}

/// A file with its headers: of each, the first pattern's that matches and has it, else what holds for all.
fn with_headers(entry: &Contents, below: &str, path: PathBuf) -> ContentFile {
    fn first<'a>(entry: &'a Contents, below: &str, of: fn(&ContentHeaders) -> Option<&String>) -> Option<&'a String> {
        entry.files.iter().filter(|headers| headers.matches(below)).find_map(of)
    }
    let content_type = first(entry, below, |headers| headers.content_type.as_ref());
    let cache_control = first(entry, below, |headers| headers.cache_control.as_ref());
    ContentFile {
        content_type: content_type.cloned().unwrap_or_else(|| guessed_content_type(&path)),
        cache_control: cache_control.or(entry.cache_control.as_ref()).cloned(),
        path,
    }
}

/// What the headers of a bucket's objects follow from, in short: 16 hexadecimal digits that differ when a rule does.
pub(crate) fn header_rules(contents: &[&Contents]) -> String {
    let rules: Vec<_> =
        contents.iter().map(|entry| (&entry.source, &entry.prefix, &entry.cache_control, &entry.files)).collect();
    let text = serde_json::to_vec(&rules).unwrap_or_default();
    hex::encode(&Sha256::digest(text)[..8])
}

/// By the extension; text is UTF-8.
fn guessed_content_type(path: &Path) -> String {
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
        let below = below(Path::new("/p/site"), Path::new("/p/site/css/a b.css")).unwrap();
        let key = |prefix| key(prefix, &below);
        assert_eq!(key(""), "css/a b.css");
        assert_eq!(key("docs"), "docs/css/a b.css");
        assert_eq!(key("/docs/"), "docs/css/a b.css");
    }

    #[test]
    fn browsers_are_told_what_a_file_is() {
        let content_type = |path: &str| guessed_content_type(Path::new(path));
        assert_eq!(content_type("index.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("a.webp"), "image/webp");
        assert_eq!(content_type("a.wasm"), "application/wasm");
        assert_eq!(content_type("LICENSE"), "application/octet-stream");
    }

    fn headers(pattern: &str, cache_control: Option<&str>, content_type: Option<&str>) -> ContentHeaders {
        ContentHeaders {
            pattern: pattern.to_owned(),
            cache_control: cache_control.map(str::to_owned),
            content_type: content_type.map(str::to_owned),
        }
    }

    #[test]
    fn each_header_is_of_the_first_pattern_that_has_it() {
        let entry = Contents {
            bucket: "site".to_owned(),
            bucket_name: "site".to_owned(),
            source: "./site".to_owned(),
            prefix: "docs".to_owned(),
            cache_control: Some("max-age=60".to_owned()),
            files: vec![
                headers("*.html", Some("no-cache"), None),
                headers("a/*", Some("never"), Some("text/x-mine")),
                headers("*", None, Some("text/plain")),
            ],
            delete_removed: true,
        };
        let of = |below: &str| {
            let file = with_headers(&entry, below, PathBuf::from(below));
            (file.content_type, file.cache_control.unwrap())
        };
        assert_eq!(of("a/b.html"), ("text/x-mine".to_owned(), "no-cache".to_owned()));
        assert_eq!(of("a/b.css"), ("text/x-mine".to_owned(), "never".to_owned()));
        assert_eq!(of("b.css"), ("text/plain".to_owned(), "max-age=60".to_owned()));
        let mut other = entry.clone();
        assert_eq!(header_rules(&[&entry]), header_rules(&[&other]));
        other.files.swap(0, 1);
        assert_ne!(header_rules(&[&entry]), header_rules(&[&other]));
    }
}

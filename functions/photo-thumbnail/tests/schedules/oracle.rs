//! What must be there in the end. It knows the uploads and their order, and nothing of how the events were handled.

use std::collections::{BTreeMap, BTreeSet};

use function_testing::MemoryObject;
use serde_json::{Value, json};

use crate::world::{Row, photo, record};

/// Names of uploads; two differ in case alone.
pub(crate) const NAMES: [&str; 3] = ["a.png", "A.png", "d/b.png"];

/// Thumbnails that the list has room for.
const LIST_LENGTH: usize = 2;

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A photo of so many pixels.
    Photo(u32, u32),
    /// A file that is no photo.
    Broken(u8),
}

impl Content {
    /// One of five.
    pub(crate) fn of(number: usize) -> Self {
        match number {
            0 => Self::Photo(9, 6),
            1 => Self::Photo(6, 9),
            2 => Self::Photo(15, 12),
            3 => Self::Broken(0),
            _ => Self::Broken(1),
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Photo(width, height) => photo(width, height),
            Self::Broken(number) => format!("no photo, number {number}").into_bytes(),
        }
    }
}

/// An upload.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Of [`NAMES`].
    pub(crate) name: usize,
    content: Content,
    sequencer: String,
    version: Option<String>,
    time: String,
}

impl Upload {
    /// `place`: among the uploads of the name.
    pub(crate) fn new(name: usize, place: usize, content: Content, keeps_versions: bool) -> Self {
        Self {
            name,
            content,
            // Of unequal length: `0A1` is followed by `0A11`.
            sequencer: format!("0A{}", "1".repeat(place + 1)),
            version: keeps_versions.then(|| format!("v{place}")),
            // Two of a name in one millisecond, but never two of different names, which nothing could order.
            time: format!("2026-01-02T03:04:05.{:03}Z", place / 2 * NAMES.len() + name),
        }
    }

    /// Where the storage keeps it.
    pub(crate) fn path(&self) -> String {
        let version = self.version.as_ref().map(|version| format!("?{version}"));
        format!("/input/{}{}", NAMES[self.name], version.unwrap_or_default())
    }

    /// What S3 tells of it.
    pub(crate) fn record(&self) -> Value {
        record(NAMES[self.name], &self.content.bytes(), self.version.as_deref(), &self.sequencer, &self.time)
    }

    /// Its row, without the size of the thumbnail.
    fn row(&self) -> Option<(String, i64, u32, u32, String)> {
        let Content::Photo(width, height) = self.content else { return None };
        let size = i64::try_from(self.content.bytes().len()).unwrap();
        Some((self.time.clone(), size, width / 3, height / 3, self.sequencer.clone()))
    }
}

/// Fails when objects or rows are others than the uploads make. A bucket without versions may have lost an upload before its
/// event came; then it may have a row or not, but the last upload is never lost.
pub(crate) fn check(
    number: u64,
    uploads: &[Upload],
    keeps_versions: bool,
    rows: &[Row],
    objects: &BTreeMap<String, MemoryObject>,
) {
    let about = format!("schedule {number}: {uploads:#?}\n{rows:#?}\n{objects:#?}");
    let mut paths: BTreeSet<String> = uploads.iter().map(Upload::path).collect();
    let mut newest = Vec::new();
    for (index, name) in NAMES.iter().enumerate() {
        let uploads: Vec<&Upload> = uploads.iter().filter(|upload| upload.name == index).collect();
        let rows: Vec<&Row> = rows.iter().filter(|row| row.0 == *name).collect();
        let told = |row: &&Row| (row.1.clone(), row.2, row.4, row.5, row.6.clone());
        let found: Vec<_> = rows.iter().map(told).collect();
        let possible: Vec<_> = uploads.iter().filter_map(|upload| upload.row()).collect();
        if keeps_versions {
            assert_eq!(found, possible, "rows of {name}, {about}");
        } else {
            assert!(found.iter().all(|row| possible.contains(row)), "rows of {name}, {about}");
            let pictures: BTreeSet<_> = found.iter().map(|(_, _, width, height, _)| (width, height)).collect();
            assert_eq!(pictures.len(), found.len(), "one row for the same bytes of {name}, {about}");
            if let Some(last) = uploads.last().and_then(|upload| upload.row()) {
                assert_eq!(found.last(), Some(&last), "the last row of {name}, {about}");
            }
        }
        if let Some((_, time, _, size, width, height, place)) = rows.last() {
            let path = format!("/website/thumbnails/{name}");
            let thumbnail =
                objects.get(&path).unwrap_or_else(|| panic!("a row of {name} without a thumbnail, {about}"));
            let picture = media::inspect(&thumbnail.bytes, &media::Limits::default()).unwrap();
            assert_eq!((picture.width, picture.height), (*width, *height), "thumbnail of {name}, {about}");
            assert_eq!(thumbnail.place.as_ref(), Some(place), "thumbnail of {name}, {about}");
            assert_eq!(i64::try_from(thumbnail.bytes.len()).unwrap(), *size, "thumbnail of {name}, {about}");
            paths.insert(path);
            newest.push((time, json!({ "name": name, "uploaded": time, "width": width, "height": height })));
        }
        let broken: Vec<&&Upload> = uploads.iter().filter(|upload| upload.row().is_none()).collect();
        let path = format!("/logs/failure-{name}.txt");
        let is_last = uploads.last().is_some_and(|upload| upload.row().is_none());
        match (objects.get(&path), broken.last()) {
            (Some(record), Some(last)) if keeps_versions || is_last => {
                assert_eq!(record.place.as_ref(), Some(&last.sequencer), "record of {name}, {about}");
            }
            (Some(record), _) => {
                let is_one = broken.iter().any(|upload| record.place.as_ref() == Some(&upload.sequencer));
                assert!(is_one, "record of {name}, {about}");
            }
            (None, last) => assert!(last.is_none() || !keeps_versions && !is_last, "no record of {name}, {about}"),
        }
        if objects.contains_key(&path) {
            paths.insert(path);
        }
    }
    newest.sort_by(|(one, _), (other, _)| other.cmp(one));
    let list: Vec<Value> = newest.into_iter().map(|(_, entry)| entry).take(LIST_LENGTH).collect();
    if !rows.is_empty() {
        let found: Value = serde_json::from_slice(&objects["/website/newest.json"].bytes).unwrap();
        assert_eq!(found, json!({ "prefix": "thumbnails/", "thumbnails": list }), "list, {about}");
        paths.insert("/website/newest.json".to_owned());
    }
    assert_eq!(objects.keys().cloned().collect::<BTreeSet<_>>(), paths, "objects, {about}");
}

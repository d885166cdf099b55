//! The website's list of the newest thumbnails.
//!
//! It is made of the catalog anew each time, and written only over the list that was there before the rows were read. Whoever is
//! overtaken reads the rows again: no list is ever replaced by an older one.

use std::collections::BTreeMap;

use database::DatabaseError;
use objects::{ROUNDS, StorageError, Writing};
use serde::Serialize;

use crate::error::Trouble;
use crate::{Dependencies, Settings};

/// Rows that are looked at: a photo that was uploaded often has many, and one place in the list.
const NEWEST_ROWS: u16 = 2000;

/// A thumbnail as the website reads it.
#[derive(Debug, Serialize)]
struct Entry {
    /// Key of the photo.
    name: String,
    /// `2026-01-02T03:04:05.678Z`.
    uploaded: String,
    /// Width of the thumbnail in pixels.
    width: u32,
    /// Height of the thumbnail in pixels.
    height: u32,
}

#[derive(Serialize)]
struct List<'a> {
    /// What the keys of thumbnails have before the name.
    prefix: &'a str,
    thumbnails: Vec<Entry>,
}

/// Writes the list as the catalog has it now.
pub(crate) async fn write(dependencies: &Dependencies) -> Result<(), Trouble> {
    let Dependencies { s3, settings, .. } = dependencies;
    let (bucket, key) = (&settings.website_bucket, &settings.list_key);
    for _ in 0..ROUNDS {
        // Before the rows: what is written in between is seen when the list is written.
        let standing = objects::fetch(s3, bucket, key).await?;
        let thumbnails = newest(read(dependencies).await?, settings);
        let list = List { prefix: &settings.thumbnail_prefix, thumbnails };
        let bytes = serde_json::to_vec(&list).unwrap_or_default();
        if standing.as_ref().is_some_and(|standing| standing.bytes == bytes) {
            return Ok(());
        }
        let writing = Writing {
            bucket,
            key,
            content_type: "application/json",
            cache_control: Some("no-cache"),
            bytes: &bytes,
            place: None,
        };
        if objects::write_over(s3, writing, standing.as_ref()).await? {
            return Ok(());
        }
    }
    Err(StorageError::Contended { key: key.clone(), rounds: ROUNDS }.into())
}

/// A thumbnail, and the place of its event among those of the photo.
type Placed = (String, Entry);

/// The newest rows, newest first.
async fn read(dependencies: &Dependencies) -> Result<Vec<Placed>, DatabaseError> {
    const NEWEST: &str = "SELECT sequencer, file_name AS name, \
        CONCAT(DATE_FORMAT(file_upload_date, '%Y-%m-%d'), 'T', LEFT(TIME_FORMAT(file_upload_time, '%H:%i:%s.%f'), 12), 'Z') \
        AS uploaded, thumbnail_width AS width, thumbnail_height AS height FROM file_upload_catalog \
        ORDER BY file_upload_date DESC, file_upload_time DESC, id DESC LIMIT ?";
    let mut connection = dependencies.database.connection().await?;
    let rows: Vec<(String, String, String, u32, u32)> = sqlx::query_as(NEWEST)
        .bind(NEWEST_ROWS)
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| DatabaseError::statement("reading the newest photos", &error))?;
    let placed = |(place, name, uploaded, width, height)| (place, Entry { name, uploaded, width, height });
    Ok(rows.into_iter().map(placed).collect())
}

/// The last row of each photo, as many as the list has room for. Which of a photo's rows is the last one S3 tells, whose clock
/// may give two of them one time; of equal ones it is the first here.
fn newest(rows: Vec<Placed>, settings: &Settings) -> Vec<Entry> {
    let mut last: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (index, (place, entry)) in rows.iter().enumerate() {
        let known = last.get(&entry.name);
        if known.is_none_or(|(known, _)| place > known) {
            last.insert(entry.name.clone(), (place.clone(), index));
        }
    }
    let is_last = |index: usize, entry: &Entry| last.get(&entry.name).is_some_and(|(_, last)| *last == index);
    let entries = rows.into_iter().enumerate().filter(|(index, (_, entry))| is_last(*index, entry));
    entries.map(|(_, (_, entry))| entry).take(settings.list_length.into()).collect()
}

#[cfg(test)]
mod tests {
    use wiring::Environment;

    use super::*;

    #[test]
    fn each_photo_is_listed_as_it_was_last() {
        let settings = Settings::read(&mut Environment::new(&|_| None));
        let row = |place: &str, name: &str, width| {
            let (name, uploaded) = (name.to_owned(), "2026-01-02T03:04:05.678Z".to_owned());
            (place.to_owned(), Entry { name, uploaded, width, height: 1 })
        };
        let rows = vec![
            row("1", "a", 1),
            row("11", "b", 2),
            row("2", "a", 3),
            row("1", "b", 4),
            row("", "c", 5),
            row("", "c", 6),
        ];
        let listed: Vec<_> = newest(rows, &settings).into_iter().map(|entry| (entry.name, entry.width)).collect();
        assert_eq!(listed, [("b".to_owned(), 2), ("a".to_owned(), 3), ("c".to_owned(), 5)]);
    }
}

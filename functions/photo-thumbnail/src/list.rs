//! The website's list of the newest thumbnails.
//!
//! It is made of the catalog anew each time. A lock of the database is held from the reading of the rows to the writing of
//! the list, so that of two invocations at once the later one reads the rows of both: no list is ever replaced by an older one.

use std::collections::BTreeSet;

use database::{DatabaseError, Engine, MySql};
use serde::Serialize;

use crate::error::Trouble;
use crate::storage::{self, Writing};
use crate::{Dependencies, Settings};

/// How long an invocation waits for another one that writes the list, in seconds.
const LOCK_SECONDS: u32 = 20;

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
    const LOCK: &str = "SELECT CAST(GET_LOCK(CONCAT('newest.', LEFT(SHA2(DATABASE(), 256), 40)), ?) AS SIGNED)";
    const UNLOCK: &str = "DO RELEASE_LOCK(CONCAT('newest.', LEFT(SHA2(DATABASE(), 256), 40)))";
    let Dependencies { database, .. } = dependencies;
    let failed = |error: &sqlx::Error| DatabaseError::statement("reading the newest photos", error);
    let mut connection = database.connection().await?;
    let locked: Option<i64> = sqlx::query_scalar(LOCK)
        .bind(LOCK_SECONDS)
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| failed(&error))?;
    if locked != Some(1) {
        return Err(Trouble::ListBusy { seconds: LOCK_SECONDS });
    }
    let written = read_and_write(&mut connection, dependencies).await;
    let unlocked = sqlx::raw_sql(UNLOCK).execute(&mut *connection).await;
    drop(connection);
    if unlocked.is_err() {
        // The lock ends with the connection that holds it.
        database.disconnect().await;
    }
    written
}

async fn read_and_write(
    connection: &mut <MySql as Engine>::Connection,
    dependencies: &Dependencies,
) -> Result<(), Trouble> {
    const NEWEST: &str = "SELECT file_name AS name, \
        CONCAT(DATE_FORMAT(file_upload_date, '%Y-%m-%d'), 'T', LEFT(TIME_FORMAT(file_upload_time, '%H:%i:%s.%f'), 12), 'Z') \
        AS uploaded, thumbnail_width AS width, thumbnail_height AS height FROM file_upload_catalog \
        ORDER BY file_upload_date DESC, file_upload_time DESC, id DESC LIMIT ?";
    let Dependencies { s3, settings, .. } = dependencies;
    let rows: Vec<(String, String, u32, u32)> = sqlx::query_as(NEWEST)
        .bind(NEWEST_ROWS)
        .fetch_all(connection)
        .await
        .map_err(|error| DatabaseError::statement("reading the newest photos", &error))?;
    let entries = rows.into_iter().map(|(name, uploaded, width, height)| Entry { name, uploaded, width, height });
    let list = List { prefix: &settings.thumbnail_prefix, thumbnails: newest(entries, settings) };
    let writing = Writing {
        bucket: &settings.website_bucket,
        key: &settings.list_key,
        content_type: "application/json",
        cache_control: Some("no-cache"),
        bytes: serde_json::to_vec(&list).unwrap_or_default(),
    };
    storage::write(s3, writing).await
}

/// The newest row of each photo, as many as the list has room for.
fn newest(entries: impl Iterator<Item = Entry>, settings: &Settings) -> Vec<Entry> {
    let mut seen = BTreeSet::new();
    let first = |entry: &Entry| seen.insert(entry.name.clone());
    entries.filter(first).take(settings.list_length.into()).collect()
}

//! Rows of the catalog.

use database::{Database, DatabaseError, MySql};
use s3_events::ObjectEvent;
use sha2::{Digest as _, Sha256};
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::storage::Object;

const DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");
const TIME: StaticFormatDescription = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");

/// A row of `file_upload_catalog`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What makes a photo the same photo: SHA-256 of bucket, key and revision.
    source_hash: [u8; 32],
    date: String,
    time: String,
    name: String,
    original_size: i64,
    thumbnail_size: i64,
    width: u32,
    height: u32,
}

impl Row {
    /// The row of a photo that was stored, and of its thumbnail.
    pub(crate) fn new(event: &ObjectEvent, photo: &Object, thumbnail: &media::Rendered) -> Self {
        let told = event.time.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let moment = told.unwrap_or(photo.stored).to_offset(UtcOffset::UTC);
        // Formats of numbers alone cannot fail.
        let text = |format: StaticFormatDescription| moment.format(format).unwrap_or_default();
        let size = |bytes: &[u8]| i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        Self {
            source_hash: source_hash(&event.bucket, &event.key, &photo.revision),
            date: text(DATE),
            time: text(TIME),
            name: event.key.clone(),
            original_size: size(&photo.bytes),
            thumbnail_size: size(&thumbnail.bytes),
            width: thumbnail.width,
            height: thumbnail.height,
        }
    }

    /// Writes the row, or finds it written: an event that comes again changes what differs in the thumbnail, and no more.
    pub(crate) async fn write(&self, database: &Database<MySql>) -> Result<(), DatabaseError> {
        const WRITE: &str = "INSERT INTO file_upload_catalog (source_hash, file_upload_date, file_upload_time, file_name, \
            original_file_size, thumbnail_size, thumbnail_width, thumbnail_height) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
            ON DUPLICATE KEY UPDATE thumbnail_size = ?, thumbnail_width = ?, thumbnail_height = ?";
        let mut connection = database.connection().await?;
        let write = sqlx::query(WRITE)
            .bind(self.source_hash.as_slice())
            .bind(&self.date)
            .bind(&self.time)
            .bind(&self.name)
            .bind(self.original_size)
            .bind(self.thumbnail_size)
            .bind(self.width)
            .bind(self.height)
            .bind(self.thumbnail_size)
            .bind(self.width)
            .bind(self.height);
        let written = write.execute(&mut *connection).await;
        written.map(drop).map_err(|error| DatabaseError::statement("writing the row of a photo", &error))
    }
}

/// Parts are separated by a byte that none of them can hold.
fn source_hash(bucket: &str, key: &str, revision: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [bucket, key, revision] {
        hash.update(part);
        hash.update([0xff]);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: Option<&str>) -> Row {
        let event = ObjectEvent {
            bucket: "input".into(),
            key: "a b.jpg".into(),
            size: Some(3),
            etag: Some("e".into()),
            version: None,
            sequencer: None,
            time: time.map(str::to_owned),
        };
        let object = Object { bytes: vec![1, 2, 3], stored: OffsetDateTime::UNIX_EPOCH, revision: "e".into() };
        let thumbnail = media::Rendered { width: 4, height: 3, content_type: "image/png", bytes: vec![1; 5] };
        Row::new(&event, &object, &thumbnail)
    }

    #[test]
    fn date_and_time_are_those_of_the_event_in_utc() {
        let moment = |time| {
            let Row { date, time, .. } = row(time);
            format!("{date} {time}")
        };
        assert_eq!(moment(Some("2026-01-02T03:04:05.678Z")), "2026-01-02 03:04:05.678");
        assert_eq!(moment(Some("2026-01-02T03:04:05+05:30")), "2026-01-01 21:34:05.000");
        assert_eq!(moment(Some("yesterday")), "1970-01-01 00:00:00.000");
        assert_eq!(moment(None), "1970-01-01 00:00:00.000");
    }

    #[test]
    fn sources_differ_in_every_part() {
        let hashes = [
            source_hash("a", "b", "c"),
            source_hash("ab", "", "c"),
            source_hash("a", "bc", ""),
            source_hash("a", "b", "d"),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash), "{index}");
        }
    }
}

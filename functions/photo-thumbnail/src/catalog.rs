//! Rows of the catalog.

use database::{Database, DatabaseError, MySql};
use s3_events::ObjectEvent;
use sha2::{Digest as _, Sha256};
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

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
    /// Place of the event among those of the photo; empty when it is not known.
    place: String,
}

/// What a row says of a photo.
pub(crate) struct Photo<'a> {
    /// In bytes.
    pub(crate) size: u64,
    /// When it was stored, should the event not tell.
    pub(crate) stored: OffsetDateTime,
    /// What tells it from others under the same key: version, else entity tag.
    pub(crate) revision: &'a str,
}

/// What a row says of a thumbnail.
pub(crate) struct Thumbnail {
    /// In bytes.
    pub(crate) size: usize,
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
}

impl Row {
    /// The row of a photo that was stored, and of its thumbnail.
    pub(crate) fn new(event: &ObjectEvent, photo: &Photo<'_>, thumbnail: &Thumbnail) -> Self {
        let told = event.time.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let moment = told.unwrap_or(photo.stored).to_offset(UtcOffset::UTC);
        // Formats of numbers alone cannot fail.
        let text = |format: StaticFormatDescription| moment.format(format).unwrap_or_default();
        Self {
            source_hash: source_hash(&event.bucket, &event.key, photo.revision),
            date: text(DATE),
            time: text(TIME),
            name: event.key.clone(),
            original_size: i64::try_from(photo.size).unwrap_or(i64::MAX),
            thumbnail_size: i64::try_from(thumbnail.size).unwrap_or(i64::MAX),
            width: thumbnail.width,
            height: thumbnail.height,
            place: crate::place(event).unwrap_or_default().to_owned(),
        }
    }

    /// Writes the row, or finds it written. The same bytes may have been uploaded more than once, without a version that tells
    /// the uploads apart: the row is then that of the last one.
    pub(crate) async fn write(&self, database: &Database<MySql>) -> Result<(), DatabaseError> {
        // Assignments are made from left to right: the place is compared until it is the last to change.
        const WRITE: &str = "INSERT INTO file_upload_catalog (source_hash, file_upload_date, file_upload_time, file_name, \
            original_file_size, thumbnail_size, thumbnail_width, thumbnail_height, sequencer) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE \
            file_upload_date = IF(sequencer > ?, file_upload_date, ?), \
            file_upload_time = IF(sequencer > ?, file_upload_time, ?), \
            thumbnail_size = IF(sequencer > ?, thumbnail_size, ?), \
            thumbnail_width = IF(sequencer > ?, thumbnail_width, ?), \
            thumbnail_height = IF(sequencer > ?, thumbnail_height, ?), \
            sequencer = GREATEST(sequencer, ?)";
        let mut connection = database.connection().await?;
        let place = &self.place;
        let write = sqlx::query(WRITE)
            .bind(self.source_hash.as_slice())
            .bind(&self.date)
            .bind(&self.time)
            .bind(&self.name)
            .bind(self.original_size)
            .bind(self.thumbnail_size)
            .bind(self.width)
            .bind(self.height)
            .bind(place);
        let write = write.bind(place).bind(&self.date).bind(place).bind(&self.time);
        let write =
            write.bind(place).bind(self.thumbnail_size).bind(place).bind(self.width).bind(place).bind(self.height);
        let written = write.bind(place).execute(&mut *connection).await;
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
        let photo = Photo { size: 3, stored: OffsetDateTime::UNIX_EPOCH, revision: "e" };
        Row::new(&event, &photo, &Thumbnail { size: 5, width: 4, height: 3 })
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

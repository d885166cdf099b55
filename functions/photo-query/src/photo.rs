//! Photos as the catalog has them.

use database::{Database, DatabaseError, MySql};
use serde::Serialize;

/// What the catalog knows of a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Photo {
    /// Day of the upload in UTC: `2026-01-02`.
    pub file_upload_date: String,
    /// Time of the upload in UTC: `03:04:05.678Z`.
    pub file_upload_time: String,
    /// Key of the photo.
    pub file_name: String,
    /// Size of the photo in bytes.
    pub original_file_size: i64,
    /// Size of its thumbnail in bytes.
    pub thumbnail_size: i64,
}

/// The columns of a row, as a photo has them.
type Row = (String, String, String, i64, i64);

/// The photos with the smallest thumbnails, the smallest first; of equal ones the older row.
pub(crate) async fn smallest(database: &Database<MySql>, limit: u16) -> Result<Vec<Photo>, DatabaseError> {
    const SMALLEST: &str = "SELECT DATE_FORMAT(file_upload_date, '%Y-%m-%d'), \
        CONCAT(LEFT(TIME_FORMAT(file_upload_time, '%H:%i:%s.%f'), 12), 'Z'), file_name, original_file_size, thumbnail_size \
        FROM file_upload_catalog ORDER BY thumbnail_size, id LIMIT ?";
    let mut connection = database.connection().await?;
    let rows: Result<Vec<Row>, _> = sqlx::query_as(SMALLEST).bind(limit).fetch_all(&mut *connection).await;
    let rows = rows.map_err(|error| DatabaseError::statement("reading the smallest thumbnails", &error))?;
    let photo = |(file_upload_date, file_upload_time, file_name, original_file_size, thumbnail_size): Row| Photo {
        file_upload_date,
        file_upload_time,
        file_name,
        original_file_size,
        thumbnail_size,
    };
    Ok(rows.into_iter().map(photo).collect())
}

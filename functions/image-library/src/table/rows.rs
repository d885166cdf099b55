//! Rows: what people and pages read.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update};

use super::Rendition;
use super::item::{self, Item, attribute, number};
use super::names::{Held, WAITS};
use crate::LibraryError;
use crate::library::{DynamoError, Library, failed};

/// Rounds of a read of several rows, of which DynamoDB may answer a part only.
const READS: usize = 5;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status<'a> {
    /// It is being made.
    Pending,
    /// It is there.
    Completed(&'a Rendition),
    /// It could not be made.
    Failed(&'a str),
}

/// A row: a name, a type, and what the name means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) kind: &'a str,
    pub(crate) hashed: &'a str,
    /// Key in the bucket, where it will be or is.
    pub(crate) key: Option<&'a str>,
    pub(crate) status: Status<'a>,
}

impl Row<'_> {
    fn item(&self, name: &str, uploaded: &str) -> Item {
        let mut item = row_key(self.kind, name, self.hashed);
        let mut put = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
        put("RegisteredFile", attribute(name));
        put("UploadDate", attribute(uploaded));
        if let Some(key) = self.key {
            put("StoredKey", attribute(key));
        }
        let status = match self.status {
            Status::Pending => "pending",
            Status::Completed(rendition) => {
                put("ImageSize", number(rendition.size as u64));
                put("Resolution", attribute(format!("{}x{}", rendition.width, rendition.height)));
                "completed"
            }
            Status::Failed(message) => {
                put("ErrorMessage", attribute(message));
                "failed"
            }
        };
        put("Status", attribute(status));
        item
    }
}

fn row_key(kind: &str, name: &str, hashed: &str) -> Item {
    item::key(kind, &format!("{kind}/{name}/{hashed}"))
}

impl Library {
    /// Writes rows, all or none, while we hold the name.
    pub(crate) async fn write_rows(&self, held: &Held<'_>, rows: &[Row<'_>]) -> Result<(), LibraryError> {
        let uploaded = self.time_text();
        let puts = rows.iter().map(|row| {
            let item = row.item(held.name.as_str(), &uploaded);
            let put = Put::builder().table_name(&self.settings.table).set_item(Some(item)).build();
            TransactWriteItem::builder().set_put(put.ok()).build()
        });
        self.transact(held, puts.collect()).await
    }

    /// Marks the rows of a name and an object as deleted; returns how many were not before.
    pub(crate) async fn delete_rows(&self, held: &Held<'_>, hashed: &str) -> Result<usize, LibraryError> {
        let name = held.name.as_str();
        let mut open: Vec<Item> = held.state.kinds.iter().map(|kind| row_key(kind, name, hashed)).collect();
        let mut rows = Vec::new();
        for _ in 0..READS {
            if open.is_empty() {
                break;
            }
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(open))
                .consistent_read(true)
                .projection_expression("ImageType, ImageId, #status")
                .expression_attribute_names("#status", "Status")
                .build();
            let keys = keys.map_err(|error| LibraryError::StorageFailed {
                operation: "BatchGetItem",
                reason: error.to_string(),
            })?;
            let read = self.dynamodb.batch_get_item().request_items(&self.settings.table, keys).send().await;
            let answer = read.map_err(|error| failed("BatchGetItem", &error))?;
            rows.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            let rest = answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
            open = rest.flat_map(|keys| keys.keys).collect();
        }
        if !open.is_empty() {
            let reason = "DynamoDB did not answer for all rows".to_owned();
            return Err(LibraryError::StorageFailed { operation: "BatchGetItem", reason });
        }
        rows.retain(|row| item::text(row, "Status").as_deref() != Some("deleted"));
        let updates: Vec<TransactWriteItem> = rows.into_iter().map(|row| self.deletion(row)).collect();
        let count = updates.len();
        if count > 0 {
            self.transact(held, updates).await?;
        }
        Ok(count)
    }

    fn deletion(&self, mut row: Item) -> TransactWriteItem {
        row.remove("Status");
        let update = Update::builder()
            .table_name(&self.settings.table)
            .set_key(Some(row))
            .update_expression("SET #status = :deleted")
            .expression_attribute_names("#status", "Status")
            .expression_attribute_values(":deleted", attribute("deleted"));
        TransactWriteItem::builder().set_update(update.build().ok()).build()
    }

    async fn transact(&self, held: &Held<'_>, mut items: Vec<TransactWriteItem>) -> Result<(), LibraryError> {
        items.push(held.check(self));
        for wait in WAITS.into_iter().map(Some).chain([None]) {
            let write = self.dynamodb.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = write.send().await else { return Ok(()) };
            if is_canceled(&error, "ConditionalCheckFailed") {
                return Err(LibraryError::Overtaken { name: held.name.as_str().to_owned() });
            }
            // Somebody who wants to hold the name asks at this moment.
            let Some(wait) = wait.filter(|_| is_canceled(&error, "TransactionConflict")) else {
                return Err(failed("TransactWriteItems", &error));
            };
            self.pause.pause(Duration::from_millis(wait)).await;
        }
        Err(LibraryError::Busy { what: format!("the name `{}`", held.name.as_str()) })
    }
}

/// True for a transaction that was canceled for a reason, of whichever of its items.
fn is_canceled(error: &DynamoError<TransactWriteItemsError>, code: &str) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
        return false;
    };
    canceled.cancellation_reasons().iter().any(|reason| reason.code.as_deref() == Some(code))
}

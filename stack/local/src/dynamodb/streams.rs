//! Streams as event source mappings read them.

use std::time::Duration;

use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use serde_json::{Value, json};

use super::arns::{outward, table_arn, table_name};
use super::{DynamoDb, Failure};
use crate::wire::ServiceError;

/// Where to begin to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    /// The oldest record that is kept.
    Oldest,
    /// What is written from now on.
    Latest,
    /// What follows the record of this sequence number.
    After(String),
}

impl DynamoDb {
    /// The name of a table's partition key, for operations that are about one item.
    pub(super) fn partition_key(&self, table: &str, operation: &str) -> Result<Option<String>, Failure> {
        if !matches!(operation, "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem") {
            return Ok(None);
        }
        let Some(metadata) = self.database()?.get_table_metadata(table)? else { return Ok(None) };
        let schema: Value = serde_json::from_str(&metadata.key_schema).unwrap_or_default();
        let keys = schema.as_array().into_iter().flatten();
        let partition = keys.into_iter().find(|key| key["KeyType"] == "HASH");
        Ok(partition.and_then(|key| key["AttributeName"].as_str().map(str::to_owned)))
    }

    /// The ARN of the stream that an iterator reads; the table's own where it is none of ours.
    pub(super) fn stream_of_iterator(&self, region: &str, iterator: &str) -> Result<String, Failure> {
        let Some((table, ..)) = decode_shard_iterator(iterator) else {
            return Ok(table_arn(region, "*/stream/*"));
        };
        let metadata = self.database()?.get_table_metadata(&table)?;
        let label = metadata.and_then(|metadata| metadata.stream_label).unwrap_or_else(|| "*".to_owned());
        Ok(format!("{}/stream/{label}", table_arn(region, &table)))
    }

    /// The ARN of a table's stream that is being written, if it has one.
    pub(crate) fn stream_arn(&self, region: &str, table: &str) -> Result<Option<String>, ServiceError> {
        let database = self.database().map_err(Failure::plain)?;
        let metadata = database.get_table_metadata(table).map_err(|error| Failure::from(error).plain())?;
        let label = metadata.filter(|metadata| metadata.stream_enabled).and_then(|metadata| metadata.stream_label);
        Ok(label.map(|label| format!("{}/stream/{label}", table_arn(region, table))))
    }

    /// An iterator over a stream.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when the stream is not there.
    pub(crate) async fn iterator(
        &self,
        region: &str,
        stream_arn: &str,
        position: &Position,
    ) -> Result<String, ServiceError> {
        let table = table_name(stream_arn);
        if self.stream_arn(region, table)?.as_deref() != Some(stream_arn) {
            return Err(ServiceError::bad_request(
                "ResourceNotFoundException",
                format!("Requested resource not found: Stream: {stream_arn}"),
            ));
        }
        let mut input = json!({
            "StreamArn": stream_arn,
            "ShardId": dynoxide::streams::shard_id(table),
            "ShardIteratorType": match position {
                Position::Oldest => "TRIM_HORIZON",
                Position::Latest => "LATEST",
                Position::After(_) => "AFTER_SEQUENCE_NUMBER",
            },
        });
        if let Position::After(sequence) = position {
            input["SequenceNumber"] = json!(sequence);
        }
        super::arns::inward(&mut input, region);
        let answer = self.run("GetShardIterator", input).await.map_err(Failure::plain)?;
        answer["ShardIterator"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ServiceError::internal("there is no iterator"))
    }

    /// At most `limit` records and the iterator that follows them; waits at most `wait` for the first one.
    ///
    /// # Errors
    /// The stream is gone.
    pub(crate) async fn records(
        &self,
        region: &str,
        iterator: &str,
        limit: u32,
        wait: Duration,
    ) -> Result<(Vec<Value>, String), ServiceError> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let mut written = std::pin::pin!(self.written.notified());
            // Registered before looking, so that nothing that is written in between is missed.
            written.as_mut().enable();
            let input = json!({"ShardIterator": iterator, "Limit": limit.min(1000)});
            let mut answer = self.run("GetRecords", input).await.map_err(Failure::plain)?;
            outward(&mut answer, region);
            let records = answer["Records"].as_array().cloned().unwrap_or_default();
            if !records.is_empty() || tokio::time::Instant::now() >= deadline {
                let next = answer["NextShardIterator"].as_str().unwrap_or(iterator).to_owned();
                return Ok((records, next));
            }
            tokio::select! {
                () = written => {}
                () = tokio::time::sleep_until(deadline) => {}
            }
        }
    }
}

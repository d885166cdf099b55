//! Asking the database: operation and members in JSON, answer in JSON.

use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Calls the method of an operation.
macro_rules! operations {
    ($database:ident, $operation:ident, $input:ident, [$($name:literal => $method:ident,)*]) => {
        match $operation {
            $($name => answer(&$database.$method(read($input)?)?),)*
            other => Err(DynoxideError::ValidationException(format!("the local cloud does not serve the operation `{other}` of DynamoDB"))),
        }
    };
}

/// Operations that are served here.
pub(super) fn serves(operation: &str) -> bool {
    ITEMS.contains(&operation) || TABLES.contains(&operation) || STREAMS.contains(&operation)
}

/// Operations upon items.
const ITEMS: [&str; 13] = [
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "ExecuteStatement",
    "ExecuteTransaction",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

/// Operations upon tables.
const TABLES: [&str; 10] = [
    "CreateTable",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "ListTables",
    "ListTagsOfResource",
    "TagResource",
    "UntagResource",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// Operations upon streams.
const STREAMS: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// Whether an answer holds items, whose texts are not ours to change.
pub(super) fn holds_items(operation: &str) -> bool {
    ITEMS.contains(&operation)
}

/// Whether an operation may change items.
pub(super) fn writes(operation: &str) -> bool {
    ITEMS.contains(&operation)
        && !matches!(operation, "BatchGetItem" | "GetItem" | "Query" | "Scan" | "TransactGetItems")
}

/// Runs an operation. Blocks.
pub(super) fn run(database: &Database, operation: &str, input: &Value) -> Result<Value> {
    let ran = operations!(database, operation, input, [
        "BatchExecuteStatement" => batch_execute_statement,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DeleteTable" => delete_table,
        "DescribeStream" => describe_stream,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "ExecuteStatement" => execute_statement,
        "ExecuteTransaction" => execute_transaction,
        "GetItem" => get_item,
        "GetRecords" => get_records,
        "GetShardIterator" => get_shard_iterator,
        "ListStreams" => list_streams,
        "ListTables" => list_tables,
        "ListTagsOfResource" => list_tags_of_resource,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TagResource" => tag_resource,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UntagResource" => untag_resource,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    ]);
    ran.map_err(|error| match error {
        // These operations say so of a request that is wrong in itself, the others give the reason alone.
        DynoxideError::EnvelopedValidation(why) if matches!(operation, "DeleteItem" | "PutItem" | "UpdateItem") => {
            DynoxideError::ValidationException(format!("1 validation error detected: {why}"))
        }
        DynoxideError::EnvelopedValidation(why) => DynoxideError::ValidationException(why),
        other => other,
    })
}

fn answer<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// Reads the members of an operation. What the database's own checks find comes out of the parser with a mark that tells which
/// error it is.
fn read<T: DeserializeOwned>(input: &Value) -> Result<T> {
    serde_json::from_str(&input.to_string()).map_err(|error| {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        for mark in ["VALIDATION:", "VALIDATION_AS_READ:"] {
            if let Some(why) = message.strip_prefix(mark) {
                return DynoxideError::ValidationException(why.to_owned());
            }
        }
        for mark in ["SERIALIZATION:", "SERIALIZATION_AS_READ:"] {
            if let Some(why) = message.strip_prefix(mark) {
                return DynoxideError::SerializationException(why.to_owned());
            }
        }
        if let Some(why) = message.strip_prefix("VALIDATION_REQUEST:") {
            return DynoxideError::EnvelopedValidation(why.to_owned());
        }
        let incomplete = ["missing field", "unknown variant", "invalid type: null", "Supplied AttributeValue"];
        if incomplete.iter().any(|part| message.contains(part)) {
            return DynoxideError::ValidationException(message.to_owned());
        }
        DynoxideError::SerializationException(message.to_owned())
    })
}

//! The refusals of SQS: codes of the JSON protocol, and the names that the Query protocol has for them.

use crate::wire::ServiceError;

/// The code of the Query protocol, which clients of both protocols see.
pub(super) fn query_code(code: &str) -> &str {
    match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists" => "QueueAlreadyExists",
        "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
        "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        "InvalidBatchEntryId" => "AWS.SimpleQueueService.InvalidBatchEntryId",
        "BatchRequestTooLong" => "AWS.SimpleQueueService.BatchRequestTooLong",
        "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
        "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidParameterValueException" => "InvalidParameterValue",
        "MissingRequiredParameterException" => "MissingParameter",
        "AccessDeniedException" => "AccessDenied",
        other => other,
    }
}

pub(super) fn no_queue() -> ServiceError {
    ServiceError::bad_request("QueueDoesNotExist", "The specified queue does not exist.")
}

/// `Value <value> for parameter <name> is invalid. Reason: <why>`.
pub(super) fn invalid(name: &str, value: impl std::fmt::Display, why: &str) -> ServiceError {
    invalid_value(format!("Value {value} for parameter {name} is invalid. Reason: {why}"))
}

pub(super) fn invalid_value(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

pub(super) fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "MissingRequiredParameterException",
        format!("The request must contain the parameter {name}."),
    )
}

pub(super) fn invalid_attribute(name: &str) -> ServiceError {
    ServiceError::bad_request("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
}

pub(super) fn invalid_handle() -> ServiceError {
    ServiceError::bad_request("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
}

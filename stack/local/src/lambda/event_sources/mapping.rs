//! What an event source mapping is: its settings, checked as AWS checks them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::{between, filters, given, optional, refuse_foreign};
use crate::sqs::is_fifo;
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, text};

/// Where a mapping reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Queue,
    FifoQueue,
    /// A stream of DynamoDB.
    Stream,
}

impl Source {
    /// What the ARN of a source names.
    pub(super) fn of(arn: &str) -> Result<Self, ServiceError> {
        match arn.split(':').nth(2) {
            Some("sqs") if is_fifo(arn) => Ok(Self::FifoQueue),
            Some("sqs") => Ok(Self::Queue),
            Some("dynamodb") if arn.contains("/stream/") => Ok(Self::Stream),
            Some("kinesis" | "kafka" | "mq") => Err(invalid(format!(
                "the local cloud reads queues of SQS and streams of DynamoDB, so `{arn}` cannot be an event source"
            ))),
            _ => Err(invalid(format!("Unrecognized event source, must be kinesis, dynamodb stream or sqs. `{arn}`"))),
        }
    }

    pub(super) fn is_queue(self) -> bool {
        self != Self::Stream
    }
}

/// A mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) id: String,
    pub(crate) source_arn: String,
    /// ARN with the qualifier that was named.
    pub(crate) function_arn: String,
    pub(crate) enabled: bool,
    pub(crate) batch_size: u32,
    /// Seconds that a batch may wait to be full.
    pub(crate) window: u32,
    /// Patterns, of which one must match.
    pub(crate) filters: Vec<String>,
    pub(crate) reports_item_failures: bool,
    pub(crate) maximum_concurrency: Option<u32>,
    /// ARN that is told of records that were given up.
    pub(crate) on_failure: Option<String>,
    pub(crate) bisects: bool,
    /// Absent: until the record is too old.
    pub(crate) maximum_retries: Option<u32>,
    /// Seconds; absent: as long as the stream has it.
    pub(crate) maximum_age: Option<u32>,
    pub(crate) parallelization: u32,
    /// `TRIM_HORIZON` or `LATEST`; absent for queues.
    pub(crate) starting_position: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
    /// What became of the last batch.
    #[serde(skip)]
    pub(crate) last_result: Option<String>,
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

impl Mapping {
    /// A new mapping from the members of `CreateEventSourceMapping`, which are the properties of
    /// `AWS::Lambda::EventSourceMapping` too.
    pub(super) fn create(function_arn: String, input: &Value) -> Result<Self, ServiceError> {
        let source_arn = text(input, "EventSourceArn")
            .ok_or_else(|| invalid("Unrecognized event source: EventSourceArn is required."))?;
        let source = Source::of(source_arn)?;
        let mut mapping = Self {
            id: uuid::Uuid::new_v4().to_string(),
            source_arn: source_arn.to_owned(),
            function_arn,
            enabled: true,
            batch_size: if source.is_queue() { 10 } else { 100 },
            window: 0,
            filters: Vec::new(),
            reports_item_failures: false,
            maximum_concurrency: None,
            on_failure: None,
            bisects: false,
            maximum_retries: None,
            maximum_age: None,
            parallelization: 1,
            starting_position: None,
            tags: BTreeMap::new(),
            modified: 0,
            last_result: None,
        };
        match (source.is_queue(), text(input, "StartingPosition")) {
            (true, None) => {}
            (true, Some(_)) => return Err(invalid("StartingPosition is not valid for SQS event sources.")),
            (false, Some(position @ ("TRIM_HORIZON" | "LATEST"))) => {
                mapping.starting_position = Some(position.to_owned());
            }
            (false, Some(position)) => {
                return Err(invalid(format!(
                    "Unsupported starting position for arn type: {source_arn}. `{position}` is not TRIM_HORIZON or LATEST."
                )));
            }
            (false, None) => {
                return Err(invalid(
                    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
                ));
            }
        }
        mapping.change(input)?;
        Ok(mapping)
    }

    /// Takes over the settings that `input` has.
    pub(super) fn change(&mut self, input: &Value) -> Result<(), ServiceError> {
        let source = Source::of(&self.source_arn)?;
        refuse_foreign(input, source)?;
        if let Some(enabled) = input.get("Enabled").and_then(as_flag) {
            self.enabled = enabled;
        }
        let largest = if source == Source::FifoQueue { 10 } else { 10_000 };
        if let Some(size) = given(input, "BatchSize") {
            self.batch_size = between("batchSize", size, 1, largest)?;
        }
        if let Some(seconds) = given(input, "MaximumBatchingWindowInSeconds") {
            self.window = between("maximumBatchingWindowInSeconds", seconds, 0, 300)?;
        }
        if self.window > 0 && source == Source::FifoQueue {
            return Err(invalid("Batching window is not supported for FIFO queues"));
        }
        if source == Source::Queue && self.batch_size > 10 && self.window == 0 {
            return Err(invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        if let Some(types) = given(input, "FunctionResponseTypes") {
            let types: Vec<&str> = types.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if let Some(unknown) = types.iter().find(|one| **one != "ReportBatchItemFailures") {
                return Err(invalid(format!(
                    "1 validation error detected: Value '[{unknown}]' at 'functionResponseTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]"
                )));
            }
            self.reports_item_failures = !types.is_empty();
        }
        if let Some(criteria) = given(input, "FilterCriteria") {
            self.filters = filters(criteria)?;
        }
        if let Some(config) = given(input, "ScalingConfig") {
            let most = given(config, "MaximumConcurrency");
            self.maximum_concurrency =
                most.map(|most| between("scalingConfig.maximumConcurrency", most, 2, 1000)).transpose()?;
        }
        if let Some(config) = given(input, "DestinationConfig") {
            let arn = config.get("OnFailure").and_then(|on| text(on, "Destination")).filter(|arn| !arn.is_empty());
            if let Some(arn) =
                arn.filter(|arn| !["arn:aws:sqs:", "arn:aws:sns:"].iter().any(|start| arn.starts_with(start)))
            {
                return Err(invalid(format!(
                    "The destination ARN {arn} is invalid: records that are given up are told to a queue or a topic."
                )));
            }
            self.on_failure = arn.map(str::to_owned);
        }
        if let Some(flag) = given(input, "BisectBatchOnFunctionError").and_then(as_flag) {
            self.bisects = flag;
        }
        if let Some(number) = given(input, "MaximumRetryAttempts") {
            self.maximum_retries = optional("maximumRetryAttempts", number, 0, 10_000)?;
        }
        if let Some(number) = given(input, "MaximumRecordAgeInSeconds") {
            self.maximum_age = optional("maximumRecordAgeInSeconds", number, 60, 604_800)?;
        }
        if let Some(number) = given(input, "ParallelizationFactor") {
            self.parallelization = between("parallelizationFactor", number, 1, 10)?;
        }
        self.modified = crate::logs::now();
        Ok(())
    }

    /// `arn:aws:lambda:<region>:<account>:event-source-mapping:<id>`.
    pub(crate) fn arn(&self) -> String {
        let start = self.function_arn.split(":function:").next().unwrap_or_default();
        format!("{start}:event-source-mapping:{}", self.id)
    }

    /// As the API shows it, in a state (`Enabled`, `Creating` ...).
    pub(super) fn show(&self, state: &str) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "the API shows seconds as a floating-point number")]
        let modified = self.modified as f64 / 1000.0;
        let types: &[&str] = if self.reports_item_failures { &["ReportBatchItemFailures"] } else { &[] };
        let mut shown = json!({
            "UUID": self.id,
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": self.window,
            "EventSourceArn": self.source_arn,
            "FunctionArn": self.function_arn,
            "LastModified": modified,
            "State": state,
            "StateTransitionReason": "USER_INITIATED",
            "FunctionResponseTypes": types,
            "EventSourceMappingArn": self.arn(),
        });
        if !self.filters.is_empty() {
            let filters: Vec<Value> = self.filters.iter().map(|pattern| json!({ "Pattern": pattern })).collect();
            shown["FilterCriteria"] = json!({ "Filters": filters });
        }
        if let Some(most) = self.maximum_concurrency {
            shown["ScalingConfig"] = json!({ "MaximumConcurrency": most });
        }
        let destination = self.on_failure.as_ref().map(|arn| json!({"OnFailure": {"Destination": arn}}));
        if let Some(position) = &self.starting_position {
            let or_unlimited = |number: Option<u32>| number.map_or(-1, i64::from);
            shown["StartingPosition"] = json!(position);
            shown["ParallelizationFactor"] = json!(self.parallelization);
            shown["BisectBatchOnFunctionError"] = json!(self.bisects);
            shown["MaximumRetryAttempts"] = json!(or_unlimited(self.maximum_retries));
            shown["MaximumRecordAgeInSeconds"] = json!(or_unlimited(self.maximum_age));
            shown["TumblingWindowInSeconds"] = json!(0);
            shown["DestinationConfig"] = destination.unwrap_or_else(|| json!({"OnFailure": {}}));
            shown["LastProcessingResult"] = json!(self.last_result.as_deref().unwrap_or("No records processed"));
        } else if let Some(result) = &self.last_result {
            shown["LastProcessingResult"] = json!(result);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";
    const STREAM: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-28T00:00:00.000";

    fn create(input: &Value) -> Result<Mapping, ServiceError> {
        Mapping::create("arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(), input)
    }

    #[test]
    fn defaults_are_those_of_the_source() {
        let queue = create(&json!({"EventSourceArn": QUEUE})).unwrap();
        assert_eq!((queue.batch_size, queue.enabled, queue.starting_position.as_deref()), (10, true, None));
        let stream =
            create(&json!({"EventSourceArn": STREAM, "StartingPosition": "LATEST", "MaximumRetryAttempts": -1}))
                .unwrap();
        assert_eq!((stream.batch_size, stream.maximum_retries), (100, None));
        let shown = stream.show("Enabled");
        assert_eq!((&shown["MaximumRetryAttempts"], &shown["StartingPosition"]), (&json!(-1), &json!("LATEST")));
        assert_eq!(queue.arn(), format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{}", queue.id));
    }

    #[test]
    fn wrong_settings_are_refused() {
        for (input, part) in [
            (json!({}), "EventSourceArn"),
            (json!({"EventSourceArn": "arn:aws:kinesis:us-east-1:0:stream/s"}), "reads queues"),
            (json!({"EventSourceArn": STREAM}), "startingPosition"),
            (json!({"EventSourceArn": QUEUE, "StartingPosition": "LATEST"}), "not valid for SQS"),
            (json!({"EventSourceArn": QUEUE, "BatchSize": 11}), "Maximum batch window"),
            (json!({"EventSourceArn": QUEUE, "BatchSize": 0}), "greater than or equal to 1"),
            (json!({"EventSourceArn": format!("{QUEUE}.fifo"), "BatchSize": 11}), "less than or equal to 10"),
            (json!({"EventSourceArn": QUEUE, "ParallelizationFactor": 2}), "ParallelizationFactor"),
            (json!({"EventSourceArn": QUEUE, "ScalingConfig": {"MaximumConcurrency": 1}}), "maximumConcurrency"),
            (json!({"EventSourceArn": QUEUE, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}}), "not JSON"),
            (
                json!({"EventSourceArn": QUEUE, "FilterCriteria": {"Filters": [{"Pattern": "{\"body\":1}"}]}}),
                "filter pattern",
            ),
            (json!({"EventSourceArn": QUEUE, "FunctionResponseTypes": ["All"]}), "functionResponseTypes"),
            (json!({"EventSourceArn": STREAM, "StartingPosition": "LATEST", "TumblingWindowInSeconds": 5}), "tumbling"),
        ] {
            let error = create(&input).unwrap_err();
            assert_eq!(error.code, "InvalidParameterValueException");
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}

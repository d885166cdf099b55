//! What a library works with.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use clients::{CloudSettings, sdk_config};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wiring::{Clock, SystemClock};

use crate::{LibraryError, Pause, Settings, Timer};

/// A failure of a call of DynamoDB or S3.
pub(crate) type DynamoError<E> = SdkError<E, HttpResponse>;

/// A table and a bucket, and the one way to change them.
pub struct Library {
    /// Names of both, and the variants.
    pub settings: Settings,
    /// Reaches the table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Reaches the bucket.
    pub s3: aws_sdk_s3::Client,
    /// Says how long a lease runs.
    pub clock: Arc<dyn Clock>,
    /// Waits for others.
    pub pause: Arc<dyn Pause>,
    /// Begins every token: who holds names and deletions here, different for each instance of a function.
    pub instance: String,
    /// Tokens made so far.
    pub tokens: AtomicU64,
}

impl Library {
    /// A library of this process: its clients, the clock of the machine. `instance` must differ between processes; Lambda has the
    /// name of a log stream for each.
    #[must_use]
    pub fn connect(settings: Settings, cloud: &CloudSettings, instance: &str) -> Self {
        let config = sdk_config(cloud);
        let mut storage = aws_sdk_s3::config::Builder::from(&config).force_path_style(cloud.storage().is_some());
        storage.set_endpoint_url(cloud.storage().map(str::to_owned));
        Self {
            settings,
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(storage.build()),
            clock: Arc::new(SystemClock),
            pause: Arc::new(Timer),
            instance: instance.to_owned(),
            tokens: AtomicU64::new(0),
        }
    }

    /// A text that nobody else has.
    pub(crate) fn token(&self) -> String {
        let moment = self.clock.now().as_nanos();
        format!("{}/{moment}/{}", self.instance, self.tokens.fetch_add(1, Ordering::Relaxed))
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// The moment as rows have it: `2026-01-02T03:04:05Z`.
    pub(crate) fn time_text(&self) -> String {
        let seconds = i64::try_from(self.clock.now().as_secs()).unwrap_or(i64::MAX);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        moment.format(&Rfc3339).unwrap_or_default()
    }

    /// An update of an item of the table.
    pub(crate) fn update(&self, key: HashMap<String, AttributeValue>) -> UpdateItemFluentBuilder {
        self.dynamodb.update_item().table_name(&self.settings.table).set_key(Some(key))
    }
}

/// A failure in the service's words.
pub(crate) fn failed<E>(operation: &'static str, error: &DynamoError<E>) -> LibraryError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    LibraryError::StorageFailed { operation, reason: clients::failure_text(error) }
}

/// The answer to a conditional update; `None` when the condition does not hold.
pub(crate) fn conditional(
    answer: Result<UpdateItemOutput, DynamoError<UpdateItemError>>,
) -> Result<Option<UpdateItemOutput>, LibraryError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_condition_failed(&error) => Ok(None),
        Err(error) => Err(failed("UpdateItem", &error)),
    }
}

fn is_condition_failed(error: &DynamoError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

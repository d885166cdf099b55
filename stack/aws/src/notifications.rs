//! Our notifications in the configuration of a bucket that is not ours: merged in, taken out, everything else kept.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_s3::types::{
    FilterRule, FilterRuleName, LambdaFunctionConfiguration, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use serde::Serialize;
use serde_json::Value;
use stack_plan::Event;
use stack_plan::plan::{NOTIFICATIONS_METADATA, Notification, NotificationTarget};

use crate::connect::Aws;
use crate::empty_bucket::is_no_such_bucket;
use crate::error::{AwsError, Result, failed};
use crate::host::Host;
use crate::notification_entry::{Entry, entries_of, overlaps};

/// How often the configuration is written when somebody else writes it at the same time.
const MOST_WRITES: u32 = 5;

/// A bucket that is not the stack's, with entries of the stack in its notification configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignNotifications {
    /// Bucket name.
    pub bucket: String,
    /// What the ids of the stack's entries begin with.
    pub id_prefix: String,
}

/// The buckets that the metadata of a deployed template lists.
pub(crate) fn listed(metadata: Option<&Value>) -> Vec<ForeignNotifications> {
    let buckets = metadata.and_then(|metadata| metadata.get(NOTIFICATIONS_METADATA)).and_then(Value::as_array);
    let entry = |bucket: &Value| {
        let text = |key: &str| bucket.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(ForeignNotifications { bucket: text("BucketName")?, id_prefix: text("IdPrefix")? })
    };
    buckets.into_iter().flatten().filter_map(entry).collect()
}

/// Makes the entries whose ids begin with the prefix be exactly these. True when the configuration was written.
///
/// S3 takes the configuration as a whole and without a condition, so it is read again after it was written.
pub(crate) async fn merge(aws: &Aws, bucket: &str, id_prefix: &str, entries: &[Notification]) -> Result<bool> {
    let wanted: BTreeSet<Entry> = entries.iter().map(Entry::from).collect();
    for writes in 0..=MOST_WRITES {
        let found = read(aws, bucket).await?;
        let ours: BTreeSet<Entry> =
            entries_of(&found).into_iter().filter(|entry| entry.id.starts_with(id_prefix)).collect();
        if ours == wanted {
            return Ok(writes > 0);
        }
        if writes < MOST_WRITES {
            write(aws, bucket, merged(found, id_prefix, entries)?, (id_prefix, entries.is_empty())).await?;
        }
    }
    Err(AwsError::NotificationsKeepChanging { bucket: bucket.to_owned() })
}

/// Takes our entries out. A bucket that is gone, or that the caller may not touch any more, is told and no error: the stack
/// goes all the same.
pub(crate) async fn take_out(aws: &Aws, from: &ForeignNotifications, host: &mut dyn Host) -> Result<()> {
    let ForeignNotifications { bucket, id_prefix } = from;
    match merge(aws, bucket, id_prefix, &[]).await {
        Ok(true) => host.event(Event::ActionFinished { action: "remove-notifications", target: bucket.clone() }),
        Ok(false) => {}
        Err(error) if is_no_such_bucket(&error) => {
            let detail = format!("bucket `{bucket}` is gone, and with it our notifications");
            host.event(Event::Notice { code: "notifications-bucket-gone", detail });
        }
        Err(error @ AwsError::AccessDenied { .. }) => {
            let detail = format!(
                "notifications with ids that begin with `{id_prefix}` may still be in the configuration of bucket \
                 `{bucket}`: {error}"
            );
            host.event(Event::Notice { code: "notifications-left", detail });
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn read(aws: &Aws, bucket: &str) -> Result<NotificationConfiguration> {
    let answer = aws.s3.get_bucket_notification_configuration().bucket(bucket).send().await;
    let found = answer.map_err(failed("S3", "GetBucketNotificationConfiguration"))?;
    Ok(NotificationConfiguration::builder()
        .set_topic_configurations(found.topic_configurations)
        .set_queue_configurations(found.queue_configurations)
        .set_lambda_function_configurations(found.lambda_function_configurations)
        .set_event_bridge_configuration(found.event_bridge_configuration)
        .build())
}

/// Writes the configuration; tries again while S3 cannot validate a target, whose permission may be a second old.
async fn write(
    aws: &Aws,
    bucket: &str,
    configuration: NotificationConfiguration,
    (id_prefix, takes_out): (&str, bool),
) -> Result<()> {
    let mut pause: Duration = aws.limits.backoff;
    for try_number in 1.. {
        let answer = aws
            .s3
            .put_bucket_notification_configuration()
            .bucket(bucket)
            .notification_configuration(configuration.clone())
            // A foreign entry whose target is gone must not keep ours in.
            .set_skip_destination_validation(takes_out.then_some(true))
            .send()
            .await;
        match answer.map_err(failed("S3", "PutBucketNotificationConfiguration")) {
            Ok(_) => return Ok(()),
            Err(error) if is_not_validated(&error) && try_number < aws.limits.attempts => {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(aws.limits.longest_backoff);
            }
            Err(error) => return Err(explained(error, bucket, &configuration, id_prefix)),
        }
    }
    Ok(())
}

fn is_not_validated(error: &AwsError) -> bool {
    error.has_code("InvalidArgument") && error.says("Unable to validate the following destination configurations")
}

/// The ids that overlap, when that is why S3 refused; S3 names none.
fn explained(error: AwsError, bucket: &str, sent: &NotificationConfiguration, id_prefix: &str) -> AwsError {
    let is_about_overlaps = error.has_code("InvalidArgument") && (error.says("overlap") || error.says("ambiguously"));
    if !is_about_overlaps {
        return error;
    }
    let (ours, foreign): (Vec<Entry>, Vec<Entry>) =
        entries_of(sent).into_iter().partition(|entry| entry.id.starts_with(id_prefix));
    let pairs =
        ours.iter().flat_map(|our| foreign.iter().filter(|entry| overlaps(our, entry)).map(move |entry| (our, entry)));
    let pairs: Vec<String> = pairs.map(|(our, entry)| format!("`{}` with `{}`", our.id, entry.id)).collect();
    if pairs.is_empty() {
        return error;
    }
    AwsError::NotificationsOverlap { bucket: bucket.to_owned(), pairs: pairs.join(", ") }
}

/// What was found, with our entries in place of those that were ours.
fn merged(
    found: NotificationConfiguration,
    id_prefix: &str,
    entries: &[Notification],
) -> Result<NotificationConfiguration> {
    let is_foreign = |id: Option<&str>| !id.is_some_and(|id| id.starts_with(id_prefix));
    let mut topics = found.topic_configurations.unwrap_or_default();
    let mut queues = found.queue_configurations.unwrap_or_default();
    let mut functions = found.lambda_function_configurations.unwrap_or_default();
    topics.retain(|entry| is_foreign(entry.id()));
    queues.retain(|entry| is_foreign(entry.id()));
    functions.retain(|entry| is_foreign(entry.id()));
    for entry in entries {
        let events = Some(entry.events.iter().map(|event| event.as_str().into()).collect());
        let (id, arn, filter) = (&entry.id, &entry.target_arn, filter(entry));
        let unusable = |_| AwsError::IncompleteAnswer {
            service: "S3",
            operation: "PutBucketNotificationConfiguration",
            missing: "events and target of a notification",
        };
        match entry.target {
            NotificationTarget::Topic => {
                let builder = TopicConfiguration::builder().id(id).topic_arn(arn).set_events(events);
                topics.push(builder.set_filter(filter).build().map_err(unusable)?);
            }
            NotificationTarget::Queue => {
                let builder = QueueConfiguration::builder().id(id).queue_arn(arn).set_events(events);
                queues.push(builder.set_filter(filter).build().map_err(unusable)?);
            }
            NotificationTarget::Function => {
                let builder = LambdaFunctionConfiguration::builder().id(id).lambda_function_arn(arn).set_events(events);
                functions.push(builder.set_filter(filter).build().map_err(unusable)?);
            }
        }
    }
    Ok(NotificationConfiguration::builder()
        .set_topic_configurations(Some(topics))
        .set_queue_configurations(Some(queues))
        .set_lambda_function_configurations(Some(functions))
        .set_event_bridge_configuration(found.event_bridge_configuration)
        .build())
}

fn filter(entry: &Notification) -> Option<NotificationConfigurationFilter> {
    let rules: Vec<FilterRule> = [(FilterRuleName::Prefix, &entry.prefix), (FilterRuleName::Suffix, &entry.suffix)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| FilterRule::builder().name(name).value(value).build())
        .collect();
    let key = (!rules.is_empty()).then(|| S3KeyFilter::builder().set_filter_rules(Some(rules)).build())?;
    Some(NotificationConfigurationFilter::builder().key(key).build())
}

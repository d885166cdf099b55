//! Delivery of notifications: in the background, tried again for a while, never at the cost of the request.

use std::sync::Arc;
use std::time::Duration;

use s3s::dto::NotificationConfiguration;

use super::configuration::{Destination, entries};
use super::event::{Happening, RequestIds, render, render_test};
use crate::cloud::Cloud;
use crate::delivery::{self, Sender};
use crate::s3::store::{Kind, Moment};
use crate::wire::ServiceError;

/// Subject of messages to topics.
const SUBJECT: &str = "Amazon S3 Notification";

/// Waits between the tries of one delivery.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(10)];

/// A delivery that has not happened yet.
enum Delivery {
    Function { arn: String, payload: bytes::Bytes },
    Queue { arn: String, bucket: String, message: String },
    Topic { arn: String, message: String },
}

/// Tells whom the bucket's configuration says of what happened. Returns at once.
pub(in crate::s3) fn notify(cloud: &Arc<Cloud>, happening: &Happening) {
    let configured = cloud.s3.store.read(|state| {
        let bucket = state.buckets.get(&happening.bucket)?;
        Some((bucket.configured::<NotificationConfiguration>(Kind::Notification)?, bucket.region.clone()))
    });
    let Some((configuration, region)) = configured else { return };
    for entry in entries(&configuration) {
        if !entry.matches(happening.name, &happening.key) {
            continue;
        }
        let event = render(happening, entry.id.unwrap_or_default(), &region, &cloud.account).to_string();
        let delivery = match entry.destination {
            Destination::Function(arn) => Delivery::Function { arn: arn.to_owned(), payload: event.into() },
            Destination::Queue(arn) => {
                Delivery::Queue { arn: arn.to_owned(), bucket: happening.bucket.clone(), message: event }
            }
            Destination::Topic(arn) => Delivery::Topic { arn: arn.to_owned(), message: event },
        };
        tokio::spawn(deliver(Arc::clone(cloud), delivery));
    }
}

/// Sends the test event to the topics and queues of a new configuration.
pub(in crate::s3) fn announce(
    cloud: &Arc<Cloud>,
    bucket: &str,
    configuration: &NotificationConfiguration,
    moment: Moment,
    ids: &RequestIds,
) {
    let message = render_test(bucket, moment, ids).to_string();
    for entry in entries(configuration) {
        let message = message.clone();
        let delivery = match entry.destination {
            Destination::Function(_) => continue,
            Destination::Queue(arn) => Delivery::Queue { arn: arn.to_owned(), bucket: bucket.to_owned(), message },
            Destination::Topic(arn) => Delivery::Topic { arn: arn.to_owned(), message },
        };
        tokio::spawn(deliver(Arc::clone(cloud), delivery));
    }
}

async fn deliver(cloud: Arc<Cloud>, delivery: Delivery) {
    let mut pauses = PAUSES.iter();
    loop {
        let (result, arn) = attempt(&cloud, &delivery).await;
        let Err(error) = result else { return };
        let Some(pause) = pauses.next() else {
            tracing::error!(%arn, code = %error.code, message = %error.message, "a notification of S3 was given up");
            return;
        };
        tracing::warn!(%arn, code = %error.code, message = %error.message, "a notification of S3 failed, it is tried again");
        tokio::time::sleep(*pause).await;
    }
}

async fn attempt<'a>(cloud: &Arc<Cloud>, due: &'a Delivery) -> (Result<(), ServiceError>, &'a str) {
    match due {
        Delivery::Function { arn, payload } => (cloud.lambda.invoke_event(cloud, arn, payload.clone()).await, arn),
        Delivery::Queue { arn, bucket, message } => {
            let source_arn = format!("arn:aws:s3:::{bucket}");
            let sender = Sender { service: "s3.amazonaws.com", source_arn: &source_arn };
            (cloud.deliver(sender, arn, delivery::Delivery { body: message, subject: None }).await, arn)
        }
        Delivery::Topic { arn, message } => {
            (cloud.sns.publish(cloud, arn, Some(SUBJECT), message).await.map(|_message_id| ()), arn)
        }
    }
}

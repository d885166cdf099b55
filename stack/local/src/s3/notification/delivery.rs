//! Delivery of notifications: in the background, tried again for a while, never at the cost of the request.

use std::sync::Arc;
use std::time::Duration;

use s3s::dto::NotificationConfiguration;

use super::configuration::{Destination, entries};
use super::event::{Happening, RequestIds, render, render_test};
use crate::cloud::Cloud;
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
            Destination::Topic(arn) => Delivery::Topic { arn: arn.to_owned(), message: event },
        };
        tokio::spawn(deliver(Arc::clone(cloud), delivery));
    }
}

/// Sends the test event to the topics of a new configuration.
pub(in crate::s3) fn announce(
    cloud: &Arc<Cloud>,
    bucket: &str,
    configuration: &NotificationConfiguration,
    moment: Moment,
    ids: &RequestIds,
) {
    let message = render_test(bucket, moment, ids).to_string();
    for entry in entries(configuration) {
        if let Destination::Topic(arn) = entry.destination {
            let delivery = Delivery::Topic { arn: arn.to_owned(), message: message.clone() };
            tokio::spawn(deliver(Arc::clone(cloud), delivery));
        }
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

async fn attempt<'a>(cloud: &Arc<Cloud>, delivery: &'a Delivery) -> (Result<(), ServiceError>, &'a str) {
    match delivery {
        Delivery::Function { arn, payload } => (cloud.lambda.invoke_event(cloud, arn, payload.clone()).await, arn),
        Delivery::Topic { arn, message } => {
            (cloud.sns.publish(cloud, arn, Some(SUBJECT), message).await.map(|_message_id| ()), arn)
        }
    }
}

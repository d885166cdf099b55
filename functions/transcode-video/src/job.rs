//! What MediaConvert is asked for.

use responses::Row;
use serde_json::{Value, json};

use crate::{Settings, Video};

/// The body of `CreateJob`: how to transcode says the template; the job says from where, to where, and in whose name. The
/// folders of the key are kept below the output prefix; the result has the name of the video and the extension `.mp4`.
#[must_use]
pub fn job_request(settings: &Settings, video: &Video, row: Option<&Row>) -> Value {
    let destination = format!("s3://{}/{}{}", settings.output_bucket, settings.output_prefix, video.folder);
    let mut request = json!({
        "clientRequestToken": video.upload.token,
        "jobTemplate": settings.template,
        "queue": settings.queue,
        "role": settings.role,
        "settings": {
            "inputs": [{ "fileInput": video.address }],
            "outputGroups": [{
                "outputGroupSettings": {
                    "type": "FILE_GROUP_SETTINGS",
                    "fileGroupSettings": { "destination": destination }
                }
            }]
        }
    });
    if let Some(row) = row {
        // What the event at the end of the job carries back.
        request["userMetadata"] =
            json!({ "ProjectStep": row.project_step, "Mail": row.mail, "upload": video.upload.token });
    }
    request
}

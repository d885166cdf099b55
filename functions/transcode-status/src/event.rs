//! Reading what MediaConvert tells EventBridge.

use lambda_runtime::Diagnostic;
use responses::{End, Row};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The end of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// Id of the job.
    pub job: String,
    /// The row and the upload that the job was made for; `None` for jobs of others.
    pub owner: Option<(Row, String)>,
    /// How it ended.
    pub end: End,
}

/// A payload that is no end of a job.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the payload is not the end of a job of MediaConvert: {reason}")]
pub struct EventError {
    /// What is missing or different.
    pub reason: String,
}

impl From<EventError> for Diagnostic {
    fn from(error: EventError) -> Self {
        Self { error_type: "unsupported-event".into(), error_message: error.to_string() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    status: String,
    job_id: String,
    #[serde(default)]
    user_metadata: Metadata,
    #[serde(default)]
    output_group_details: Vec<Group>,
    error_code: Option<i64>,
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(rename = "ProjectStep")]
    project_step: Option<String>,
    #[serde(rename = "Mail")]
    mail: Option<String>,
    upload: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default)]
    output_details: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(default)]
    output_file_paths: Vec<String>,
}

/// Reads a payload.
///
/// # Errors
///
/// [`EventError`] for other events, and for jobs that have not ended.
pub fn parse_event(payload: &Value) -> Result<JobEnd, EventError> {
    let wrong = |reason: &str| EventError { reason: reason.to_owned() };
    if payload["source"] != "aws.mediaconvert" {
        return Err(wrong("its `source` is not aws.mediaconvert"));
    }
    if payload["detail-type"] != "MediaConvert Job State Change" {
        return Err(wrong("its `detail-type` is not `MediaConvert Job State Change`"));
    }
    let detail = Detail::deserialize(&payload["detail"])
        .map_err(|error| EventError { reason: format!("its `detail` is wrong: {error}") })?;
    let end = match detail.status.as_str() {
        "COMPLETE" => {
            let mut paths = detail.output_group_details.iter().flat_map(|group| &group.output_details);
            let path = paths.find_map(|output| output.output_file_paths.first());
            let path = path.ok_or_else(|| wrong("it is complete, and names no output"))?;
            let key = path.strip_prefix("s3://").and_then(|path| path.split_once('/')).map(|(_, key)| key.to_owned());
            End::Complete(key.ok_or_else(|| EventError { reason: format!("its output `{path}` is not in S3") })?)
        }
        "ERROR" => {
            let code = detail.error_code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
            End::Error(format!("{code}: {}", detail.error_message.as_deref().unwrap_or("no message")))
        }
        other => return Err(EventError { reason: format!("its status is `{other}`, and neither COMPLETE nor ERROR") }),
    };
    let Metadata { project_step, mail, upload } = detail.user_metadata;
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    let owner = named(project_step)
        .zip(named(mail))
        .zip(named(upload))
        .map(|((project_step, mail), upload)| (Row { project_step, mail }, upload));
    Ok(JobEnd { job: detail.job_id, owner, end })
}

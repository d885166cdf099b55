//! The one call of MediaConvert that is needed.

use std::time::Duration;

use clients::Signer;
use fetch::{Address, Client};
use serde_json::Value;
use thiserror::Error;

/// Path of `CreateJob`.
const JOBS: &str = "/2017-08-29/jobs";

/// How long a call may take.
const TIME_OUT: Duration = Duration::from_secs(15);

/// Most bytes of an answer: a job with all of its settings.
const LARGEST_ANSWER: usize = 1 << 20;

/// Longest message of MediaConvert that is passed on, in characters.
const LONGEST_MESSAGE: usize = 500;

/// Makes jobs in the name of the function's role.
#[derive(Debug)]
pub struct MediaConvert {
    client: Client,
    origin: String,
    signer: Signer,
}

/// Why there is no job.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JobError {
    /// MediaConvert will not make this job, however often it is asked.
    #[error("MediaConvert refused the job: {code} (HTTP {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// `BadRequestException`.
        code: String,
        /// Its words.
        message: String,
    },
    /// It may make it another time.
    #[error("MediaConvert did not make the job: {0}")]
    Unavailable(String),
}

impl MediaConvert {
    /// MediaConvert of a region; or what answers at an endpoint.
    #[must_use]
    pub fn new(region: String, credentials: wiring::Credentials, endpoint: Option<&Address>) -> Self {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let origin = endpoint.map_or_else(|| format!("https://mediaconvert.{region}.{domain}"), Address::origin);
        let signer = Signer { service: "mediaconvert", region, credentials };
        Self { client: Client::new(TIME_OUT, LARGEST_ANSWER), origin, signer }
    }

    /// Makes a job, and returns its id. The same token gives the same job.
    ///
    /// # Errors
    ///
    /// [`JobError`].
    pub async fn create_job(&self, request: &Value, now: Duration) -> Result<String, JobError> {
        let unavailable = |error: &dyn std::fmt::Display| JobError::Unavailable(error.to_string());
        let url = format!("{}{JOBS}", self.origin);
        let body = request.to_string();
        let headers = self.signer.post(&url, "application/json", body.as_bytes(), now);
        let headers = headers.map_err(|error| unavailable(&error))?;
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let address = Address::parse(&url).map_err(|error| unavailable(&error))?;
        let answer =
            self.client.post(&address, &headers, body.into_bytes()).await.map_err(|error| unavailable(&error))?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200..300 => {
                said["job"]["id"].as_str().map(str::to_owned).ok_or_else(|| unavailable(&"the answer has no id"))
            }
            status => Err(refusal(status, &said)),
        }
    }
}

/// What a status that is no success means: 429 and 5xx may pass, and so may a role or a signature that is being changed.
fn refusal(status: u16, said: &Value) -> JobError {
    let word = |names: [&str; 3]| names.iter().find_map(|name| said[*name].as_str()).unwrap_or("no message");
    let code = word(["__type", "code", "Code"]).to_owned();
    let message: String = word(["message", "Message", "errorMessage"]).chars().take(LONGEST_MESSAGE).collect();
    match status {
        400 | 404 | 409 | 422 => JobError::Refused { status, code, message },
        _ => JobError::Unavailable(format!("{code} (HTTP {status}): {message}")),
    }
}

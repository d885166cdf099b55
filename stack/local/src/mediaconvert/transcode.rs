//! Doing a job: the input is read with the role of the job, ffmpeg makes the outputs, and the role writes them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use super::settings::{Location, Output, Work};
use crate::cloud::Cloud;
use crate::iam::resource_policy::{Caller, allows};
use crate::iam::{Access, Principal};
use crate::wire::ServiceError;

/// Why a job ended, as `MediaConvert` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: i64,
    pub(super) message: String,
}

/// Codes of `MediaConvert`: what HTTP answered, after 1000; others for what is not about reading and writing.
const FORBIDDEN: i64 = 1403;
const NOT_FOUND: i64 = 1404;
const NO_ROLE: i64 = 1401;
const DECODING: i64 = 1040;
const INTERNAL: i64 = 1999;

fn failure(code: i64, message: impl Into<String>) -> Failure {
    Failure { code, message: message.into() }
}

/// Does the work and gives `outputGroupDetails`.
///
/// # Errors
/// What the job ends with.
pub(super) async fn transcode(
    cloud: &std::sync::Arc<Cloud>,
    role_arn: &str,
    job_arn: &str,
    work: &Work,
) -> Result<Value, Failure> {
    let role = assume(cloud, role_arn, job_arn)?;
    let ffmpeg = find("ffmpeg").ok_or_else(|| {
        failure(INTERNAL, "the local cloud transcodes with ffmpeg, which is not on PATH: apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS)")
    })?;
    let internal =
        |error: std::io::Error| failure(INTERNAL, format!("a job of the local cloud cannot write its files: {error}"));
    let directory = tempfile::Builder::new().prefix("transcode-").tempdir_in(cloud.scratch.path()).map_err(internal)?;
    let input = directory.path().join("input");
    let bytes = read(cloud, &role, &work.input).await?;
    tokio::fs::write(&input, &bytes).await.map_err(internal)?;
    let mut details = Vec::new();
    for (number, group) in work.groups.iter().enumerate() {
        let mut outputs = Vec::new();
        for (index, output) in group.iter().enumerate() {
            let extension = output.target.key.rsplit('.').next().unwrap_or("mp4");
            let file = directory
                .path()
                .join(format!("{number}-{index}.{}", if extension.len() < 6 { extension } else { "mp4" }));
            run(&ffmpeg, &input, &file, output, &work.input).await?;
            outputs.push(measure(&file, &output.target).await);
            let bytes = tokio::fs::read(&file).await.map_err(internal)?;
            write(cloud, &role, output, bytes.into()).await?;
        }
        details.push(json!({"OutputDetails": outputs, "Type": "FILE_GROUP"}));
    }
    Ok(Value::Array(details))
}

/// The session of the job's role, which must trust `MediaConvert`.
fn assume(cloud: &Cloud, role_arn: &str, job_arn: &str) -> Result<Principal, Failure> {
    let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
    let role = cloud.iam.role(name).filter(|role| role.arn == role_arn);
    let caller =
        Caller::Service { name: "mediaconvert.amazonaws.com", source_arn: job_arn, source_account: &cloud.account };
    match role {
        Some(role) if allows(&role.trust_policy, caller, "sts:AssumeRole", role_arn) => {
            Ok(cloud.iam.session_principal(role_arn, "EmeSession"))
        }
        Some(_) => Err(failure(
            NO_ROLE,
            format!(
                "Unable to assume role [{role_arn}]: its trust policy does not let mediaconvert.amazonaws.com in for {job_arn}"
            ),
        )),
        None => Err(failure(NO_ROLE, format!("Unable to assume role [{role_arn}]: it does not exist"))),
    }
}

fn allow(cloud: &Cloud, role: &Principal, action: &str, location: &Location) -> Result<(), ServiceError> {
    let policy = cloud.s3.bucket_policy(&location.bucket);
    cloud.iam.authorize(role, &Access { resource_policy: policy.as_ref(), ..Access::new(action, &location.arn()) })
}

async fn read(cloud: &Cloud, role: &Principal, location: &Location) -> Result<bytes::Bytes, Failure> {
    let shown = format!("s3://{}/{}", location.bucket, location.key);
    allow(cloud, role, "s3:GetObject", location)
        .map_err(|error| failure(FORBIDDEN, format!("Unable to open input file [{shown}]: {}", error.message)))?;
    match cloud.s3.object(&location.bucket, &location.key).await {
        Ok(Some(object)) => Ok(object.bytes),
        Ok(None) => Err(failure(
            NOT_FOUND,
            format!(
                "Unable to open input file [{shown}]: [Failed probe/open: [Failed to read data: HeadObject failed]]"
            ),
        )),
        Err(error) => Err(failure(INTERNAL, format!("Unable to open input file [{shown}]: {}", error.message))),
    }
}

async fn write(
    cloud: &std::sync::Arc<Cloud>,
    role: &Principal,
    output: &Output,
    bytes: bytes::Bytes,
) -> Result<(), Failure> {
    let Output { target, content_type, .. } = output;
    let refused = |code, error: ServiceError| {
        failure(
            code,
            format!("Unable to write to output file [s3://{}/{}]: {}", target.bucket, target.key, error.message),
        )
    };
    allow(cloud, role, "s3:PutObject", target).map_err(|error| refused(FORBIDDEN, error))?;
    cloud.s3.put_object(cloud, &target.bucket, &target.key, Some(content_type), bytes).await.map_err(|error| {
        let code = if error.status == http::StatusCode::NOT_FOUND { NOT_FOUND } else { INTERNAL };
        refused(code, error)
    })
}

async fn run(ffmpeg: &Path, input: &Path, file: &Path, output: &Output, named: &Location) -> Result<(), Failure> {
    let mut command = Command::new(ffmpeg);
    command
        .args(["-nostdin", "-y", "-hide_banner", "-loglevel", "error"])
        // A film is a file: what it may refer to elsewhere is not fetched.
        .args(["-protocol_whitelist", "file"])
        .arg("-i")
        .arg(input)
        .args(&output.arguments)
        .args(["-map_metadata", "-1"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let ended =
        command.output().await.map_err(|error| failure(INTERNAL, format!("ffmpeg cannot be started: {error}")))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    Err(failure(
        DECODING,
        format!(
            "Unable to transcode input file [s3://{}/{}]: {}",
            named.bucket,
            named.key,
            last.into_iter().rev().collect::<Vec<_>>().join(" | ")
        ),
    ))
}

/// `OutputDetail` of a file: its path always, length and size of the picture where `ffprobe` is there to tell them.
async fn measure(file: &Path, target: &Location) -> Value {
    let mut detail = json!({"OutputFilePaths": [format!("s3://{}/{}", target.bucket, target.key)]});
    let Some(ffprobe) = find("ffprobe") else { return detail };
    let mut command = Command::new(ffprobe);
    command
        .args(["-v", "error", "-show_entries", "format=duration:stream=width,height", "-of", "json"])
        .arg(file)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let Ok(output) = command.output().await else { return detail };
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let seconds = facts["format"]["duration"].as_str().and_then(|text| text.parse::<f64>().ok());
    if let Some(duration) = seconds.and_then(time::Duration::checked_seconds_f64) {
        detail["DurationInMs"] = json!(i64::try_from(duration.whole_milliseconds()).unwrap_or_default());
    }
    let streams = facts["streams"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(picture) = streams.iter().find(|stream| stream["width"].is_i64()) {
        detail["VideoDetails"] = json!({"WidthInPx": picture["width"], "HeightInPx": picture["height"]});
    }
    detail
}

/// A program on PATH.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file())
}

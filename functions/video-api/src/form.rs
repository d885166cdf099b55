//! Forms for videos.

use std::collections::BTreeMap;
use std::time::Duration;

use http_events::{Answer, Problem, Request};
use presign::PostGrant;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::{Dependencies, Response, unavailable};

/// How long a form is valid.
const LIFETIME: Duration = Duration::from_hours(1);

/// The content type of what browsers record.
const CONTENT_TYPE: &str = "video/webm";

/// Notes the response in its row, and answers the form that takes its video: exactly this key and content type, within bounds
/// of size, and no access list of its own.
pub(crate) async fn hand_out(
    request: &Request,
    project: &str,
    step: &str,
    dependencies: &Dependencies,
) -> Result<Answer, Problem> {
    let Dependencies { settings, rows, clock, log } = dependencies;
    let (project, step) = (request.parameter("project").unwrap_or(project), request.parameter("step").unwrap_or(step));
    let response = Response::read(project, step, request.query("mail"))?;
    let now = clock.now();
    rows.note_request(&response.row, &response.video, &iso(now))
        .await
        .map_err(|error| unavailable(&error, dependencies))?;
    let grant = PostGrant {
        key: &response.video,
        fields: BTreeMap::from([("Content-Type", CONTENT_TYPE.to_owned())]),
        length: 1..=settings.largest_upload,
        lifetime: LIFETIME,
    };
    let form = settings.signer.sign_post(&settings.storage, &grant, now);
    log.info("upload-allowed", json!({ "key": response.video }), "a form was signed");
    Ok(Answer::json(200, &json!({ "url": form.url, "fields": form.fields })))
}

/// `2026-01-02T03:04:05Z`.
fn iso(moment: Duration) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    (OffsetDateTime::UNIX_EPOCH + moment).format(format).unwrap_or_default()
}

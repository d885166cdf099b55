//! What each action does.

use std::time::Duration;

use http_events::Problem;
use presign::percent_encode;
use serde_json::{Value, json};

use crate::database::Entry;
use crate::{Action, Dependencies, EntryKey, NewEntry};

/// Does an action, and returns the body of the answer.
pub(crate) async fn perform(action: Action, dependencies: &Dependencies) -> Result<Value, Problem> {
    let Dependencies { settings, entries, videos, clock, log, .. } = dependencies;
    match action {
        Action::Upload { name, expiration, length } => {
            let key = name.unique_key(&settings.prefix);
            let upload = videos.upload_url(&key, &name, length, Duration::from_secs(expiration), clock.now());
            log.info("upload-allowed", json!({ "key": key, "length": length }), "a URL was signed");
            Ok(json!({
                "url": upload.url,
                "method": "PUT",
                "headers": upload.headers,
                "object_name": key,
                "expires_in": expiration,
            }))
        }
        Action::WriteToDb(entry) => write(&entry, dependencies).await,
        Action::GetCalendar { date } => {
            let found = entries.of_day(&date).await.map_err(|reason| failed("table", &reason, dependencies))?;
            Ok(found.iter().map(|entry| listed(entry, &settings.base)).collect())
        }
        Action::GetSingleEntry(key) => {
            let entry = find(&key, dependencies).await?;
            let mut body = listed(&entry, &settings.base);
            body["object_name"] = entry.object_name.into();
            body["user_id"] = entry.user_id.into();
            Ok(body)
        }
        Action::UpdateEntry { key, title, description } => {
            let updated = entries.update(&key, &title, &description).await;
            if !updated.map_err(|reason| failed("table", &reason, dependencies))? {
                return Err(not_found());
            }
            log.info("entry-updated", json!({ "submission_id": key.id }), "title and description were changed");
            Ok("Entry updated successfully".into())
        }
        Action::Delete(key) => {
            let entry = find(&key, dependencies).await?;
            // The object first: while the row is there, what failed can be tried again.
            if entry.object_name.starts_with(&settings.prefix) {
                let deleted = videos.delete(&entry.object_name).await;
                deleted.map_err(|reason| failed("storage", &reason, dependencies))?;
            }
            entries.delete(&key).await.map_err(|reason| failed("table", &reason, dependencies))?;
            let about = json!({ "submission_id": key.id, "key": entry.object_name });
            log.info("entry-deleted", about, "the row and its video were deleted");
            Ok("Entry deleted successfully".into())
        }
    }
}

async fn write(entry: &NewEntry, dependencies: &Dependencies) -> Result<Value, Problem> {
    let Dependencies { settings, entries, videos, log, .. } = dependencies;
    if !entry.object_name.starts_with(&settings.prefix) {
        let message = format!("`object_name` must begin with `{}`, as `upload` answers it", settings.prefix);
        return Err(Problem::new(400, "object-name-refused", message));
    }
    let exists = videos.exists(&entry.object_name).await;
    if !exists.map_err(|reason| failed("storage", &reason, dependencies))? {
        let message = "there is no object with this `object_name`: upload it before its row is written";
        return Err(Problem::new(404, "object-not-found", message));
    }
    if !entries.add(entry).await.map_err(|reason| failed("table", &reason, dependencies))? {
        let message = "there is an entry with this `submission_id` and `timestamp`, about another video";
        return Err(Problem::new(409, "entry-exists", message));
    }
    let about = json!({ "submission_id": entry.key.id, "key": entry.object_name });
    log.info("entry-written", about, "a row was written");
    Ok("DDB table insert success".into())
}

async fn find(key: &EntryKey, dependencies: &Dependencies) -> Result<Entry, Problem> {
    let found = dependencies.entries.get(key).await;
    found.map_err(|reason| failed("table", &reason, dependencies))?.ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(404, "entry-not-found", "Entry not found")
}

/// A row as lists of a day have it.
fn listed(entry: &Entry, base: &str) -> Value {
    json!({
        "title": entry.title,
        "description": entry.description,
        "video_link": format!("{base}{}", percent_encode(&entry.object_name, "/")),
        "timestamp": entry.timestamp,
        "submission_id": entry.submission_id,
    })
}

/// What a client is told when a service fails; the service's words, only the log has.
fn failed(what: &str, reason: &str, dependencies: &Dependencies) -> Problem {
    dependencies.log.error("service-failed", json!({ "service": what }), reason);
    let (code, message) = match what {
        "table" => ("table-unavailable", "the entries cannot be read or written now; try again in a moment"),
        _ => ("storage-unavailable", "the videos cannot be reached now; try again in a moment"),
    };
    Problem::new(503, code, message).with_header("retry-after", "5")
}

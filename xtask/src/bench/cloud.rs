//! What a person waits for: the local cloud's start, a deployment, the thumbnail of a photo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http;
use super::process::{self, milliseconds};
use super::server::Server;
use super::table::{Row, decimal};
use crate::failure::Failure;
use crate::paths;

/// How long a thumbnail may take before the bench gives up.
const THUMBNAIL_LIMIT: Duration = Duration::from_mins(1);

/// Stack that the bench deploys.
const SUFFIX: &str = "bench";

/// Start and idle memory of the local cloud, and of its peer where it is installed.
pub(super) fn start(stack: &Path, project: &Path, python: Option<&Path>, scratch: &Path) -> Result<Vec<Row>, Failure> {
    let (mut starts, mut memory) = (Vec::new(), 0);
    for _ in 0..7 {
        let server = Server::local_cloud(stack, project)?;
        starts.push(server.start);
        memory = server.memory().unwrap_or_default();
    }
    starts.sort();
    let peer = python.map(|python| Server::ministack(python, scratch)).transpose()?;
    let (peer_start, peer_memory) = match &peer {
        Some(peer) => (
            format!("ministack {}", milliseconds(peer.start)),
            format!("ministack {} MiB", decimal(peer.memory().unwrap_or_default(), 1 << 20)),
        ),
        None => ("ministack 145-670 ms, recorded".to_owned(), "ministack 36 MB, recorded".to_owned()),
    };
    Ok(vec![
        Row::measured("start of the local cloud to its first answer", &milliseconds(starts[3]), peer_start, "50 ms"),
        Row::measured(
            "idle memory of the local cloud",
            &format!("{} MiB", decimal(memory, 1 << 20)),
            peer_memory,
            "25 MB",
        ),
    ])
}

/// A first deployment, one without changes, and photos through it.
pub(super) fn avatars(stack: &Path, project: &Path, runs: usize) -> Result<Vec<Row>, Failure> {
    let server = Server::local_cloud(stack, project)?;
    // The first one builds the function; what is measured is the deployment alone.
    process::output(&mut verb(stack, project, "build"))?;
    let first = process::output(&mut verb(stack, project, "deploy"))?;
    let creation = creation(&first)?;
    let again = process::median(runs.min(5), || verb(stack, project, "deploy"))?;
    let mut rows = vec![
        Row::recorded(
            "execute change set to CREATE_COMPLETE (avatars)",
            &milliseconds(creation),
            "ministack 30-110 ms",
            "50 ms",
        ),
        Row::recorded("deploy without a change", &again, "CDK 4500 ms CPU", "100 ms CPU"),
    ];
    match photo() {
        Some(photo) => rows.extend(thumbnails(&server, &std::fs::read(photo)?, runs)?),
        None => crate::talk::say("skipped: no corpus of photos beside the workspace"),
    }
    process::output(verb(stack, project, "destroy").arg("--empty"))?;
    Ok(rows)
}

fn verb(stack: &Path, project: &Path, verb: &str) -> Command {
    let mut command = Command::new(stack);
    command.args([verb, "--local", "--json", "--yes", "-e", "dev", "--suffix", SUFFIX, "-C"]).arg(project);
    command
}

/// From the stack's first event to its last one, as CloudFormation tells the times.
fn creation(lines: &str) -> Result<Duration, Failure> {
    let times: Vec<f64> = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|fact| fact["resource_type"] == "AWS::CloudFormation::Stack")
        // The row of the change set's making comes before anything is executed.
        .filter(|fact| fact["status"] != "REVIEW_IN_PROGRESS")
        .filter_map(|fact| seconds_of_day(fact["time"].as_str()?))
        .collect();
    match (times.first(), times.last()) {
        // A day may end in between.
        (Some(first), Some(last)) if times.len() > 1 => {
            Ok(Duration::from_secs_f64((last - first).rem_euclid(86_400.0)))
        }
        _ => Err(Failure::new("the deployment told no events of its stack")),
    }
}

/// `2026-11-21T03:04:05.678Z` -> seconds since midnight.
fn seconds_of_day(time: &str) -> Option<f64> {
    let clock = time.split('T').nth(1)?.trim_end_matches('Z');
    let mut parts = clock.splitn(3, ':').map(str::parse::<f64>);
    Some(parts.next()?.ok()? * 3600.0 + parts.next()?.ok()? * 60.0 + parts.next()?.ok()?)
}

/// From the end of the upload to the moment in which the distribution serves the thumbnail.
fn thumbnails(server: &Server, photo: &[u8], runs: usize) -> Result<Vec<Row>, Failure> {
    let overview: Value = serde_json::from_slice(&http::get(&server.url, "/_stack/api/overview")?.body)
        .map_err(|error| Failure::new(format!("the console's overview is not JSON: {error}")))?;
    let uploads = find(&overview["buckets"], "name", "-uploads-")?;
    let distribution = find(&overview["distributions"], "url", "")?;
    let mut waits = Vec::new();
    for run in 0..runs.max(2) {
        let name = format!("photo-{run}.jpg");
        let headers = [("x-stack-console", "1"), ("Content-Type", "image/jpeg")];
        let stored = http::request(
            &server.url,
            "PUT",
            &format!("/_stack/api/object?bucket={uploads}&key={name}"),
            &headers,
            photo,
        )?;
        if stored.status != 204 {
            return Err(Failure::new(format!("the photo was not stored: {}", String::from_utf8_lossy(&stored.body))));
        }
        waits.push(wait_for_thumbnail(server, &distribution, &name)?);
    }
    let first = waits.remove(0);
    waits.sort();
    let warm = waits[waits.len() / 2];
    let size = decimal(photo.len() as u64, 1_000_000);
    Ok(vec![
        Row::measured(
            &format!("photo ({size} MB) to served thumbnail, cold"),
            &milliseconds(first),
            "-".to_owned(),
            "2 s",
        ),
        Row::measured("the same, warm (median)", &milliseconds(warm), "-".to_owned(), "2 s"),
    ])
}

fn wait_for_thumbnail(server: &Server, distribution: &str, name: &str) -> Result<Duration, Failure> {
    let host = distribution.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let prefix = distribution.trim_start_matches("http://").trim_start_matches(host).trim_end_matches('/');
    let path = format!("{prefix}/avatars/{name}");
    let began = Instant::now();
    while began.elapsed() < THUMBNAIL_LIMIT {
        if http::request(&server.url, "GET", &path, &[("Host", host)], b"")?.status == 200 {
            return Ok(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(Failure::new(format!("no thumbnail at {distribution} ({path}) after {THUMBNAIL_LIMIT:?}")))
}

fn find(list: &Value, field: &str, part: &str) -> Result<String, Failure> {
    let values = list.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(|item| item[field].as_str());
    values
        .filter(|value| value.contains(part) && (part.is_empty() || value.contains(SUFFIX)))
        .map(str::to_owned)
        .next()
        .ok_or_else(|| Failure::new(format!("the console shows no {field} like `{part}`: {list}")))
}

/// The photo that the image benches use, where the corpora are.
fn photo() -> Option<PathBuf> {
    let shared = std::env::var_os("STACK_SHARED").map_or_else(|| paths::root().join("../shared"), PathBuf::from);
    let photos = std::fs::read_dir(shared.join("data/photos")).ok()?;
    photos
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("2569067123")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_lasts_from_the_first_to_the_last_event_of_the_stack() {
        let lines = r#"{"event":"stack","resource_type":"AWS::CloudFormation::Stack","time":"2026-11-20T23:59:59.900Z"}
{"event":"stack","resource_type":"AWS::S3::Bucket","time":"2026-11-21T00:00:09.000Z"}
{"event":"stack","resource_type":"AWS::CloudFormation::Stack","time":"2026-11-21T00:00:00.150Z"}"#;
        assert_eq!(creation(lines).unwrap().as_millis(), 250);
        assert!(creation("").is_err());
    }
}

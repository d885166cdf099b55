//! What a person waits for: the local cloud's start, a deployment, the thumbnail of a photo; beside ministack.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http;
use super::process::{self, middle, milliseconds};
use super::s3::{self, Urls};
use super::server::Server;
use super::table::{Row, decimal};
use crate::failure::Failure;
use crate::talk::say;

/// How long a thumbnail may take before the bench gives up.
const THUMBNAIL_LIMIT: Duration = Duration::from_mins(1);

/// Stack that the bench deploys.
const SUFFIX: &str = "bench";

/// What end the names of its buckets.
const PLACE: &str = "000000000000-us-east-1";

/// Times that a server is started, or a stack deployed and destroyed.
const ROUNDS: usize = 5;

/// What is measured, and with what.
pub(super) struct Bench<'a> {
    pub(super) stack: &'a Path,
    pub(super) project: &'a Path,
    /// Interpreter beside ministack, with boto3; absent where it could not be installed.
    pub(super) python: Option<&'a Path>,
    pub(super) scratch: &'a Path,
    pub(super) photo: Option<&'a Path>,
    pub(super) runs: usize,
}

/// A stack of 44 resources of many services, made and deleted by boto3, here and at ministack.
fn creation_of_44(python: &Path, ours: &Server, peer: &Server) -> Result<Row, Failure> {
    let median = |server: &Server| {
        let script = super::peer_script("create_stack.py");
        let text = process::output(Command::new(python).arg(script).args([&server.url, &ROUNDS.to_string()]))?;
        let took: f64 =
            text.trim().parse().map_err(|error| Failure::new(format!("create_stack.py printed `{text}`: {error}")))?;
        Ok::<_, Failure>(Duration::from_secs_f64(took / 1000.0))
    };
    let (mine, theirs) = (median(ours)?, median(peer)?);
    let task = "execute change set to CREATE_COMPLETE (44 resources, asked every 2 ms)";
    Ok(Row::measured(task, milliseconds(mine), ministack(Some(milliseconds(theirs))))
        .goal("50 ms", mine < Duration::from_millis(50)))
}

impl Bench<'_> {
    /// Every row.
    pub(super) fn rows(&self) -> Result<Vec<Row>, Failure> {
        let mut rows = self.start()?;
        // What is measured is the deployment, not the build.
        process::output(&mut self.stack("build"))?;
        rows.extend(self.deployments()?);
        if let Some(python) = self.python {
            let ours = Server::local_cloud(self.stack, self.project)?;
            let peer = Server::ministack(python, self.scratch, true)?;
            rows.push(creation_of_44(python, &ours, &peer)?);
            rows.extend(s3::rows(python, &ours, &peer)?);
        }
        match self.photo {
            Some(photo) => rows.extend(self.thumbnails(&std::fs::read(photo)?)?),
            None => say("skipped: thumbnails, the benchmark photo is not there (see STACK_SHARED)"),
        }
        Ok(rows)
    }

    /// Start and idle memory.
    fn start(&self) -> Result<Vec<Row>, Failure> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let server = Server::local_cloud(self.stack, self.project)?;
            ours.push((server.start, server.memory().unwrap_or_default()));
            if let Some(python) = self.python {
                let server = Server::ministack(python, self.scratch, true)?;
                theirs.push((server.start, server.memory().unwrap_or_default()));
            }
        }
        let start = |servers: &[(Duration, u64)]| middle(servers.iter().map(|(start, _)| *start).collect());
        let memory = |servers: &[(Duration, u64)]| middle(servers.iter().map(|(_, memory)| *memory).collect());
        let mib = |bytes| format!("{} MiB", decimal(bytes, 1 << 20));
        let (our_start, our_memory) = (start(&ours).unwrap_or_default(), memory(&ours).unwrap_or_default());
        Ok(vec![
            Row::measured(
                "start of the local cloud to its first answer",
                milliseconds(our_start),
                ministack(start(&theirs).map(milliseconds)),
            )
            .goal("50 ms", our_start < Duration::from_millis(50)),
            Row::measured("idle memory of the local cloud", mib(our_memory), ministack(memory(&theirs).map(mib)))
                .goal("25 MB", our_memory < 25_000_000),
        ])
    }

    /// Deployments by the same command, here and at ministack.
    fn deployments(&self) -> Result<Vec<Row>, Failure> {
        let log = self.scratch.join("requests.log");
        let server = Server::logging_local_cloud(self.stack, self.project, &log)?;
        let ours = self.deploy_repeatedly(&server)?;
        let theirs = self
            .python
            .map(|python| self.deploy_repeatedly(&Server::ministack(python, self.scratch, true)?))
            .transpose()?;
        let requests = || std::fs::read_to_string(&log).map(|text| text.matches(" request method=").count());
        let before = requests()?;
        let again = process::median(self.runs.min(ROUNDS), || self.at(&server, "deploy"))?;
        let calls = (requests()? - before) / self.runs.clamp(1, ROUNDS);
        let peer = |of: fn(&Deployment) -> Duration| ministack(theirs.as_ref().map(|it| milliseconds(of(it))));
        Ok(vec![
            Row::measured(
                "execute change set to CREATE_COMPLETE (avatars)",
                milliseconds(ours.creation),
                peer(|deployment| deployment.creation),
            )
            .goal("50 ms", ours.creation < Duration::from_millis(50)),
            Row::measured(
                "stack deploy of avatars, whole",
                milliseconds(ours.whole),
                peer(|deployment| deployment.whole),
            ),
            Row::alone("from the end of the stack's creation to done (local)", milliseconds(ours.lag))
                .goal("1.2 s", ours.lag < Duration::from_millis(1200)),
            Row::recorded("deploy without a change", format!("{again}, {calls} calls"), "CDK 4500 ms CPU, 14 calls")
                .goal("100 ms CPU, 4 calls", again.cpu.as_millis() <= 100 && calls <= 4),
        ])
    }

    /// Deploys and destroys the example a few times; the first time, which makes the artifact bucket, does not count.
    fn deploy_repeatedly(&self, server: &Server) -> Result<Deployment, Failure> {
        let mut deployments = Vec::new();
        for round in 0..=ROUNDS {
            let began = Instant::now();
            let lines = process::output(&mut self.at(server, "deploy"))?;
            let whole = began.elapsed();
            let ended = time_of_day();
            if round > 0 {
                let (creation, last) = creation(&lines)?;
                deployments.push(Deployment { creation, whole, lag: between(last, ended) });
            }
            if round < ROUNDS {
                process::output(self.at(server, "destroy").arg("--empty"))?;
            }
        }
        let median = |of: fn(&Deployment) -> Duration| middle(deployments.iter().map(of).collect()).unwrap_or_default();
        Ok(Deployment {
            creation: median(|deployment| deployment.creation),
            whole: median(|deployment| deployment.whole),
            lag: median(|deployment| deployment.lag),
        })
    }

    /// From the end of the upload to the moment in which the thumbnail can be had.
    fn thumbnails(&self, photo: &[u8]) -> Result<Vec<Row>, Failure> {
        let server = Server::local_cloud(self.stack, self.project)?;
        process::output(&mut self.at(&server, "deploy"))?;
        let base = process::output(self.at(&server, "outputs").arg("AvatarBase"))?;
        let base = serde_json::from_str::<Value>(&base).unwrap_or_default()["outputs"]["AvatarBase"].clone();
        let base = base.as_str().and_then(|base| base.strip_prefix(&server.url)).unwrap_or_default().to_owned();
        let ours = self.waits(|name| {
            let path = format!("/_stack/api/object?bucket=avatars-{SUFFIX}-uploads-{PLACE}&key={name}");
            let headers = [("x-stack-console", "1"), ("Content-Type", "image/jpeg")];
            let stored = http::request(&server.url, "PUT", &path, &headers, photo)?;
            if stored.status != 204 {
                return Err(Failure::new(format!("not stored: {}", String::from_utf8_lossy(&stored.body))));
            }
            wait(name, || Ok(http::get(&server.url, &format!("{base}{name}"))?.status == 200))
        })?;
        let theirs = match self.python {
            Some(python) => {
                // Everything is allowed there: it would hold our TLS-only policies against its plain HTTP endpoint.
                let peer = Server::ministack(python, self.scratch, false)?;
                process::output(&mut self.at(&peer, "deploy"))?;
                let bucket = |name: &str| format!("avatars-{SUFFIX}-{name}-{PLACE}");
                Some(self.waits(|name| {
                    let upload = Urls::of(python, &peer, &bucket("uploads"), name)?;
                    let result = Urls::of(python, &peer, &bucket("assets"), &format!("avatars/{name}"))?;
                    upload.put(&peer, photo)?;
                    wait(name, || Ok(result.get(&peer)?.is_some()))
                })?)
            }
            None => None,
        };
        let size = decimal(photo.len() as u64, 1_000_000);
        let limit = Duration::from_secs(2);
        let peer =
            |of: fn(&(Duration, Duration)) -> Duration| ministack(theirs.as_ref().map(|it| milliseconds(of(it))));
        Ok(vec![
            Row::measured(
                &format!("photo ({size} MB) to served thumbnail, cold"),
                milliseconds(ours.0),
                peer(|waits| waits.0),
            )
            .goal("2 s", ours.0 < limit),
            Row::measured("the same, warm", milliseconds(ours.1), peer(|waits| waits.1)).goal("2 s", ours.1 < limit),
        ])
    }

    /// The first wait, and the median of the others.
    fn waits(&self, thumbnail: impl Fn(&str) -> Result<Duration, Failure>) -> Result<(Duration, Duration), Failure> {
        let count = self.runs.max(2);
        let mut waits = (0..count).map(|run| thumbnail(&format!("photo-{run}.jpg"))).collect::<Result<Vec<_>, _>>()?;
        let first = waits.remove(0);
        Ok((first, middle(waits).unwrap_or_default()))
    }

    fn stack(&self, verb: &str) -> Command {
        let mut command = Command::new(self.stack);
        command.args([verb, "--json", "-e", "dev", "--suffix", SUFFIX, "-C"]).arg(self.project);
        command
    }

    /// A verb at an endpoint, with the keys that any client would use.
    fn at(&self, server: &Server, verb: &str) -> Command {
        let mut command = self.stack(verb);
        command.args(["--yes", "--endpoint-url", &server.url]);
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
        command
    }
}

/// Medians of some deployments.
struct Deployment {
    /// From the stack's first event to its last one, as CloudFormation tells the times.
    creation: Duration,
    /// The whole command.
    whole: Duration,
    /// From the stack's last event to the end of the command.
    lag: Duration,
}

fn ministack(figure: Option<String>) -> String {
    figure.map_or_else(|| "not measured".to_owned(), |figure| format!("ministack {figure}"))
}

fn wait(name: &str, is_there: impl Fn() -> Result<bool, Failure>) -> Result<Duration, Failure> {
    let began = Instant::now();
    while began.elapsed() < THUMBNAIL_LIMIT {
        if is_there()? {
            return Ok(began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(Failure::new(format!("no thumbnail of {name} after {THUMBNAIL_LIMIT:?}")))
}

/// How long the creation took, and when it ended in seconds since midnight.
fn creation(lines: &str) -> Result<(Duration, f64), Failure> {
    let times: Vec<f64> = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|fact| fact["resource_type"] == "AWS::CloudFormation::Stack")
        // The row of the change set's making comes before anything is executed.
        .filter(|fact| fact["status"] != "REVIEW_IN_PROGRESS")
        .filter_map(|fact| seconds_of_day(fact["time"].as_str()?))
        .collect();
    match (times.first(), times.last()) {
        (Some(first), Some(last)) if times.len() > 1 => Ok((between(*first, *last), *last)),
        _ => Err(Failure::new("the deployment told no events of its stack")),
    }
}

/// From one time of the day to a later one; a day may end in between.
fn between(first: f64, last: f64) -> Duration {
    Duration::from_secs_f64((last - first).rem_euclid(86_400.0))
}

/// `2026-11-21T03:04:05.678Z` -> seconds since midnight.
fn seconds_of_day(time: &str) -> Option<f64> {
    let clock = time.split('T').nth(1)?.trim_end_matches('Z');
    let mut parts = clock.splitn(3, ':').map(str::parse::<f64>);
    Some(parts.next()?.ok()? * 3600.0 + parts.next()?.ok()? * 60.0 + parts.next()?.ok()?)
}

/// Now, in seconds since midnight (UTC).
fn time_of_day() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64().rem_euclid(86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_lasts_from_the_first_to_the_last_event_of_the_stack() {
        let lines = r#"{"event":"stack","resource_type":"AWS::CloudFormation::Stack","time":"2026-11-20T23:59:59.900Z"}
{"event":"stack","resource_type":"AWS::S3::Bucket","time":"2026-11-21T00:00:09.000Z"}
{"event":"stack","resource_type":"AWS::CloudFormation::Stack","time":"2026-11-21T00:00:00.150Z"}"#;
        let (took, ended) = creation(lines).unwrap();
        assert_eq!((took.as_millis(), ended), (250, 0.15));
        assert!(creation("").is_err());
    }
}

//! Sentences for facts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stack_aws::LogLine;
use stack_plan::Event;
use stack_plan::event::StackEvent;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Text;
use crate::fact::{Fact, Usage};
use crate::output::style::{Style, harmless};

/// Key of the build tool's own line among those under way.
const BUILD_TOOL: &str = "build tool";

/// Greatest number of changed files that are named.
const NAMED_FILES: usize = 3;

/// What was counted while resources changed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    began: BTreeMap<String, OffsetDateTime>,
    slowest: Option<(String, time::Duration)>,
    resources: usize,
}

impl Tally {
    /// Takes note of an event; gives how long its resource took, when it ended.
    pub(super) fn note(&mut self, event: &StackEvent) -> Option<time::Duration> {
        let at = OffsetDateTime::parse(&event.time, &Rfc3339).ok()?;
        if event.status.ends_with("_IN_PROGRESS") {
            self.began.entry(event.logical_id.clone()).or_insert(at);
            return None;
        }
        let took = at - self.began.remove(&event.logical_id)?;
        if event.resource_type != "AWS::CloudFormation::Stack" {
            self.resources += 1;
            if self.slowest.as_ref().is_none_or(|(_, longest)| took > *longest) {
                self.slowest = Some((event.logical_id.clone(), took));
            }
        }
        Some(took)
    }

    /// How many resources changed and which took longest, for the report.
    pub(crate) fn summary(&self) -> Option<String> {
        let (slowest, took) = self.slowest.as_ref()?;
        let resources = self.resources;
        let noun = if resources == 1 { "resource" } else { "resources" };
        Some(format!("{resources} {noun}; the slowest was {slowest} with {}", seconds(took.as_seconds_f64())))
    }
}

/// Tells an event: a lasting line, a line under way, or nothing.
pub(super) fn tell(text: &mut Text, event: &Event) {
    let style = text.style;
    match event {
        Event::BuildStarted { package } => match &mut text.progress {
            Some(progress) => progress.begin(package, format!("building {package}")),
            None => text.say(&format!("building {package}")),
        },
        Event::BuildOutput { line } => {
            let line = harmless(line);
            match &mut text.progress {
                Some(progress) if text.verbosity == 0 => progress.begin(BUILD_TOOL, style.dim(line.trim())),
                _ => text.say(&format!("  {line}")),
            }
        }
        Event::BuildFinished { package, size, unchanged, seconds: took } => {
            if let Some(progress) = &mut text.progress {
                progress.end(package);
                progress.end(BUILD_TOOL);
            }
            let size = bytes(*size);
            text.say(&if *unchanged {
                format!("{} {package} ({size}, unchanged)", style.good("built"))
            } else {
                format!("{} {package} ({size}, {})", style.good("built"), seconds(*took))
            });
        }
        Event::Notice { code: _, detail } => text.say(&format!("{} {}", style.attention("note:"), harmless(detail))),
        Event::ArtifactBucketCreated { bucket } => {
            text.say(&format!("{} artifact bucket {bucket}", style.good("created")));
        }
        Event::ArtifactReady { key, size, uploaded: true } => {
            text.say(&format!("{} {key} ({})", style.good("uploaded"), bytes(*size)));
        }
        Event::ArtifactReady { key, uploaded: false, .. } => {
            if text.verbosity > 0 {
                text.say(&format!("{key} is there already"));
            }
        }
        Event::ChangeSetCreated { id, changes, .. } => {
            if text.verbosity > 0 {
                text.say(&format!("change set {id} with {changes} changes"));
            }
        }
        Event::Stack(event) => tell_stack(text, event),
        Event::ActionFinished { action, target } => {
            text.say(&format!("{} {}", style.good(action_word(action)), harmless(target)));
        }
        other => tracing::debug!(?other, "an event without a sentence"),
    }
}

fn tell_stack(text: &mut Text, event: &StackEvent) {
    let took = text.tally.note(event);
    let is_running = event.status.ends_with("_IN_PROGRESS");
    if let Some(progress) = &mut text.progress {
        if is_running {
            progress.begin(&event.logical_id, format!("{} {}", event.status, event.logical_id));
        } else {
            progress.end(&event.logical_id);
        }
    }
    if is_running && text.verbosity == 0 && event.reason.as_deref().is_none_or(is_idle_reason) {
        return;
    }
    let status = format!("{:<20}", event.status);
    let status = if event.status.ends_with("_FAILED") || event.status.contains("ROLLBACK") {
        text.style.bad(status)
    } else if event.status.ends_with("_COMPLETE") {
        text.style.good(status)
    } else {
        status
    };
    let mut line = format!("{status} {} {}", event.logical_id, text.style.dim(&event.resource_type));
    if let Some(took) = took {
        let _ = write!(line, " {}", text.style.dim(seconds(took.as_seconds_f64())));
    }
    if let Some(reason) = event.reason.as_deref().filter(|reason| !is_idle_reason(reason)) {
        let _ = write!(line, "\n    {}", harmless(reason));
    }
    text.say(&line);
}

/// Reasons that CloudFormation gives when nothing is wrong.
pub(super) fn is_idle_reason(reason: &str) -> bool {
    reason.is_empty()
        || reason == "User Initiated"
        || reason == "Resource creation Initiated"
        || reason.starts_with("Eventual consistency check")
}

/// The sentence of a fact, empty when people need none.
pub(super) fn fact_sentence(style: Style, fact: &Fact<'_>) -> String {
    match fact {
        Fact::AccountAssumed { account } => format!(
            "{} names are rendered for account {account}, that of the local cloud; give yours with --account",
            style.attention("note:")
        ),
        Fact::Approved(_) => String::new(),
        Fact::CloudReady { url, data } => match data {
            Some(data) => format!("{} {url} (state in {})", style.good("local cloud at"), data.display()),
            None => format!("{} {url} (state in memory)", style.good("local cloud at")),
        },
        Fact::MigrationsUndeployed { versions } => format!(
            "{} migrations {} of the project are not deployed: `stack deploy` brings them",
            style.attention("note:"),
            versions.iter().map(|version| format!("{version:04}")).collect::<Vec<_>>().join(", ")
        ),
        Fact::CloudStopping => "stopping the local cloud".to_owned(),
        Fact::Running(usage) => running(style, usage),
        Fact::Watching => style.dim("watching for changes; Ctrl-C ends"),
        Fact::Changed { files } => {
            let named = files.iter().take(NAMED_FILES).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = files.len().saturating_sub(NAMED_FILES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("\n{} {}{more}", style.bold("changed:"), harmless(&named))
        }
        Fact::LogLine(line) => log_line(style, line),
        Fact::FunctionLog { group, message } => {
            let function = group.strip_prefix("/aws/lambda/").unwrap_or(group);
            format!("{} {}", style.dim(format!("{function} |")), harmless(message.trim_end()))
        }
    }
}

/// `TIME FUNCTION | MESSAGE`.
pub(super) fn log_line(style: Style, line: &LogLine) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(line.timestamp_ms) * 1_000_000);
    let time = time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default();
    let function = line.group.strip_prefix("/aws/lambda/").unwrap_or(&line.group);
    format!("{} {} {}", style.dim(time), style.dim(format!("{function} |")), harmless(&line.message))
}

fn running(style: Style, usage: &Usage) -> String {
    let mut text = format!("\n{} {}\n", style.bold("console      "), usage.console);
    for (name, bucket) in &usage.buckets {
        let _ = writeln!(text, "{} {name}: {bucket}", style.bold("bucket       "));
    }
    for (name, url) in &usage.distributions {
        let _ = writeln!(text, "{} {name}: {url}", style.bold("distribution "));
    }
    for (name, value) in &usage.outputs {
        let _ = writeln!(text, "{} {name} = {}", style.bold("output       "), harmless(value));
    }
    let _ = write!(text, "\n{}", style.bold("use it from another terminal:"));
    let Usage { url, region, .. } = usage;
    let _ = write!(text, "\n  export AWS_ENDPOINT_URL={url} AWS_REGION={region}");
    let _ = write!(text, "\n  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    if let Some(bucket) = &usage.upload_bucket {
        let _ = write!(text, "\n  aws s3 cp photo.jpg s3://{bucket}/");
    }
    for bucket in usage.buckets.values() {
        let _ = write!(text, "\n  aws s3 ls --recursive s3://{bucket}/");
    }
    text.push('\n');
    text
}

fn action_word(action: &str) -> &str {
    match action {
        "upload-content" => "uploaded",
        "delete-content" => "deleted",
        "empty-bucket" => "emptied",
        "invalidate" => "invalidated",
        "merge-notifications" => "notifications set in",
        "remove-notifications" => "notifications taken out of",
        other => other,
    }
}

/// `0.42 s`, `12.3 s`, `2 min 5 s`.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{seconds:.2} s")
    } else if seconds < 100.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// `812 B`, `3.4 MB`; decimal units.
pub(super) fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let value = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, status: &str, time: &str) -> StackEvent {
        StackEvent {
            event_id: format!("{logical_id}-{status}"),
            stack_name: "avatars-alice".to_owned(),
            time: time.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: String::new(),
            resource_type: "AWS::S3::Bucket".to_owned(),
            status: status.to_owned(),
            reason: None,
        }
    }

    #[test]
    fn the_slowest_resource_is_named() {
        let mut tally = Tally::default();
        assert_eq!(tally.summary(), None);
        for (id, status, time) in [
            ("A", "CREATE_IN_PROGRESS", "2026-01-01T00:00:00Z"),
            ("B", "CREATE_IN_PROGRESS", "2026-01-01T00:00:00Z"),
            ("A", "CREATE_IN_PROGRESS", "2026-01-01T00:00:01Z"),
            ("A", "CREATE_COMPLETE", "2026-01-01T00:00:05.5Z"),
            ("B", "CREATE_COMPLETE", "2026-01-01T00:00:02Z"),
        ] {
            tally.note(&event(id, status, time));
        }
        assert_eq!(tally.summary().as_deref(), Some("2 resources; the slowest was A with 5.5 s"));
    }

    #[test]
    fn figures_have_units() {
        assert_eq!([bytes(0), bytes(999), bytes(1_000), bytes(3_530_000)], ["0 B", "999 B", "1.0 kB", "3.5 MB"]);
        assert_eq!([seconds(0.421), seconds(12.34), seconds(125.2)], ["0.42 s", "12.3 s", "2 min 5 s"]);
    }
}

//! What the platform writes into a function's log: the beginning, the end and the cost of an invocation.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::configuration::Configuration;

/// An invocation that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// A line of its own.
    pub(super) line: Option<String>,
    /// `error` or `timeout`.
    pub(super) status: &'static str,
    /// `Runtime.ExitError`.
    pub(super) kind: String,
}

/// What is written of one invocation.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) request_id: &'a str,
    pub(super) configuration: &'a Configuration,
    pub(super) took: Duration,
    /// Most memory in use, in megabytes.
    pub(super) memory: u64,
    /// Of a cold start.
    pub(super) initialization: Option<Duration>,
}

impl<'a> Report<'a> {
    /// Of an invocation that begins on an instance that ran before.
    pub(super) fn new(request_id: &'a str, configuration: &'a Configuration) -> Self {
        Self { request_id, configuration, took: Duration::ZERO, memory: 0, initialization: None }
    }

    /// The lines at the beginning.
    pub(super) fn start(&self) -> Vec<String> {
        let version = &self.configuration.version;
        if self.configuration.logging.json {
            let record = json!({"requestId": self.request_id, "version": version});
            return self.platform("platform.start", "INFO", &record).into_iter().collect();
        }
        vec![format!("START RequestId: {} Version: {version}", self.request_id)]
    }

    /// The lines at the end.
    pub(super) fn end(&self, failure: Option<&Failure>) -> Vec<String> {
        let billed = milliseconds(self.took + self.initialization.unwrap_or_default()).ceil();
        if self.configuration.logging.json {
            return self.json_end(billed, failure);
        }
        let mut report = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {billed:.0} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.took),
            self.configuration.memory_size,
            self.memory
        );
        if let Some(initialization) = self.initialization {
            // Writing to a String cannot fail.
            let _ = write!(report, "Init Duration: {:.2} ms\t", milliseconds(initialization));
        }
        let mut lines = Vec::new();
        if let Some(failure) = failure {
            lines.extend(failure.line.clone());
            let _ = write!(report, "Status: {}\tError Type: {}\t", failure.status, failure.kind);
        }
        lines.push(format!("END RequestId: {}", self.request_id));
        lines.push(report);
        lines
    }

    fn json_end(&self, billed: f64, failure: Option<&Failure>) -> Vec<String> {
        let mut record = json!({
            "requestId": self.request_id,
            "status": failure.map_or("success", |failure| failure.status),
            "metrics": {
                "durationMs": milliseconds(self.took),
                "billedDurationMs": billed,
                "memorySizeMB": self.configuration.memory_size,
                "maxMemoryUsedMB": self.memory,
            },
        });
        if let Some(failure) = failure {
            record["errorType"] = json!(failure.kind);
        }
        if let Some(initialization) = self.initialization {
            record["metrics"]["initDurationMs"] = json!(milliseconds(initialization));
        }
        let line = failure.and_then(|failure| failure.line.clone());
        line.into_iter().chain(self.platform("platform.report", "INFO", &record)).collect()
    }

    fn platform(&self, kind: &str, level: &str, record: &Value) -> Option<String> {
        platform_event(self.configuration, kind, level, record)
    }
}

/// The line that says that an instance starts.
pub(super) fn init_start(configuration: &Configuration, version: &str) -> Vec<String> {
    if configuration.logging.json {
        let record = json!({
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": version,
            "functionName": configuration.name,
            "functionVersion": configuration.version,
        });
        return platform_event(configuration, "platform.initStart", "INFO", &record).into_iter().collect();
    }
    vec![format!("INIT_START Runtime Version: {version}")]
}

/// The line that says that an instance did not come up.
pub(super) fn init_report(configuration: &Configuration, took: Duration, status: &str, kind: &str) -> Vec<String> {
    let took = milliseconds(took);
    if configuration.logging.json {
        let record = json!({
            "initializationType": "on-demand",
            "phase": "init",
            "status": status,
            "errorType": kind,
            "metrics": {"durationMs": took},
        });
        return platform_event(configuration, "platform.initReport", "WARN", &record).into_iter().collect();
    }
    vec![format!("INIT_REPORT Init Duration: {took:.2} ms\tPhase: init\tStatus: {status}\tError Type: {kind}")]
}

/// A line of the platform in JSON, unless the function wants to see only graver ones.
fn platform_event(configuration: &Configuration, kind: &str, level: &str, record: &Value) -> Option<String> {
    let grave = |level: &str| ["DEBUG", "INFO", "WARN"].iter().position(|one| *one == level);
    let least = configuration.logging.system_level.as_deref().unwrap_or("INFO");
    (grave(level) >= grave(least)).then(|| json!({"time": timestamp(), "type": kind, "record": record}).to_string())
}

/// `2026-11-28T05:31:00.123Z`.
pub(super) fn timestamp() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(logging: &Value) -> Configuration {
        let input =
            json!({"Role": "arn:aws:iam::000000000000:role/r", "Runtime": "provided.al2023", "LoggingConfig": logging});
        Configuration::create("f", "us-east-1", "000000000000", &input).unwrap()
    }

    fn report(configuration: &Configuration) -> Report<'_> {
        Report {
            took: Duration::from_micros(12_340),
            memory: 17,
            initialization: Some(Duration::from_millis(100)),
            ..Report::new("id", configuration)
        }
    }

    #[test]
    fn text_has_the_lines_of_aws() {
        let configuration = configuration(&json!({"LogFormat": "Text"}));
        let failure = Failure { line: Some("why".to_owned()), status: "timeout", kind: "Sandbox.Timedout".to_owned() };
        assert_eq!(report(&configuration).start(), ["START RequestId: id Version: $LATEST"]);
        assert_eq!(
            report(&configuration).end(Some(&failure)),
            [
                "why",
                "END RequestId: id",
                "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\tMax Memory Used: 17 MB\tInit Duration: 100.00 ms\tStatus: timeout\tError Type: Sandbox.Timedout\t",
            ]
        );
    }

    #[test]
    fn json_has_events_of_the_platform_down_to_a_level() {
        let all = configuration(&json!({"LogFormat": "JSON"}));
        let lines = report(&all).end(None);
        let event: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((lines.len(), &event["type"]), (1, &json!("platform.report")));
        assert_eq!(event["record"]["metrics"]["initDurationMs"], json!(100.0));
        assert_eq!(event["record"]["status"], "success");
        let graver = configuration(&json!({"LogFormat": "JSON", "SystemLogLevel": "WARN"}));
        assert_eq!(report(&graver).end(None), Vec::<String>::new());
        assert_eq!(init_report(&graver, Duration::ZERO, "error", "Runtime.ExitError").len(), 1);
    }
}

//! `stack logs`: what the functions of the project wrote.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::unbounded_channel;

use super::build;
use crate::arguments::{LogsArguments, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: &LogsArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    // Names are checked before anything is asked of AWS.
    let plan = files.plan(settings, &BTreeMap::new(), None)?;
    if plan.artifacts.is_empty() {
        return Err(CliError::FunctionsMissing);
    }
    build::chosen(&plan, arguments.function.as_slice())?;
    let endpoint_url = target::endpoint(settings, &files)?;
    let since_ms = milliseconds_now().saturating_sub(i64::try_from(arguments.since.as_millis()).unwrap_or(i64::MAX));
    runtime::run(async |interrupt| {
        let parameters = BTreeMap::new();
        let connecting = target::connect(settings, &files, &parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let artifacts = build::chosen(&plan, arguments.function.as_slice())?;
        let groups: Vec<String> =
            artifacts.iter().map(|artifact| format!("/aws/lambda/{}", artifact.function_name)).collect();
        let is_wanted = |message: &str| arguments.filter.as_ref().is_none_or(|text| message.contains(text.as_str()));
        let mut lines = 0;
        if !arguments.follow {
            let fetched = tokio::select! {
                fetched = stack_aws::fetch_logs(&aws, &groups, since_ms) => fetched?,
                () = interrupt.cancelled() => return Ok(Report::Interrupted),
            };
            for line in fetched.iter().filter(|line| is_wanted(&line.message)) {
                lines += 1;
                if !output.log_line(line)? {
                    break;
                }
            }
            return Ok(Report::Logs { lines, followed: false });
        }
        let (sender, mut receiver) = unbounded_channel();
        // The receiver lives as long as the future that sends.
        let mut sink = |line| drop(sender.send(line));
        let following = stack_aws::tail_logs(&aws, &groups, since_ms, interrupt.clone(), &mut sink);
        tokio::pin!(following);
        loop {
            tokio::select! {
                ended = &mut following => return ended.map(|()| Report::Logs { lines, followed: true }).map_err(Into::into),
                Some(line) = receiver.recv() => {
                    if is_wanted(&line.message) {
                        lines += 1;
                        if !output.log_line(&line)? {
                            return Ok(Report::Logs { lines, followed: true });
                        }
                    }
                }
            }
        }
    })
}

fn milliseconds_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

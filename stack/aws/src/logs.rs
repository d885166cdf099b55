//! Function logs, as they are written.

use std::collections::{HashSet, VecDeque};

use serde::Serialize;

use crate::connect::Aws;
use crate::error::{Result, failed};
use crate::options::{CancellationToken, Pacer, Pause, Polling};

/// One line of a log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Log group.
    pub group: String,
    /// Log stream.
    pub stream: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// Text, without the line end.
    pub message: String,
}

/// Event ids that are remembered per group, so that a line is told once although polls overlap.
const REMEMBERED: usize = 10_000;

/// Tells every line of the log groups that is not older than `since_ms` (milliseconds since 1970), then each new one,
/// until `interrupt` is cancelled. Groups that do not exist yet are waited for.
///
/// # Errors
/// A refused or unanswered call.
pub async fn tail_logs(
    aws: &Aws,
    log_groups: &[String],
    since_ms: i64,
    interrupt: CancellationToken,
    sink: &mut (dyn FnMut(LogLine) + Send),
) -> Result<()> {
    let mut tails: Vec<Tail> = log_groups.iter().map(|group| Tail::new(group, since_ms)).collect();
    let polling = Polling::suiting(aws);
    let mut pacer = Pacer::new(Polling { first_count: u32::MAX, ..polling }, interrupt);
    loop {
        for tail in &mut tails {
            tail.poll(aws, sink).await?;
        }
        if pacer.pause().await == Pause::Interrupted {
            return Ok(());
        }
    }
}

/// Every line of the log groups that is not older than `since_ms` (milliseconds since 1970), the oldest first. Groups that
/// do not exist have none.
///
/// # Errors
/// A refused or unanswered call.
pub async fn fetch_logs(aws: &Aws, log_groups: &[String], since_ms: i64) -> Result<Vec<LogLine>> {
    let mut lines = Vec::new();
    for group in log_groups {
        Tail::new(group, since_ms).poll(aws, &mut |line| lines.push(line)).await?;
    }
    lines.sort_by_key(|line| line.timestamp_ms);
    Ok(lines)
}

/// How far one group was read.
struct Tail {
    group: String,
    /// Lines older than this were told.
    since_ms: i64,
    told: HashSet<String>,
    told_order: VecDeque<String>,
}

impl Tail {
    fn new(group: &str, since_ms: i64) -> Self {
        Self { group: group.to_owned(), since_ms, told: HashSet::new(), told_order: VecDeque::new() }
    }

    async fn poll(&mut self, aws: &Aws, sink: &mut (dyn FnMut(LogLine) + Send)) -> Result<()> {
        let mut token = None;
        let mut newest = self.since_ms;
        loop {
            let answer = aws
                .logs
                .filter_log_events()
                .log_group_name(&self.group)
                .start_time(self.since_ms)
                .set_next_token(token)
                .send()
                .await
                .map_err(failed("CloudWatchLogs", "FilterLogEvents"));
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.has_code("ResourceNotFoundException") => return Ok(()),
                Err(error) => return Err(error),
            };
            for event in answer.events.unwrap_or_default() {
                let timestamp_ms = event.timestamp.unwrap_or(self.since_ms);
                newest = newest.max(timestamp_ms);
                if let Some(id) = event.event_id
                    && !self.is_first_sight(id)
                {
                    continue;
                }
                sink(LogLine {
                    group: self.group.clone(),
                    stream: event.log_stream_name.unwrap_or_default(),
                    timestamp_ms,
                    message: event.message.unwrap_or_default().trim_end_matches(['\r', '\n']).to_owned(),
                });
            }
            token = answer.next_token;
            if token.is_none() {
                break;
            }
        }
        // Lines arrive a little out of order: look back a while, the ids tell what was told.
        self.since_ms = self.since_ms.max(newest.saturating_sub(LOOK_BACK_MS));
        Ok(())
    }

    fn is_first_sight(&mut self, id: String) -> bool {
        if !self.told.insert(id.clone()) {
            return false;
        }
        self.told_order.push_back(id);
        if self.told_order.len() > REMEMBERED
            && let Some(oldest) = self.told_order.pop_front()
        {
            self.told.remove(&oldest);
        }
        true
    }
}

/// How far back each poll looks for lines that arrived late.
const LOOK_BACK_MS: i64 = 10_000;

//! The functions' logs, followed beside everything else.

use std::time::{SystemTime, UNIX_EPOCH};

use stack_aws::{Aws, CancellationToken, LogLine};
use stack_plan::Plan;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Follows log groups in a task of its own.
pub(super) struct Logs {
    interrupt: CancellationToken,
    /// Ends the task that follows the present groups.
    task: CancellationToken,
    groups: Vec<String>,
    since: i64,
    // Lines wait here while a build runs; a function cannot write faster than it is invoked.
    sender: UnboundedSender<LogLine>,
    receiver: UnboundedReceiver<LogLine>,
}

impl Logs {
    pub(super) fn new(interrupt: &CancellationToken) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self {
            interrupt: interrupt.clone(),
            task: interrupt.child_token(),
            groups: Vec::new(),
            since: milliseconds_now(),
            sender,
            receiver,
        }
    }

    /// Follows the functions of this plan from now on.
    pub(super) fn follow(&mut self, aws: &Aws, plan: &Plan) {
        let groups: Vec<String> =
            plan.artifacts.iter().map(|artifact| format!("/aws/lambda/{}", artifact.function_name)).collect();
        if groups == self.groups {
            return;
        }
        self.task.cancel();
        self.task = self.interrupt.child_token();
        if !self.groups.is_empty() {
            self.since = milliseconds_now();
        }
        self.groups.clone_from(&groups);
        let (aws, since, task, sender) = (aws.clone(), self.since, self.task.clone(), self.sender.clone());
        tokio::spawn(async move {
            // The receiver lives as long as the command.
            let mut sink = |line| drop(sender.send(line));
            if let Err(error) = stack_aws::tail_logs(&aws, &groups, since, task, &mut sink).await {
                tracing::warn!(%error, "logs are not followed any more");
            }
        });
    }

    /// The next line; waits for it.
    pub(super) async fn next(&mut self) -> LogLine {
        match self.receiver.recv().await {
            Some(line) => line,
            // Cannot happen while this value holds a sender; to wait is right in any case.
            None => std::future::pending().await,
        }
    }
}

fn milliseconds_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

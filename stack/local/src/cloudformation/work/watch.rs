//! Watches the alarms that end an operation.

use crate::cloudformation::operation::Operation;
use crate::cloudformation::rollback_triggers::{AlarmKind, RollbackConfiguration};

/// Who watches them for an operation on a stack of a region.
pub(super) struct Watcher<'a> {
    pub(super) configuration: &'a RollbackConfiguration,
    pub(super) operation: &'a Operation,
    pub(super) region: &'a str,
}

impl Watcher<'_> {
    /// Why the operation must end now; `None` while no trigger says so.
    fn reason(&self) -> Option<String> {
        let cloudwatch = &self.operation.cloud.cloudwatch;
        let (mut missing, mut alarming) = (Vec::new(), Vec::new());
        for trigger in &self.configuration.triggers {
            match cloudwatch.is_in_alarm(self.region, &trigger.arn, trigger.kind == AlarmKind::Composite) {
                None => missing.push(trigger.arn.as_str()),
                Some(true) => alarming.push(trigger.arn.as_str()),
                Some(false) => {}
            }
        }
        let sentence = |what: &str, arns: &[&str]| {
            if arns.is_empty() {
                String::new()
            } else {
                format!("The following rollback trigger(s) {what}: [{}]. ", arns.join(", "))
            }
        };
        let reason = format!("{}{}", sentence("do not exist", &missing), sentence("are in ALARM state", &alarming));
        (!reason.is_empty()).then_some(reason)
    }

    /// Waits until a trigger says that the operation must end, and returns why; for ever while none does.
    async fn fired(&self) -> String {
        if self.configuration.triggers.is_empty() {
            return std::future::pending().await;
        }
        loop {
            let mut changed = std::pin::pin!(self.operation.cloud.cloudwatch.alarms_changed().notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(reason) = self.reason() {
                return reason;
            }
            changed.await;
        }
    }

    /// Does `work`, which ends early when the operation is stopped, and watches the triggers meanwhile. When one says that the
    /// operation must end, it is stopped; the reason is returned once `work` stands still.
    pub(super) async fn watch(&self, work: impl Future<Output = ()>) -> Result<(), String> {
        let mut work = std::pin::pin!(work);
        let reason = tokio::select! {
            // A trigger that says so from the beginning lets nothing begin.
            biased;
            reason = self.fired() => {
                self.operation.stop();
                work.await;
                Some(reason)
            }
            // What failed by itself has its own reason.
            () = &mut work => {
                if self.operation.running.is_stopped() { None } else { self.reason() }
            }
        };
        reason.map_or(Ok(()), Err)
    }

    /// Watches the triggers for the monitoring time, or until the operation is stopped. Fails with the reason of a trigger.
    pub(super) async fn monitor(&self) -> Result<(), String> {
        let minutes = self.configuration.monitoring_minutes.unwrap_or(0);
        if minutes == 0 {
            return Ok(());
        }
        let clock = &self.operation.cloud.cloudformation.minutes;
        tokio::select! {
            biased;
            reason = self.fired() => Err(reason),
            () = self.operation.running.stopped() => Ok(()),
            () = clock.pass(minutes) => Ok(()),
        }
    }
}

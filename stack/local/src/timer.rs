//! A timer that exists only while something waits for it: one task that sleeps until the next time.

use std::sync::{Arc, Mutex, Weak};

use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::persist::lock;

/// The task that waits for the next time, if there is one.
#[derive(Default)]
pub(crate) struct Timer {
    running: Mutex<bool>,
    changed: Arc<Notify>,
}

/// What a timer waits for.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    /// The timer itself.
    pub(crate) timer: fn(&Cloud) -> &Timer,
    /// The next time after this one at which there is something to do; `None` when there is not.
    pub(crate) next: fn(&Cloud, OffsetDateTime) -> Option<OffsetDateTime>,
    /// Does what became due after the first time and until the second.
    pub(crate) go_off: fn(&Arc<Cloud>, OffsetDateTime, OffsetDateTime),
}

impl Work {
    /// Looks anew at what there is to wait for; starts the task where there is something and none runs.
    pub(crate) fn wake(self, cloud: &Arc<Cloud>) {
        let timer = (self.timer)(cloud);
        timer.changed.notify_one();
        let now = OffsetDateTime::now_utc();
        let mut running = lock(&timer.running);
        if *running || (self.next)(cloud, now).is_none() {
            return;
        }
        *running = true;
        // The task must not keep a cloud alive that is dropped.
        tokio::spawn(self.run(Arc::downgrade(cloud), Arc::clone(&timer.changed), now));
    }

    async fn run(self, cloud: Weak<Cloud>, changed: Arc<Notify>, mut seen: OffsetDateTime) {
        loop {
            let Some(next) = cloud.upgrade().and_then(|cloud| self.upcoming(&cloud, seen)) else { return };
            let wait = (next - OffsetDateTime::now_utc()).try_into().unwrap_or_default();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed.notified() => {}
            }
            let Some(cloud) = cloud.upgrade() else { return };
            let now = OffsetDateTime::now_utc();
            (self.go_off)(&cloud, seen, now);
            seen = now;
        }
    }

    /// The next time; without one the task ends, and this notes it.
    fn upcoming(self, cloud: &Cloud, seen: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut running = lock(&(self.timer)(cloud).running);
        let next = (self.next)(cloud, seen);
        *running = next.is_some();
        next
    }
}

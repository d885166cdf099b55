//! The instances of one function: how many may run, and which are idle.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::instance::Instance;
use crate::persist::lock;
use crate::wire::ServiceError;

/// Invocations of one function that run at the same time unless the function reserves another number. More wait.
const CONCURRENCY: u32 = 10;

/// How long an instance may be idle.
const IDLE: Duration = Duration::from_mins(5);

/// How old an instance may become: its keys live for twelve hours.
const LIFE: Duration = Duration::from_hours(6);

/// How often idle instances are looked at.
const REAP_INTERVAL: Duration = Duration::from_secs(30);

/// The instances of one function.
pub(super) struct Pool {
    permits: Arc<Semaphore>,
    /// Set when the function reserves its concurrency: one invocation too many is refused instead of waiting.
    pub(super) reserved: Option<u32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Arc<Instance>>,
    busy: Vec<Arc<Instance>>,
    /// Revisions that no longer exist.
    retired: HashSet<String>,
}

impl Pool {
    /// An empty pool, with a task that ends idle instances for as long as the pool lives.
    pub(super) fn new(reserved: Option<u32>) -> Arc<Self> {
        let size = reserved.unwrap_or(CONCURRENCY) as usize;
        let pool = Arc::new(Self { permits: Arc::new(Semaphore::new(size)), reserved, state: Mutex::default() });
        tokio::spawn(reap(Arc::downgrade(&pool)));
        pool
    }

    /// The right to run one invocation.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let throttled =
            |_| ServiceError::new(http::StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.");
        if self.reserved.is_some() {
            return Arc::clone(&self.permits).try_acquire_owned().map_err(throttled);
        }
        let closed = |_| {
            ServiceError::new(
                http::StatusCode::SERVICE_UNAVAILABLE,
                "ServiceException",
                "the function is being removed",
            )
        };
        Arc::clone(&self.permits).acquire_owned().await.map_err(closed)
    }

    /// An idle instance of a revision, the one used last.
    pub(super) fn take(&self, revision: &str) -> Option<Arc<Instance>> {
        let mut state = lock(&self.state);
        state.idle.retain(|instance| instance.is_alive());
        let at = state
            .idle
            .iter()
            .rposition(|instance| instance.revision == revision && instance.started.elapsed() < LIFE)?;
        let instance = state.idle.remove(at);
        state.busy.push(Arc::clone(&instance));
        Some(instance)
    }

    /// How many instances of a revision there are.
    pub(super) fn alive(&self, revision: &str) -> usize {
        let state = lock(&self.state);
        let all = state.idle.iter().chain(&state.busy);
        all.filter(|instance| instance.revision == revision && instance.is_alive()).count()
    }

    /// Lets instances that were started beforehand end like others.
    pub(super) fn release(&self, revision: &str) {
        let state = lock(&self.state);
        for instance in state.idle.iter().chain(&state.busy).filter(|instance| instance.revision == revision) {
            instance.is_provisioned.store(false, Ordering::Relaxed);
        }
    }

    /// Counts a new instance as busy.
    pub(super) fn add(&self, instance: &Arc<Instance>) {
        lock(&self.state).busy.push(Arc::clone(instance));
    }

    /// Takes an instance back after a call: it becomes idle, or is returned to be ended.
    pub(super) fn give_back(&self, instance: &Arc<Instance>, reusable: bool) -> Option<Arc<Instance>> {
        let mut state = lock(&self.state);
        state.busy.retain(|busy| busy.id != instance.id);
        if reusable && instance.is_alive() && !state.retired.contains(&instance.revision) {
            state.idle.push(Arc::clone(instance));
            return None;
        }
        Some(Arc::clone(instance))
    }

    /// No new call goes to this revision: its idle instances end now, busy ones after their call.
    pub(super) async fn retire(&self, revision: &str) {
        let ended = {
            let mut state = lock(&self.state);
            state.retired.insert(revision.to_owned());
            let (ended, idle) = state.idle.drain(..).partition::<Vec<_>, _>(|instance| instance.revision == revision);
            state.idle = idle;
            ended
        };
        end(ended).await;
    }

    /// Ends the idle instances.
    pub(super) async fn end_idle(&self) {
        let idle = std::mem::take(&mut lock(&self.state).idle);
        end(idle).await;
    }

    /// Ends every instance, in the middle of a call or not.
    pub(super) async fn end_all(&self) {
        self.permits.close();
        let all = {
            let mut state = lock(&self.state);
            let mut all = std::mem::take(&mut state.idle);
            all.extend(state.busy.iter().cloned());
            all
        };
        end(all).await;
    }
}

async fn end(instances: Vec<Arc<Instance>>) {
    futures::future::join_all(instances.iter().map(|instance| instance.kill())).await;
}

async fn reap(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(REAP_INTERVAL).await;
        let Some(pool) = pool.upgrade() else { return };
        let now = Instant::now();
        let old = {
            let mut state = lock(&pool.state);
            let (old, idle) = state.idle.drain(..).partition::<Vec<_>, _>(|instance| {
                let is_provisioned = instance.is_provisioned.load(Ordering::Relaxed);
                (!is_provisioned && now.duration_since(*lock(&instance.last_used)) > IDLE)
                    || instance.started.elapsed() > LIFE
            });
            state.idle = idle;
            old
        };
        end(old).await;
    }
}

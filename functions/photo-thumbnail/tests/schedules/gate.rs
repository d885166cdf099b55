//! What functions wait at before each request, until the schedule lets them go on.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is done, and the function is told.
    Serve,
    /// It is not done, and the function is told.
    Refuse,
    /// It is done, and the function is not told.
    LoseAnswer,
}

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    waiting: Vec<(usize, oneshot::Sender<Verdict>)>,
}

/// The gate. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    state: Arc<Mutex<State>>,
    /// Somebody came to the gate, or ended.
    pub(crate) news: Arc<Notify>,
}

impl Gate {
    /// From now on everybody waits, or nobody does.
    pub(crate) fn close(&self, is_closed: bool) {
        self.state.lock().unwrap().is_closed = is_closed;
    }

    /// Waits for a verdict on a request of an environment.
    pub(crate) async fn pass(&self, environment: usize) -> Verdict {
        let receiver = {
            let mut state = self.state.lock().unwrap();
            if !state.is_closed {
                return Verdict::Serve;
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push((environment, sender));
            receiver
        };
        self.news.notify_one();
        receiver.await.unwrap_or(Verdict::Refuse)
    }

    /// Environments that wait, in order.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        let mut state = self.state.lock().unwrap();
        state.waiting.retain(|(_, request)| !request.is_closed());
        // The order of arrival is that of the machine, and a schedule must come out the same each time.
        state.waiting.sort_by_key(|(environment, _)| *environment);
        state.waiting.iter().map(|(environment, _)| *environment).collect()
    }

    /// Lets the request of an environment go on.
    pub(crate) fn decide(&self, environment: usize, verdict: Verdict) {
        let mut state = self.state.lock().unwrap();
        if let Some(at) = state.waiting.iter().position(|(waiting, _)| *waiting == environment) {
            // Whoever asked may have been killed.
            let _gone = state.waiting.remove(at).1.send(verdict);
        }
    }
}

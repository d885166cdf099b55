//! What functions wait at before each request, until the schedule lets them go on.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
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
    waiting: Vec<Waiting>,
}

/// A request at the gate.
#[derive(Debug)]
struct Waiting {
    environment: usize,
    request: String,
    verdict: oneshot::Sender<Verdict>,
}

/// The gate. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    state: Arc<Mutex<State>>,
    /// Somebody came to the gate, or ended.
    pub news: Arc<Notify>,
}

impl Gate {
    /// From now on everybody waits, or nobody does.
    pub fn close(&self, is_closed: bool) {
        self.state.lock().unwrap().is_closed = is_closed;
    }

    /// Waits for a verdict on a request of an environment.
    pub async fn pass(&self, environment: usize, request: &str) -> Verdict {
        let receiver = {
            let mut state = self.state.lock().unwrap();
            if !state.is_closed {
                return Verdict::Serve;
            }
            let (verdict, receiver) = oneshot::channel();
            state.waiting.push(Waiting { environment, request: request.to_owned(), verdict });
            receiver
        };
        self.news.notify_one();
        receiver.await.unwrap_or(Verdict::Refuse)
    }

    /// Environments that wait, in order.
    #[must_use]
    pub fn waiting(&self) -> Vec<usize> {
        let mut state = self.state.lock().unwrap();
        state.waiting.retain(|waiting| !waiting.verdict.is_closed());
        // The order of arrival is that of the machine, and a schedule must come out the same each time.
        state.waiting.sort_by_key(|waiting| waiting.environment);
        state.waiting.iter().map(|waiting| waiting.environment).collect()
    }

    /// The request with which an environment comes, or has come, to the gate.
    pub async fn request(&self, environment: usize) -> String {
        loop {
            let there = self.state.lock().unwrap().waiting.iter().find_map(|waiting| {
                (waiting.environment == environment && !waiting.verdict.is_closed()).then(|| waiting.request.clone())
            });
            match there {
                Some(request) => return request,
                None => self.news.notified().await,
            }
        }
    }

    /// Lets the request of an environment go on.
    pub fn decide(&self, environment: usize, verdict: Verdict) {
        let mut state = self.state.lock().unwrap();
        if let Some(at) = state.waiting.iter().position(|waiting| waiting.environment == environment) {
            // Whoever asked may have been killed.
            let _gone = state.waiting.remove(at).verdict.send(verdict);
        }
    }
}

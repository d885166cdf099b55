//! The keys of the pool, fetched when they are needed and kept.
//!
//! What a token can cause is bounded: of all tokens together that name unknown keys, two make the set be fetched again, and
//! then one every five minutes. Where it is fetched from is the configuration's alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fetch::{Address, Allowance, Client, FetchError};
use serde_json::json;
use thiserror::Error;
use wiring::{Clock, Log};

use crate::key::{Key, KeySet, parse_key_set};

/// How long a fetch may take in all.
const TIME_OUT: Duration = Duration::from_millis(1500);

/// Most bytes of a key set. Cognito's has about 900.
const LARGEST: usize = 64 << 10;

/// How long keys are used without asking whether they still hold.
const FRESH: Duration = Duration::from_hours(1);

/// How long keys are used while nobody answers the question whether they still hold.
const USABLE: Duration = Duration::from_hours(24);

/// Successful fetches at once, and how long until another one may follow.
const FETCHES: u32 = 2;
const FETCH_INTERVAL: Duration = Duration::from_mins(5);

/// How long after a failed fetch no other is tried.
const PAUSE: Duration = Duration::from_secs(10);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The pool has no key of this id.
    #[error("the pool has no such key")]
    Unknown,
    /// The key is not meant for verifying RS256.
    #[error("the key is not meant for verifying RS256")]
    Unsuitable,
    /// The keys could not be fetched.
    #[error("the pool's keys could not be fetched")]
    Unavailable,
}

/// The keys of a pool.
pub struct Keys {
    address: Address,
    client: Client,
    clock: Arc<dyn Clock>,
    log: Arc<dyn Log>,
    /// Held by the one who fetches.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    set: KeySet,
    /// When the set was fetched; `None` before the first time.
    fetched: Option<Duration>,
    failed: Option<Duration>,
    allowance: Allowance,
}

/// What is known about an id without fetching.
enum Known {
    /// The answer, as good as new.
    Fresh(Result<Key, KeyError>),
    /// The answer, which should be asked for again.
    Stale(Result<Key, KeyError>),
    /// No answer.
    Nothing,
}

impl Keys {
    /// Keys that are fetched from an address when they are first needed.
    #[must_use]
    pub fn new(address: Address, clock: Arc<dyn Clock>, log: Arc<dyn Log>) -> Self {
        let allowance = Allowance::new(FETCHES, FETCH_INTERVAL);
        let state = Mutex::new(State { set: KeySet::new(), fetched: None, failed: None, allowance });
        Self {
            address,
            client: Client::new(TIME_OUT, LARGEST),
            clock,
            log,
            flight: tokio::sync::Mutex::default(),
            state,
        }
    }

    /// The key of an id. Fetches only where that may help, and only one fetch runs at a time.
    ///
    /// # Errors
    ///
    /// [`KeyError`]. Keys that are kept serve on while they cannot be fetched anew.
    pub async fn key(&self, id: &str) -> Result<Key, KeyError> {
        match self.known(id) {
            Known::Fresh(answer) => answer,
            Known::Stale(answer) => {
                // Others go on with what they have.
                let Ok(_flight) = self.flight.try_lock() else { return answer };
                if self.fetch().await { self.answer(id) } else { answer }
            }
            Known::Nothing => {
                let _flight = self.flight.lock().await;
                // The one before may have brought it.
                if let Known::Fresh(answer) | Known::Stale(answer) = self.known(id) {
                    return answer;
                }
                self.fetch().await;
                self.answer(id)
            }
        }
    }

    fn known(&self, id: &str) -> Known {
        let now = self.clock.now();
        let state = self.state();
        match (state.age(now), state.set.get(id)) {
            (Some(age), Some(key)) if age < USABLE => {
                let answer = key.clone().ok_or(KeyError::Unsuitable);
                if age < FRESH { Known::Fresh(answer) } else { Known::Stale(answer) }
            }
            _ => Known::Nothing,
        }
    }

    /// The answer after all that could be done.
    fn answer(&self, id: &str) -> Result<Key, KeyError> {
        match self.known(id) {
            Known::Fresh(answer) | Known::Stale(answer) => answer,
            Known::Nothing => {
                let usable = self.state().age(self.clock.now()).is_some_and(|age| age < USABLE);
                Err(if usable { KeyError::Unknown } else { KeyError::Unavailable })
            }
        }
    }

    /// Fetches the set, if that is allowed now. The caller holds `flight`. Returns whether there is a new set.
    async fn fetch(&self) -> bool {
        let now = self.clock.now();
        {
            let mut state = self.state();
            let paused = state.failed.is_some_and(|failed| now.saturating_sub(failed) < PAUSE);
            if paused || !state.allowance.is_left(now) {
                return false;
            }
        }
        let fetched = self.client.get(&self.address).await;
        let fetched = fetched.and_then(|bytes| {
            parse_key_set(&bytes).ok_or_else(|| FetchError::Unreachable("the answer is no set of RSA keys".to_owned()))
        });
        let mut state = self.state();
        match fetched {
            Ok(set) => {
                state.allowance.take(now);
                (state.set, state.fetched, state.failed) = (set, Some(now), None);
                true
            }
            Err(error) => {
                // The time that the fetch took belongs to the pause.
                state.failed = Some(now);
                drop(state);
                self.log.error("keys-not-fetched", json!({ "address": self.address.to_string() }), &error.to_string());
                false
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn age(&self, now: Duration) -> Option<Duration> {
        self.fetched.map(|fetched| now.saturating_sub(fetched))
    }
}

//! A log that is kept.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use wiring::Log;

/// What a function logged. Clones share their facts.
#[derive(Debug, Clone, Default)]
pub struct Facts(Arc<Mutex<Vec<Value>>>);

impl Facts {
    /// All facts, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// Their codes, oldest first.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        self.all().iter().map(|fact| fact["code"].as_str().unwrap().to_owned()).collect()
    }
}

impl Log for Facts {
    fn record(&self, fact: Value) {
        self.0.lock().unwrap().push(fact);
    }
}

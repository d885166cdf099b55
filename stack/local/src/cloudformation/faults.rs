//! Failures that a test asks for.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::provider::ProviderError;
use crate::persist::lock;
use crate::settings::{Fault, FaultAction};

/// What is to fail.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<BTreeSet<Fault>>);

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self(Mutex::new(faults.iter().cloned().collect()))
    }

    /// Asks for other failures than before.
    #[cfg(test)]
    pub(crate) fn replace(&self, faults: &[Fault]) {
        *lock(&self.0) = faults.iter().cloned().collect();
    }

    /// Fails where a test asked for it.
    pub(crate) fn check(&self, action: FaultAction, logical_id: &str) -> Result<(), ProviderError> {
        let fault = Fault { action, logical_id: logical_id.to_owned() };
        if !lock(&self.0).contains(&fault) {
            return Ok(());
        }
        let verb = match action {
            FaultAction::Create => "make",
            FaultAction::Update => "change",
            FaultAction::Delete => "remove",
        };
        Err(ProviderError::new(
            "GeneralServiceException",
            format!("the settings of the local cloud ask it to fail to {verb} {logical_id}"),
        ))
    }
}

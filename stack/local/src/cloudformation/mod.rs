//! CloudFormation: stacks, change sets, events.
//!
//! [`api`] answers requests; what changes a stack is checked and acknowledged at once and runs in the background as one
//! of the operations in [`work`]. [`kinds`] knows who makes which resource type.

use std::path::Path;

use crate::error::LocalError;
use crate::settings::Fault;
use faults::Faults;
use signals::Signals;
use store::Store;

pub(crate) mod api;
mod change_set;
mod change_sets;
mod changes;
mod clock;
mod custom;
mod drift;
mod faults;
mod input;
mod kinds;
mod model;
mod nested;
mod operation;
mod protection;
pub(crate) mod provider;
mod queries;
mod references;
mod render;
#[expect(clippy::unused_async, reason = "providers are asynchronous, and these have nothing to wait for")]
mod resources;
mod scope;
pub(crate) mod signals;
mod specified;
mod stacks;
mod status;
mod store;
mod templates;
#[cfg(test)]
mod test_kind;
#[cfg(test)]
mod tests;
mod view;
mod wait;
mod work;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct CloudFormation {
    store: Store,
    faults: Faults,
    signals: Signals,
    #[cfg(test)]
    things: test_kind::Things,
}

impl CloudFormation {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>, faults: &[Fault]) -> Result<Self, LocalError> {
        Ok(Self {
            store: Store::open(data_directory)?,
            faults: Faults::new(faults),
            signals: Signals::default(),
            #[cfg(test)]
            things: test_kind::Things::default(),
        })
    }
}

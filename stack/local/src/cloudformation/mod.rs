//! CloudFormation: stacks, change sets, events.
//!
//! [`api`] answers requests; what changes a stack is checked and acknowledged at once and runs in the background as one
//! of the operations in [`work`]. [`kinds`] knows who makes which resource type.

use std::path::Path;
use std::sync::Arc;

use crate::error::LocalError;
use crate::settings::Fault;
use faults::Faults;
use signals::Signals;

pub(crate) mod api;
mod authorize;
mod change_set;
mod change_sets;
mod changes;
mod clock;
mod custom;
mod declarations;
mod drift;
mod faults;
mod graph;
mod imports;
mod input;
mod kinds;
mod model;
mod nested;
mod notifications;
mod operation;
mod protection;
pub(crate) mod provider;
mod queries;
mod references;
mod render;
#[expect(clippy::unused_async, reason = "providers are asynchronous, and these have nothing to wait for")]
mod resources;
mod rollback_triggers;
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

pub(crate) use declarations::Declaration;
pub(crate) use store::Store;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct CloudFormation {
    store: Arc<Store>,
    faults: Faults,
    signals: Signals,
    minutes: clock::Minutes,
    #[cfg(test)]
    things: test_kind::Things,
}

impl CloudFormation {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>, faults: &[Fault]) -> Result<Self, LocalError> {
        Ok(Self {
            store: Arc::new(Store::open(data_directory)?),
            faults: Faults::new(faults),
            signals: Signals::default(),
            minutes: clock::Minutes::default(),
            #[cfg(test)]
            things: test_kind::Things::default(),
        })
    }

    /// The stacks, for those who ask what declares a resource.
    pub(crate) fn declarations(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }
}

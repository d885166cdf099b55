//! Where faults are gathered while reading goes on.

use std::cell::RefCell;

use super::{Fault, FaultKind, Place, SourceFile};

/// Gathers faults; shared by everything that reads the same project.
#[derive(Debug, Default)]
pub(crate) struct Sink(RefCell<Vec<Fault>>);

impl Sink {
    pub(crate) fn push(&self, kind: FaultKind, place: &Place) {
        self.push_in(kind, place, None);
    }

    /// As [`push`](Self::push), for a place in an included file.
    pub(crate) fn push_in(&self, kind: FaultKind, place: &Place, file: Option<SourceFile>) {
        self.0.borrow_mut().push(Fault { kind, place: place.clone(), file });
    }

    /// Number of faults so far.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

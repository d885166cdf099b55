//! Where faults are gathered while reading goes on.

use std::cell::RefCell;

use super::asked::{Asked, Form};
use super::{Fault, FaultKind, Place, SourceFile};

/// Gathers faults; shared by everything that reads the same project.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    faults: RefCell<Vec<Fault>>,
    /// Keys that were asked for, when somebody wants to know.
    asked: Option<RefCell<Vec<Asked>>>,
}

impl Sink {
    /// A sink that also remembers which keys are asked for.
    pub(crate) fn with_memory() -> Self {
        Self { faults: RefCell::default(), asked: Some(RefCell::default()) }
    }

    /// Notes that a key of the mapping at `parent` was asked for.
    pub(crate) fn note(&self, parent: &str, key: &str, form: Form) {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().push(Asked { parent: parent.to_owned(), key: key.to_owned(), form });
        }
    }

    /// Keys that were asked for.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.as_ref().map(|asked| asked.borrow().clone()).unwrap_or_default()
    }

    pub(crate) fn push(&self, kind: FaultKind, place: &Place) {
        self.push_in(kind, place, None);
    }

    /// As [`push`](Self::push), for a place in an included file.
    pub(crate) fn push_in(&self, kind: FaultKind, place: &Place, file: Option<SourceFile>) {
        self.faults.borrow_mut().push(Fault { kind, place: place.clone(), file });
    }

    /// Number of faults so far.
    pub(crate) fn count(&self) -> usize {
        self.faults.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_inner()
    }
}

//! Which of many pieces of work can start, given what each waits for.

use std::collections::BTreeSet;

/// Pieces of work by number.
#[derive(Debug)]
pub(super) struct Graph {
    waits_for: Vec<BTreeSet<usize>>,
    ready: BTreeSet<usize>,
}

impl Graph {
    /// A graph in which piece `n` waits for `waits_for[n]`.
    pub(super) fn new(waits_for: Vec<BTreeSet<usize>>) -> Self {
        let ready =
            waits_for.iter().enumerate().filter(|(_, waits)| waits.is_empty()).map(|(number, _)| number).collect();
        Self { waits_for, ready }
    }

    /// The next piece that can start, lowest number first.
    pub(super) fn next_ready(&mut self) -> Option<usize> {
        self.ready.pop_first()
    }

    /// A piece is done: what waited for nothing else can start.
    pub(super) fn complete(&mut self, done: usize) {
        for (number, waits) in self.waits_for.iter_mut().enumerate() {
            if waits.remove(&done) && waits.is_empty() {
                self.ready.insert(number);
            }
        }
    }
}

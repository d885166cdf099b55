//! A gate at which the requests of two clients wait for their turn, so that a seed decides how their calls interleave.

use std::pin::pin;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

/// The door of a client, 0 or 1.
pub(super) type Door = usize;

/// Lets the requests of two clients through, one after the other, in the order of a seed. A client has short and long runs of
/// turns; one that is done has none.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    turns: Mutex<Turns>,
    moved: Notify,
}

#[derive(Debug)]
struct Turns {
    seed: u64,
    whose: Door,
    left: u64,
    is_done: [bool; 2],
}

impl Gate {
    pub(super) fn new(seed: u64) -> Self {
        let mut turns = Turns { seed, whose: 0, left: 0, is_done: [false; 2] };
        turns.deal();
        Self(Arc::new(Inner { turns: Mutex::new(turns), moved: Notify::new() }))
    }

    /// Waits for a turn and takes it.
    pub(super) async fn enter(&self, door: Door) {
        loop {
            let mut moved = pin!(self.0.moved.notified());
            // Before the look, so that a turn that passes right after it is noticed.
            moved.as_mut().enable();
            if self.0.turns.lock().unwrap().take(door) {
                self.0.moved.notify_waiters();
                return;
            }
            moved.await;
        }
    }

    /// The client of this door makes no further request.
    pub fn leave(&self, door: Door) {
        self.0.turns.lock().unwrap().is_done[door] = true;
        self.0.moved.notify_waiters();
    }
}

impl Turns {
    fn take(&mut self, door: Door) -> bool {
        if self.whose != door && !self.is_done[1 - door] {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.deal();
        }
        true
    }

    /// One to four turns for either.
    fn deal(&mut self) {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.whose = usize::from(self.seed >> 63 == 1);
        self.left = 1 + (self.seed >> 40) % 4;
    }
}

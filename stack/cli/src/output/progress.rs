//! What is under way, redrawn in place on a terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often lines under way are redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Lines under way, by key, below what is already said.
pub(crate) struct Progress {
    lines: MultiProgress,
    running: BTreeMap<String, ProgressBar>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { lines: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), running: BTreeMap::new() }
    }

    /// Something began; it stays visible with its elapsed time until [`Progress::end`].
    pub(crate) fn begin(&mut self, key: &str, text: String) {
        if let Some(line) = self.running.get(key) {
            line.set_message(text);
            return;
        }
        let line = self.lines.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>4}") {
            line.set_style(style);
        }
        line.set_message(text);
        line.enable_steady_tick(TICK);
        self.running.insert(key.to_owned(), line);
    }

    /// Something ended; its line goes.
    pub(crate) fn end(&mut self, key: &str) {
        if let Some(line) = self.running.remove(key) {
            line.finish_and_clear();
            self.lines.remove(&line);
        }
    }

    /// A lasting line above those under way.
    pub(crate) fn say(&self, write: impl FnOnce()) {
        self.lines.suspend(write);
    }

    /// Ends all lines.
    pub(crate) fn clear(&mut self) {
        for (_key, line) in std::mem::take(&mut self.running) {
            line.finish_and_clear();
            self.lines.remove(&line);
        }
    }
}

//! The voice for people.

mod access;
mod change_set;
mod differences;
mod drift;
mod event;
mod garbage;
mod offline;
mod operation;
mod outcome;
mod plan;
mod question;
mod report;
mod status;

use stack_aws::{CancellationToken, LogLine, Question};
use stack_plan::Event;

use super::progress::Progress;
use super::style::Style;
use super::{diagnostic, prompt, write_stderr, write_stdout};
use crate::arguments::Settings;
use crate::error::CliError;
use crate::fact::Fact;
use crate::report::Report;

/// The voice for people: sentences on stderr, data on stdout; redrawn lines where stderr is a terminal.
pub(crate) struct Text {
    style: Style,
    color: bool,
    verbosity: u8,
    progress: Option<Progress>,
    tally: event::Tally,
}

impl Text {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            style: Style::new(settings.color),
            color: settings.color,
            verbosity: settings.verbosity,
            progress: settings.terminal.then(Progress::new),
            tally: event::Tally::default(),
        }
    }

    pub(crate) fn event(&mut self, event: &Event) {
        event::tell(self, event);
    }

    pub(crate) fn fact(&mut self, fact: &Fact<'_>) {
        let sentence = event::fact_sentence(self.style, fact);
        self.say(&sentence);
    }

    /// A line of a log, as data.
    pub(crate) fn log_line(&self, line: &LogLine) -> String {
        event::log_line(self.style, line) + "\n"
    }

    pub(crate) fn ask(&mut self, question: &Question, interrupt: &CancellationToken) -> bool {
        write_stderr(&question::text(self.style, question));
        prompt::ask_yes(question::prompt(question), interrupt)
    }

    pub(crate) fn settle(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.clear();
        }
    }

    pub(crate) fn report(&mut self, report: &Report) -> Result<(), CliError> {
        let report::Parts { data, talk } = report::parts(self.style, report, &self.tally);
        write_stderr(&talk);
        write_stdout(&data)
    }

    pub(crate) fn progress_report(&mut self, report: &Report) {
        let report::Parts { data, talk } = report::parts(self.style, report, &self.tally);
        self.tally = event::Tally::default();
        // What drifted is what the question that follows is about.
        let listed = if matches!(report, Report::Drift { .. }) { data } else { String::new() };
        self.say((listed + &talk).trim_end());
    }

    pub(crate) fn error(&mut self, error: &CliError) {
        write_stderr(&diagnostic::to_text(error, self.color));
    }

    /// A lasting line on stderr.
    fn say(&self, line: &str) {
        if line.is_empty() {
            return;
        }
        let write = || write_stderr(&format!("{line}\n"));
        match &self.progress {
            Some(progress) => progress.say(write),
            None => write(),
        }
    }
}

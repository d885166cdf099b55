//! The only place that prints. stdout carries data, stderr carries talk.
//!
//! Two voices say the same facts: [`text`] in sentences, [`json`] as one object per line with the report last.

mod annotation;
mod crash;
mod diagnostic;
mod json;
mod progress;
mod prompt;
mod style;
mod text;

pub(crate) use crash::install_panic_hook;

use std::io::Write as _;
use std::path::Path;

use stack_aws::{Answer, CancellationToken, LogLine, Question};
use stack_plan::Event;

use crate::arguments::Settings;
use crate::error::CliError;
use crate::fact::Fact;
use crate::report::Report;

/// The voice of this run.
pub(crate) struct Output {
    voice: Voice,
    annotates: bool,
}

enum Voice {
    Text(Box<text::Text>),
    Json(json::Json),
}

impl Output {
    /// The voice that the settings ask for.
    pub(crate) fn new(settings: &Settings) -> Self {
        let voice = if settings.json {
            Voice::Json(json::Json::new(settings.color))
        } else {
            Voice::Text(Box::new(text::Text::new(settings)))
        };
        Self { voice, annotates: settings.annotates }
    }

    /// Tells a fact of a library.
    pub(crate) fn event(&mut self, event: &Event) {
        match &mut self.voice {
            Voice::Text(text) => text.event(event),
            Voice::Json(json) => json.line(event),
        }
    }

    /// Tells a fact of the command line.
    pub(crate) fn fact(&mut self, fact: &Fact<'_>) {
        match &mut self.voice {
            Voice::Text(text) => text.fact(fact),
            Voice::Json(json) => json.line(fact),
        }
    }

    /// Tells a line of a log on stdout. False when nobody reads any more.
    ///
    /// # Errors
    /// [`CliError::Stdout`] when it cannot be written.
    pub(crate) fn log_line(&mut self, line: &LogLine) -> Result<bool, CliError> {
        let data = match &self.voice {
            Voice::Text(text) => text.log_line(line),
            Voice::Json(_) => serde_json::to_string(&Fact::LogLine(line)).unwrap_or_default() + "\n",
        };
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(data.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(source) if source.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
            Err(source) => Err(CliError::Stdout { source }),
        }
    }

    /// Asks on the terminal; an interrupt is a no. The caller has made sure that there is a terminal.
    pub(crate) fn ask(&mut self, question: &Question, interrupt: &CancellationToken) -> Answer {
        self.settle();
        let is_yes = match &mut self.voice {
            Voice::Text(text) => text.ask(question, interrupt),
            Voice::Json(json) => json.ask(question, interrupt),
        };
        if is_yes { Answer::Yes } else { Answer::No }
    }

    /// Asks whether a data directory may be removed.
    pub(crate) fn ask_reset(&mut self, directory: &Path) -> bool {
        self.settle();
        prompt::ask_yes(&format!("Remove {} and everything in it?", directory.display()), &CancellationToken::new())
    }

    /// Asks whether migrations may be undone.
    pub(crate) fn ask_undo(&mut self, stack_name: &str, steps: u32) -> bool {
        self.settle();
        let what = if steps == 1 { "the last migration".to_owned() } else { format!("the last {steps} migrations") };
        prompt::ask_yes(&format!("Undo {what} of {stack_name}, with the data in them?"), &CancellationToken::new())
    }

    /// Asks for the name of a stack that is not to be destroyed by a slip of the hand.
    pub(crate) fn ask_name(&mut self, stack_name: &str, interrupt: &CancellationToken) -> bool {
        self.settle();
        prompt::ask_name(stack_name, interrupt)
    }

    /// Says how a round of a command that goes on ended. Data goes to stdout for programs only.
    pub(crate) fn progress_report(&mut self, report: &Report) {
        match &mut self.voice {
            Voice::Text(text) => text.progress_report(report),
            Voice::Json(json) => json.line(report),
        }
    }

    /// Says on stdout that the local cloud answers: scripts wait for this line.
    ///
    /// # Errors
    /// [`CliError::Stdout`] when it cannot be written.
    pub(crate) fn ready(&mut self, url: &str) -> Result<(), CliError> {
        match &self.voice {
            Voice::Text(_) => write_stdout(&format!("ready {url}\n")),
            // The fact `cloud-ready` says it.
            Voice::Json(_) => Ok(()),
        }
    }

    /// Ends progress lines; what follows is written below them.
    pub(crate) fn settle(&mut self) {
        if let Voice::Text(text) = &mut self.voice {
            text.settle();
        }
    }

    /// Says how the command ended.
    ///
    /// # Errors
    /// [`CliError::Stdout`] when the data cannot be written.
    pub(crate) fn report(&mut self, report: &Report) -> Result<(), CliError> {
        self.settle();
        if self.annotates {
            write_stderr(&annotation::of_report(report));
        }
        match &mut self.voice {
            Voice::Text(text) => text.report(report),
            Voice::Json(json) => json.report(report),
        }
    }

    /// Says why the command failed.
    pub(crate) fn error(&mut self, error: &CliError) {
        self.settle();
        if self.annotates {
            write_stderr(&annotation::of_error(error));
        }
        match &mut self.voice {
            Voice::Text(text) => text.error(error),
            Voice::Json(json) => json.error(error),
        }
    }
}

/// Writes data to stdout. A reader that has seen enough (`| head`) is no error.
fn write_stdout(data: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(data.as_bytes()).and_then(|()| stdout.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::Stdout { source }),
        _ => Ok(()),
    }
}

/// Writes talk to stderr. There is nobody to tell when that fails.
fn write_stderr(talk: &str) {
    let _ = std::io::stderr().lock().write_all(talk.as_bytes());
}

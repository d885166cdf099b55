//! One file per verb. A command does its work, tells facts, and gives back a [`Report`]; it prints nothing.

mod doctor;
mod local;

use crate::arguments::{Command, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::report::Report;

/// Runs one command to its end.
pub(crate) fn run(settings: &Settings, command: Command, output: &mut Output) -> Result<Report, CliError> {
    match command {
        Command::Local(arguments) => local::run(settings, arguments, output),
        Command::Doctor(arguments) => doctor::run(settings, &arguments),
    }
}

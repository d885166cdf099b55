//! One file per verb. A command does its work, tells facts, and gives back a [`Report`]; it prints nothing.

mod build;
mod check;
mod deploy;
mod destroy;
mod dev;
mod doctor;
mod local;
mod outputs;
mod render;

use crate::arguments::{Command, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::report::Report;

/// Runs one command to its end.
pub(crate) fn run(settings: &Settings, command: Command, output: &mut Output) -> Result<Report, CliError> {
    match command {
        Command::Check(arguments) => check::run(settings, arguments),
        Command::Render(arguments) => render::run(settings, arguments, output),
        Command::Build(arguments) => build::run(settings, arguments, output),
        Command::Deploy(arguments) => deploy::run(settings, arguments, output),
        Command::Destroy(arguments) => destroy::run(settings, arguments, output),
        Command::Outputs(arguments) => outputs::run(settings, &arguments),
        Command::Dev(arguments) => dev::run(settings, arguments, output),
        Command::Local(arguments) => local::run(settings, arguments, output),
        Command::Doctor(arguments) => doctor::run(settings, &arguments),
    }
}

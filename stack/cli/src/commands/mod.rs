//! One file per verb. A command does its work, tells facts, and gives back a [`Report`]; it prints nothing.

mod access;
mod build;
mod check;
mod completions;
mod deploy;
mod destroy;
mod dev;
mod diff;
mod doctor;
mod drift;
mod eject;
mod events;
mod gc;
mod graph;
pub(crate) mod init;
mod invoke;
mod local;
mod logs;
mod ls;
mod man;
mod migrate;
mod operation;
mod outputs;
mod render;
mod schema;
mod status;
mod token;

use std::path::Path;

use crate::arguments::{Command, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::report::Report;

/// Writes a file; its directories are made.
fn write_file(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let unwritable = |source| CliError::Unwritable { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(unwritable)?;
    }
    std::fs::write(path, content).map_err(unwritable)
}

/// Help for a name that is unknown: the nearest one, or all.
pub(crate) fn near(name: &str, known: &[&str]) -> String {
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    match near.filter(|(distance, _)| *distance <= 2) {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// Runs one command to its end.
pub(crate) fn run(settings: &Settings, command: Command, output: &mut Output) -> Result<Report, CliError> {
    match command {
        Command::Check(arguments) => check::run(settings, arguments),
        Command::Render(arguments) => render::run(settings, arguments, output),
        Command::Init(arguments) => init::run(settings, arguments),
        Command::Diff(arguments) => diff::run(settings, arguments, output),
        Command::Graph(arguments) => graph::run(settings, arguments),
        Command::Eject(arguments) => eject::run(settings, &arguments),
        Command::Schema => Ok(schema::run()),
        Command::Build(arguments) => build::run(settings, arguments, output),
        Command::Deploy(arguments) => deploy::run(settings, arguments, output),
        Command::Destroy(arguments) => destroy::run(settings, arguments, output),
        Command::Drift(arguments) => drift::run(settings, arguments),
        Command::Status => status::run(settings),
        Command::Attach => operation::attach(settings, output),
        Command::Cancel => operation::cancel(settings, output),
        Command::Rollback(arguments) => operation::rollback(settings, arguments, output),
        Command::Events(arguments) => events::run(settings, &arguments),
        Command::Ls => ls::run(settings),
        Command::Logs(arguments) => logs::run(settings, &arguments, output),
        Command::Invoke(arguments) => invoke::run(settings, arguments),
        Command::Migrate(arguments) => migrate::run(settings, arguments, output),
        Command::Outputs(arguments) => outputs::run(settings, &arguments),
        Command::Access(arguments) => access::run(settings, arguments),
        Command::Token(arguments) => token::run(settings, arguments),
        Command::Dev(arguments) => dev::run(settings, arguments, output),
        Command::Local(arguments) => local::run(settings, arguments, output),
        Command::Gc(arguments) => gc::run(settings, &arguments, output),
        Command::Doctor(arguments) => doctor::run(settings, &arguments),
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
        Command::Man(arguments) => man::run(settings, &arguments),
    }
}

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

/// Writes a file; its directories are made. A file that was there stays as it was when the new one cannot be written whole.
fn write_file(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let unwritable = |source| CliError::Unwritable { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(unwritable)?;
    }
    // A pipe or a link is written through, not replaced.
    let is_special = std::fs::symlink_metadata(path).is_ok_and(|known| !known.is_file());
    let Some(name) = path.file_name().filter(|_| !is_special) else {
        return std::fs::write(path, content).map_err(unwritable);
    };
    let new = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    std::fs::write(&new, content).and_then(|()| std::fs::rename(&new, path)).map_err(|source| {
        // What is half written is of no use; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&new);
        unwritable(source)
    })
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
        Command::Drift(arguments) => drift::run(settings, arguments, output),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/file");
        write_file(&file, b"one").unwrap();
        write_file(&file, b"two").unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_file(&link, b"three").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"three");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(directory.path().join("new")).unwrap().count(), 1, "nothing is left beside it");
        assert!(write_file(&directory.path().join("new"), b"x").is_err(), "a directory is no file");
    }
}

//! `stack man`: the manual pages.

use clap::{Command, CommandFactory as _};

use super::write_file;
use crate::arguments::{Arguments, ManArguments, Settings};
use crate::error::CliError;
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: &ManArguments) -> Result<Report, CliError> {
    let directory = settings.path(&arguments.directory);
    let mut root = Arguments::command();
    root.build();
    let mut files = Vec::new();
    for (name, page) in pages(&root, "stack") {
        let path = directory.join(name);
        write_file(&path, &page?)?;
        files.push(path);
    }
    Ok(Report::Written { files })
}

/// A page for the command and each one below it, by file name.
fn pages(command: &Command, name: &str) -> Vec<(String, Result<Vec<u8>, CliError>)> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command.clone().name(name.to_owned())).render(&mut page);
    let written = written.map_err(|source| CliError::System { action: "write a manual page", source });
    let mut all = vec![(format!("{name}.1"), written.map(|()| page))];
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        all.extend(pages(below, &format!("{name}-{}", below.get_name())));
    }
    all
}

//! `stack man`: the manual pages.

use clap::{Command, CommandFactory as _};

use super::write_file;
use crate::arguments::{Arguments, ManArguments, Settings};
use crate::error::CliError;
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: &ManArguments) -> Result<Report, CliError> {
    let directory = settings.path(&arguments.pages);
    let mut root = Arguments::command();
    root.build();
    let mut files = Vec::new();
    for (name, page) in pages(&root)? {
        let path = directory.join(name);
        write_file(&path, &page)?;
        files.push(path);
    }
    Ok(Report::Written { files })
}

/// A page for the command and each one below it, by file name (`stack-deploy.1`).
fn pages(command: &Command) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let manual = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    manual.render(&mut page).map_err(|source| CliError::System { action: "write a manual page", source })?;
    let mut all = vec![(manual.get_filename(), page)];
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        all.extend(pages(below)?);
    }
    Ok(all)
}

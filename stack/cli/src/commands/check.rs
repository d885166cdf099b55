//! `stack check`: is the project right? Offline.

use crate::arguments::{CheckArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: CheckArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    Ok(Report::Checked {
        file: files.file_name,
        stack_name: plan.stack_name,
        resources: plan.template.resources.len(),
        functions: plan.artifacts.len(),
    })
}

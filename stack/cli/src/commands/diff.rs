//! `stack diff`: how two templates differ. Offline.

use std::path::Path;

use stack_local::DEFAULT_ACCOUNT;
use stack_plan::Template;
use stack_plan::diff::Changes;

use crate::arguments::{DiffArguments, Settings};
use crate::error::CliError;
use crate::fact::Fact;
use crate::output::Output;
use crate::project::{ProjectFiles, read_text};
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: DiffArguments, output: &mut Output) -> Result<Report, CliError> {
    if let [old, new] = arguments.template.as_slice() {
        let changes = Changes::between(&read_template(&settings.path(old))?, &read_template(&settings.path(new))?);
        return Ok(Report::Differences { from: old.display().to_string(), to: new.display().to_string(), changes });
    }
    // The one or the other was given.
    let from = arguments.from.unwrap_or_default();
    let old = read_template(&settings.path(&from))?;
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    if plan.account == DEFAULT_ACCOUNT && settings.account.is_none() {
        output.fact(&Fact::AccountAssumed { account: &plan.account });
    }
    let changes = Changes::between(&old, &plan.template);
    Ok(Report::Differences { from: from.display().to_string(), to: plan.stack_name, changes })
}

fn read_template(path: &Path) -> Result<Template, CliError> {
    let text = read_text(path)?;
    Template::parse(&text).map_err(|fault| CliError::TemplateInvalid { path: path.to_owned(), fault: Box::new(fault) })
}

//! `stack eject`: built-in sources, copied into the project.

use std::path::PathBuf;

use stack_plan::sources::{BuiltInSource, policy_sources, template_sources};

use crate::arguments::{EjectArguments, Settings};
use crate::error::CliError;
use crate::project::{ProjectFiles, project_directory};
use crate::report::{Report, SourceEntry};

const TEMPLATES: &str = "templates";
const POLICIES: &str = "policies";

pub(super) fn run(settings: &Settings, arguments: &EjectArguments) -> Result<Report, CliError> {
    match &arguments.construct {
        Some(construct) => eject(settings, construct, arguments),
        None => list(settings),
    }
}

/// All sources. Without a project there is nothing that could replace one.
fn list(settings: &Settings) -> Result<Report, CliError> {
    let files = match ProjectFiles::read(settings) {
        Ok(files) => Some(files),
        Err(CliError::ProjectMissing { .. }) => None,
        Err(error) => return Err(error),
    };
    let entry = |directory: &str, source: &BuiltInSource| SourceEntry {
        owner: source.owner,
        file: format!("{directory}/{}", source.file_name),
        replaced: files.as_ref().is_some_and(|files| files.has_source(source.file_name)),
    };
    let templates = template_sources();
    let policies = policy_sources();
    let sources = templates
        .iter()
        .map(|source| entry(TEMPLATES, source))
        .chain(policies.iter().map(|source| entry(POLICIES, source)));
    Ok(Report::Sources { sources: sources.collect() })
}

fn eject(settings: &Settings, construct: &str, arguments: &EjectArguments) -> Result<Report, CliError> {
    let templates = template_sources();
    let wanted = construct.replace('-', "_");
    let Some(template) = templates.iter().find(|source| source.owner == wanted) else {
        let known: Vec<&str> = templates.iter().map(|source| source.owner).collect();
        return Err(CliError::SourceUnknown { name: construct.to_owned(), help: super::near(construct, &known) });
    };
    let mut sources = vec![(TEMPLATES, *template)];
    if arguments.policies {
        let of_it = policy_sources().into_iter().filter(|source| source.owner == template.owner);
        sources.extend(of_it.map(|source| (POLICIES, source)));
    }
    let directory = project_directory(settings)?;
    let path = |(folder, source): &(&str, BuiltInSource)| directory.join(folder).join(source.file_name);
    if !arguments.force
        && let Some(there) = sources.iter().map(path).find(|path| path.exists())
    {
        return Err(CliError::FileExists { path: there });
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for source in &sources {
        let path = path(source);
        super::write_file(&path, source.1.text.as_bytes())?;
        files.push(path);
    }
    Ok(Report::Written { files })
}

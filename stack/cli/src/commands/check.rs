//! `stack check`: is the project right, or a template that somebody else wrote? Offline.

use std::path::Path;

use miette::Diagnostic as _;
use stack_plan::template::{TemplateFindings, check_text_beside};

use crate::arguments::{CheckArguments, Settings};
use crate::error::CliError;
use crate::project::{ProjectFiles, read_text};
use crate::report::{Report, TemplateWarning};

/// Region whose resource types are looked at when none is named.
const USUAL_REGION: &str = "us-east-1";

pub(super) fn run(settings: &Settings, arguments: CheckArguments) -> Result<Report, CliError> {
    if let Some(file) = &arguments.template {
        return check_template(settings, file);
    }
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    Ok(Report::Checked {
        file: files.file_name,
        stack_name: plan.stack_name,
        resources: plan.template.resources.len(),
        functions: plan.artifacts.len(),
    })
}

/// Faults end the command as an error; warnings alone are a report.
fn check_template(settings: &Settings, file: &Path) -> Result<Report, CliError> {
    let path = settings.directory.join(file);
    let text = read_text(&path)?;
    let region = settings.region.as_deref().unwrap_or(USUAL_REGION);
    let name = file.display().to_string();
    let nested = |url: &str| nested_template(&path, url);
    let findings = TemplateFindings::new(&name, &text, check_text_beside(&text, &[region], &nested));
    if findings.has_errors() {
        return Err(CliError::Template(findings));
    }
    let warnings = findings
        .iter()
        .map(|error| TemplateWarning {
            code: error.code().map(|code| code.to_string()).unwrap_or_default(),
            message: error.fault.to_string(),
            path: error.path.clone(),
            line: error.position.map(|position| position.line),
            column: error.position.map(|position| position.column),
            help: error.help().map(|help| help.to_string()),
        })
        .collect();
    Ok(Report::TemplateChecked { file: name, region: region.to_owned(), warnings })
}

/// The template of a nested stack, where it is a file beside the one that names it. One at an address is not fetched.
fn nested_template(template: &Path, url: &str) -> Option<String> {
    if url.contains("://") {
        return None;
    }
    read_text(&template.parent()?.join(url)).ok()
}

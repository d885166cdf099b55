//! `stack render`: the template, offline.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stack_local::DEFAULT_ACCOUNT;
use stack_plan::{Plan, Template};

use crate::arguments::{RenderArguments, RenderFormat, Settings};
use crate::error::CliError;
use crate::fact::Fact;
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;

pub(super) fn run(settings: &Settings, arguments: RenderArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    if plan.account == DEFAULT_ACCOUNT && settings.account.is_none() {
        output.fact(&Fact::AccountAssumed { account: &plan.account });
    }
    let text = template_text(&plan.template, arguments.format);
    match arguments.out {
        Some(directory) => write_files(&plan, &text, arguments.format, &directory),
        None => Ok(Report::Rendered {
            stack_name: plan.stack_name,
            template: Box::new(plan.template),
            parameters: plan.parameters,
            text,
        }),
    }
}

fn template_text(template: &Template, format: RenderFormat) -> String {
    let mut text = match format {
        RenderFormat::Yaml => template.to_yaml(),
        RenderFormat::Json => json_text(template),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn write_files(plan: &Plan, template: &str, format: RenderFormat, directory: &Path) -> Result<Report, CliError> {
    std::fs::create_dir_all(directory).map_err(|source| CliError::Unwritable { path: directory.to_owned(), source })?;
    let extension = match format {
        RenderFormat::Yaml => "yaml",
        RenderFormat::Json => "json",
    };
    let mut files = vec![
        (format!("template.{extension}"), template.to_owned()),
        ("parameters.json".to_owned(), json_text(&plan.parameters)),
        ("artifacts.json".to_owned(), json_text(&plan.artifacts)),
    ];
    // A companion is a stack of its own, so it has a file of its own under its stack's name.
    files.extend(plan.companions.iter().map(|companion| {
        (format!("{}.{extension}", companion.stack_name), template_text(&companion.template, format))
    }));
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|source| CliError::Unwritable { path: path.clone(), source })?;
        written.push(path);
    }
    Ok(Report::Written { files: written })
}

/// Values of the plan have string keys only, so that they always have a JSON form.
fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

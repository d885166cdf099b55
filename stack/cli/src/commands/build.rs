//! `stack build`: the function packages, as zips.

use std::path::Path;

use stack_aws::CancellationToken;
use stack_build::{BuildOptions, Profile};
use stack_plan::plan::Artifact;
use stack_plan::{Built, Plan};

use crate::arguments::{BuildArguments, Endpoint, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::{paths, runtime};

pub(super) fn run(settings: &Settings, arguments: BuildArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let plan = files.plan(settings, &arguments.parameters.into_map(), None)?;
    let artifacts = chosen(&plan, &arguments.functions)?;
    runtime::run(async |interrupt| {
        let built = build(&files.directory, &artifacts, profile(settings), &interrupt, output).await?;
        Ok(built.map_or(Report::Interrupted, |functions| Report::Built { functions }))
    })
}

fn chosen(plan: &Plan, functions: &[String]) -> Result<Vec<Artifact>, CliError> {
    if functions.is_empty() {
        return Ok(plan.artifacts.clone());
    }
    functions
        .iter()
        .map(|function| {
            plan.artifacts.iter().find(|artifact| artifact.function == *function).cloned().ok_or_else(|| {
                let known: Vec<&str> = plan.artifacts.iter().map(|artifact| artifact.function.as_str()).collect();
                CliError::FunctionUnknown { function: function.clone(), help: super::near(function, &known) }
            })
        })
        .collect()
}

/// How packages are compiled for the cloud that the settings name.
pub(super) fn profile(settings: &Settings) -> Profile {
    if settings.endpoint == Endpoint::Local { Profile::Local } else { Profile::Lambda }
}

/// Builds; nothing when the user interrupts. The build tools end with it.
pub(super) async fn build(
    project_directory: &Path,
    artifacts: &[Artifact],
    profile: Profile,
    interrupt: &CancellationToken,
    output: &mut Output,
) -> Result<Option<Vec<Built>>, CliError> {
    let options = options(project_directory, profile);
    let mut tell = |event| output.event(&event);
    let built = tokio::select! {
        built = stack_build::build(&options, artifacts, &mut tell) => Some(built?),
        () = interrupt.cancelled() => None,
    };
    output.settle();
    Ok(built)
}

/// Build options for a project.
pub(super) fn options(project_directory: &Path, profile: Profile) -> BuildOptions {
    BuildOptions {
        project_directory: project_directory.to_owned(),
        profile,
        tools_directory: paths::tools_directory().unwrap_or_else(|| project_directory.join(".stack").join("tools")),
        allow_install: true,
        locked: false,
        variables: std::env::vars_os().collect(),
    }
}

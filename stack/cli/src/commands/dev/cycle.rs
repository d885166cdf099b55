//! One round of `stack dev`: read, plan, build, deploy.

use std::path::PathBuf;

use stack_aws::DeployOptions;
use stack_build::Profile;

use super::Dev;
use super::usage;
use crate::commands::{build, deploy};
use crate::error::CliError;
use crate::fact::{Fact, Usage};
use crate::host::{Consent, User};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::target::{self, Connected};

/// How a round ended.
pub(super) enum Cycle {
    /// The system runs as the project says.
    Running(Box<Connected>),
    /// The deployment failed; what ran before runs on.
    Failed,
    /// The user interrupted.
    Interrupted,
}

/// Reads the project and brings the local cloud to what it says. How the system can be used is told when that is not
/// what was `told` before.
pub(super) async fn run(dev: &Dev, told: &mut Option<Usage>, output: &mut Output) -> Result<Cycle, CliError> {
    let files = ProjectFiles::read(&dev.settings)?;
    let Connected { aws, plan } =
        target::connect(&dev.settings, &files, &dev.parameters, Some(dev.url.clone())).await?;
    let built = build::build(&files.directory, &plan.artifacts, Profile::Local, &dev.interrupt, output).await?;
    let Some(built) = built else { return Ok(Cycle::Interrupted) };
    let options = DeployOptions { interrupt: dev.interrupt.clone(), ..DeployOptions::default() };
    let mut user = User::new(output, Consent::Given, dev.interrupt.clone());
    let outcome = stack_aws::deploy(&aws, &plan, &built, &files.directory, &options, &mut user).await?;
    if dev.interrupt.is_cancelled() {
        return Ok(Cycle::Interrupted);
    }
    let report = deploy::report(outcome, &files, &plan).answering(Some(&dev.url));
    output.settle();
    output.progress_report(&report);
    let Some(outputs) = report.outputs() else { return Ok(Cycle::Failed) };
    let usage = usage::usage(&aws, &plan, &dev.url, outputs.clone()).await?;
    if told.as_ref() != Some(&usage) {
        output.fact(&Fact::Running(told.insert(usage)));
    }
    Ok(Cycle::Running(Box::new(Connected { aws, plan })))
}

/// Files and directories whose change asks for another round. What cannot be found out now is found out after the
/// user has mended the project file, which is always among them.
pub(super) async fn watched(dev: &Dev) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let Ok(directory) = crate::project::project_directory(&dev.settings) else { return paths };
    for name in [crate::project::FILE_NAME, "templates", "policies"] {
        paths.push(directory.join(name));
    }
    let Ok(files) = ProjectFiles::read(&dev.settings) else { return paths };
    paths.extend(files.included().map(|file| directory.join(file)));
    let Ok(plan) = files.plan(&dev.settings, &dev.parameters, None) else { return paths };
    paths.extend(plan.contents.iter().map(|contents| directory.join(&contents.source)));
    let options = build::options(&directory, Profile::Local);
    match stack_build::source_directories(&options, &plan.artifacts).await {
        Ok(sources) => paths.extend(sources),
        Err(error) => tracing::info!(%error, "function sources are not watched"),
    }
    paths
}

//! `stack deploy`: brings the stack to what the project says.

use stack_aws::{DeployOptions, Outcome};
use stack_plan::Plan;

use super::build;
use crate::arguments::{DeployArguments, Endpoint, Settings};
use crate::error::CliError;
use crate::host::{Consent, User};
use crate::output::Output;
use crate::plan_file;
use crate::project::{self, ProjectFiles};
use crate::report::{Declaration, Report};
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: DeployArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let parameters = arguments.parameters.into_map();
    // Faults come before questions; for which account the names are does not matter yet.
    files.plan(settings, &parameters, None)?;
    let saved = arguments.plan.as_ref().map(|path| plan_file::read_plan(&settings.path(path))).transpose()?;
    let consent = Consent::to_deploy(settings);
    // What is only prepared is asked about at most on first use, for the artifact bucket.
    let consent = if arguments.no_execute { consent } else { consent.require("stack deploy")? };
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let connecting = target::connect(settings, &files, &parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let profile = build::profile(settings);
        let Some(built) = build::build(&files.directory, &plan.artifacts, profile, &interrupt, output).await? else {
            return Ok(Report::Interrupted);
        };
        let options = DeployOptions {
            interrupt,
            arguments: settings.choice(),
            deployer: Some(project::deployer()),
            prepare_only: arguments.no_execute,
            import_existing: arguments.import_existing,
            hot_swap: arguments.hot_swap,
            plan: saved,
            ..DeployOptions::default()
        };
        let mut user = User::new(output, consent, options.interrupt.clone());
        if settings.endpoint != Endpoint::Local {
            user = user.allowing(arguments.allow.iter().map(|allowed| allowed.risk()).collect());
        }
        let outcome = stack_aws::deploy(&aws, &plan, &built, &files.directory, &options, &mut user).await?;
        // An interrupt at a prompt answers it with no.
        let is_interrupted = options.interrupt.is_cancelled() && matches!(outcome, Outcome::Declined { .. });
        Ok(if is_interrupted {
            Report::Interrupted
        } else {
            report(outcome, &files, &plan).answering(aws.target().endpoint_url.as_deref())
        })
    })
}

/// The outcome, and where its first failure is declared.
pub(super) fn report(outcome: Outcome, files: &ProjectFiles, plan: &Plan) -> Report {
    let declared = declared(&outcome, files, plan);
    Report::Stack { outcome: Box::new(outcome), declared }
}

/// Where the first failure of an outcome is declared.
pub(super) fn declared(outcome: &Outcome, files: &ProjectFiles, plan: &Plan) -> Option<Declaration> {
    let cause = match outcome {
        Outcome::RolledBack { cause, .. } | Outcome::NeedsRollback { cause, .. } => cause.as_ref(),
        Outcome::DestroyFailed { failures, .. } => failures.first(),
        _ => None,
    };
    cause.and_then(|cause| files.declaration(plan, &cause.logical_id))
}

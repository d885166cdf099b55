//! `stack deploy`: brings the stack to what the project says.

use stack_aws::{Aws, DeployOptions, OperationOptions, Outcome};
use stack_plan::Plan;
use stack_plan::plan::Removal;

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
    let draft = files.plan(settings, &parameters, None)?;
    if arguments.express && is_lasting(&draft) {
        return Err(CliError::ExpressRefused { environment: draft.environment.name });
    }
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
            express: arguments.express,
            plan: saved,
            ..DeployOptions::default()
        };
        let mut user = User::new(output, consent, options.interrupt.clone());
        if settings.endpoint != Endpoint::Local {
            user = user.allowing(arguments.allow.iter().map(|allowed| allowed.risk()).collect());
        }
        let outcome = stack_aws::deploy(&aws, &plan, &built, &files.directory, &options, &mut user).await?;
        let outcome = if arguments.cancel_on_interrupt {
            taken_back(outcome, (&aws, &plan), settings, &mut user).await?
        } else {
            outcome
        };
        // An interrupt at a prompt answers it with no.
        let is_interrupted = options.interrupt.is_cancelled() && matches!(outcome, Outcome::Declined { .. });
        Ok(if is_interrupted {
            Report::Interrupted
        } else {
            report(outcome, &files, &plan).answering(aws.target().endpoint_url.as_deref())
        })
    })
}

/// True for an environment that is not thrown away.
fn is_lasting(plan: &Plan) -> bool {
    plan.environment.protect || plan.environment.removal == Removal::Retain
}

/// What an interrupt left running, cancelled and followed to its end: then it is a deployment that was rolled back. The next interrupt
/// ends the process.
async fn taken_back(
    outcome: Outcome,
    (aws, plan): (&Aws, &Plan),
    settings: &Settings,
    user: &mut User<'_>,
) -> Result<Outcome, CliError> {
    let Outcome::Detached { stack, .. } = &outcome else { return Ok(outcome) };
    if stack.name != plan.stack_name {
        return Ok(outcome);
    }
    let options =
        OperationOptions { arguments: settings.choice(), tags: plan.tags.clone(), ..OperationOptions::default() };
    Ok(match stack_aws::cancel(aws, &stack.id, &options, user).await? {
        Outcome::Settled { stack, status, next, .. } => {
            Outcome::RolledBack { stack, status, cause: None, others: Vec::new(), next, companions: Vec::new() }
        }
        other => other,
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

//! `stack destroy`: takes the stack away, after listing what goes and what stays.

mod older;

use stack_aws::{CancellationToken, CompanionStack, DestroyOptions, Outcome};
use stack_plan::Plan;
use stack_plan::plan::Removal;

use super::deploy;
use crate::arguments::{DestroyArguments, Settings};
use crate::error::CliError;
use crate::host::{Consent, User};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: DestroyArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let DestroyArguments { empty, unprotect, confirm, older_than, parameters } = arguments;
    let parameters = parameters.into_map();
    if let Some(age) = older_than {
        return older::run(settings, &files, &older::Wish { age, empty, parameters }, output);
    }
    // Faults come before questions; for which account the names are does not matter yet.
    files.plan(settings, &parameters, None)?;
    let consent = Consent::of(settings).require("stack destroy")?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let connecting = target::connect(settings, &files, &parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        if !is_confirmed(&plan, confirm.as_deref(), consent, &interrupt, output)? {
            return Ok(Report::Declined);
        }
        let options = DestroyOptions { empty, unprotect, ..options(settings, &plan, interrupt) };
        let mut user = User::new(output, consent, options.interrupt.clone());
        let outcome = stack_aws::destroy(&aws, &plan.stack_name, &options, &mut user).await?;
        // An interrupt at a prompt answers it with no.
        let is_interrupted = options.interrupt.is_cancelled() && matches!(outcome, Outcome::Declined { .. });
        Ok(if is_interrupted { Report::Interrupted } else { deploy::report(outcome, &files, &plan) })
    })
}

/// What a destruction must know of a plan.
fn options(settings: &Settings, plan: &Plan, interrupt: CancellationToken) -> DestroyOptions {
    let companions = plan
        .companions
        .iter()
        .map(|companion| CompanionStack { region: companion.region.clone(), stack_name: companion.stack_name.clone() });
    DestroyOptions {
        interrupt,
        arguments: settings.choice(),
        companions: companions.collect(),
        tags: plan.tags.clone(),
        role_arn: plan.options.role_arn.clone(),
        ..DestroyOptions::default()
    }
}

/// True for an environment that is protected, or that keeps its data.
fn is_precious(plan: &Plan) -> bool {
    plan.environment.protect || plan.environment.removal == Removal::Retain
}

/// An environment that is protected, or that keeps its buckets, is not one to destroy by a slip of the hand: its stack
/// must be named.
fn is_confirmed(
    plan: &Plan,
    confirm: Option<&str>,
    consent: Consent,
    interrupt: &CancellationToken,
    output: &mut Output,
) -> Result<bool, CliError> {
    match confirm {
        Some(name) if name == plan.stack_name => Ok(true),
        Some(name) => Err(CliError::ConfirmationWrong { given: name.to_owned(), stack_name: plan.stack_name.clone() }),
        None if !is_precious(plan) => Ok(true),
        None if consent == Consent::Asked => Ok(output.ask_name(&plan.stack_name, interrupt)),
        None => Err(CliError::ConfirmationNeeded { stack_name: plan.stack_name.clone() }),
    }
}

//! `stack destroy --older-than`: every environment of the project that nobody deployed for so long.

use std::collections::BTreeMap;
use std::time::Duration;

use stack_aws::{DestroyOptions, StackSummary};
use stack_plan::Plan;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{is_precious, options};
use crate::arguments::Settings;
use crate::commands::deploy;
use crate::error::CliError;
use crate::host::{Consent, User};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::{KeptStack, Report, StackReport};
use crate::runtime;
use crate::target::{self, Connected};

/// Tags of a stack that say which environment it is.
const ENVIRONMENT: &str = "stack:environment";
const SUFFIX: &str = "stack:suffix";
/// Suffix to connect with, where an environment's own needs what only its owner has.
const ANY_SUFFIX: &str = "any";

/// What is wished for.
pub(super) struct Wish {
    /// How long nobody deployed.
    pub(super) age: Duration,
    /// As [`DestroyOptions::empty`].
    pub(super) empty: bool,
    /// Values of the project's parameters.
    pub(super) parameters: BTreeMap<String, String>,
}

pub(super) fn run(
    settings: &Settings,
    files: &ProjectFiles,
    wish: &Wish,
    output: &mut Output,
) -> Result<Report, CliError> {
    let consent = Consent::of(settings).require("stack destroy --older-than")?;
    let endpoint_url = target::endpoint(settings, files)?;
    let suffix = settings.suffix.clone().unwrap_or_else(|| ANY_SUFFIX.to_owned());
    let connecting = Settings { suffix: Some(suffix), ..settings.clone() };
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(&connecting, files, &wish.parameters, endpoint_url).await?;
            let stacks = stack_aws::project_stacks(&aws, &plan.project).await?;
            Ok::<_, CliError>((aws, plan.account, stacks))
        };
        let (aws, account, stacks) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let mut kept = Vec::new();
        let mut reports = Vec::new();
        for stack in stacks.iter().filter(|stack| is_meant(settings, stack) && is_older(stack, wish.age)) {
            let stack_name = stack.reference.name.clone();
            let of_stack = settings_of(settings, stack);
            let plan = match files.plan(&of_stack, &wish.parameters, Some(account.clone())) {
                Ok(plan) if plan.stack_name == stack_name => plan,
                // A stack beside the main one goes with that.
                Ok(plan) if plan.companions.iter().any(|companion| companion.stack_name == stack_name) => continue,
                Ok(plan) => {
                    let reason = format!("the project calls the stack of that environment `{}` today", plan.stack_name);
                    kept.push(KeptStack { stack_name, reason });
                    continue;
                }
                Err(fault) => {
                    kept.push(KeptStack {
                        stack_name,
                        reason: format!("the project cannot be planned for it: {fault}"),
                    });
                    continue;
                }
            };
            if stack.protected || is_precious(&plan) {
                kept.push(KeptStack { stack_name, reason: reason_to_keep(stack, &plan).to_owned() });
                continue;
            }
            let options = DestroyOptions { empty: wish.empty, ..options(&of_stack, &plan, interrupt.clone()) };
            let mut user = User::new(output, consent, interrupt.clone());
            let outcome = stack_aws::destroy(&aws, &stack_name, &options, &mut user).await?;
            let declared = deploy::declared(&outcome, files, &plan);
            reports.push(StackReport { name: stack_name, region: aws.target().region.clone(), outcome, declared });
            if interrupt.is_cancelled() {
                break;
            }
        }
        Ok(Report::Stacks { stacks: reports, kept })
    })
}

fn reason_to_keep(stack: &StackSummary, plan: &Plan) -> &'static str {
    if stack.protected || plan.environment.protect { "it is protected" } else { "its environment retains its data" }
}

/// The options that choose the environment of a stack.
fn settings_of(settings: &Settings, stack: &StackSummary) -> Settings {
    Settings {
        environment: stack.tags.get(ENVIRONMENT).cloned(),
        suffix: stack.tags.get(SUFFIX).cloned(),
        ..settings.clone()
    }
}

/// True for a stack of the environment and suffix that the command line names; of any, where it names none.
fn is_meant(settings: &Settings, stack: &StackSummary) -> bool {
    let is = |wanted: &Option<String>, tag| wanted.as_ref().is_none_or(|wanted| stack.tags.get(tag) == Some(wanted));
    is(&settings.environment, ENVIRONMENT) && is(&settings.suffix, SUFFIX)
}

/// True for a stack that was neither made nor updated for so long. One that does not tell its times is never old.
fn is_older(stack: &StackSummary, age: Duration) -> bool {
    let last = stack.updated.as_deref().or(stack.created.as_deref());
    last.and_then(|last| OffsetDateTime::parse(last, &Rfc3339).ok())
        .and_then(|last| Duration::try_from(OffsetDateTime::now_utc() - last).ok())
        .is_some_and(|since| since >= age)
}

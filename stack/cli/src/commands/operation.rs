//! `stack attach`, `stack cancel`, `stack rollback`: what to do about an operation that this process did not begin.

use std::collections::BTreeMap;

use stack_aws::{Answer, CancellationToken, Host, OperationOptions, Outcome, Question};
use stack_plan::Event;

use super::deploy;
use crate::arguments::{RollbackArguments, Settings};
use crate::error::CliError;
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

/// What is done about it.
enum Verb {
    Attach,
    Cancel,
    Rollback { skip: Vec<String> },
}

pub(super) fn attach(settings: &Settings, output: &mut Output) -> Result<Report, CliError> {
    run(settings, &Verb::Attach, output)
}

pub(super) fn cancel(settings: &Settings, output: &mut Output) -> Result<Report, CliError> {
    run(settings, &Verb::Cancel, output)
}

pub(super) fn rollback(
    settings: &Settings,
    arguments: RollbackArguments,
    output: &mut Output,
) -> Result<Report, CliError> {
    run(settings, &Verb::Rollback { skip: arguments.skip }, output)
}

fn run(settings: &Settings, verb: &Verb, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let parameters = BTreeMap::new();
        let connecting = target::connect(settings, &files, &parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let options = options(settings, interrupt, plan.tags.clone());
        let mut listener = Listener(output);
        let outcome: Outcome = match verb {
            Verb::Attach => stack_aws::attach(&aws, &plan.stack_name, &options, &mut listener).await?,
            Verb::Cancel => stack_aws::cancel(&aws, &plan.stack_name, &options, &mut listener).await?,
            Verb::Rollback { skip } => {
                stack_aws::roll_back(&aws, &plan.stack_name, skip, &options, &mut listener).await?
            }
        };
        Ok(deploy::report(outcome, &files, &plan).answering(aws.target().endpoint_url.as_deref()))
    })
}

fn options(settings: &Settings, interrupt: CancellationToken, tags: BTreeMap<String, String>) -> OperationOptions {
    OperationOptions { interrupt, arguments: settings.choice(), tags, ..OperationOptions::default() }
}

/// Hears what happens; these commands ask nothing.
struct Listener<'a>(&'a mut Output);

impl Host for Listener<'_> {
    fn event(&mut self, event: Event) {
        self.0.event(&event);
    }

    fn approve(&mut self, _: &Question) -> Answer {
        Answer::CannotAsk
    }
}

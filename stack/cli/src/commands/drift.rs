//! `stack drift`: what is deployed, against what its template says.

use std::collections::BTreeMap;

use stack_aws::{Aws, DriftOutcome, OperationOptions, StackDrift, StackReference};
use stack_plan::{Plan, Template};

use super::deploy;
use crate::arguments::{DriftArguments, Endpoint, Settings};
use crate::error::CliError;
use crate::host::{Consent, User};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::{DriftOfStack, Report, StackReport};
use crate::runtime;
use crate::secrets::{HIDDEN, is_secret};
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: DriftArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let consent = Consent::to_deploy(settings);
    let consent = if arguments.revert { consent.require("stack drift --revert")? } else { consent };
    let parameters = arguments.parameters.into_map();
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &parameters, endpoint_url).await?;
            let stacks = look(&aws, &plan, &files).await?;
            Ok::<_, CliError>((aws, plan, stacks))
        };
        let (aws, plan, stacks) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let drifted: Vec<(String, StackReference)> = stacks.iter().filter_map(drifted).collect();
        let report = Report::Drift { stacks, markdown: arguments.markdown };
        if !arguments.revert || drifted.is_empty() {
            return Ok(report);
        }
        output.progress_report(&report);
        let options = OperationOptions {
            interrupt,
            arguments: settings.choice(),
            tags: plan.tags.clone(),
            role_arn: plan.options.role_arn.clone(),
            ..OperationOptions::default()
        };
        let mut user = User::new(output, consent, options.interrupt.clone());
        if settings.endpoint != Endpoint::Local {
            user = user.allowing(arguments.allow.iter().map(|allowed| allowed.risk()).collect());
        }
        let mut reverted = Vec::new();
        for (region, stack) in drifted {
            let is_companion = stack.name != plan.stack_name;
            let aws = aws.in_region(&region);
            let outcome = stack_aws::revert_drift(&aws, &stack.name, is_companion, &options, &mut user).await?;
            let declared = deploy::declared(&outcome, &files, &plan);
            reverted.push(StackReport { name: stack.name, region, outcome, declared });
            if options.interrupt.is_cancelled() {
                break;
            }
        }
        Ok(Report::Stacks { stacks: reverted, kept: Vec::new() })
    })
}

/// Region and name of a stack that drifted.
fn drifted(stack: &DriftOfStack) -> Option<(String, StackReference)> {
    match &stack.outcome {
        DriftOutcome::Detected(drift) if drift.drifted().next().is_some() => {
            Some((stack.region.clone(), drift.stack.clone()))
        }
        _ => None,
    }
}

/// The main stack, then those beside it.
async fn look(aws: &Aws, plan: &Plan, files: &ProjectFiles) -> Result<Vec<DriftOfStack>, CliError> {
    let companions = plan.companions.iter();
    let companions = companions.map(|other| (aws.in_region(&other.region), &other.stack_name, &other.template));
    let mut stacks = Vec::new();
    for (aws, name, template) in std::iter::once((aws.clone(), &plan.stack_name, &plan.template)).chain(companions) {
        let mut outcome = stack_aws::drift(&aws, name, &plan.tags).await?;
        let mut declared = BTreeMap::new();
        if let DriftOutcome::Detected(drift) = &mut outcome {
            hide_secrets(template, drift);
            for resource in drift.drifted() {
                if let Some(declaration) = files.declaration(plan, &resource.logical_id) {
                    declared.insert(resource.logical_id.clone(), declaration);
                }
            }
        }
        stacks.push(DriftOfStack { region: aws.target().region.clone(), outcome, declared });
    }
    Ok(stacks)
}

/// Takes out values that come from parameters with `NoEcho` or from stores of secrets.
fn hide_secrets(template: &Template, drift: &mut StackDrift) {
    for resource in &mut drift.resources {
        let Some(declared) = template.resources.get(&resource.logical_id) else { continue };
        for difference in &mut resource.differences {
            if is_secret(template, &declared.properties, &difference.path) {
                for value in [&mut difference.expected, &mut difference.actual] {
                    *value = value.take().map(|_| HIDDEN.to_owned());
                }
            }
        }
    }
}

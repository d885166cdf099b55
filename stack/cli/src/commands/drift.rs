//! `stack drift`: what is deployed, against what its template says.

use std::collections::BTreeMap;

use stack_aws::{Aws, DriftOutcome, StackDrift};
use stack_plan::{Plan, Template};

use crate::arguments::{DriftArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::{DriftOfStack, Report};
use crate::runtime;
use crate::secrets::{HIDDEN, is_secret};
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: DriftArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let parameters = arguments.parameters.into_map();
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &parameters, endpoint_url).await?;
            look(&aws, &plan, &files).await
        };
        let stacks = tokio::select! {
            stacks = looking => stacks?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        Ok(Report::Drift { stacks, markdown: arguments.markdown })
    })
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

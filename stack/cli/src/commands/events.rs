//! `stack events`: what happened in the last operation on the stack.

use std::collections::BTreeMap;

use crate::arguments::{EventsArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: &EventsArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &BTreeMap::new(), endpoint_url).await?;
            let stack = stack_aws::status(&aws, &plan.stack_name).await?.ok_or_else(|| CliError::StackMissing {
                stack_name: plan.stack_name.clone(),
                region: aws.target().region.clone(),
            })?;
            let operation = stack_aws::last_operation(&aws, &stack.reference).await?;
            Ok::<_, CliError>((plan, operation))
        };
        let (plan, operation) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let declared = operation.cause.as_ref().and_then(|cause| files.declaration(&plan, &cause.logical_id));
        Ok(Report::Events {
            stack_name: plan.stack_name,
            operation: Box::new(operation),
            declared,
            limit: arguments.limit.unwrap_or(usize::MAX),
        })
    })
}

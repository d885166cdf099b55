//! `stack outputs`: what the deployed stack says.

use std::collections::BTreeMap;

use crate::arguments::{OutputsArguments, Settings};
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: &OutputsArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let asking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &BTreeMap::new(), endpoint_url).await?;
            let outputs = stack_aws::outputs(&aws, &plan.stack_name).await?;
            Ok::<_, CliError>((aws, plan.stack_name, outputs))
        };
        let (aws, stack_name, outputs) = tokio::select! {
            answer = asking => answer?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        if let Some(name) = arguments.name.as_ref().filter(|name| !outputs.contains_key(*name)) {
            let known = outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(CliError::OutputUnknown { name: name.clone(), stack_name, known });
        }
        let report = Report::Outputs { stack_name, outputs, only: arguments.name.clone() };
        Ok(report.answering(aws.target().endpoint_url.as_deref()))
    })
}

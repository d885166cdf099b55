//! `stack ls`: every environment of the project in the account and region.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::arguments::Settings;
use crate::error::CliError;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let endpoint_url = target::endpoint(settings, &files)?;
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &BTreeMap::new(), endpoint_url).await?;
            let stacks = stack_aws::project_stacks(&aws, &plan.project).await?;
            Ok::<_, CliError>((plan.project, aws.target().region.clone(), stacks))
        };
        let (project, region, stacks) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        Ok(Report::Environments { project, region, stacks, now: OffsetDateTime::now_utc() })
    })
}

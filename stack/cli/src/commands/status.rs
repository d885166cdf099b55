//! `stack status`: how the stack of an environment stands.

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
    let served = endpoint_url.clone();
    runtime::run(async |interrupt| {
        let looking = async {
            let Connected { aws, plan } = target::connect(settings, &files, &BTreeMap::new(), endpoint_url).await?;
            let state = stack_aws::state(&aws, &plan.stack_name, &settings.choice()).await?;
            Ok::<_, CliError>((plan.stack_name, aws.target().region.clone(), state))
        };
        let (stack_name, region, state) = tokio::select! {
            looked = looking => looked?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let report = Report::Status { stack_name, region, state: Box::new(state), now: OffsetDateTime::now_utc() };
        Ok(report.answering(served.as_deref()))
    })
}

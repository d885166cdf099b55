//! `stack gc`: artifacts that no stack refers to.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::arguments::{GcArguments, Settings};
use crate::error::CliError;
use crate::host::{Consent, User};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;
use crate::target::{self, Connected};

pub(super) fn run(settings: &Settings, arguments: &GcArguments, output: &mut Output) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let consent = if arguments.dry_run { Consent::Refused } else { Consent::of(settings).require("stack gc")? };
    let endpoint_url = target::endpoint(settings, &files)?;
    let age = i64::try_from(arguments.older_than.as_secs()).unwrap_or(i64::MAX);
    let before = OffsetDateTime::now_utc().unix_timestamp().saturating_sub(age);
    runtime::run(async |interrupt| {
        let parameters = BTreeMap::new();
        let connecting = target::connect(settings, &files, &parameters, endpoint_url);
        let Connected { aws, plan } = tokio::select! {
            connected = connecting => connected?,
            () = interrupt.cancelled() => return Ok(Report::Interrupted),
        };
        let mut user = User::new(output, consent, interrupt.clone());
        let outcome = stack_aws::collect_garbage(&aws, &plan.account, before, &mut user).await?;
        Ok(Report::Garbage { outcome, dry_run: arguments.dry_run })
    })
}

//! Which cloud a command talks to, and the plan for it.

use std::collections::BTreeMap;

use stack_aws::{Aws, Target};
use stack_local::DEFAULT_ACCOUNT;
use stack_plan::Plan;

use crate::arguments::{Endpoint, Settings};
use crate::error::CliError;
use crate::local_cloud::CloudDirectory;
use crate::project::ProjectFiles;

/// A plan, and the clients for the cloud that it is for.
pub(crate) struct Connected {
    /// Clients.
    pub(crate) aws: Aws,
    /// The plan, with the account that the cloud named.
    pub(crate) plan: Plan,
}

/// Endpoint of the cloud that the settings name.
///
/// # Errors
/// [`CliError::LocalCloudMissing`] when the local cloud is meant and does not answer.
pub(crate) fn endpoint(settings: &Settings, files: &ProjectFiles) -> Result<Option<String>, CliError> {
    match &settings.endpoint {
        Endpoint::Aws => Ok(None),
        Endpoint::Url(url) => Ok(Some(url.clone())),
        Endpoint::Local => CloudDirectory::of(&files.directory).endpoint().map(Some),
    }
}

/// Connects, asks who we are, and plans for that account.
///
/// # Errors
/// All faults of the project, and what AWS refuses.
pub(crate) async fn connect(
    settings: &Settings,
    files: &ProjectFiles,
    parameters: &BTreeMap<String, String>,
    endpoint_url: Option<String>,
) -> Result<Connected, CliError> {
    // Faults are reported before anything is asked of AWS; the region comes from the project, too.
    let local = settings.endpoint == Endpoint::Local;
    let draft = files.plan(settings, parameters, local.then(|| DEFAULT_ACCOUNT.to_owned()))?;
    let target = Target { region: draft.region.clone(), profile: settings.profile.clone(), endpoint_url, local };
    let aws = Aws::connect(&target).await?;
    let plan = if local || settings.account.is_some() {
        draft
    } else {
        files.plan(settings, parameters, Some(aws.account().await?))?
    };
    Ok(Connected { aws, plan })
}

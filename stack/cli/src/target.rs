//! Which cloud a command talks to, and the plan for it.

use std::collections::BTreeMap;

use stack_aws::{Aws, Target};
use stack_local::DEFAULT_ACCOUNT;
use stack_plan::Plan;

use crate::arguments::{Endpoint, Settings};
use crate::cloud_client;
use crate::error::{CliError, LocalCloudError};
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
/// [`LocalCloudError::LocalCloudMissing`] when the local cloud is meant and does not answer.
pub(crate) fn endpoint(settings: &Settings, files: &ProjectFiles) -> Result<Option<String>, CliError> {
    match &settings.endpoint {
        Endpoint::Aws => Ok(None),
        Endpoint::Url(url) => Ok(Some(url.clone())),
        Endpoint::Local => CloudDirectory::of(&files.directory).endpoint().map(Some),
    }
}

/// Endpoint of the local cloud, for what only a local cloud answers: the one that `--endpoint-url` names, else the one that
/// `--local` means.
///
/// # Errors
/// [`LocalCloudError::LocalCloudMissing`] when none answers, [`LocalCloudError::LocalCloudRegion`] when it is of another
/// region.
pub(crate) fn local_endpoint(settings: &Settings, files: &ProjectFiles, plan: &Plan) -> Result<String, CliError> {
    let url = match &settings.endpoint {
        Endpoint::Url(url) if cloud_client::fetch_health(url).is_none() => {
            return Err(LocalCloudError::LocalCloudMissing { url: url.clone() }.into());
        }
        Endpoint::Url(url) => url.clone(),
        Endpoint::Aws | Endpoint::Local => CloudDirectory::of(&files.directory).endpoint()?,
    };
    check_region(files, &url, &plan.region)?;
    Ok(url)
}

/// Connects, asks who we are, and plans for that account.
///
/// # Errors
/// All faults of the project, what AWS refuses, and [`LocalCloudError::LocalCloudRegion`].
pub(crate) async fn connect(
    settings: &Settings,
    files: &ProjectFiles,
    parameters: &BTreeMap<String, String>,
    endpoint_url: Option<String>,
) -> Result<Connected, CliError> {
    // Faults are reported before anything is asked of AWS; the region comes from the project, too.
    let local = settings.endpoint == Endpoint::Local;
    let draft = files.plan(settings, parameters, local.then(|| DEFAULT_ACCOUNT.to_owned()))?;
    if let Some(url) = endpoint_url.as_deref().filter(|_| local) {
        tokio::task::block_in_place(|| check_region(files, url, &draft.region))?;
    }
    let target = Target { region: draft.region.clone(), profile: settings.profile.clone(), endpoint_url, local };
    let aws = Aws::connect(&target).await?;
    let plan = if local {
        in_local_cloud(draft)
    } else if settings.account.is_some() {
        draft
    } else {
        files.plan(settings, parameters, Some(aws.account().await?))?
    };
    Ok(Connected { aws, plan })
}

/// The plan without what only the account has that it is made for: the service role, and topics and alarms that no stack of
/// the project makes.
fn in_local_cloud(mut plan: Plan) -> Plan {
    plan.options.role_arn = None;
    plan.options.notifications.retain(|topic| topic.logical_id.is_some());
    plan.options.rollback_alarms.retain(|alarm| alarm.logical_id.is_some());
    plan
}

/// Makes sure that a local cloud is of the region that a project is planned for: ARNs in the rendered policies name the
/// region of the plan, and those of the resources the region of the cloud, so functions would be denied what they were
/// given.
///
/// # Errors
/// [`LocalCloudError::LocalCloudRegion`] when it is of another one.
pub(crate) fn check_region(files: &ProjectFiles, url: &str, planned: &str) -> Result<(), CliError> {
    let region = cloud_client::fetch_health(url).and_then(|health| health.region);
    let Some(region) = region.filter(|region| region != planned) else { return Ok(()) };
    let is_own = CloudDirectory::of(&files.directory).running().is_some_and(|state| state.url == url);
    let start = if is_own { "stack local stop && stack local start" } else { "stack local start --port 0" };
    Err(LocalCloudError::LocalCloudRegion {
        url: url.to_owned(),
        file: files.file_name.clone(),
        help: format!(
            "start one for this project: `{start} --region {planned}`, or take the region of that one: `--region {region}`"
        ),
        region,
        planned: planned.to_owned(),
    }.into())
}

//! `stack dev`: the local cloud in the foreground, the project deployed into it, again on each change.

mod cycle;
mod logs;
mod usage;
mod watch;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use stack_aws::CancellationToken;
use stack_build::BuildError;
use stack_local::{LocalCloud, Storage};

use super::local::check_port;
use crate::arguments::{DevArguments, Endpoint, Settings};
use crate::error::CliError;
use crate::fact::Fact;
use crate::local_cloud::{CloudDirectory, CloudState};
use crate::output::Output;
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::runtime;

use cycle::Cycle;
use logs::Logs;
use watch::Watch;

/// What stays the same while the project changes.
struct Dev {
    /// Global options, with the local cloud as the endpoint.
    settings: Settings,
    parameters: BTreeMap<String, String>,
    url: String,
    interrupt: CancellationToken,
}

pub(super) fn run(settings: &Settings, arguments: DevArguments, output: &mut Output) -> Result<Report, CliError> {
    let settings = Settings { endpoint: Endpoint::Local, account: None, ..settings.clone() };
    let DevArguments { port, memory, iam, parameters } = arguments;
    let parameters = parameters.into_map();
    // Nothing is started for a project that has faults from the beginning.
    let files = ProjectFiles::read(&settings)?;
    let plan = files.plan(&settings, &parameters, None)?;
    let directory = CloudDirectory::of(&files.directory);
    let _lock = directory.lock()?;
    check_port(port)?;
    let data = (!memory).then(|| directory.data());
    let cloud_settings = stack_local::Settings {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        storage: data.clone().map_or(Storage::Memory, Storage::Directory),
        region: plan.region,
        iam: iam.is_on(),
        ..stack_local::Settings::default()
    };
    runtime::run(async |interrupt| {
        let cloud = LocalCloud::start(cloud_settings).await?;
        let dev = Dev { settings, parameters, url: cloud.url(), interrupt };
        directory.write_state(&CloudState { pid: std::process::id(), url: dev.url.clone(), data: data.clone() })?;
        output.fact(&Fact::CloudReady { url: &dev.url, data: data.as_ref() });
        let ended = follow(&dev, output).await;
        output.settle();
        output.fact(&Fact::CloudStopping);
        cloud.stop().await;
        ended.map(|()| Report::Ended)
    })
}

/// Deploys, then again on each change, until the interrupt.
async fn follow(dev: &Dev, output: &mut Output) -> Result<(), CliError> {
    let mut watch = Watch::new()?;
    let mut logs = Logs::new(&dev.interrupt);
    let mut told = None;
    loop {
        match cycle::run(dev, &mut told, output).await {
            // Without cargo nothing will ever be built, whatever the user changes in the project.
            Err(error @ CliError::Build(BuildError::NoCargo)) => return Err(error),
            Err(error) => output.error(&error),
            Ok(Cycle::Failed) => {}
            Ok(Cycle::Interrupted) => return Ok(()),
            Ok(Cycle::Running(running)) => logs.follow(&running.aws, &running.plan),
        }
        watch.refresh(&cycle::watched(dev).await)?;
        output.fact(&Fact::Watching);
        loop {
            tokio::select! {
                () = dev.interrupt.cancelled() => return Ok(()),
                files = watch.changed() => {
                    output.fact(&Fact::Changed { files: &files });
                    break;
                }
                line = logs.next() => output.fact(&Fact::FunctionLog { group: &line.group, message: &line.message }),
            }
        }
    }
}

//! `stack local start --foreground`: serves in this process until a signal comes.

use std::net::{Ipv4Addr, SocketAddr};

use stack_aws::CancellationToken;
use stack_local::{LocalCloud, Storage};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Settings, StartArguments};
use crate::error::CliError;
use crate::fact::Fact;
use crate::local_cloud::{CloudDirectory, CloudState};
use crate::output::Output;
use crate::report::Report;
use crate::runtime;

pub(super) fn run(
    settings: &Settings,
    arguments: &StartArguments,
    directory: &CloudDirectory,
    output: &mut Output,
) -> Result<Report, CliError> {
    if arguments.detached {
        // The terminal may close without ending the local cloud. Being a session leader already is just as good.
        let _ = rustix::process::setsid();
    }
    let _lock = directory.lock()?;
    let data = super::data_directory(arguments.memory, arguments.data_dir.clone(), directory);
    let cloud_settings = stack_local::Settings {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        storage: data.clone().map_or(Storage::Memory, Storage::Directory),
        region: super::region(settings),
        iam: arguments.iam.is_on(),
        ..stack_local::Settings::default()
    };
    runtime::run(async |interrupt| {
        if arguments.detached {
            ignore_hang_up()?;
        }
        let cloud = LocalCloud::start(cloud_settings).await?;
        let url = cloud.url();
        let state = CloudState { pid: std::process::id(), url: url.clone(), data };
        directory.write_state(&state)?;
        output.ready(&url)?;
        output.fact(&Fact::CloudReady { url: &url, data: state.data.as_ref() });
        serve(cloud, interrupt, output).await;
        Ok(Report::Ended)
    })
}

async fn serve(cloud: LocalCloud, interrupt: CancellationToken, output: &mut Output) {
    interrupt.cancelled().await;
    output.fact(&Fact::CloudStopping);
    cloud.stop().await;
}

fn ignore_hang_up() -> Result<(), CliError> {
    let mut hang_ups =
        signal(SignalKind::hangup()).map_err(|source| CliError::System { action: "listen for signals", source })?;
    tokio::spawn(async move { while hang_ups.recv().await.is_some() {} });
    Ok(())
}

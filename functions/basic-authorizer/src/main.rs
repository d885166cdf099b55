//! Wiring: the environment, a client of Secrets Manager, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use basic_authorizer::{Dependencies, Settings, handle};
use clients::{CloudSettings, sdk_config};
use secrets::{Comparison, KeptSecret};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let comparison = Comparison::new();
    if comparison.is_none() {
        environment.fault("this machine has no random numbers");
    }
    let comparison = environment.finish(comparison)?;
    let client = Client::new(&sdk_config(&cloud));
    let credentials = KeptSecret::new(client, settings.credentials, Arc::new(SystemClock));
    Ok(Dependencies { credentials, comparison, log: Arc::new(StandardOutput) })
}

//! Wiring: the environment, a client of Secrets Manager, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use attendance_web::{Actions, Dependencies, Settings, handle};
use aws_sdk_secretsmanager::Client;
use clients::{CloudSettings, sdk_config};
use secrets::KeptSecret;
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let settings = environment.finish(settings)?;
    let client = Client::new(&sdk_config(&cloud));
    let secret = KeptSecret::new(client, settings.secret, Arc::new(SystemClock));
    let actions = Actions::new(settings.api, secret);
    Ok(Dependencies { actions, clock: Arc::new(SystemClock), log: Arc::new(StandardOutput) })
}

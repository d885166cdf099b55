//! Wiring: the environment, clients, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use clients::{CloudSettings, sdk_config};
use migrate::{Dependencies, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let database = database::Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let (settings, database) = environment.finish(Some((settings, database)))?;
    Ok(Dependencies {
        s3: objects::client(&cloud),
        session: database.session(aws_sdk_secretsmanager::Client::new(&sdk_config(&cloud))),
        settings,
        log: Arc::new(StandardOutput),
    })
}

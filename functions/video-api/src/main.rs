//! Wiring: the environment, a client of DynamoDB, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use clients::{CloudSettings, sdk_config};
use responses::Rows;
use video_api::{Dependencies, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    // The settings have told already what is missing.
    let cloud = settings.as_ref().map(|_| CloudSettings::read(&mut environment));
    let (settings, cloud) = environment.finish(settings.zip(cloud))?;
    let rows = Rows::new(Client::new(&sdk_config(&cloud)), &settings.table);
    Ok(Dependencies { settings, rows, clock: Arc::new(SystemClock), log: Arc::new(StandardOutput) })
}

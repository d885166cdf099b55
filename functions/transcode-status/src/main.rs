//! Wiring: the environment, a client of DynamoDB, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use clients::{CloudSettings, sdk_config};
use responses::Rows;
use transcode_status::{Dependencies, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let settings = environment.finish(Some(settings))?;
    let rows = Rows::new(Client::new(&sdk_config(&cloud)), settings.table);
    Ok(Dependencies { rows, log: Arc::new(StandardOutput) })
}

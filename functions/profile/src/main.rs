//! Wiring: the environment, clients, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use clients::{CloudSettings, sdk_config};
use profile::{Dependencies, cors, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let database = database::Settings::read(&mut environment);
    let cors = cors(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let (database, cors) = environment.finish(cors.map(|cors| (database, cors)))?;
    let database = database.database(Client::new(&sdk_config(&cloud)));
    Ok(Dependencies { database, cors, log: Arc::new(StandardOutput) })
}

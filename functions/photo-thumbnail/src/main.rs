//! Wiring: the environment, clients, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_s3::{Client, config};
use clients::{CloudSettings, sdk_config};
use photo_thumbnail::{Dependencies, Settings, handle};
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
    let sdk = sdk_config(&cloud);
    let mut storage = config::Builder::from(&sdk);
    storage.set_endpoint_url(cloud.storage().map(str::to_owned));
    storage.set_force_path_style(Some(cloud.storage().is_some()));
    Ok(Dependencies {
        s3: Client::from_conf(storage.build()),
        database: database.database(aws_sdk_secretsmanager::Client::new(&sdk)),
        settings,
        log: Arc::new(StandardOutput),
    })
}

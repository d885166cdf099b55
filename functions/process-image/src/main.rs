//! Wiring: the environment, an S3 client, the Lambda runtime.

use std::process::ExitCode;

use aws_sdk_s3::Client;
use aws_sdk_s3::config;
use clients::{CloudSettings, sdk_config};
use process_image::{Dependencies, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let settings = environment.finish(Some(settings))?;
    let mut storage = config::Builder::from(&sdk_config(&cloud));
    storage.set_endpoint_url(cloud.storage().map(str::to_owned));
    storage.set_force_path_style(Some(cloud.storage().is_some()));
    Ok(Dependencies { s3: Client::from_conf(storage.build()), settings, log: Box::new(StandardOutput) })
}

//! Wiring: the environment, clients, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use clients::{CloudSettings, sdk_config};
use fetch::Address;
use responses::Rows;
use transcode_video::{Dependencies, MediaConvert, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let endpoint = ["AWS_ENDPOINT_URL_MEDIACONVERT", "AWS_ENDPOINT_URL"]
        .iter()
        .find_map(|name| environment.optional(name).map(|url| (name, url)))
        .and_then(|(name, url)| environment.check(name, Address::parse(&url)));
    let settings = environment.finish(Some(settings))?;
    let rows = Rows::new(Client::new(&sdk_config(&cloud)), &settings.table);
    let mediaconvert = MediaConvert::new(cloud.region, cloud.credentials, endpoint.as_ref());
    Ok(Dependencies { settings, rows, mediaconvert, clock: Arc::new(SystemClock), log: Arc::new(StandardOutput) })
}

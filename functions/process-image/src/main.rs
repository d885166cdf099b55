//! Wiring: the environment, an S3 client, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use clients::CloudSettings;
use fetch::Address;
use process_image::{Dependencies, Distribution, Settings, handle};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let endpoint = ["AWS_ENDPOINT_URL_CLOUDFRONT", "AWS_ENDPOINT_URL"]
        .iter()
        .filter(|_| settings.distribution.is_some())
        .find_map(|name| environment.optional(name).map(|url| (name, url)))
        .and_then(|(name, url)| environment.check(name, Address::parse(&url)));
    let settings = environment.finish(Some(settings))?;
    let s3 = objects::client(&cloud);
    let serving = |id: &String| Distribution::new(id, &cloud.region, cloud.credentials.clone(), endpoint.as_ref());
    let distribution = settings.distribution.as_ref().map(serving);
    Ok(Dependencies { s3, distribution, settings, clock: Arc::new(SystemClock), log: Box::new(StandardOutput) })
}

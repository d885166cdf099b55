//! Wiring: the environment, clients, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use attendance::{Authentication, Dependencies, Entries, Guard, Settings, Videos, handle};
use clients::{CloudSettings, sdk_config};
use fetch::Address;
use presign::{Signer, Storage};
use secrets::{Comparison, KeptSecret};
use wiring::{Environment, IncompleteEnvironment, StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    serve(connect(Environment::of_process()), handle).await
}

fn connect(mut environment: Environment<'_>) -> Result<Dependencies, IncompleteEnvironment> {
    let settings = Settings::read(&mut environment);
    let cloud = CloudSettings::read(&mut environment);
    let endpoint = cloud.storage().and_then(|url| environment.check("AWS_ENDPOINT_URL", Address::parse(url)));
    let comparison = Comparison::new();
    if comparison.is_none() {
        environment.fault("this machine has no random numbers");
    }
    let (settings, comparison) = environment.finish(settings.zip(comparison))?;
    let config = sdk_config(&cloud);
    let mut storage = aws_sdk_s3::config::Builder::from(&config);
    storage.set_endpoint_url(cloud.storage().map(str::to_owned));
    storage.set_force_path_style(Some(cloud.storage().is_some()));
    let videos = Videos {
        client: aws_sdk_s3::Client::from_conf(storage.build()),
        storage: Storage::new(&settings.bucket, &cloud.region, endpoint.as_ref()),
        signer: Signer { credentials: cloud.credentials, region: cloud.region },
        bucket: settings.bucket.clone(),
    };
    let entries = Entries {
        client: aws_sdk_dynamodb::Client::new(&config),
        table: settings.table.clone(),
        date_index: settings.date_index.clone(),
    };
    let guard = match &settings.authentication {
        Authentication::SharedSecret(id) => Guard::SharedSecret {
            secret: Box::new(KeptSecret::new(aws_sdk_secretsmanager::Client::new(&config), id, Arc::new(SystemClock))),
            comparison,
            log: Arc::new(StandardOutput),
        },
        Authentication::Iam => Guard::Iam,
    };
    let (clock, log) = (Arc::new(SystemClock), Arc::new(StandardOutput));
    Ok(Dependencies { settings, guard, entries, videos, clock, log })
}

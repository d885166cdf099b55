//! Wiring: the environment, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use image_insert::Dependencies;
use image_library::FunctionSettings;
use wiring::{Environment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut environment = Environment::of_process();
    let settings = FunctionSettings::read(&mut environment, "OPTIONS,PUT");
    let incoming_bucket = incoming_bucket(&mut environment);
    let dependencies = environment.finish(settings).map(|settings| Dependencies {
        library: settings.connect(),
        cors: settings.cors,
        incoming_bucket,
        log: Arc::new(StandardOutput),
    });
    #[cfg(feature = "ingest")]
    let served = serve(dependencies, image_insert::ingest);
    #[cfg(not(feature = "ingest"))]
    let served = serve(dependencies, image_insert::handle);
    served.await
}

#[cfg(feature = "ingest")]
fn incoming_bucket(environment: &mut Environment<'_>) -> String {
    environment.required("INCOMING_BUCKET", "the bucket that large images come through")
}

#[cfg(not(feature = "ingest"))]
fn incoming_bucket(_: &mut Environment<'_>) -> String {
    String::new()
}

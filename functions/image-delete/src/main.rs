//! Wiring: the environment, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use image_delete::{Dependencies, handle};
use image_library::FunctionSettings;
use wiring::{Environment, StandardOutput, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut environment = Environment::of_process();
    let settings = FunctionSettings::read(&mut environment, "DELETE,OPTIONS");
    let dependencies = environment.finish(settings).map(|settings| Dependencies {
        library: settings.connect(),
        cors: settings.cors,
        log: Arc::new(StandardOutput),
    });
    serve(dependencies, handle).await
}

//! Wiring: the environment, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use webhook::{Dependencies, Settings, handle};
use wiring::{StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::read(&|name| std::env::var(name).ok());
    let dependencies =
        settings.map(|settings| Dependencies::new(settings, Arc::new(SystemClock), Arc::new(StandardOutput)));
    serve(dependencies, handle).await
}

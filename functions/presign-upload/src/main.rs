//! Wiring: the environment, the Lambda runtime.

use std::process::ExitCode;
use std::sync::Arc;

use presign_upload::{Dependencies, Settings, handle};
use wiring::{StandardOutput, SystemClock, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let settings = Settings::read(&|name| std::env::var(name).ok());
    let dependencies =
        settings.map(|settings| Dependencies { settings, clock: Arc::new(SystemClock), log: Arc::new(StandardOutput) });
    serve(dependencies, async |payload, dependencies: &Dependencies| handle(payload, dependencies)).await
}

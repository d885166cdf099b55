//! The runtime loop.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{IncompleteEnvironment, Log, StandardOutput};

/// Answers invocations until Lambda ends the process. A function that cannot start says why in one log line.
///
/// A panic is logged before it ends the process, so that no failure goes without a record.
pub async fn serve<D, T, E, H>(dependencies: Result<D, IncompleteEnvironment>, handle: H) -> ExitCode
where
    T: Serialize,
    E: Into<Diagnostic> + std::fmt::Debug,
    H: AsyncFn(Value, &D) -> Result<T, E>,
{
    std::panic::set_hook(Box::new(|panic| StandardOutput.error("panic", json!({}), &panic.to_string())));
    let dependencies = match dependencies {
        Ok(dependencies) => dependencies,
        Err(error) => {
            StandardOutput.error("incomplete-environment", json!({}), &error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let (dependencies, handle) = (&dependencies, &handle);
    let answer = |event: LambdaEvent<Value>| async move { handle(event.payload, dependencies).await };
    match lambda_runtime::run(service_fn(answer)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            StandardOutput.error("runtime-api-failed", json!({}), &error.to_string());
            ExitCode::FAILURE
        }
    }
}

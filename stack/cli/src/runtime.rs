//! The asynchronous runtime, only for the commands that need one, and the signals that end them.

use std::time::Duration;

use stack_aws::CancellationToken;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CliError;

/// How long tasks may go on when a command has ended.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Runs a command to its end. The token is cancelled by the first SIGINT or SIGTERM; the second one ends the process.
///
/// # Errors
/// That of the command, or [`CliError::System`] when there is no runtime to be had.
pub(crate) fn run<T>(command: impl AsyncFnOnce(CancellationToken) -> Result<T, CliError>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::System { action: "start the asynchronous runtime", source })?;
    let result = runtime.block_on(async {
        let interrupt = CancellationToken::new();
        watch_signals(interrupt.clone())?;
        command(interrupt).await
    });
    runtime.shutdown_timeout(SHUTDOWN);
    result
}

fn watch_signals(interrupt: CancellationToken) -> Result<(), CliError> {
    let listen = |kind| signal(kind).map_err(|source| CliError::System { action: "listen for signals", source });
    let mut interrupts = listen(SignalKind::interrupt())?;
    let mut terminations = listen(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
        interrupt.cancel();
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
        #[expect(clippy::exit, reason = "the second signal ends the process even when a call blocks")]
        std::process::exit(130);
    });
    Ok(())
}

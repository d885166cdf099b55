//! `stack`: infrastructure as code in Rust that brings its runtime along.

mod access;
mod arguments;
mod cloud_client;
mod commands;
mod differences;
mod error;
mod fact;
mod host;
mod local_cloud;
mod migrations;
mod output;
mod paths;
mod plan_file;
mod preview;
mod project;
mod report;
mod runtime;
mod secrets;
mod target;
mod user_pools;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use crate::arguments::{Arguments, Settings};
use crate::output::Output;

fn main() -> ExitCode {
    output::install_panic_hook();
    // A fault of the program itself is a failure like any other: its exit code is not to be taken for something else.
    std::panic::catch_unwind(run).unwrap_or(ExitCode::FAILURE)
}

fn run() -> ExitCode {
    // Bad usage has the exit code 1 like every failure; clap's own would be 2, which means differences here.
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(u8::from(usage.use_stderr()));
        }
    };
    let (settings, command) = arguments.split();
    start_tracing(&settings);
    let mut output = Output::new(&settings);
    let code = match commands::run(&settings, command, &mut output) {
        Ok(report) => output.report(&report).map(|()| report.exit_code()),
        Err(error) => Err(error),
    };
    ExitCode::from(code.unwrap_or_else(|error| {
        output.error(&error);
        error.exit_code()
    }))
}

/// Diagnostics of the program itself go to stderr, from `-v` on.
///
/// Crates that write requests, their headers or the values of a project are held back, whatever the level: signatures, keys and
/// secrets are in those.
fn start_tracing(settings: &Settings) {
    let level = match settings.verbosity {
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let mut filter = EnvFilter::default().add_directive(level.into());
    for directive in [
        "aws_smithy_runtime=warn",
        "aws_sigv4=warn",
        "aws_config=info",
        "aws_sdk_s3::endpoint_auth=warn",
        "handlebars=warn",
        "hyper=warn",
        "s3s=warn",
    ] {
        if settings.verbosity > 0
            && let Ok(directive) = directive.parse()
        {
            filter = filter.add_directive(directive);
        }
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(settings.color)
        .without_time()
        // What cannot be written to stderr cannot be complained of there either: the attempt would end the process.
        .log_internal_errors(false)
        .init();
}

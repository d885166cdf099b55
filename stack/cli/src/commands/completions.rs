//! `stack completions`: the script with which a shell completes commands and options.

use clap::CommandFactory as _;

use crate::arguments::{Arguments, CompletionsArguments};
use crate::report::Report;

pub(super) fn run(arguments: &CompletionsArguments) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "stack", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::Completions { shell: arguments.shell.to_string(), script }
}

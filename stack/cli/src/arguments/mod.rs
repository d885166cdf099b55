//! What a user may type. Clap's types end here: [`Arguments::split`] turns them into plain settings, once.

mod globals;
mod help;
mod verbs;

use clap::{Parser, Subcommand};

pub(crate) use globals::Settings;
pub(crate) use verbs::{DoctorArguments, LocalCommand, StartArguments};

/// The command line as clap reads it.
#[derive(Debug, Parser)]
#[command(
    name = "stack",
    version,
    about = "Infrastructure as code in Rust that brings its runtime along",
    long_about = help::STACK,
    after_long_help = help::STACK_EXAMPLES,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    globals: globals::Globals,
    #[command(subcommand)]
    command: Command,
}

impl Arguments {
    /// Plain settings and the command that they are for.
    pub(crate) fn split(self) -> (Settings, Command) {
        (self.globals.into_settings(), self.command)
    }
}

/// One verb and what is particular to it.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The local cloud alone: AWS-compatible endpoints on one loopback port
    #[command(subcommand, after_long_help = help::LOCAL, disable_help_subcommand = true)]
    Local(LocalCommand),
    /// Say what this machine lacks, and the command that mends it
    #[command(after_long_help = help::DOCTOR)]
    Doctor(DoctorArguments),
}

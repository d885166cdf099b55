//! What a user may type. Clap's types end here: [`Arguments::split`] turns them into plain settings, once.

mod globals;
mod help;
mod verbs;

use clap::{Parser, Subcommand};

pub(crate) use globals::{Endpoint, Settings};
pub(crate) use verbs::{
    AccessArguments, BuildArguments, CheckArguments, CompletionsArguments, DeployArguments, DestroyArguments,
    DevArguments, DiffArguments, DoctorArguments, DriftArguments, EjectArguments, EventsArguments, GcArguments,
    GraphArguments, GraphFormat, InitArguments, InvokeArguments, LocalCommand, LogsArguments, ManArguments,
    MigrateArguments, MigrateCommand, OutputsArguments, RenderArguments, RenderFormat, RollbackArguments,
    StartArguments, TokenArguments,
};

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
    /// Write a new project that deploys at once
    #[command(after_long_help = help::INIT)]
    Init(InitArguments),
    /// Validate the project, offline: every fault at once, each with its line and how to mend it
    #[command(after_long_help = help::CHECK)]
    Check(CheckArguments),
    /// Print the CloudFormation template of the project, offline
    #[command(visible_alias = "synth", after_long_help = help::RENDER)]
    Render(RenderArguments),
    /// Compare what is deployed with what the project would deploy; nothing is made
    #[command(after_long_help = help::DIFF)]
    Diff(DiffArguments),
    /// Draw the architecture: what the project declares and how it is linked
    #[command(after_long_help = help::GRAPH)]
    Graph(GraphArguments),
    /// Copy a built-in template source into the project, to change it there
    #[command(after_long_help = help::EJECT)]
    Eject(EjectArguments),
    /// Print the JSON Schema of the project file, for editors
    #[command(after_long_help = help::SCHEMA)]
    Schema,
    /// Build the function packages into reproducible zips
    #[command(after_long_help = help::BUILD)]
    Build(BuildArguments),
    /// Bring the stack to what the project says: plan, build, upload, change set, approval, execute
    #[command(after_long_help = help::DEPLOY)]
    Deploy(DeployArguments),
    /// Delete the stack, after listing what goes and what stays
    #[command(after_long_help = help::DESTROY)]
    Destroy(DestroyArguments),
    /// Compare what is deployed with its template, property by property
    #[command(after_long_help = help::DRIFT)]
    Drift(DriftArguments),
    /// Say how the stack stands, and the command to run next
    #[command(after_long_help = help::STATUS)]
    Status,
    /// Take up the operation that runs on the stack, and follow it to its end
    #[command(after_long_help = help::ATTACH)]
    Attach,
    /// Stop the update that runs: CloudFormation takes back what it did so far
    #[command(after_long_help = help::CANCEL)]
    Cancel,
    /// Bring a stuck stack back to the state before its last operation
    #[command(after_long_help = help::ROLLBACK)]
    Rollback(RollbackArguments),
    /// Say what happened in the last operation on the stack, the cause of a failure first
    #[command(after_long_help = help::EVENTS)]
    Events(EventsArguments),
    /// List the environments of this project in the account and region
    #[command(after_long_help = help::LS)]
    Ls,
    /// Print what the functions wrote, and follow it with -f
    #[command(after_long_help = help::LOGS)]
    Logs(LogsArguments),
    /// Run a function once, and print what it answers
    #[command(after_long_help = help::INVOKE)]
    Invoke(InvokeArguments),
    /// Bring the schema of a database forward and back, with the project's files of SQL
    #[command(after_long_help = help::MIGRATE, disable_help_subcommand = true)]
    Migrate(MigrateArguments),
    /// Print the outputs of the deployed stack
    #[command(after_long_help = help::OUTPUTS)]
    Outputs(OutputsArguments),
    /// Print what functions used of their rights in the local cloud, and what they were denied
    #[command(after_long_help = help::ACCESS)]
    Access(AccessArguments),
    /// Print a token of a user of the local cloud, to try authorized routes with
    #[command(after_long_help = help::TOKEN)]
    Token(TokenArguments),
    /// Run everything on this machine in the foreground: local cloud, build, deploy, logs; again on each change
    #[command(after_long_help = help::DEV)]
    Dev(DevArguments),
    /// The local cloud alone: AWS-compatible endpoints on one loopback port
    #[command(subcommand, after_long_help = help::LOCAL, disable_help_subcommand = true)]
    Local(LocalCommand),
    /// Delete the artifacts in this account and region that no stack refers to
    #[command(after_long_help = help::GC)]
    Gc(GcArguments),
    /// Say what this machine lacks, and the command that mends it
    #[command(after_long_help = help::DOCTOR)]
    Doctor(DoctorArguments),
    /// Print the script with which a shell completes this program's commands and options
    #[command(after_long_help = help::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Write the manual pages of this program into a directory
    #[command(after_long_help = help::MAN)]
    Man(ManArguments),
}

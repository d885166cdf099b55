//! Options of the verbs about a stack.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use stack_aws::RiskKind;

use super::values::{Parameters, parse_time};

/// Options of `stack diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// Compare two template files instead, offline
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["from", "no_build", "change_set"])]
    pub(crate) template: Vec<PathBuf>,
    /// Compare this template file with what the project would deploy instead, offline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_build", "change_set"])]
    pub(crate) from: Option<PathBuf>,
    /// Leave the code of functions out, which is known only when they are built
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Ask CloudFormation as well: a change set is made, read, and taken away again
    #[arg(long, conflicts_with = "no_build")]
    pub(crate) change_set: bool,
    /// Write what was compared into this file, for `stack deploy --plan`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "from", "no_build"])]
    pub(crate) out: Option<PathBuf>,
    /// Print a page in Markdown, for a comment on a pull request
    #[arg(long)]
    pub(crate) markdown: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack gc`.
#[derive(Debug, Args)]
pub(crate) struct GcArguments {
    /// Leave what is younger: it may belong to a deployment that goes on (`12h`, `7d`)
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_time)]
    pub(crate) older_than: Duration,
    /// Only list what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of `stack deploy`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct DeployArguments {
    /// What `--yes` covers besides harmless changes; may be given more than once, or separated by commas
    #[arg(long, value_name = "RISK", value_enum, value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
    /// Make the change set and leave it, with the commands that execute it or delete it
    #[arg(long, conflicts_with = "allow")]
    pub(crate) no_execute: bool,
    /// Deploy what `stack diff --out FILE` saw, and nothing when that is not so any more
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Take over resources that exist already under the names of the template and that no stack owns, where the project
    /// keeps them when the stack goes
    #[arg(long)]
    pub(crate) import_existing: bool,
    /// Where only the code of functions differs, give it to them without CloudFormation: in seconds, and the next deployment
    /// without this option mends what the stack does not know
    #[arg(long = "hotswap", conflicts_with_all = ["no_execute", "plan"])]
    pub(crate) hot_swap: bool,
    /// Let CloudFormation end when everything is configured, before it is stable; for throw-away environments alone
    #[arg(long)]
    pub(crate) express: bool,
    /// Take the update back at an interrupt, instead of leaving it to CloudFormation
    #[arg(long, conflicts_with = "no_execute")]
    pub(crate) cancel_on_interrupt: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// A risk that is allowed beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Allowed {
    /// Somebody may do more, or more is open, than before
    Broadening,
    /// A resource that holds data is made again
    Replace,
    /// A resource that holds data is deleted
    Delete,
}

impl Allowed {
    /// The risk that it allows.
    pub(crate) fn risk(self) -> RiskKind {
        match self {
            Self::Broadening => RiskKind::Broadening,
            Self::Replace => RiskKind::Replace,
            Self::Delete => RiskKind::Delete,
        }
    }
}

/// Options of `stack destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyArguments {
    /// Empty the stack's own buckets first: every object, version and unfinished upload
    #[arg(long)]
    pub(crate) empty: bool,
    /// Take the termination protection away first
    #[arg(long)]
    pub(crate) unprotect: bool,
    /// Name of the stack, as consent without a question where the environment is protected or retains
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
    /// Destroy every environment of the project that was not deployed for so long instead (`12h`, `14d`), protected and
    /// retaining ones apart; `-e` and `--suffix` narrow it down
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with_all = ["unprotect", "confirm"])]
    pub(crate) older_than: Option<Duration>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArguments {
    /// Print a page in Markdown, for the summary of a CI job
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Bring what drifted back to the deployed template, after showing the change set and asking
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) revert: bool,
    /// What `--yes` covers of a revert besides harmless changes; may be given more than once, or separated by commas
    #[arg(long, value_name = "RISK", value_enum, value_delimiter = ',', requires = "revert")]
    pub(crate) allow: Vec<Allowed>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArguments {
    /// Leave this resource as it is, by its logical id, where a rollback failed at it; may be given more than once
    #[arg(long, value_name = "LOGICAL_ID")]
    pub(crate) skip: Vec<String>,
}

/// Options of `stack events`.
#[derive(Debug, Args)]
pub(crate) struct EventsArguments {
    /// Print only the last N events
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Options of `stack outputs`.
#[derive(Debug, Args)]
pub(crate) struct OutputsArguments {
    /// Print only the value of this output
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write them as variables into this file (`ApiUrl` is `API_URL`), which shells and tools read
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) env_file: Option<PathBuf>,
}

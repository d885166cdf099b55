//! Options of the verbs about the functions of a deployed stack.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::values::{Parameters, parse_time};

/// Options of `stack logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// Function of the project; all of them when none is named
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
    /// Go on with each new line, until interrupted
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// How far back to begin (`30s`, `10m`, `2h`, `1d`)
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_time)]
    pub(crate) since: Duration,
    /// Print only lines that contain this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
}

/// Options of `stack invoke`.
#[derive(Debug, Args)]
pub(crate) struct InvokeArguments {
    /// Function of the project
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: String,
    /// The event, as JSON; `{}` by default
    #[arg(value_name = "EVENT")]
    pub(crate) payload: Option<String>,
    /// Read the event from this file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "payload")]
    pub(crate) file: Option<PathBuf>,
    /// Put the event into the function's queue and do not wait; Lambda tries again when the function fails
    #[arg(long = "async")]
    pub(crate) event: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
    /// Function that runs the migrations; not needed when there is only one
    #[arg(long, value_name = "FUNCTION", global = true)]
    pub(crate) function: Option<String>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// The verbs of `stack migrate`.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Write the two files of a new migration
    New {
        /// What it does, in some words
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Apply what is pending, in the order of the numbers
    Up,
    /// Undo the applied migrations with the highest numbers
    Down {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// Say how every migration stands
    Status,
    /// Say what became of a migration that ended in the middle
    Resolve {
        /// Its number
        #[arg(value_name = "VERSION")]
        version: i64,
        /// What it counts as from now on
        #[arg(long = "as", value_name = "STATE")]
        as_: Resolution,
    },
}

/// What a migration that ended in the middle counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Resolution {
    /// All of it is there
    Applied,
    /// Nothing of it is there
    Pending,
}

impl Resolution {
    /// The word of the function's command.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
        }
    }
}

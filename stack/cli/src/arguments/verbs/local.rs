//! Options of the verbs about the local cloud.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::Parameters;
use crate::arguments::help;

/// Options of `stack access`.
#[derive(Debug, Args)]
pub(crate) struct AccessArguments {
    /// Only this function of the project
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
    /// Every role and user of the local cloud
    #[arg(long, conflicts_with = "function")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    /// Name of the user; who is not in the pool is made and confirmed
    #[arg(long, value_name = "NAME")]
    pub(crate) user: String,
    /// User pool of the project; not needed when there is only one
    #[arg(long, value_name = "POOL")]
    pub(crate) pool: Option<String>,
    /// Client of the pool that the token is for; the first by default
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Option<String>,
    /// Print an id token instead of an access token
    #[arg(long)]
    pub(crate) id: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArguments {
    /// Port of the local cloud
    #[arg(long, value_name = "PORT", default_value_t = stack_local::DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Keep all state in memory, gone at the end
    #[arg(long)]
    pub(crate) memory: bool,
    /// Whether policies of IAM decide about requests; `off` lets every caller do everything
    #[arg(long, value_name = "ON|OFF", default_value = "on")]
    pub(crate) iam: Enforcement,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// The verbs of `stack local`.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start the local cloud in the background and wait until it answers
    #[command(after_long_help = help::LOCAL_START)]
    Start(StartArguments),
    /// Stop the local cloud and wait until it is gone
    Stop,
    /// Say whether the local cloud runs, and where
    Status,
    /// Wipe what the local cloud has stored in .stack/local/data; it must not run
    Reset,
    /// Print the exports that aws-cli and the AWS SDKs need to use the local cloud
    #[command(after_long_help = help::LOCAL_ENV)]
    Env,
}

/// Whether the local cloud asks IAM about requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Enforcement {
    /// Policies decide.
    On,
    /// Everybody may do everything; decisions are recorded all the same.
    Off,
}

impl Enforcement {
    /// The word on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// True when policies decide.
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Options of `stack local start`.
#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    /// Port on loopback; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = stack_local::DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Keep all state in memory, gone at the end
    #[arg(long, conflicts_with = "data_dir")]
    pub(crate) memory: bool,
    /// Keep state in this directory; the default is `.stack/local/data` beside the project file
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Whether policies of IAM decide about requests; `off` lets every caller do everything
    #[arg(long, value_name = "ON|OFF", default_value = "on")]
    pub(crate) iam: Enforcement,
    /// Serve in this process until it is interrupted
    #[arg(long)]
    pub(crate) foreground: bool,
    /// The background process itself: leaves the terminal's session. `start` passes it on.
    #[arg(long, hide = true, requires = "foreground")]
    pub(crate) detached: bool,
}

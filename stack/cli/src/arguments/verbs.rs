//! Options of the single verbs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use stack_aws::RiskKind;

/// Options of `stack check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Check this CloudFormation template instead of the project
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    pub(crate) template: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack render`.
#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    /// How to print the template
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) format: RenderFormat,
    /// Write the template, its parameters and the list of artifacts into this directory instead
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Say of each resource where it comes from and why its parts are as they are
    #[arg(long, conflicts_with_all = ["out", "format"])]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// How a template is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderFormat {
    /// YAML
    Yaml,
    /// JSON, indented by two
    Json,
}

/// Options of `stack init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// What to begin with
    #[arg(value_name = "EXAMPLE", default_value = crate::commands::init::DEFAULT_EXAMPLE)]
    pub(crate) example: String,
    /// Where to write it; the directory must be empty or not there
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,
    /// Name of the project; the directory's by default
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// List the examples instead
    #[arg(long)]
    pub(crate) list: bool,
}

/// Options of `stack diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// Compare two template files instead, offline
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["from", "no_build"])]
    pub(crate) template: Vec<PathBuf>,
    /// Compare this template file with what the project would deploy instead, offline
    #[arg(long, value_name = "FILE", conflicts_with = "no_build")]
    pub(crate) from: Option<PathBuf>,
    /// Leave the code of functions out, which is known only when they are built
    #[arg(long)]
    pub(crate) no_build: bool,
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

/// Options of `stack graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    /// How to draw it
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A picture
    Svg,
    /// A flowchart for Markdown
    Mermaid,
    /// The language of Graphviz
    Dot,
}

/// Options of `stack eject`.
#[derive(Debug, Args)]
pub(crate) struct EjectArguments {
    /// Whose template source to copy into templates/ (`bucket`)
    #[arg(value_name = "CONSTRUCT", required_unless_present = "list", conflicts_with = "list")]
    pub(crate) construct: Option<String>,
    /// Copy the policy sources of links to it as well, into policies/
    #[arg(long, requires = "construct")]
    pub(crate) policies: bool,
    /// Overwrite what the project has
    #[arg(long, requires = "construct")]
    pub(crate) force: bool,
    /// List the sources instead, and which of them the project replaces
    #[arg(long)]
    pub(crate) list: bool,
}

/// Options of `stack build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// Functions to build; all of them when none is named
    #[arg(value_name = "FUNCTION")]
    pub(crate) functions: Vec<String>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack deploy`.
#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    /// What `--yes` covers besides harmless changes; may be given more than once, or separated by commas
    #[arg(long, value_name = "RISK", value_enum, value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
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
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// Options of `stack drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArguments {
    /// Print a page in Markdown, for the summary of a CI job
    #[arg(long)]
    pub(crate) markdown: bool,
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

/// Options of `stack completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `stack man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Where to write the pages (`stack.1`, `stack-deploy.1` ...)
    #[arg(value_name = "DIR")]
    pub(crate) pages: PathBuf,
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
    #[command(after_long_help = super::help::LOCAL_START)]
    Start(StartArguments),
    /// Stop the local cloud and wait until it is gone
    Stop,
    /// Say whether the local cloud runs, and where
    Status,
    /// Wipe what the local cloud has stored in .stack/local/data; it must not run
    Reset,
    /// Print the exports that aws-cli and the AWS SDKs need to use the local cloud
    #[command(after_long_help = super::help::LOCAL_ENV)]
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

/// Options of `stack doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Also ask AWS who we are
    #[arg(long)]
    pub(crate) online: bool,
}

/// Values of the project's parameters.
#[derive(Debug, Args)]
pub(crate) struct Parameters {
    /// Value of a parameter of the project; may be given more than once
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    pub(crate) values: Vec<(String, String)>,
}

impl Parameters {
    /// By name; the last value of a name given twice wins.
    pub(crate) fn into_map(self) -> std::collections::BTreeMap<String, String> {
        self.values.into_iter().collect()
    }
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a parameter is written `name=value`".to_owned()),
    }
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is written `30s`, `10m`, `2h` or `1d`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("1d", 86_400), ("0s", 0)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "10", "m", "-1m", "1.5h", "10 m", "10min", "99999999999999999999d", "9999999999999999999d"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parameters_split_at_the_first_equals_sign() {
        assert_eq!(parse_parameter("url=https://x/?a=b"), Ok(("url".to_owned(), "https://x/?a=b".to_owned())));
        assert_eq!(parse_parameter("domain="), Ok(("domain".to_owned(), String::new())));
        assert!(parse_parameter("domain").is_err());
        assert!(parse_parameter("=x").is_err());
    }
}

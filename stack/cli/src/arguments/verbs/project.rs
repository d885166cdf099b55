//! Options of the verbs that work on the project and on this machine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::Parameters;

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

/// Options of `stack doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Also ask AWS who we are
    #[arg(long)]
    pub(crate) online: bool,
}

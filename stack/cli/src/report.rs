//! How a command ended: everything that `--json` prints last, and what the exit code and the text are made of.

mod exit_code;
mod outputs;
mod parts;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use stack_aws::{GarbageOutcome, Invoked, LastOperation, Outcome, StackState, StackSummary};
use stack_plan::diff::Changes;
use stack_plan::graph::Graph;
use stack_plan::{Built, Template};
use time::OffsetDateTime;

use crate::access::Identity;
use crate::differences::StackDifferences;
use crate::migrations::MigrationReport;

pub(crate) use parts::{
    Check, CheckState, Declaration, DriftOfStack, ExplainedResource, KeptStack, SourceEntry, StackReport,
    TemplateWarning,
};

/// How a command ended.
#[derive(Debug, Serialize)]
#[serde(tag = "report", rename_all = "kebab-case")]
pub(crate) enum Report {
    /// The project has no fault.
    Checked {
        /// Name of the project file.
        file: String,
        /// Stack that it describes in this environment.
        stack_name: String,
        /// Number of resources in its template.
        resources: usize,
        /// Number of functions.
        functions: usize,
    },
    /// A template has no fault.
    TemplateChecked {
        /// The file.
        file: String,
        /// Region whose resource types were looked at.
        region: String,
        /// What is worth a look.
        warnings: Vec<TemplateWarning>,
    },
    /// The template of the project.
    Rendered {
        /// Stack that it is for.
        stack_name: String,
        /// The template as a value, for JSON.
        template: Box<Template>,
        /// Values of its parameters.
        parameters: BTreeMap<String, String>,
        /// The template in the form that was asked for.
        #[serde(skip)]
        text: String,
    },
    /// Where each resource comes from.
    Explained {
        /// Stack that they are of.
        stack_name: String,
        /// Project file.
        file: String,
        /// The resources.
        resources: Vec<ExplainedResource>,
    },
    /// How two templates differ.
    Differences {
        /// The older one.
        from: String,
        /// The newer one.
        to: String,
        /// What differs.
        changes: Changes,
        /// True when a page in Markdown is asked for.
        #[serde(skip)]
        markdown: bool,
    },
    /// How what is deployed differs from what is planned.
    StackDifferences {
        /// The main stack, then those beside it.
        stacks: Vec<StackDifferences>,
        /// The file that the plan was written into.
        #[serde(skip_serializing_if = "Option::is_none")]
        plan: Option<PathBuf>,
        /// True when a page in Markdown is asked for.
        #[serde(skip)]
        markdown: bool,
    },
    /// The architecture.
    Graph {
        /// Stack that it is of.
        stack_name: String,
        /// What is declared and how it is linked.
        graph: Graph,
        /// The graph in the form that was asked for.
        #[serde(skip)]
        text: String,
    },
    /// The schema of the project file.
    Schema {
        /// The schema.
        schema: serde_json::Value,
    },
    /// The sources that are built in.
    Sources {
        /// The sources.
        sources: Vec<SourceEntry>,
    },
    /// The examples that are built in.
    Examples {
        /// What each shows, by name.
        examples: BTreeMap<String, String>,
    },
    /// A new project was written.
    Initialized {
        /// Name of the project.
        name: String,
        /// Where it lies.
        directory: PathBuf,
        /// What was written, relative to it.
        files: Vec<String>,
        /// Commands to go on with.
        next: Vec<String>,
    },
    /// Files were written.
    Written {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// The function packages are built.
    Built {
        /// One zip per function.
        functions: Vec<Built>,
    },
    /// What became of a stack.
    Stack {
        /// How it ended.
        outcome: Box<Outcome>,
        /// Where the first failed resource is declared.
        declared: Option<Declaration>,
    },
    /// What became of several stacks.
    Stacks {
        /// How each ended, in the order in which they were worked on.
        stacks: Vec<StackReport>,
        /// Stacks that were left alone.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        kept: Vec<KeptStack>,
    },
    /// What is deployed, against its template.
    Drift {
        /// The main stack, then those beside it.
        stacks: Vec<DriftOfStack>,
        /// True when a page in Markdown is asked for.
        #[serde(skip)]
        markdown: bool,
    },
    /// How a stack stands.
    Status {
        /// Name of the stack.
        stack_name: String,
        /// AWS region.
        region: String,
        /// How it stands.
        #[serde(flatten)]
        state: Box<StackState>,
        /// When it was looked at.
        #[serde(skip)]
        now: OffsetDateTime,
    },
    /// What happened in the last operation on a stack.
    Events {
        /// Name of the stack.
        stack_name: String,
        /// The operation.
        operation: Box<LastOperation>,
        /// Where the first failed resource is declared.
        declared: Option<Declaration>,
        /// How many of the last events are asked for.
        #[serde(skip)]
        limit: usize,
    },
    /// The environments of a project.
    Environments {
        /// Name of the project.
        project: String,
        /// AWS region.
        region: String,
        /// Their stacks.
        stacks: Vec<StackSummary>,
        /// When they were looked at.
        #[serde(skip)]
        now: OffsetDateTime,
    },
    /// Log lines were told.
    Logs {
        /// Their number.
        lines: usize,
        /// True when they were followed until the interrupt.
        followed: bool,
    },
    /// A function was invoked.
    Invoked {
        /// Name in the project file.
        function: String,
        /// Name in Lambda.
        function_name: String,
        /// What came of it.
        #[serde(flatten)]
        invoked: Invoked,
        /// What it answered, as a value.
        answer: Option<serde_json::Value>,
    },
    /// What a run of migrations did, and how every migration stands.
    Migrations {
        /// The function that ran them.
        function: String,
        /// What it says.
        #[serde(flatten)]
        migrations: MigrationReport,
    },
    /// The script that completes command lines in a shell.
    Completions {
        /// The shell.
        shell: String,
        /// The script.
        script: String,
    },
    /// The outputs of a stack.
    Outputs {
        /// The stack.
        stack_name: String,
        /// Values by name.
        outputs: BTreeMap<String, String>,
        /// The one output whose value alone is asked for.
        #[serde(skip)]
        only: Option<String>,
    },
    /// What functions did in the local cloud.
    Access {
        /// The stack.
        stack_name: String,
        /// False when policies decide nothing.
        enforced: bool,
        /// Roles and users: those of the stack's functions by the functions' names, or all by ARN.
        identities: Vec<Identity>,
        /// Functions of the project that the local cloud does not have.
        missing: Vec<String>,
    },
    /// A token of a user of the local cloud.
    Token {
        /// Name of the user pool.
        pool: String,
        /// Name of its client that the token is for.
        client: String,
        /// What the pool calls the user.
        user: String,
        /// True when the user was not there before.
        created: bool,
        /// The token.
        token: String,
        /// Seconds that an access token is good for.
        expires_in: i64,
    },
    /// The local cloud answers.
    CloudStarted {
        /// Its endpoint.
        url: String,
        /// Its process.
        pid: u32,
        /// True when it had been started before.
        already: bool,
    },
    /// The local cloud is gone.
    CloudStopped {
        /// Its process, absent when none ran.
        pid: Option<u32>,
    },
    /// Whether the local cloud runs.
    CloudStatus {
        /// True when it runs.
        running: bool,
        /// Its endpoint.
        url: Option<String>,
        /// Its process.
        pid: Option<u32>,
        /// True when it answers.
        answers: bool,
        /// Where its state is, absent when it is in memory.
        data: Option<PathBuf>,
        /// What it says, when it runs in the background.
        log: PathBuf,
    },
    /// The state of the local cloud is gone.
    CloudReset {
        /// The directory that was removed.
        directory: PathBuf,
        /// False when there was none.
        existed: bool,
    },
    /// What AWS clients need to use the local cloud.
    CloudEnvironment {
        /// Values by variable.
        variables: BTreeMap<&'static str, String>,
    },
    /// What became of artifacts that no stack refers to.
    Garbage {
        /// How it ended.
        #[serde(flatten)]
        outcome: GarbageOutcome,
        /// True when only a list was asked for.
        dry_run: bool,
    },
    /// What this machine has and lacks.
    Doctor {
        /// One check after the other.
        checks: Vec<Check>,
    },
    /// The user said no before anything was done.
    Declined,
    /// A foreground command was ended by a signal, as it is meant to be.
    Ended,
    /// The user interrupted.
    Interrupted,
}

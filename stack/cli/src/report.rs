//! How a command ended: everything that `--json` prints last, and what the exit code and the text are made of.

mod exit_code;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stack_aws::{DriftOutcome, GarbageOutcome, Invoked, LastOperation, Outcome, StackState, StackSummary};
use stack_plan::diff::Changes;
use stack_plan::graph::Graph;
use stack_plan::plan::{Explanation, Origin};
use stack_plan::{Built, Template};
use time::OffsetDateTime;

use crate::access::Identity;
use crate::differences::StackDifferences;
use crate::migrations::MigrationReport;

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

/// Where a resource comes from and why it is as it is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExplainedResource {
    /// Logical id.
    pub(crate) logical_id: String,
    /// CloudFormation type.
    #[serde(rename = "type")]
    pub(crate) resource_type: String,
    /// Lines and files.
    #[serde(flatten)]
    pub(crate) origin: Origin,
    /// True when the project replaces the built-in template source.
    pub(crate) is_own_source: bool,
    /// What the template source says of its parts.
    pub(crate) explanations: Vec<Explanation>,
}

/// A source that is built in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SourceEntry {
    /// What it is the source of.
    pub(crate) owner: &'static str,
    /// File, relative to the project.
    pub(crate) file: String,
    /// True when the project has one of its own.
    pub(crate) replaced: bool,
}

/// The drift of one stack.
#[derive(Debug, Serialize)]
pub(crate) struct DriftOfStack {
    /// AWS region.
    pub(crate) region: String,
    /// What was found.
    #[serde(flatten)]
    pub(crate) outcome: DriftOutcome,
    /// Where drifted resources are declared, by logical id.
    pub(crate) declared: BTreeMap<String, Declaration>,
}

/// Where a resource is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Declaration {
    /// Project file.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Key path (`buckets.uploads`).
    pub(crate) key_path: String,
}

/// One thing that a machine needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What is needed.
    pub(crate) name: &'static str,
    /// How it stands.
    pub(crate) state: CheckState,
    /// What was found.
    pub(crate) found: String,
    /// The command that mends it.
    pub(crate) mend: Option<String>,
}

/// How a needed thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckState {
    /// There.
    Good,
    /// Absent, and something else does its work.
    Replaceable,
    /// Absent, and something will not work.
    Missing,
}

/// A finding of a template that CloudFormation does not refuse.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateWarning {
    /// Stable code.
    pub(crate) code: String,
    /// What is wrong.
    pub(crate) message: String,
    /// Path in the template.
    pub(crate) path: String,
    /// Line, from 1.
    pub(crate) line: Option<usize>,
    /// Column in characters, from 1.
    pub(crate) column: Option<usize>,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

impl Report {
    /// The same report with outputs that answer, where it tells of a stack in a local cloud at this endpoint: the address of
    /// a distribution is what AWS would say, and nothing serves it here. Without an endpoint nothing changes.
    #[must_use]
    pub(crate) fn answering(mut self, endpoint_url: Option<&str>) -> Self {
        if let (Some(outputs), Some(url)) = (self.outputs_mut(), endpoint_url) {
            for value in outputs.values_mut() {
                *value = stack_local::answering(value, url.trim_end_matches('/'));
            }
        }
        self
    }

    /// The outputs of a stack that is as the plan says.
    pub(crate) fn outputs(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Self::Outputs { outputs, .. } => Some(outputs),
            Self::Stack { outcome, .. } => match outcome.as_ref() {
                Outcome::Deployed { outputs, .. }
                | Outcome::NoChanges { outputs, .. }
                | Outcome::Settled { outputs, .. } => Some(outputs),
                _ => None,
            },
            _ => None,
        }
    }

    fn outputs_mut(&mut self) -> Option<&mut BTreeMap<String, String>> {
        match self {
            Self::Outputs { outputs, .. } => Some(outputs),
            Self::Status { state, .. } => state.stack.as_mut().map(|stack| &mut stack.outputs),
            Self::Stack { outcome, .. } => match outcome.as_mut() {
                Outcome::Deployed { outputs, .. }
                | Outcome::NoChanges { outputs, .. }
                | Outcome::Settled { outputs, .. } => Some(outputs),
                _ => None,
            },
            _ => None,
        }
    }
}

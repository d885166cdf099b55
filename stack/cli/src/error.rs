//! What can go wrong in the command line itself, and the errors of the other crates under one name.

mod local_cloud;
mod migration;
mod user_pool;

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

pub(crate) use local_cloud::LocalCloudError;
pub(crate) use migration::MigrationError;
pub(crate) use user_pool::UserPoolError;

/// Why a command failed.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum CliError {
    /// The project has faults.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Faults(#[from] stack_plan::Faults),
    /// The template has faults.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Template(stack_plan::template::TemplateFindings),
    /// Functions cannot be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] stack_build::BuildError),
    /// AWS, or what stands for it, refuses or does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Aws(#[from] stack_aws::AwsError),
    /// The local cloud cannot start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Local(#[from] stack_local::LocalError),
    /// A file cannot be deployed as a plan.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] crate::plan_file::PlanFileError),
    /// A migration cannot be written or run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migrations(#[from] MigrationError),
    /// There is no such user pool, or nobody can sign in to it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    UserPools(#[from] UserPoolError),
    /// The local cloud does not answer, or not as it should.
    #[error(transparent)]
    #[diagnostic(transparent)]
    LocalCloud(#[from] LocalCloudError),
    /// Neither the directory nor one above it has a project file.
    #[error("no `stack.yaml` in `{directory}` or above it", directory = directory.display())]
    #[diagnostic(
        code("project-missing"),
        help("change into the directory of your project, or name it: `stack -C DIR ...`")
    )]
    ProjectMissing {
        /// Where the search began.
        directory: PathBuf,
    },
    /// A file or directory cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    #[diagnostic(code("unreadable"), help("check that it exists and that you may read it"))]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A source file is larger than any sensible one.
    #[error("`{path}` has {size} bytes, the limit is {limit}", path = path.display())]
    #[diagnostic(code("file-too-large"), help("a project file, template source or policy source is a short text"))]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file or directory cannot be written.
    #[error("cannot write `{path}`", path = path.display())]
    #[diagnostic(code("unwritable"), help("check that the directory exists, is writable and has room"))]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that should be a template is none.
    #[error("`{path}` is not a template: {fault}", path = path.display())]
    #[diagnostic(
        code("template-invalid"),
        help("a template of CloudFormation is YAML or JSON with at least `Resources`")
    )]
    TemplateInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        fault: Box<stack_plan::template::TemplateError>,
    },
    /// The template of a deployed stack cannot be read.
    #[error("the deployed template of stack `{stack_name}` cannot be read: {fault}")]
    #[diagnostic(
        code("deployed-template-invalid"),
        help("`aws cloudformation get-template` shows it; was it deployed by another program?")
    )]
    DeployedTemplateInvalid {
        /// The stack.
        stack_name: String,
        /// What is wrong with it, and where.
        fault: Box<stack_plan::template::TemplateError>,
    },
    /// A construct that has no template source.
    #[error("there is no template source `{name}`")]
    #[diagnostic(code("source-unknown"), help("{help}"))]
    SourceUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// An example that does not exist.
    #[error("there is no example `{name}`")]
    #[diagnostic(code("example-unknown"), help("{help}"))]
    ExampleUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// Files that would be overwritten.
    #[error("`{path}` is there already", path = path.display())]
    #[diagnostic(code("file-exists"), help("nothing was written; `--force` overwrites it"))]
    FileExists {
        /// The first of them.
        path: PathBuf,
    },
    /// A new project has no place in a directory that has something in it.
    #[error("`{path}` is not empty", path = path.display())]
    #[diagnostic(
        code("directory-not-empty"),
        help("nothing was written; name another directory: `stack init {example} DIR`")
    )]
    DirectoryNotEmpty {
        /// The directory.
        path: PathBuf,
        /// The example.
        example: String,
    },
    /// A name that a project cannot have.
    #[error("`{name}` cannot be the name of a project")]
    #[diagnostic(
        code("project-name"),
        help(
            "lower-case words of letters and digits joined by `-`, at most 40, beginning with a letter: `--name my-project`"
        )
    )]
    ProjectName {
        /// The name.
        name: String,
    },
    /// Standard output cannot take the data.
    #[error("cannot write to standard output")]
    #[diagnostic(code("stdout"), help("the result is incomplete; send it to a place that has room"))]
    Stdout {
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A question cannot be asked, and `--yes` was not given.
    #[error("`{command}` needs your consent, and there is no terminal to ask on")]
    #[diagnostic(code("approval-needed"), help("give it beforehand: `{command} --yes`; nothing was changed"))]
    ApprovalNeeded {
        /// The command, as far as it matters.
        command: &'static str,
    },
    /// `--confirm` names another stack.
    #[error("`--confirm {given}` is not the name of this stack, `{stack_name}`")]
    #[diagnostic(code("confirmation-wrong"), help("nothing was changed; look again at the environment and the suffix"))]
    ConfirmationWrong {
        /// Name that was given.
        given: String,
        /// Name of the stack.
        stack_name: String,
    },
    /// The environment is protected or keeps its buckets; the stack must be named.
    #[error(
        "`{stack_name}` is of an environment that is protected or retains its data: it must be named to be destroyed"
    )]
    #[diagnostic(code("confirmation-needed"), help("nothing was changed; add `--confirm {stack_name}`"))]
    ConfirmationNeeded {
        /// Name of the stack.
        stack_name: String,
    },
    /// A function that the project does not have.
    #[error("the project has no function `{function}`")]
    #[diagnostic(code("function-unknown"), help("{help}"))]
    FunctionUnknown {
        /// Name that was given.
        function: String,
        /// What is near, or all there are.
        help: String,
    },
    /// A stack that is not there.
    #[error("there is no stack `{stack_name}` in {region}")]
    #[diagnostic(
        code("stack-missing"),
        help("`stack deploy` creates it; `stack ls` lists those that this project has")
    )]
    StackMissing {
        /// Name of the stack.
        stack_name: String,
        /// AWS region.
        region: String,
    },
    /// A project without functions has no logs.
    #[error("the project has no functions")]
    #[diagnostic(code("functions-missing"), help("declare them under `functions:` in stack.yaml"))]
    FunctionsMissing,
    /// An event that is no JSON.
    #[error("{source_name} is not JSON: {error}")]
    #[diagnostic(code("event-invalid"), help("nothing was invoked; an event is JSON: `'{{\"key\": \"value\"}}'`"))]
    EventInvalid {
        /// Where it comes from.
        source_name: String,
        /// What is wrong with it, and where.
        error: serde_json::Error,
    },
    /// A quick deployment of an environment that is to last.
    #[error("`--express` is for throw-away environments, and `{environment}` is protected or retains its data")]
    #[diagnostic(
        code("express-refused"),
        help("leave it out: without it, CloudFormation waits until everything is stable, and can take a failure back")
    )]
    ExpressRefused {
        /// Environment of the project file.
        environment: String,
    },
    /// An event that Lambda does not take.
    #[error("the event in `{path}` has more than {limit} bytes", path = path.display())]
    #[diagnostic(code("event-too-large"), help("nothing was invoked; put the data into a bucket and send its key"))]
    EventTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// An output that the stack does not have.
    #[error("stack `{stack_name}` has no output `{name}`")]
    #[diagnostic(code("output-unknown"), help("outputs of the stack: {known}"))]
    OutputUnknown {
        /// Name that was given.
        name: String,
        /// The stack.
        stack_name: String,
        /// The names that there are.
        known: String,
    },
    /// Two outputs would be one variable.
    #[error("outputs `{one}` and `{other}` would both be the variable `{variable}`")]
    #[diagnostic(code("outputs-alike"), help("nothing was written; rename one of them"))]
    OutputsAlike {
        /// An output.
        one: String,
        /// The other one.
        other: String,
        /// The variable.
        variable: String,
    },
    /// Files cannot be watched.
    #[error("cannot watch for changes")]
    #[diagnostic(
        code("watch"),
        help("Linux: `sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`")
    )]
    Watch {
        /// What the operating system said.
        #[source]
        source: notify::Error,
    },
    /// The operating system refused something that every command needs.
    #[error("cannot {action}")]
    #[diagnostic(code("system"), help("the operating system refused it; see the cause above"))]
    System {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
}

impl CliError {
    /// Exit code of the process when a command ends with this error.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::ApprovalNeeded { .. } | Self::ConfirmationNeeded { .. } => 3,
            _ => 1,
        }
    }
}

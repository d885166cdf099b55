//! What can go wrong in the command line itself, and the errors of the other crates under one name.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

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
    /// An event that Lambda does not take.
    #[error("the event in `{path}` has more than {limit} bytes", path = path.display())]
    #[diagnostic(code("event-too-large"), help("nothing was invoked; put the data into a bucket and send its key"))]
    EventTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// No function of the project runs migrations.
    #[error("the project has no function of the package `migrate`, which runs migrations")]
    #[diagnostic(
        code("migration-function-missing"),
        help("declare one beside the database, with the bucket of its files: docs/functions/migrate.md has the lines")
    )]
    MigrationFunctionMissing,
    /// Several functions run migrations, and none is named.
    #[error("several functions run migrations, and none is named")]
    #[diagnostic(code("migration-function-ambiguous"), help("name one with `--function`: {names}"))]
    MigrationFunctionAmbiguous {
        /// Their names.
        names: String,
    },
    /// A function that runs no migrations.
    #[error("the project has no function `{name}` of the package `migrate`")]
    #[diagnostic(code("migration-function-unknown"), help("{help}"))]
    MigrationFunctionUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// The files of migrations are not among what the project deploys.
    #[error("the bucket that function `{function}` reads migrations from has no contents of this project")]
    #[diagnostic(
        code("migration-files-elsewhere"),
        help(
            "give it some: `buckets: {{ migrations: {{ contents: ./migrations }} }}`, and the function `MIGRATIONS_BUCKET`"
        )
    )]
    MigrationFilesElsewhere {
        /// The function.
        function: String,
    },
    /// A name that files of migrations cannot have.
    #[error("`{name}` cannot be the name of a migration")]
    #[diagnostic(
        code("migration-name"),
        help("say what it does in some words of letters and digits: `stack migrate new \"add users\"`")
    )]
    MigrationName {
        /// The name.
        name: String,
    },
    /// The function says that it could not do what it was told.
    #[error("function `{function}` did not run the migrations: {message}")]
    #[diagnostic(
        code("migration-failed"),
        help(
            "its error is `{error_type}`; what was done before stays done: `stack migrate status` tells it, `stack logs {function}` the rest"
        )
    )]
    MigrationFailed {
        /// The function.
        function: String,
        /// Type of the error.
        error_type: String,
        /// What it says.
        message: String,
    },
    /// The function answers something else than a report of migrations.
    #[error("the answer of function `{function}` is no report of migrations")]
    #[diagnostic(
        code("migration-answer"),
        help("is the deployed function of the package `migrate`? `stack deploy` brings it up to date")
    )]
    MigrationAnswer {
        /// The function.
        function: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
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
    /// Nothing that is our local cloud answers.
    #[error("no local cloud answers at `{url}`")]
    #[diagnostic(
        code("local-cloud-missing"),
        help("start it with `stack local start`, or run everything in the foreground with `stack dev`")
    )]
    LocalCloudMissing {
        /// Where it was looked for.
        url: String,
    },
    /// The stack makes no user pool.
    #[error("{file} makes no user pool")]
    #[diagnostic(
        code("user-pool-missing"),
        help(
            "declare one: `user_pools: {{ users: {{ clients: {{ web: {{}} }} }} }}`; users of an imported pool are not in the local cloud"
        )
    )]
    UserPoolMissing {
        /// The project file.
        file: String,
    },
    /// The stack makes several user pools, and none is named.
    #[error("{file} makes several user pools, and none is named")]
    #[diagnostic(code("user-pool-ambiguous"), help("name one with `--pool`: {names}"))]
    UserPoolAmbiguous {
        /// The project file.
        file: String,
        /// Their names.
        names: String,
    },
    /// A user pool that the stack does not make.
    #[error("the project makes no user pool `{name}`")]
    #[diagnostic(code("user-pool-unknown"), help("{help}"))]
    UserPoolUnknown {
        /// Name that was given.
        name: String,
        /// What is near, or all there are.
        help: String,
    },
    /// A user pool that nobody can sign in to.
    #[error("user pool `{pool}` has no client, so nobody can sign in to it")]
    #[diagnostic(code("user-pool-without-client"), help("give it one: `user_pools.{pool}.clients: {{ web: {{}} }}`"))]
    UserPoolWithoutClient {
        /// The pool.
        pool: String,
    },
    /// A client that the user pool does not have.
    #[error("user pool `{pool}` has no client `{name}`")]
    #[diagnostic(code("client-unknown"), help("{help}"))]
    ClientUnknown {
        /// Name that was given.
        name: String,
        /// The pool.
        pool: String,
        /// What is near, or all there are.
        help: String,
    },
    /// The local cloud answers, and does not do what it is asked for.
    #[error("the local cloud at `{url}` refuses `{path}` with status {status}: {message}")]
    #[diagnostic(
        code("local-cloud-refuses"),
        help("mend what it says; when it is of another version than this program (`stack --version`), start it again")
    )]
    LocalCloudRefuses {
        /// Its endpoint.
        url: String,
        /// What was asked for.
        path: &'static str,
        /// Status of its answer.
        status: u16,
        /// What it says.
        message: String,
    },
    /// The local cloud says nothing, or something else than was asked for.
    #[error("the answer of the local cloud at `{url}` to `{path}` cannot be read")]
    #[diagnostic(
        code("local-cloud-answer"),
        help("look into its log (`stack local status` names it); when it is of another version, start it again")
    )]
    LocalCloudAnswer {
        /// Its endpoint.
        url: String,
        /// What was asked for.
        path: &'static str,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// The local cloud is of another region than the plan.
    #[error(
        "the local cloud at `{url}` is of the region `{region}`, and {file} is planned for `{planned}`: its policies would name \
         resources that are elsewhere, and functions would be denied everything"
    )]
    #[diagnostic(code("local-cloud-region"), help("{help}"))]
    LocalCloudRegion {
        /// Endpoint of the local cloud.
        url: String,
        /// Its region.
        region: String,
        /// The project file.
        file: String,
        /// Region of the plan.
        planned: String,
        /// The commands that mend it.
        help: String,
    },
    /// A local cloud of this directory runs already.
    #[error("the local cloud of this directory runs already at `{url}` (process {pid})")]
    #[diagnostic(code("local-cloud-running"), help("stop it first: `stack local stop`"))]
    LocalCloudRunning {
        /// Its endpoint.
        url: String,
        /// Its process id.
        pid: u32,
    },
    /// The port is taken by a local cloud that another directory started.
    #[error("port {port} is taken by a local cloud that was started elsewhere")]
    #[diagnostic(
        code("port-taken-by-local-cloud"),
        help(
            "use that one (`stack deploy --local` finds it on port 4566), stop it where it was started, or choose another port with `--port`"
        )
    )]
    PortTakenByLocalCloud {
        /// The port.
        port: u16,
    },
    /// The background process ended before it answered.
    #[error("the local cloud ended before it answered ({status})")]
    #[diagnostic(code("local-cloud-ended"), help("its last words, from `{log}`:\n{tail}", log = log.display()))]
    LocalCloudEnded {
        /// How it ended.
        status: String,
        /// The log file.
        log: PathBuf,
        /// Last lines of the log.
        tail: String,
    },
    /// The background process does not do what it should in time.
    #[error("the local cloud (process {pid}) did not {expected} within {seconds} seconds")]
    #[diagnostic(code("local-cloud-stuck"), help("look into `{log}`; `kill {pid}` ends it", log = log.display()))]
    LocalCloudStuck {
        /// Process id.
        pid: u32,
        /// `answer` or `stop`.
        expected: &'static str,
        /// How long was waited.
        seconds: u64,
        /// The log file.
        log: PathBuf,
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

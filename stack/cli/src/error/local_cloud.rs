//! Why a local cloud cannot be used.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// Why a local cloud cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum LocalCloudError {
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
}

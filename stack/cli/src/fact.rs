//! Facts of the command line itself, told while a command runs, beside the [`stack_plan::Event`]s of the libraries.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use stack_aws::{LogLine, Question};

/// One fact. No sentence: the voices make those.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Fact<'a> {
    /// Names are rendered with the local cloud's account id, because none was given.
    AccountAssumed {
        /// The id.
        account: &'a str,
    },
    /// A question was answered beforehand, by an option or because the local cloud needs no consent.
    Approved(&'a Question),
    /// Migrations of the project that the function does not know yet: they are not deployed.
    MigrationsUndeployed {
        /// Their numbers.
        versions: &'a [i64],
    },
    /// The local cloud answers.
    CloudReady {
        /// Its endpoint.
        url: &'a str,
        /// Where its state is, absent when it is in memory.
        data: Option<&'a PathBuf>,
    },
    /// The local cloud is about to end.
    CloudStopping,
    /// The system runs; how it can be used.
    Running(&'a Usage),
    /// Waiting for changes.
    Watching,
    /// Files changed, and all is done again.
    Changed {
        /// The files, relative to the project where they lie in it.
        files: &'a [String],
    },
    /// A line of a function's log, with its time and stream.
    LogLine(&'a LogLine),
    /// A line of a function's log.
    FunctionLog {
        /// Log group.
        group: &'a str,
        /// The line.
        message: &'a str,
    },
}

/// How a running system can be used.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Usage {
    /// Endpoint of the local cloud.
    pub(crate) url: String,
    /// Console page.
    pub(crate) console: String,
    /// Physical bucket names by name in the project file.
    pub(crate) buckets: BTreeMap<String, String>,
    /// Addresses of distributions by logical id.
    pub(crate) distributions: BTreeMap<String, String>,
    /// Region of the stack.
    pub(crate) region: String,
    /// The bucket to begin with: its objects start a function.
    pub(crate) upload_bucket: Option<String>,
    /// Stack outputs.
    pub(crate) outputs: BTreeMap<String, String>,
}

//! Facts that happen while a command runs; `output/` of the command line makes sentences of them.

use serde::Serialize;

/// One fact of a running command. No color, no sentence: the text voice and the JSON voice are views of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The build of a package began.
    BuildStarted {
        /// Cargo package.
        package: String,
    },
    /// A line that the build tool printed (cargo's own progress).
    BuildOutput {
        /// The line, without its end.
        line: String,
    },
    /// A package is ready.
    BuildFinished {
        /// Cargo package.
        package: String,
        /// Size of the zip in bytes.
        size: u64,
        /// True when sources were unchanged and nothing was compiled or zipped.
        unchanged: bool,
        /// Seconds that it took.
        seconds: f64,
    },
    /// Something the user should know, with a stable code (`plain-cargo-fallback`, `installing-cargo-lambda` ...).
    Notice {
        /// Kebab-case code.
        code: &'static str,
        /// Values of the notice, in words.
        detail: String,
    },
    /// The artifact bucket is being made (first use in this account and region).
    ArtifactBucketCreated {
        /// Bucket name.
        bucket: String,
    },
    /// An artifact was uploaded, or was there already.
    ArtifactReady {
        /// Object key.
        key: String,
        /// Size in bytes.
        size: u64,
        /// False when the bucket already held it.
        uploaded: bool,
    },
    /// A change set exists and awaits its execution.
    ChangeSetCreated {
        /// Id (ARN) of the change set.
        id: String,
        /// Name of the stack that it is for.
        stack_name: String,
        /// Number of resource changes in it.
        changes: usize,
    },
    /// CloudFormation reported something about a resource or the stack itself.
    Stack(StackEvent),
    /// Bucket contents or another action after the stack reached its state.
    ActionFinished {
        /// What was done, by its kebab-case kind (`upload-content`, `delete-content`, `invalidate`).
        action: &'static str,
        /// What it was done to.
        target: String,
    },
}

/// One event of a stack, as CloudFormation tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackEvent {
    /// Unique id, the key for deduplication.
    pub event_id: String,
    /// Name of the stack: a deployment may have companions.
    pub stack_name: String,
    /// Time in RFC 3339, UTC.
    pub time: String,
    /// Logical id of the resource, or the stack's name for the stack itself.
    pub logical_id: String,
    /// Physical id, empty until it is known.
    pub physical_id: String,
    /// CloudFormation type.
    pub resource_type: String,
    /// Status, for example `CREATE_IN_PROGRESS`.
    pub status: String,
    /// Reason, where CloudFormation gives one.
    pub reason: Option<String>,
}

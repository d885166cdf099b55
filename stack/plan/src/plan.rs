//! The plan: everything that a command needs to know about one project in one environment.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::graph::Graph;
use crate::template::Template;

/// Name of the template parameter that receives the artifact bucket's name.
///
/// Rendered only when the plan has artifacts.
pub const ARTIFACT_BUCKET_PARAMETER: &str = "ArtifactBucket";

/// A complete, deterministic description of a deployment: same project and [`Context`], same bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Name of the project (`stack:` in the project file).
    pub project: String,
    /// Environment that the plan is for.
    pub environment: Environment,
    /// Physical name of the CloudFormation stack (`avatars-alice`).
    pub stack_name: String,
    /// AWS region.
    pub region: String,
    /// Twelve-digit account id that literal names and ARNs were rendered with.
    pub account: String,
    /// The template, parsed back from what the template sources rendered.
    pub template: Template,
    /// Function packages to build, in order of function name. Each receives its object key through a template parameter.
    pub artifacts: Vec<Artifact>,
    /// Values of template parameters that the project file gives; the deployer adds [`ARTIFACT_BUCKET_PARAMETER`] and
    /// each [`Artifact::key_parameter`].
    pub parameters: BTreeMap<String, String>,
    /// Names of the template outputs that the project file declares, in its order.
    pub outputs: Vec<String>,
    /// Directories whose files become objects of a bucket after the stack is deployed.
    pub contents: Vec<Contents>,
    /// What else the deployer does after the stack is deployed, in order.
    pub actions: Vec<Action>,
    /// Stack tags.
    pub tags: BTreeMap<String, String>,
    /// Where each resource comes from, by logical id.
    pub origins: BTreeMap<String, Origin>,
    /// What is declared and how it is linked.
    #[serde(skip)]
    pub graph: Graph,
}

/// The environment that a plan is for, every default filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Name under `environments:` (`dev`).
    pub name: String,
    /// Suffix of physical names (`alice`), empty for an environment without one.
    pub suffix: String,
    /// What becomes of stateful resources on destroy.
    pub removal: Removal,
    /// True when the stack has termination protection.
    pub protect: bool,
}

/// What becomes of buckets and other stateful resources when their stack is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// They go with the stack (throw-away environments).
    Destroy,
    /// They stay in the account.
    Retain,
}

/// A function package that the deployment needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// Function name in the project file.
    pub function: String,
    /// Logical id of its `AWS::Lambda::Function`.
    pub logical_id: String,
    /// Physical function name.
    pub function_name: String,
    /// Cargo package of the workspace.
    pub package: String,
    /// Cargo features to build it with, sorted.
    pub features: Vec<String>,
    /// Instruction set.
    pub architecture: Architecture,
    /// Template parameter that receives the key of the zip in the artifact bucket.
    pub key_parameter: String,
}

/// Instruction set of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Architecture {
    /// `x86_64`, the default.
    #[serde(rename = "x86_64")]
    X86_64,
    /// `arm64` (AWS Graviton).
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// The word that CloudFormation uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// A directory that becomes the objects of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Bucket name in the project file.
    pub bucket: String,
    /// Physical bucket name.
    pub bucket_name: String,
    /// Directory or file, relative to the project file.
    pub source: String,
    /// Key prefix, empty for the root of the bucket.
    pub prefix: String,
    /// `Cache-Control` of every object, where declared.
    pub cache_control: Option<String>,
}

/// A step after the stack reached its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// Invalidate paths of a distribution when contents under its origin changed.
    Invalidate {
        /// Logical id of the distribution.
        logical_id: String,
        /// Paths, as CloudFront writes them (`/index.html`).
        paths: Vec<String>,
    },
}

/// Where a resource comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Key path in the project file (`buckets.uploads`, `resources.Audit`, `include[0]`).
    pub key_path: String,
    /// Line in the project file, from 1.
    pub line: usize,
    /// Template source that rendered it (`bucket.yaml.hbs`); absent for what the project writes or includes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_source: Option<String>,
    /// The included file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included: Option<IncludedAt>,
    /// Lines of the project file that override a part of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<usize>,
    /// What its template source says about its parts.
    #[serde(skip)]
    pub explanations: Vec<Explanation>,
}

/// A place in an included file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncludedAt {
    /// The file, relative to the project file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// Why a part of a resource is as it is, in the words of its template source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Path below the resource (`Properties.BucketEncryption`), empty for the resource as a whole.
    pub path: String,
    /// The comment.
    pub text: String,
}

/// What a plan depends on besides the project file: all of it is given, nothing is looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Environment; the project's default (`dev`) when absent.
    pub environment: Option<String>,
    /// Suffix that overrides the environment's own.
    pub suffix: Option<String>,
    /// Login name, for `{{user}}`.
    pub user: String,
    /// Region that overrides the project file's.
    pub region: Option<String>,
    /// Account id; the local cloud's `000000000000` when absent.
    pub account: Option<String>,
    /// Values of the environment variables that the project file lists under `env:`.
    pub env: BTreeMap<String, String>,
    /// Parameter values given on the command line, which win over the environment's.
    pub parameters: BTreeMap<String, String>,
    /// The project's own template sources by file name (`bucket.yaml.hbs`), which replace the embedded ones.
    pub template_sources: BTreeMap<String, String>,
    /// The project's own policy sources by file name (`invalidate-avatars.json.hbs`).
    pub policy_sources: BTreeMap<String, String>,
    /// Texts of the files that the project includes, by path ([`included_files`](crate::included_files)).
    pub includes: BTreeMap<String, String>,
}

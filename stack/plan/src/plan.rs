//! The plan: everything that a command needs to know about one project in one environment.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::graph::Graph;
use crate::stack_options::StackOptions;
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
    /// Values of template parameters that the project file gives; the deployer adds [`ARTIFACT_BUCKET_PARAMETER`], each
    /// [`Artifact::key_parameter`] and the outputs of each [`Companion`].
    pub parameters: BTreeMap<String, String>,
    /// Small stacks in other regions that this one needs, in the order in which they are deployed: all before this one.
    /// They are destroyed after it, in reverse order. Mostly there are none.
    pub companions: Vec<Companion>,
    /// Names of the template outputs that the project file declares, in its order.
    pub outputs: Vec<String>,
    /// Directories whose files become objects of a bucket after the stack is deployed.
    pub contents: Vec<Contents>,
    /// What else the deployer does after the stack is deployed, in order.
    pub actions: Vec<Action>,
    /// Stack tags.
    pub tags: BTreeMap<String, String>,
    /// What CloudFormation is told beside the template. Companions get the role of it.
    #[serde(skip_serializing_if = "StackOptions::is_default")]
    pub options: StackOptions,
    /// Where each resource comes from, by logical id.
    pub origins: BTreeMap<String, Origin>,
    /// What is declared and how it is linked.
    #[serde(skip)]
    pub graph: Graph,
}

/// A small stack beside the main one, for what must be in another region: certificates for CloudFront are in us-east-1.
///
/// The deployer deploys it first, with the tags and the protection of the main stack, and gives its outputs to the main
/// stack as parameters. It has no artifacts, takes no parameters and needs no capabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Companion {
    /// AWS region, never that of the plan.
    pub region: String,
    /// Physical name of the CloudFormation stack (`avatars-alice-edge-eu-central-1`): it ends in the region of the main
    /// stack, so that two regions of one project do not share it.
    pub stack_name: String,
    /// The template.
    pub template: Template,
    /// Names of its outputs. Each is the name of a parameter of the main template, which receives the value.
    pub outputs: Vec<String>,
    /// Where each resource comes from, by logical id.
    pub origins: BTreeMap<String, Origin>,
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
///
/// The deployer puts one object for each file, under the prefix and the file's path below the source. The content type
/// is that of the first of [`files`](Self::files) that matches and has one, else it follows the file's extension.
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
    /// `Cache-Control` of every object that no entry of [`files`](Self::files) gives another.
    pub cache_control: Option<String>,
    /// Headers of some files. The first entry that matches and has the header wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ContentHeaders>,
    /// True when an object whose file is gone is deleted with the next deployment, where the deployer put it.
    pub delete_removed: bool,
}

/// Headers of the files of a directory whose path matches a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContentHeaders {
    /// Path below the source. `*` stands for any characters, `/` among them; everything else for itself.
    pub pattern: String,
    /// `Cache-Control` of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Content-Type` of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl ContentHeaders {
    /// True when a path below the source, with `/` between its parts, matches the pattern.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut parts = self.pattern.split('*');
        let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else { return false };
            rest = after;
        }
        rest.ends_with(last)
    }
}

/// A step around the deployment of the stack, which CloudFormation has no resource for.
///
/// The deployer runs them in their order after the stack reached its state and the contents are uploaded.
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
    /// Keep our notifications in the configuration of a bucket that exists already and is not ours.
    ///
    /// After the deployment of the stack: read the configuration (`GetBucketNotificationConfiguration`), drop the entries
    /// whose id begins with `id_prefix`, add `entries`, and write it (`PutBucketNotificationConfiguration`) when that is
    /// another configuration. Entries with other ids, and what is said of `EventBridge`, stay as they were read. S3 takes
    /// the configuration as a whole and without a condition, so read it again after writing: foreign entries that came in
    /// between are put back with ours. S3 refuses entries that overlap; the message belongs to the user.
    ///
    /// Before the stack is destroyed: the same without `entries`, while their targets still exist. The buckets that a
    /// deployed stack has entries in stand in the metadata of its template under [`NOTIFICATIONS_METADATA`]; entries of a
    /// bucket that stands there and in no action any more are taken out after the deployment.
    MergeNotifications {
        /// Name of the bucket.
        bucket_name: String,
        /// What the ids of all our entries begin with, and no others.
        id_prefix: String,
        /// What must be there, in the order of the project file; may be empty.
        entries: Vec<Notification>,
    },
}

/// Key of the template's `Metadata` that lists the foreign buckets with entries of this stack, each as
/// `{"BucketName": ..., "IdPrefix": ...}`. Absent without any.
pub const NOTIFICATIONS_METADATA: &str = "stack:notifications";

/// One entry of a bucket's notification configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// Id: begins with the action's prefix; the same entry has the same id in every plan.
    pub id: String,
    /// Event types, as S3 writes them (`s3:ObjectCreated:*`).
    pub events: Vec<String>,
    /// What keys begin with; empty for all.
    pub prefix: String,
    /// What keys end with; empty for all.
    pub suffix: String,
    /// What is informed.
    pub target: NotificationTarget,
    /// ARN of what is informed.
    pub target_arn: String,
}

/// What a notification informs, which decides the list of the configuration that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotificationTarget {
    /// `LambdaFunctionConfigurations`.
    Function,
    /// `QueueConfigurations`.
    Queue,
    /// `TopicConfigurations`.
    Topic,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_files_match_whole_paths() {
        let matches = |pattern: &str, path: &str| {
            ContentHeaders { pattern: pattern.to_owned(), cache_control: None, content_type: None }.matches(path)
        };
        for (pattern, path) in [
            ("index.html", "index.html"),
            ("*.html", "a/b.html"),
            ("assets/*", "assets/x/y.js"),
            ("*", ""),
            ("a*b*c", "a-b-b-c"),
            ("a*a", "aa"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("index.html", "a/index.html"), ("*.html", "a.html.gz"), ("a*a", "a"), ("a*b*c", "acb"), ("", "a")]
        {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}

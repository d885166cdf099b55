//! What can be wrong with a project.

use miette::Diagnostic as _;

use crate::construct::Kind;
use crate::template::TemplateFault;
use crate::yaml::YamlError;

use super::suggest::{did_you_mean, list_known};

/// What is wrong, with the values of the case. [`code`](FaultKind::code) is stable; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The text is not YAML that we read.
    #[error("{0}")]
    InvalidYaml(YamlError),
    /// A key that its mapping already has.
    #[error("key `{key}` is repeated")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Line on which it stands first.
        first_line: usize,
    },
    /// A key that nothing reads.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// Keys that may stand there.
        known: Vec<String>,
    },
    /// A key that must be there.
    #[error("missing key `{key}`")]
    MissingKey {
        /// The key.
        key: String,
        /// How to mend it.
        help: String,
    },
    /// A scalar where a mapping is expected, and the like.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What may stand there, with an article.
        expected: String,
        /// What stands there, with an article.
        found: String,
    },
    /// A name of a construct that the project does not declare.
    #[error("unknown {construct} `{name}`")]
    UnknownReference {
        /// Kind of the construct (`bucket`).
        construct: String,
        /// The name.
        name: String,
        /// Names that the project declares.
        known: Vec<String>,
    },
    /// A name in an expression that is not in scope.
    #[error("unknown name `{name}` in an expression")]
    UnknownName {
        /// The name.
        name: String,
        /// Names that are in scope there.
        known: Vec<String>,
    },
    /// An expression that cannot be read.
    #[error("invalid expression: {reason}")]
    InvalidExpression {
        /// Why.
        reason: String,
    },
    /// A value out of its domain.
    #[error("`{value}` is not {expected}")]
    BadValue {
        /// The value.
        value: String,
        /// What is expected, with an article.
        expected: String,
        /// How to mend it; empty when the expectation says it all.
        help: String,
    },
    /// A name with characters or a length that it may not have.
    #[error("`{name}` is not a valid {what}")]
    BadName {
        /// The name.
        name: String,
        /// What it names (`function name`).
        what: String,
        /// The rule.
        rule: String,
    },
    /// More than a service allows.
    #[error("{what}: {value}, and the limit is {limit}")]
    LimitExceeded {
        /// What is counted, with its unit (`bytes of environment variables`).
        what: String,
        /// How much there is.
        value: usize,
        /// How much there may be.
        limit: usize,
    },
    /// Two things that would get the same name.
    #[error("{what} `{name}` belongs to both `{first}` and `{second}`")]
    NameCollision {
        /// What kind of name.
        what: String,
        /// The name.
        name: String,
        /// Key path of the first owner.
        first: String,
        /// Key path of the second.
        second: String,
    },
    /// A function that would start itself for ever.
    #[error("function `{function}` starts itself: it may {verb} {target}, which starts it")]
    Recursion {
        /// The function.
        function: String,
        /// The verb of its access.
        verb: String,
        /// What it may write or send to, in words (`` `in/*` in bucket `uploads` ``).
        target: String,
        /// How to mend it.
        mend: String,
    },
    /// Two events of one bucket that S3 refuses to tell apart.
    #[error("two events of bucket `{bucket}` overlap: both would answer `{event}` of the same object")]
    OverlappingEvents {
        /// The bucket.
        bucket: String,
        /// The event type that both have.
        event: String,
        /// Line of the other.
        first_line: usize,
    },
    /// An environment that the project does not declare.
    #[error("unknown environment `{name}`")]
    UnknownEnvironment {
        /// The name.
        name: String,
        /// Environments of the project.
        known: Vec<String>,
    },
    /// A policy without a source.
    #[error("policy `{name}` has no source")]
    MissingPolicy {
        /// The name.
        name: String,
        /// File that was looked for, relative to the project file.
        file: String,
        /// Policies that there are.
        known: Vec<String>,
    },
    /// A policy source that does not give a policy document.
    #[error("policy source `{file}` is no policy document: {reason}")]
    InvalidPolicy {
        /// The source.
        file: String,
        /// Why.
        reason: String,
    },
    /// Something that does not have the form of an IAM action.
    #[error("`{action}` in policy source `{file}` is not an IAM action")]
    InvalidAction {
        /// The action.
        action: String,
        /// The source.
        file: String,
    },
    /// A version of the language that this program does not know.
    #[error("version `{version}` of the project file is unknown")]
    UnknownVersion {
        /// The version.
        version: String,
    },
    /// A parameter without default that nobody gave a value.
    #[error("parameter `{name}` has no value")]
    MissingParameter {
        /// The parameter.
        name: String,
    },
    /// An environment variable that an expression needs and that is not set.
    #[error("environment variable `{name}` is not set")]
    MissingVariable {
        /// The variable.
        name: String,
    },
    /// A template source that does not render to a template.
    #[error("template source `{file}` fails: {reason}")]
    InvalidTemplateSource {
        /// The source.
        file: String,
        /// Why.
        reason: String,
    },
    /// A rendered template that CloudFormation would refuse.
    #[error("{0}")]
    InvalidTemplate(TemplateFault),
    /// A file that the project names and that is not there.
    #[error("there is no file `{file}`")]
    MissingFile {
        /// The file, relative to the project file.
        file: String,
    },
    /// A logical id that the template does not have.
    #[error("nothing in the template has the logical id `{id}`")]
    UnknownResource {
        /// The logical id.
        id: String,
        /// Logical ids of the template, parameters among them where one may stand.
        known: Vec<String>,
    },
    /// A path of an override that hits nothing.
    #[error("`{id}` has no `{path}` to {what}")]
    NothingToOverride {
        /// Logical id of the resource.
        id: String,
        /// The path as far as it was followed.
        path: String,
        /// What was to be done (`remove`).
        what: &'static str,
        /// What stands beside it.
        known: Vec<String>,
    },
}

impl FaultKind {
    /// Stable kebab-case code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidYaml(_) => "invalid-yaml",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::UnknownKey { .. } => "unknown-key",
            Self::MissingKey { .. } => "missing-key",
            Self::WrongType { .. } => "wrong-type",
            Self::UnknownReference { .. } => "unknown-reference",
            Self::UnknownName { .. } => "unknown-name",
            Self::InvalidExpression { .. } => "invalid-expression",
            Self::BadValue { .. } => "bad-value",
            Self::BadName { .. } => "bad-name",
            Self::LimitExceeded { .. } => "limit-exceeded",
            Self::NameCollision { .. } => "name-collision",
            Self::Recursion { .. } => "recursion",
            Self::OverlappingEvents { .. } => "overlapping-events",
            Self::UnknownEnvironment { .. } => "unknown-environment",
            Self::MissingPolicy { .. } => "missing-policy",
            Self::InvalidPolicy { .. } => "invalid-policy",
            Self::InvalidAction { .. } => "invalid-action",
            Self::UnknownVersion { .. } => "unknown-version",
            Self::MissingParameter { .. } => "missing-parameter",
            Self::MissingVariable { .. } => "missing-variable",
            Self::InvalidTemplateSource { .. } => "invalid-template-source",
            Self::InvalidTemplate(_) => "invalid-template",
            Self::MissingFile { .. } => "missing-file",
            Self::UnknownResource { .. } => "unknown-resource",
            Self::NothingToOverride { .. } => "nothing-to-override",
        }
    }

    /// How to mend it, where more can be said than what is wrong.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::InvalidYaml(_) => return None,
            Self::DuplicateKey { first_line, .. } => format!("it stands first on line {first_line}; remove one of the two"),
            Self::UnknownKey { key, known } => {
                did_you_mean(key, known).unwrap_or_else(|| list_known("keys that may stand here", known))
            }
            Self::MissingKey { help, .. } | Self::BadValue { help, .. } => help.clone(),
            Self::WrongType { expected, .. } => format!("write {expected} here"),
            Self::UnknownReference { construct, name, known } if construct.starts_with("index ") => {
                did_you_mean(name, known).unwrap_or_else(|| list_known("its indexes", known))
            }
            Self::UnknownReference { construct, name, known } => did_you_mean(name, known)
                .unwrap_or_else(|| list_known(&format!("declared under `{}:`", section_of(construct)), known)),
            Self::UnknownName { name, .. } if name.starts_with("env.") => {
                "list the variable under `env:` at the top of the project file".to_owned()
            }
            Self::UnknownName { name, known } => {
                did_you_mean(name, known).unwrap_or_else(|| list_known("names in scope", known))
            }
            Self::InvalidExpression { .. } => {
                "an expression is `{{name}}`, `{{bucket.assets.name}}` or `{{#if name}}...{{else}}...{{/if}}`; a literal `{{` is written `\\{{`".to_owned()
            }
            Self::BadName { rule, .. } => rule.clone(),
            Self::LimitExceeded { .. } => "split it, or make it smaller".to_owned(),
            Self::NameCollision { what, .. } if what == "physical name" => {
                "the first has it in the environment without suffix, the second in this one: rename one of them, or take another suffix".to_owned()
            }
            Self::NameCollision { .. } => "rename one of them".to_owned(),
            Self::Recursion { mend, .. } => mend.clone(),
            Self::OverlappingEvents { first_line, .. } => {
                format!("the other is on line {first_line}; give them prefixes or suffixes that exclude each other, or send one event to a topic that informs both")
            }
            Self::UnknownEnvironment { name, known } => {
                did_you_mean(name, known).unwrap_or_else(|| list_known("environments of this project", known))
            }
            Self::MissingPolicy { file, name, known } => {
                did_you_mean(name, known).unwrap_or_else(|| format!("write it to `{file}`"))
            }
            Self::InvalidPolicy { .. } => {
                "a policy source renders to `{\"Version\": \"2012-10-17\", \"Statement\": [...]}`".to_owned()
            }
            Self::InvalidAction { .. } => "an action is `service:Operation`, for example `s3:GetObject`".to_owned(),
            Self::UnknownVersion { .. } => {
                "this program knows version 1; write `version: 1`, or leave the key out, or use a newer stack".to_owned()
            }
            Self::MissingParameter { name } => {
                format!("give it one with `--parameter {name}=VALUE`, under `parameters:` of the environment, or as its `default`")
            }
            Self::MissingVariable { name } => format!("set it before the command: `{name}=VALUE stack ...`"),
            Self::InvalidTemplateSource { .. } => "compare it with the source that it replaces".to_owned(),
            Self::InvalidTemplate(fault) => return fault.help().map(|help| help.to_string()),
            Self::MissingFile { .. } => "the path is relative to the project file: `include: cloudformation/legacy.yaml`".to_owned(),
            Self::UnknownResource { id, known } => did_you_mean(id, known)
                .unwrap_or_else(|| "`stack render --explain` lists the logical ids of all resources".to_owned()),
            Self::NothingToOverride { path, known, .. } => {
                let last = path.rsplit('.').next().unwrap_or(path);
                let is_index = last.bytes().all(|byte| byte.is_ascii_digit());
                let near = if is_index { None } else { did_you_mean(last, known) };
                near.unwrap_or_else(|| list_known("there are", known))
            }
        };
        (!help.is_empty()).then_some(help)
    }
}

/// The section under which a construct of a kind is declared.
fn section_of(word: &str) -> String {
    let kind = Kind::ALL.iter().find(|kind| kind.word() == word);
    kind.map_or_else(|| format!("{word}s"), |kind| kind.section().to_owned())
}

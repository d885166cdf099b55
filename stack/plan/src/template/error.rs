//! What can be wrong with a template.

use miette::Diagnostic;
use thiserror::Error;

use super::check::SchemaFault;
use super::position::{Position, Positions};

/// A fault of a template: what, and where in the template and its text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}{place}", place = self.place())]
pub struct TemplateError {
    /// What is wrong.
    pub fault: TemplateFault,
    /// Path of the value in the template (`/Resources/Uploads/Type`), empty for the whole.
    pub path: String,
    /// Place in the text, where it is known.
    pub position: Option<Position>,
}

impl TemplateError {
    /// A fault at `path`, without a place in a text.
    #[must_use]
    pub fn new(path: impl Into<String>, fault: TemplateFault) -> Self {
        Self { fault, path: path.into(), position: None }
    }

    /// The same with the place that `positions` knows for its path.
    #[must_use]
    pub fn locate(mut self, positions: &Positions) -> Self {
        self.position = self.position.or_else(|| positions.find(&self.path));
        self
    }

    fn place(&self) -> String {
        match (self.path.as_str(), self.position) {
            ("", None) => String::new(),
            ("", Some(position)) => format!(" ({position})"),
            (path, None) => format!(" (at {path})"),
            (path, Some(position)) => format!(" ({position}, at {path})"),
        }
    }
}

impl Diagnostic for TemplateError {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.fault.code()
    }

    fn severity(&self) -> Option<miette::Severity> {
        self.fault.is_warning().then_some(miette::Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.fault.help()
    }
}

/// The kinds of faults. The words are those of CloudFormation, so that a search for them finds its manual, and so that
/// the local cloud answers as AWS does.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum TemplateFault {
    /// The text is not JSON.
    #[error("Template format error: JSON not well-formed. ({0})")]
    #[diagnostic(code("json-syntax"))]
    JsonSyntax(String),
    /// The text is not YAML.
    #[error("Template format error: YAML not well-formed. ({0})")]
    #[diagnostic(code("yaml-syntax"))]
    YamlSyntax(String),
    /// The document is not an object.
    #[error("Template format error: unsupported structure.")]
    #[diagnostic(code("unsupported-structure"), help("a template is an object with at least `Resources`"))]
    UnsupportedStructure,
    /// A YAML tag that is no short form of an intrinsic function.
    #[error("Template format error: unknown tag `{0}`")]
    #[diagnostic(code("unknown-tag"), help("short forms are !Ref, !Sub, !GetAtt, !If, !Join and the like"))]
    UnknownTag(String),
    /// A top-level section that CloudFormation does not know.
    #[error("Invalid template property or properties [{0}]")]
    #[diagnostic(
        code("unknown-section"),
        help(
            "sections are AWSTemplateFormatVersion, Description, Metadata, Parameters, Rules, Mappings, Conditions, Transform, Resources, Outputs"
        )
    )]
    UnknownSection(String),
    /// No resource at all.
    #[error("Template format error: At least one Resources member must be defined.")]
    #[diagnostic(code("no-resources"))]
    NoResources,
    /// A member of a section is not an object.
    #[error("Template format error: Any {section} member must be an object.")]
    #[diagnostic(code("member-not-object"))]
    MemberNotObject {
        /// The section.
        section: &'static str,
    },
    /// A resource without type.
    #[error("Template format error: [{path}] Every Resources object must contain a Type member.")]
    #[diagnostic(code("resource-without-type"))]
    ResourceWithoutType {
        /// Path of the resource.
        path: String,
    },
    /// A parameter without type.
    #[error("Template format error: Every Parameters object must contain a Type member.")]
    #[diagnostic(code("parameter-without-type"))]
    ParameterWithoutType,
    /// An output without value.
    #[error("Template format error: Every Outputs member must contain a Value object")]
    #[diagnostic(code("output-without-value"))]
    OutputWithoutValue,
    /// `null` where a value is needed.
    #[error("[{path}] 'null' values are not allowed in templates")]
    #[diagnostic(code("null-value"), help("remove the key, or give it a value"))]
    NullValue {
        /// Path of the null.
        path: String,
    },
    /// A key of a resource, parameter or output that CloudFormation does not know.
    #[error("Invalid template {place} property '{key}'")]
    #[diagnostic(code("unknown-property"))]
    UnknownProperty {
        /// `resource`, `parameter` or `output`.
        place: &'static str,
        /// The key.
        key: String,
    },
    /// A name that is not alphanumeric.
    #[error("Template format error: {kind} name {name} is non alphanumeric.")]
    #[diagnostic(code("invalid-name"), help("logical ids hold letters and digits only, at most 255"))]
    InvalidName {
        /// `Resource`, `Parameter`, `Output` ...
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A value of the wrong shape.
    #[error("Template format error: [{path}] {message}")]
    #[diagnostic(code("wrong-value"))]
    WrongValue {
        /// Path of the value.
        path: String,
        /// What is expected.
        message: String,
    },
    /// An intrinsic function with wrong arguments.
    #[error("Template error: {0}")]
    #[diagnostic(code("invalid-function"))]
    InvalidFunction(String),
    /// A macro, which needs AWS to run it.
    #[error("Template error: `{0}` is not served: macros and transforms run in AWS only")]
    #[diagnostic(code("unserved-transform"), help("deploy to AWS, or write the expanded resources"))]
    UnservedTransform(String),
    /// References to nothing.
    #[error("{prefix}Unresolved resource dependencies [{names}] in the {block} block of the template", prefix = if *block == "Resources" { "Template format error: " } else { "" }, names = names.join(", "))]
    #[diagnostic(code("unresolved-references"), help("references name a parameter or a resource of the same template"))]
    UnresolvedReferences {
        /// What is missing, sorted.
        names: Vec<String>,
        /// `Resources` or `Outputs`.
        block: &'static str,
    },
    /// A condition that is not declared.
    #[error("Template error: unresolved condition dependency {name} in {place}")]
    #[diagnostic(code("unresolved-condition"))]
    UnresolvedCondition {
        /// The condition.
        name: String,
        /// Where it is used (`Fn::If`).
        place: String,
    },
    /// Resources that wait for each other.
    #[error("Circular dependency between resources: [{}]", .0.join(", "))]
    #[diagnostic(
        code("circular-dependency"),
        help("break the circle: use a literal name in one of them instead of a reference")
    )]
    CircularDependency(Vec<String>),
    /// More than CloudFormation takes.
    #[error("Template format error: {what} {found} is greater than the maximum of {limit}")]
    #[diagnostic(code("template-limit-exceeded"), help("split the stack"))]
    TemplateLimitExceeded {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A value that the specification of its place does not allow.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Schema(Box<SchemaFault>),
}

impl TemplateFault {
    /// True for what is worth saying and not refused.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Schema(fault) if fault.is_warning())
    }
}

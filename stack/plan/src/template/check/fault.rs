//! What can be wrong with the values of a template.

use miette::{Diagnostic, Severity};
use thiserror::Error;

use crate::fault::{did_you_mean, list_known};

/// A value that the specification of its place does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaFault {
    /// A resource type that does not exist.
    #[error("unknown resource type `{name}`")]
    UnknownType {
        /// The type.
        name: String,
        /// Types with similar names.
        near: Vec<String>,
    },
    /// A resource type that a region does not have.
    #[error("resource type `{name}` does not exist in {region}")]
    AbsentType {
        /// The type.
        name: String,
        /// The region.
        region: String,
    },
    /// A property that the type does not have.
    #[error("unknown property `{name}`")]
    UnsupportedProperty {
        /// The property.
        name: String,
        /// Properties that may stand there.
        known: Vec<String>,
    },
    /// A property that must be there.
    #[error("missing property `{name}`")]
    MissingProperty {
        /// The property.
        name: String,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    TypeMismatch {
        /// What is expected, with an article.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A value that is none of those allowed.
    #[error("`{value}` is not one of the allowed values")]
    NotAllowed {
        /// The value.
        value: String,
        /// The allowed ones.
        allowed: Vec<String>,
    },
    /// A string of another form.
    #[error("`{value}` does not match the pattern `{pattern}`")]
    PatternMismatch {
        /// The value.
        value: String,
        /// The pattern, as the specification has it.
        pattern: String,
    },
    /// Too few or too many of something.
    #[error("{found} {what}, and there must be {bound}")]
    WrongCount {
        /// What is counted (`characters`, `items`, `properties`).
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be (`at most 5`).
        bound: String,
    },
    /// A number out of its range.
    #[error("`{value}` is not {bound}")]
    OutOfRange {
        /// The number.
        value: String,
        /// The range (`at most 900`).
        bound: String,
    },
    /// A string that is not what it stands for.
    #[error("`{value}` is not {format}")]
    WrongFormat {
        /// The value.
        value: String,
        /// What it should be, with an article.
        format: String,
    },
    /// Items that must differ and do not.
    #[error("the items must differ from each other{by}", by = .by.as_ref().map(|by| format!(" in `{by}`")).unwrap_or_default())]
    RepeatedItem {
        /// The property in which they must differ; the whole item when there is none.
        by: Option<String>,
    },
    /// A property that excludes another.
    #[error("`{name}` may not stand beside `{with}`")]
    ExcludedProperty {
        /// The property.
        name: String,
        /// The one that excludes it.
        with: String,
    },
    /// A property that needs another.
    #[error("`{by}` needs `{name}` beside it")]
    RequiresProperty {
        /// What is missing.
        name: String,
        /// What needs it.
        by: String,
    },
    /// One of some properties must be there.
    #[error("{} of {} must be there", if *.exactly_one { "exactly one" } else { "one" }, .names.join(", "))]
    OneOfProperties {
        /// The properties.
        names: Vec<String>,
        /// True when two are wrong as well.
        exactly_one: bool,
    },
    /// None, or more than one, of several forms.
    #[error("the value has {found} of the {of} forms that it may have")]
    WrongForm {
        /// How many forms it has: `none` or `several`.
        found: &'static str,
        /// How many forms there are.
        of: usize,
    },
    /// Something that may not be there.
    #[error("nothing may stand here")]
    ForbiddenValue,
    /// A value that is ruled out.
    #[error("this value is ruled out here")]
    RuledOut,
    /// A property that only AWS sets.
    #[error("`{name}` is read-only: AWS sets it")]
    ReadOnlyProperty {
        /// The property.
        name: String,
    },
    /// An attribute that a resource does not have.
    #[error("{resource_type} has no attribute `{name}`")]
    UnknownAttribute {
        /// Type of the resource.
        resource_type: String,
        /// The attribute.
        name: String,
        /// Its attributes.
        known: Vec<String>,
    },
    /// A name that the template does not declare.
    #[error("`{name}` is not declared in this template")]
    UndeclaredName {
        /// The name.
        name: String,
        /// Names that may stand there.
        known: Vec<String>,
    },
    /// A reference to something else than what the property takes.
    #[error("{found} is given where {expected} is expected")]
    WrongTarget {
        /// What is referred to.
        found: String,
        /// What the property takes.
        expected: String,
    },
    /// A cross-property rule.
    #[error("{reason} (rule {id})")]
    BrokenRule {
        /// Id of the rule in cfn-lint's catalog.
        id: String,
        /// What is wrong.
        reason: Box<SchemaFault>,
    },
    /// A value that a parameter may have, and that its place does not take.
    #[error("the value `{value}` of parameter `{parameter}` does not fit: {reason}")]
    UnfitParameter {
        /// The parameter.
        parameter: String,
        /// The value.
        value: String,
        /// Why.
        reason: Box<SchemaFault>,
    },
    /// An IAM action that does not exist.
    #[error("unknown IAM action `{action}`")]
    UnknownAction {
        /// The action.
        action: String,
        /// Actions with similar names.
        near: Vec<String>,
    },
    /// A schedule that cannot be read.
    #[error("`{value}` is no schedule: {reason}")]
    InvalidSchedule {
        /// The expression.
        value: String,
        /// Why.
        reason: &'static str,
    },
    /// A runtime at the end of its life.
    #[error("runtime `{name}` is deprecated since {since}{}", if *.is_blocked { ", and no function can be created with it" } else { "" })]
    DeprecatedRuntime {
        /// The runtime.
        name: String,
        /// The day (`2025-09-30`).
        since: String,
        /// True when no function can be created with it any more.
        is_blocked: bool,
        /// What to use instead.
        successor: Option<String>,
    },
    /// Two keys of the same name.
    #[error("key `{key}` is repeated")]
    RepeatedKey {
        /// The key.
        key: String,
        /// Line of the first.
        first_line: usize,
    },
    /// Values that contradict each other, or a rule of the service, in words.
    #[error("{0}")]
    Contradiction(String),
}

impl SchemaFault {
    /// True for what is likely to be a mistake, or depends on values that are not known yet; everything else is refused
    /// by CloudFormation or the service, or does what nobody can want.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        match self {
            Self::UnfitParameter { .. } => true,
            Self::DeprecatedRuntime { is_blocked, .. } => !is_blocked,
            Self::BrokenRule { id, .. } => !id.starts_with('E'),
            _ => false,
        }
    }

    fn stable_code(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "unknown-type",
            Self::AbsentType { .. } => "absent-type",
            Self::UnsupportedProperty { .. } => "unsupported-property",
            Self::MissingProperty { .. } => "missing-property",
            Self::TypeMismatch { .. } => "type-mismatch",
            Self::NotAllowed { .. } => "not-allowed",
            Self::PatternMismatch { .. } => "pattern-mismatch",
            Self::WrongCount { .. } => "wrong-count",
            Self::OutOfRange { .. } => "out-of-range",
            Self::WrongFormat { .. } => "wrong-format",
            Self::RepeatedItem { .. } => "repeated-item",
            Self::ExcludedProperty { .. } => "excluded-property",
            Self::RequiresProperty { .. } => "requires-property",
            Self::OneOfProperties { .. } => "one-of-properties",
            Self::WrongForm { .. } => "wrong-form",
            Self::ForbiddenValue => "forbidden-value",
            Self::RuledOut => "ruled-out",
            Self::ReadOnlyProperty { .. } => "read-only-property",
            Self::UnknownAttribute { .. } => "unknown-attribute",
            Self::UndeclaredName { .. } => "undeclared-name",
            Self::WrongTarget { .. } => "wrong-target",
            Self::BrokenRule { .. } => "broken-rule",
            Self::UnfitParameter { .. } => "unfit-parameter",
            Self::UnknownAction { .. } => "unknown-action",
            Self::InvalidSchedule { .. } => "invalid-schedule",
            Self::DeprecatedRuntime { .. } => "deprecated-runtime",
            Self::RepeatedKey { .. } => "repeated-key",
            Self::Contradiction(_) => "contradiction",
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::UnknownType { name, near } => did_you_mean(name, near),
            Self::AbsentType { .. } => Some("deploy to another region, or leave the resource out".to_owned()),
            Self::UnsupportedProperty { name, known } => {
                Some(did_you_mean(name, known).unwrap_or_else(|| list_known("properties that may stand here", known)))
            }
            Self::NotAllowed { value, allowed } => {
                Some(did_you_mean(value, allowed).unwrap_or_else(|| list_known("allowed", allowed)))
            }
            Self::UnknownAttribute { name, known, .. } => {
                Some(did_you_mean(name, known).unwrap_or_else(|| list_known("attributes", known)))
            }
            Self::UndeclaredName { name, known } => {
                Some(did_you_mean(name, known).unwrap_or_else(|| list_known("names that may stand here", known)))
            }
            Self::UnknownAction { action, near } => did_you_mean(action, near),
            Self::BrokenRule { reason, .. } | Self::UnfitParameter { reason, .. } => reason.advice(),
            Self::InvalidSchedule { .. } => {
                Some("write `rate(5 minutes)` or `cron(0 12 * * ? *)`: minutes, hours, day of month, month, day of week, year".to_owned())
            }
            Self::DeprecatedRuntime { successor, .. } => successor.as_ref().map(|successor| format!("use `{successor}`")),
            Self::RepeatedKey { first_line, .. } => Some(format!("it stands first on line {first_line}; remove one of the two")),
            Self::ReadOnlyProperty { .. } => Some("remove it".to_owned()),
            _ => None,
        }
    }
}

impl Diagnostic for SchemaFault {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.stable_code()))
    }

    fn severity(&self) -> Option<Severity> {
        self.is_warning().then_some(Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.advice().map(|advice| Box::new(advice) as Box<dyn std::fmt::Display>)
    }
}

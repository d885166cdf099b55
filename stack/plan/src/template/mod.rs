//! The CloudFormation template as a value: parse, print, references, intrinsic functions.

pub mod check;
mod error;
mod evaluate;
mod function;
mod limits;
mod order;
mod parameters;
mod position;
mod print;
mod read;
mod references;
mod structure;
#[cfg(test)]
mod tests;

pub use check::{
    NestedTemplates, PropertyFault, SchemaFault, TemplateFindings, check, check_properties, check_text,
    check_text_beside,
};
pub use error::{TemplateError, TemplateFault};
pub use evaluate::{
    EvaluationError, KNOWN_AFTER_APPLY, Mappings, ParameterScope, Scope, evaluate, evaluate_conditions,
    is_known_after_apply,
};
pub use limits::{
    BODY_BYTES, INLINE_BODY_BYTES, NAME_LENGTH, PARAMETER_VALUE_BYTES, STACK_TAGS, is_client_token, is_stack_name,
};
pub use parameters::{ParameterError, parameter_value};
pub use position::{Position, Positions};
pub use references::{PSEUDO_PARAMETERS, Reference, Target, references_of};

pub(crate) use evaluate::{Piece, attribute_parts, substitution_parts, substitution_pieces};
pub(crate) use function::{function_of, long_name};
pub(crate) use position::{child_path, span_at};
pub(crate) use read::{scalar_value, split_attributes};
pub(crate) use structure::{RESOURCE_KEYS, resource as check_resource};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A CloudFormation template. Intrinsic functions stand in their long JSON form (`{"Ref": "X"}`, `{"Fn::Sub": "..."}`)
/// whichever form the text used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Template {
    /// `AWSTemplateFormatVersion`.
    #[serde(rename = "AWSTemplateFormatVersion", skip_serializing_if = "Option::is_none")]
    pub format_version: Option<String>,
    /// Description, at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Metadata` of the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// `Transform`: one macro name or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Value>,
    /// Parameters, in the order of the text.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, Parameter>,
    /// `Rules`, unevaluated.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<String, Value>,
    /// Mappings: name, top-level key, second-level key, value.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub mappings: IndexMap<String, IndexMap<String, IndexMap<String, Value>>>,
    /// Conditions, as intrinsic functions.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub conditions: IndexMap<String, Value>,
    /// Resources by logical id.
    pub resources: IndexMap<String, Resource>,
    /// Outputs.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
}

/// A template parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Parameter {
    /// `String`, `Number`, `CommaDelimitedList`, `AWS::SSM::Parameter::Value<...>` or an AWS-specific type.
    #[serde(rename = "Type")]
    pub parameter_type: String,
    /// Default value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Values that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_values: Option<Vec<Value>>,
    /// Regular expression that the whole value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// What to say when a constraint is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint_description: Option<String>,
    /// Least length in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<Value>,
    /// Greatest length in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<Value>,
    /// Least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<Value>,
    /// Greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<Value>,
    /// True when the value must never be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_echo: Option<Value>,
}

/// A resource of a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Resource {
    /// CloudFormation type, for example `AWS::S3::Bucket`.
    #[serde(rename = "Type")]
    pub resource_type: String,
    /// Name of the condition that decides whether it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Explicit dependencies: one logical id or a list in the text.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub depends_on: Vec<String>,
    /// `Delete`, `Retain`, `RetainExceptOnCreate` or `Snapshot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<String>,
    /// `Delete`, `Retain` or `Snapshot`, on replacement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_replace_policy: Option<String>,
    /// `CreationPolicy`, unevaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<Value>,
    /// `UpdatePolicy`, unevaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_policy: Option<Value>,
    /// `Metadata` of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// Properties, with intrinsic functions unevaluated.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub properties: Value,
}

/// An output of a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Output {
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Condition that decides whether it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Value, with intrinsic functions unevaluated.
    pub value: Value,
    /// `{"Name": ...}` when the output is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<Value>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(id) => vec![id],
        OneOrMany::Many(ids) => ids,
    })
}

//! What CloudFormation takes at most.

use super::Template;
use super::error::{TemplateError, TemplateFault};

/// Bytes of a template that is sent inline (`TemplateBody`).
pub const INLINE_BODY_BYTES: usize = 51_200;
/// Bytes of a template that is read from S3 (`TemplateURL`).
pub const BODY_BYTES: usize = 1_000_000;
/// Resources of a template.
const RESOURCES: usize = 500;
/// Parameters of a template.
const PARAMETERS: usize = 200;
/// Outputs of a template.
const OUTPUTS: usize = 200;
/// Mappings of a template.
const MAPPINGS: usize = 200;
/// Keys of a mapping.
const MAPPING_KEYS: usize = 200;
/// Bytes of the description.
const DESCRIPTION_BYTES: usize = 1024;
/// Bytes of a parameter's value.
pub const PARAMETER_VALUE_BYTES: usize = 4096;
/// Characters of a logical id.
pub(super) const LOGICAL_ID_LENGTH: usize = 255;
/// Characters of a stack's name, a change set's name and a client token.
pub const NAME_LENGTH: usize = 128;
/// Tags of a stack.
pub const STACK_TAGS: usize = 50;
/// Dynamic references (`{{resolve:...}}`) of a template.
const DYNAMIC_REFERENCES: usize = 60;

/// True for a name that a stack or a change set may have: a letter, then letters, digits and hyphens, at most 128.
#[must_use]
pub fn is_stack_name(name: &str) -> bool {
    name.len() <= NAME_LENGTH
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// True for a token that a client may give: letters, digits and hyphens, not a hyphen first, at most 128.
#[must_use]
pub fn is_client_token(token: &str) -> bool {
    token.len() <= NAME_LENGTH
        && token.starts_with(|first: char| first.is_ascii_alphanumeric())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Every limit that the template breaks. The size of the text is not looked at: see [`INLINE_BODY_BYTES`].
pub(super) fn broken_limits(template: &Template) -> Vec<TemplateError> {
    let mut counts = vec![
        ("/Resources".to_owned(), "Number of resources", template.resources.len(), RESOURCES),
        ("/Parameters".to_owned(), "Number of parameters", template.parameters.len(), PARAMETERS),
        ("/Outputs".to_owned(), "Number of outputs", template.outputs.len(), OUTPUTS),
        ("/Mappings".to_owned(), "Number of mappings", template.mappings.len(), MAPPINGS),
        (
            "/Description".to_owned(),
            "Length of the description",
            template.description.as_ref().map_or(0, String::len),
            DESCRIPTION_BYTES,
        ),
    ];
    for (name, mapping) in &template.mappings {
        counts.push((format!("/Mappings/{name}"), "Number of mapping attributes", mapping.len(), MAPPING_KEYS));
    }
    let text = template.to_compact_json();
    counts.push((
        String::new(),
        "Number of dynamic references",
        text.matches("{{resolve:").count(),
        DYNAMIC_REFERENCES,
    ));
    counts
        .into_iter()
        .filter(|(_, _, found, limit)| found > limit)
        .map(|(path, what, found, limit)| {
            TemplateError::new(path, TemplateFault::TemplateLimitExceeded { what, found, limit })
        })
        .collect()
}

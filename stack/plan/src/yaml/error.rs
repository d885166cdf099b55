//! Why a text is not a YAML document that we read.

use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, Span};

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlError {
    /// The text breaks the grammar of YAML.
    #[error("invalid YAML: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
        /// Where.
        span: Span,
    },
    /// A character that YAML does not allow, such as a control character.
    #[error("character U+{:04X} is not allowed in YAML", u32::from(*.character))]
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Where.
        span: Span,
    },
    /// A second document after `---`.
    #[error("more than one YAML document in one file")]
    SeveralDocuments {
        /// Where the second one starts.
        span: Span,
    },
    /// A mapping key that is a sequence or a mapping.
    #[error("a key of a mapping is not a scalar")]
    KeyNotScalar {
        /// Where.
        span: Span,
    },
    /// A key that its mapping already has.
    #[error("key `{key}` is repeated; it stands first on line {}", first.line)]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it is repeated.
        span: Span,
        /// Where it stands first.
        first: Span,
    },
    /// An alias (`*name`) inside the node that its anchor names.
    #[error("an alias stands inside the value that it refers to")]
    AliasInsideItself {
        /// Where the alias is.
        span: Span,
    },
    /// The text is larger than [`MAX_BYTES`].
    #[error("the text has {bytes} bytes; at most {MAX_BYTES} are read")]
    TooLarge {
        /// Size of the text.
        bytes: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where the first level too many starts.
        span: Span,
    },
    /// More nodes than [`MAX_NODES`], aliases expanded.
    #[error("more than {MAX_NODES} values, aliases expanded")]
    TooManyNodes {
        /// Where the first value too many stands.
        span: Span,
    },
}

impl YamlError {
    /// Where the fault is; the start of the text for a text that is too large.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Syntax { span, .. }
            | Self::ForbiddenCharacter { span, .. }
            | Self::SeveralDocuments { span }
            | Self::KeyNotScalar { span }
            | Self::DuplicateKey { span, .. }
            | Self::AliasInsideItself { span }
            | Self::TooDeep { span }
            | Self::TooManyNodes { span } => *span,
            Self::TooLarge { .. } => Span { line: 1, column: 1, ..Span::default() },
        }
    }
}

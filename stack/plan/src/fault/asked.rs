//! What a reader asks of a mapping: from it the schema of the project file is made.

/// A key that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Key path of the mapping.
    pub(crate) parent: String,
    pub(crate) key: String,
    pub(crate) form: Form,
}

/// In which form the value of a key is read; the later ones say more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// The reader looks for itself.
    Any,
    /// A scalar.
    Text,
    /// A scalar that must be there.
    Required,
    /// A scalar, or a sequence of them.
    Texts,
    /// A sequence.
    Items,
    /// A mapping whose keys are the project's own.
    Section,
    /// A mapping of the project's own keys to scalars.
    TextSection,
}

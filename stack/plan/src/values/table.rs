//! Values of tables.

use super::SettingValue;

/// Type of a key attribute in the words of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyType(pub(crate) &'static str);

impl SettingValue for KeyType {
    const EXPECTED: &'static str = "a type of a key attribute";
    const HELP: &'static str = "`S` (text), `N` (number) or `B` (bytes)";
    fn parse(text: &str) -> Option<Self> {
        ["S", "N", "B"].into_iter().find(|known| *known == text).map(Self)
    }
}

/// What a record of a table's stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamView(pub(crate) &'static str);

impl SettingValue for StreamView {
    const EXPECTED: &'static str = "what a record of a stream holds";
    const HELP: &'static str = "one of `new-and-old-images`, `new-image`, `old-image`, `keys-only`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "new-and-old-images" => Some(Self("NEW_AND_OLD_IMAGES")),
            "new-image" => Some(Self("NEW_IMAGE")),
            "old-image" => Some(Self("OLD_IMAGE")),
            "keys-only" => Some(Self("KEYS_ONLY")),
            _ => None,
        }
    }
}

/// Where the reading of a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StartingPosition(pub(crate) &'static str);

impl SettingValue for StartingPosition {
    const EXPECTED: &'static str = "a place in a stream";
    const HELP: &'static str = "`trim-horizon` (the oldest record that is kept) or `latest` (what comes from now on)";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "trim-horizon" => Some(Self("TRIM_HORIZON")),
            "latest" => Some(Self("LATEST")),
            _ => None,
        }
    }
}

/// Name of an attribute of an item, at most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeName(pub(crate) String);

impl SettingValue for AttributeName {
    const EXPECTED: &'static str = "a name of an attribute";
    const HELP: &'static str = "1 to 255 bytes, without control characters";
    fn parse(text: &str) -> Option<Self> {
        let is_name = (1..=255).contains(&text.len()) && !text.contains(char::is_control);
        is_name.then(|| Self(text.to_owned()))
    }
}

/// True for a name that an index may have.
pub(crate) fn is_index_name(text: &str) -> bool {
    let character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (3..=255).contains(&text.len()) && text.bytes().all(character)
}

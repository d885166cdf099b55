//! Texts that services take with few bounds.

use super::SettingValue;

/// A description of what a resource is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description(pub(crate) String);

impl SettingValue for Description {
    const EXPECTED: &'static str = "a description of at most 256 characters";
    fn parse(text: &str) -> Option<Self> {
        (text.chars().count() <= 256).then(|| Self(text.to_owned()))
    }
}

/// The name of an event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventBus(pub(crate) String);

impl SettingValue for EventBus {
    const EXPECTED: &'static str = "the name of an event bus of this account";
    const HELP: &'static str = "letters, digits, `.`, `-`, `_` and `/`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte);
        (text.len() <= 256 && text.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

/// A JSON path to a part of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputPath(pub(crate) String);

impl SettingValue for InputPath {
    const EXPECTED: &'static str = "a path into an event";
    const HELP: &'static str = "begin with `$`, the whole event: `$.detail`";
    fn parse(text: &str) -> Option<Self> {
        let is_path = text == "$" || text.starts_with("$.") || text.starts_with("$[");
        (is_path && text.len() <= 256 && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }
}

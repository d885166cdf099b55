//! Values of secrets.

use super::SettingValue;

/// Characters that a generated value must not have; empty for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExcludedCharacters(pub(crate) String);

impl SettingValue for ExcludedCharacters {
    const EXPECTED: &'static str = "characters to leave out";
    const HELP: &'static str = "visible ASCII characters, one after another: `exclude: \"/@%\"`";
    fn parse(text: &str) -> Option<Self> {
        text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()).then(|| Self(text.to_owned()))
    }
}

//! `password:` of a user pool.

use serde_json::{Value, json};

use crate::fault::Sink;
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::SettingValue;

/// A password policy as written.
#[derive(Debug, Clone)]
pub(super) struct PasswordDeclaration {
    length: Option<Text>,
    lower_case: Option<Text>,
    upper_case: Option<Text>,
    digits: Option<Text>,
    symbols: Option<Text>,
}

/// What a password must have.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four questions that Cognito asks one by one")]
pub(crate) struct Password {
    length: Length,
    lower_case: bool,
    upper_case: bool,
    digits: bool,
    symbols: bool,
}

/// Least number of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Length(u32);

impl SettingValue for Length {
    const EXPECTED: &'static str = "a number of characters from 6 to 99";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|length| (6..=99).contains(length)).map(Self)
    }
}

pub(super) fn read_password(fields: &Fields<'_>, sink: &Sink) -> Option<PasswordDeclaration> {
    let (node, place) = fields.get("password")?;
    let fields = Fields::open(node, &place, sink)?;
    let password = PasswordDeclaration {
        length: fields.text("length"),
        lower_case: fields.text("lower_case"),
        upper_case: fields.text("upper_case"),
        digits: fields.text("digits"),
        symbols: fields.text("symbols"),
    };
    fields.finish();
    Some(password)
}

impl PasswordDeclaration {
    pub(super) fn resolve(declared: Option<&Self>, scope: &Scope<'_>) -> Password {
        let flag = |text: fn(&Self) -> &Option<Text>| {
            scope.value_or(declared.and_then(|declared| text(declared).as_ref()), true)
        };
        Password {
            length: scope.value_or(declared.and_then(|declared| declared.length.as_ref()), Length(12)),
            lower_case: flag(|declared| &declared.lower_case),
            upper_case: flag(|declared| &declared.upper_case),
            digits: flag(|declared| &declared.digits),
            symbols: flag(|declared| &declared.symbols),
        }
    }
}

impl Password {
    pub(super) fn values(self) -> Value {
        json!({
            "MinimumLength": self.length.0,
            "RequireLowercase": self.lower_case,
            "RequireUppercase": self.upper_case,
            "RequireNumbers": self.digits,
            "RequireSymbols": self.symbols,
            "TemporaryPasswordValidityDays": 7,
        })
    }
}

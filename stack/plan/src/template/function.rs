//! The names of intrinsic functions, and how one stands in a value.

use serde_json::{Map, Value};

/// Functions by their long name, with the tag of their short form.
pub(super) const FUNCTIONS: [(&str, &str); 24] = [
    ("Ref", "Ref"),
    ("Condition", "Condition"),
    ("Fn::And", "And"),
    ("Fn::Base64", "Base64"),
    ("Fn::Cidr", "Cidr"),
    ("Fn::Contains", "Contains"),
    ("Fn::Equals", "Equals"),
    ("Fn::FindInMap", "FindInMap"),
    ("Fn::ForEach", "ForEach"),
    ("Fn::GetAZs", "GetAZs"),
    ("Fn::GetAtt", "GetAtt"),
    ("Fn::GetStackOutput", "GetStackOutput"),
    ("Fn::If", "If"),
    ("Fn::ImportValue", "ImportValue"),
    ("Fn::Join", "Join"),
    ("Fn::Length", "Length"),
    ("Fn::Not", "Not"),
    ("Fn::Or", "Or"),
    ("Fn::RefAll", "RefAll"),
    ("Fn::Select", "Select"),
    ("Fn::Split", "Split"),
    ("Fn::Sub", "Sub"),
    ("Fn::ToJsonString", "ToJsonString"),
    ("Fn::Transform", "Transform"),
];

/// The function that an object stands for: an object of exactly one key, which is `Ref` or begins with `Fn::`.
///
/// `Condition` is a function inside conditions only; elsewhere it is a plain key (a policy statement's, for example), so
/// it is not recognized here.
pub(crate) fn function_of(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    if fields.len() != 1 {
        return None;
    }
    let (name, arguments) = fields.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), arguments))
}

/// The long name of the function that a tag (`!GetAtt`) stands for.
pub(crate) fn long_name(tag: &str) -> Option<&'static str> {
    let short = tag.strip_prefix('!')?;
    FUNCTIONS.iter().find(|(_, name)| *name == short).map(|(long, _)| *long)
}

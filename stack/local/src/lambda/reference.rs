//! How callers name a function: by name, partial ARN or ARN, each with or without a version or an alias.

use super::function::{LATEST, invalid, validation};
use crate::cloud::Cloud;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::ServiceError;

/// Longest name of a function with everything around it.
const LONGEST: usize = 140;

/// What AWS says a name must be.
const PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

/// A function and, where somebody named one, a version or an alias of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    /// `$LATEST`, a number, or the name of an alias.
    pub(super) qualifier: Option<String>,
}

impl Reference {
    /// The function itself.
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), qualifier: None }
    }

    /// Reads a name, a partial ARN (`<account>:function:<name>`) or an ARN, each with or without `:<qualifier>`.
    pub(super) fn parse(text: &str) -> Self {
        let rest =
            text.rsplit_once(":function:").or_else(|| text.rsplit_once("function:")).map_or(text, |(_, rest)| rest);
        match rest.split_once(':') {
            Some((name, qualifier)) => Self { name: name.to_owned(), qualifier: Some(qualifier.to_owned()) },
            None => Self { name: rest.to_owned(), qualifier: None },
        }
    }

    /// Reads what a client sent, in the path and in `Qualifier`.
    ///
    /// # Errors
    /// What is no name, is of another region or account, or contradicts itself.
    pub(super) fn of_client(cloud: &Cloud, text: &str, qualifier: Option<&str>) -> Result<Self, ServiceError> {
        check(cloud, text)?;
        if let Some(qualifier) = qualifier {
            check_qualifier(qualifier)?;
        }
        let mut reference = Self::parse(text);
        match (&reference.qualifier, qualifier) {
            (Some(derived), Some(given)) if derived != given => {
                return Err(invalid(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (None, Some(given)) => reference.qualifier = Some(given.to_owned()),
            _ => {}
        }
        Ok(reference)
    }

    /// ARN with the qualifier.
    pub(super) fn arn(&self, region: &str) -> String {
        let qualifier = self.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        format!("arn:aws:lambda:{region}:{DEFAULT_ACCOUNT}:function:{}{qualifier}", self.name)
    }

    /// The qualifier when it names an alias.
    pub(super) fn alias(&self) -> Option<&str> {
        self.qualifier.as_deref().filter(|qualifier| is_alias(qualifier))
    }
}

/// Whether a qualifier names an alias: versions are numbers.
pub(super) fn is_alias(qualifier: &str) -> bool {
    qualifier != LATEST && !qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

fn check(cloud: &Cloud, text: &str) -> Result<(), ServiceError> {
    let wrong = |constraint: String| validation(text, "functionName", &constraint);
    if text.len() > LONGEST {
        return Err(wrong(format!("Member must have length less than or equal to {LONGEST}")));
    }
    let mismatch = || wrong(format!("Member must satisfy regular expression pattern: {PATTERN}"));
    let parts: Vec<&str> = text.split(':').collect();
    let (place, rest) = match parts.as_slice() {
        ["arn", partition, "lambda", region, account, "function", rest @ ..] if partition.starts_with("aws") => {
            (Some((*region, *account)), rest)
        }
        [account, "function", rest @ ..] if account.len() == 12 => (Some((cloud.region.as_str(), *account)), rest),
        ["function", rest @ ..] | rest => (None, rest),
    };
    let (name, qualifier) = match rest {
        [name] => (*name, None),
        [name, qualifier] => (*name, Some(*qualifier)),
        _ => return Err(mismatch()),
    };
    if !is_word(name) || qualifier.is_some_and(|qualifier| qualifier != LATEST && !is_word(qualifier)) {
        return Err(mismatch());
    }
    let Some((region, account)) = place else { return Ok(()) };
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) || region.is_empty() {
        return Err(mismatch());
    }
    if account != cloud.account {
        return Err(ServiceError::new(
            http::StatusCode::FORBIDDEN,
            "AccessDeniedException",
            format!("the local cloud has one account, {}, and nothing of {account}", cloud.account),
        ));
    }
    Ok(())
}

fn check_qualifier(qualifier: &str) -> Result<(), ServiceError> {
    let wrong = if qualifier.len() > 128 {
        "Member must have length less than or equal to 128"
    } else if is_word(qualifier.trim_start_matches('$')) {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
    };
    Err(validation(qualifier, "qualifier", wrong))
}

/// Whether a text has nothing but letters, digits, hyphens and underscores.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn functions_are_named_in_many_ways() {
        for (text, name, qualifier) in [
            ("resize", "resize", None),
            ("resize:3", "resize", Some("3")),
            ("000000000000:function:resize", "resize", None),
            ("arn:aws:lambda:us-east-1:000000000000:function:resize", "resize", None),
            ("arn:aws:lambda:us-east-1:000000000000:function:resize:$LATEST", "resize", Some("$LATEST")),
        ] {
            let expected = Reference { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) };
            assert_eq!(Reference::parse(text), expected, "{text}");
            let cloud = Cloud::open(&Settings::default(), "http://127.0.0.1:1".to_owned()).unwrap();
            assert_eq!(Reference::of_client(&cloud, text, None).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_client_is_told_what_is_wrong_with_a_name() {
        let cloud = Cloud::open(&Settings::default(), "http://127.0.0.1:1".to_owned()).unwrap();
        for (text, qualifier, code, part) in [
            ("a b", None, "ValidationException", "Value 'a b' at 'functionName'"),
            ("invalid:function:name", None, "ValidationException", "regular expression pattern"),
            (&"a".repeat(141), None, "ValidationException", "less than or equal to 140"),
            ("f", Some("a?"), "ValidationException", "Value 'a?' at 'qualifier'"),
            ("f:1", Some("2"), "InvalidParameterValueException", "derived qualifier"),
            ("111111111111:function:f", None, "AccessDeniedException", "one account"),
        ] {
            let error = Reference::of_client(&cloud, text, qualifier).unwrap_err();
            assert_eq!(error.code, code, "{text}");
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert_eq!(Reference::of_client(&cloud, "f:1", Some("1")).unwrap().qualifier.as_deref(), Some("1"));
    }

    #[test]
    fn numbers_are_versions_and_other_words_aliases() {
        assert!(is_alias("live") && is_alias("v1") && is_alias("1_1"));
        assert!(!is_alias("1") && !is_alias("$LATEST"));
    }
}

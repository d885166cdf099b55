//! Values of roles: who may take them, and for how long.

use super::aws::is_arn;
use super::{SettingValue, parse_seconds};

/// The description of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleDescription(pub(crate) String);

impl SettingValue for RoleDescription {
    const EXPECTED: &'static str = "a description of at most 256 characters of Latin-1, as IAM takes it";
    fn parse(text: &str) -> Option<Self> {
        let character = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
        (text.chars().count() <= 256 && text.chars().all(character)).then(|| Self(text.to_owned()))
    }
}

/// A repository of GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GithubRepository(pub(crate) String);

impl SettingValue for GithubRepository {
    const EXPECTED: &'static str = "a repository of GitHub";
    const HELP: &'static str = "`owner/name`, both in full: a wildcard would let others in";
    fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let (owner, name) = text.split_once('/')?;
        (is_part(owner) && is_part(name)).then(|| Self(text.to_owned()))
    }
}

/// The name of a branch, a tag or an environment, with `*` for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GithubPattern(pub(crate) String);

impl SettingValue for GithubPattern {
    const EXPECTED: &'static str = "a branch, tag or environment";
    const HELP: &'static str = "a name, `*` for any characters: `main`, `release/*`";
    fn parse(text: &str) -> Option<Self> {
        let is_name = !text.is_empty()
            && text.len() <= 255
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b":?\\^~[$".contains(&byte));
        is_name.then(|| Self(text.to_owned()))
    }
}

/// The whole subject of a token, for what the other settings cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GithubSubject(pub(crate) String);

impl SettingValue for GithubSubject {
    const EXPECTED: &'static str = "the subject of a token of GitHub";
    const HELP: &'static str =
        "`repo:owner/name:` and what follows, without wildcards before it: a wildcard would let others in";
    fn parse(text: &str) -> Option<Self> {
        let (repository, rest) = text.strip_prefix("repo:")?.split_once(':')?;
        let (owner, name) = repository.split_once('/')?;
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte))
        };
        let is_rest = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'$');
        (text.len() <= 512 && is_part(owner) && is_part(name) && is_rest).then(|| Self(text.to_owned()))
    }
}

/// The identity provider of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OidcProvider {
    /// The stack makes it.
    Create,
    /// The one that this account has already.
    Reuse,
    /// By its ARN.
    Arn(String),
}

impl SettingValue for OidcProvider {
    const EXPECTED: &'static str = "a provider of identities";
    const HELP: &'static str =
        "`create`, `reuse` for the one that the account has already, or its ARN; an account has one for each URL";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "create" => Some(Self::Create),
            "reuse" => Some(Self::Reuse),
            _ => is_arn(text, |service| service == "iam", |resource| resource.starts_with("oidc-provider/"))
                .then(|| Self::Arn(text.to_owned())),
        }
    }
}

/// The name of a role that something outside must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleName(pub(crate) String);

impl SettingValue for RoleName {
    const EXPECTED: &'static str = "the name of a role";
    const HELP: &'static str = "at most 64 letters, digits and `_+=,.@-`; an empty value lets AWS make one";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        (text.len() <= 64 && text.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

/// A service that takes a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceName(pub(crate) String);

impl SettingValue for ServiceName {
    const EXPECTED: &'static str = "the principal of a service";
    const HELP: &'static str = "for example `states.amazonaws.com`";
    fn parse(text: &str) -> Option<Self> {
        let name = text.strip_suffix(".amazonaws.com").or_else(|| text.strip_suffix(".amazonaws.com.cn"))?;
        let character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        (!name.is_empty() && name.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

/// Greatest time for which one taking of a role lasts, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session(pub(crate) u32);

impl SettingValue for Session {
    const EXPECTED: &'static str = "a session from 1h to 12h";
    const HELP: &'static str = "write a whole number with a unit: `1h`, `90m`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| (3_600..=43_200).contains(seconds)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_is_let_in() {
        assert!(GithubRepository::parse("octo-org/octo.repo").is_some());
        for wrong in ["", "octo", "octo/*", "*/repo", "octo/re?o", "a/b/c", "octo/repo:ref"] {
            assert_eq!(GithubRepository::parse(wrong), None, "{wrong}");
        }
        for right in ["repo:o/r:ref:refs/heads/main", "repo:o@1/r@2:environment:*"] {
            assert!(GithubSubject::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "repo:*", "repo:o/*:ref:x", "repo:o/r", "repo:o/r:", "*:o/r:x", "repo:o*/r:x"] {
            assert_eq!(GithubSubject::parse(wrong), None, "{wrong}");
        }
        for wrong in ["", "a:b", "a b", "${x}"] {
            assert_eq!(GithubPattern::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn providers_are_made_reused_or_named() {
        let arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        assert_eq!(OidcProvider::parse(arn), Some(OidcProvider::Arn(arn.to_owned())));
        assert_eq!(OidcProvider::parse("reuse"), Some(OidcProvider::Reuse));
        for wrong in ["", "yes", "arn:aws:iam::111122223333:role/x"] {
            assert_eq!(OidcProvider::parse(wrong), None, "{wrong}");
        }
    }
}

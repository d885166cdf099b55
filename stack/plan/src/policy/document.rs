//! The form of a policy document.

use serde_json::{Map, Value};
use thiserror::Error;

use super::condition::{Condition, read_conditions};

/// What is wrong with a policy document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The document, or a statement of it, is not an object.
    #[error("a policy document is an object with `Version` and `Statement`")]
    NotAnObject,
    /// A version that IAM does not have.
    #[error("`Version` is `2012-10-17` (or the outdated `2008-10-17`), not `{0}`")]
    Version(String),
    /// No statement at all.
    #[error("`Statement` holds at least one statement")]
    NoStatement,
    /// A key that a statement does not have.
    #[error("a statement has no `{0}`")]
    UnknownKey(String),
    /// Neither `Allow` nor `Deny`.
    #[error("`Effect` is `Allow` or `Deny`")]
    Effect,
    /// Not exactly one of a key and its negation.
    #[error("a statement has exactly one of `{0}` and `Not{0}`")]
    OneOf(&'static str),
    /// A value that is no text and no list of texts.
    #[error("`{0}` is a text or a list of texts")]
    Texts(&'static str),
    /// A principal that has none of the forms.
    #[error("`Principal` is `*` or an object with `AWS`, `Service`, `Federated` or `CanonicalUser`")]
    Principal,
    /// A condition operator that IAM does not have.
    #[error("there is no condition operator `{0}`")]
    Operator(String),
    /// A condition block that is no object of objects.
    #[error("`Condition` is an object of operators, each an object of keys")]
    Condition,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// Who a statement of a resource policy is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals {
    /// True for `"*"`: everyone, also without credentials.
    pub everyone: bool,
    /// Accounts (as id or root ARN), roles, users; `*` for everyone.
    pub aws: Vec<String>,
    /// Services, for example `s3.amazonaws.com`.
    pub services: Vec<String>,
    /// Identity providers, by ARN or host.
    pub federated: Vec<String>,
}

/// A list that is meant as it is, or as everything but it (`NotAction` and the like).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed<T> {
    pub(super) negated: bool,
    pub(super) items: T,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its id.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Nothing in the policy of a role or user.
    pub(super) principals: Option<Listed<Principals>>,
    pub(super) actions: Listed<Vec<String>>,
    /// Nothing in a trust policy, which is about the role itself.
    pub(super) resources: Option<Listed<Vec<String>>>,
    pub(super) conditions: Vec<Condition>,
}

/// A policy document that has been read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Its statements, in the order of the text.
    pub statements: Vec<Statement>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that IAM would refuse.
    pub fn parse(document: &Value) -> Result<Self, DocumentError> {
        let document = document.as_object().ok_or(DocumentError::NotAnObject)?;
        if let Some(version) = document.get("Version")
            && !matches!(version.as_str(), Some("2012-10-17" | "2008-10-17"))
        {
            return Err(DocumentError::Version(version.as_str().map_or_else(|| version.to_string(), str::to_owned)));
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.as_slice(),
            Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
            _ => return Err(DocumentError::NoStatement),
        };
        Ok(Self { statements: statements.iter().map(Statement::parse).collect::<Result<_, _>>()? })
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, DocumentError> {
        const KEYS: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let statement = statement.as_object().ok_or(DocumentError::NotAnObject)?;
        if let Some(key) = statement.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(DocumentError::UnknownKey(key.clone()));
        }
        let effect = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(DocumentError::Effect),
        };
        let principals = one_of(statement, "Principal", "NotPrincipal", read_principals)?;
        let actions = one_of(statement, "Action", "NotAction", |value| texts(value, "Action"))?
            .ok_or(DocumentError::OneOf("Action"))?;
        let resources = one_of(statement, "Resource", "NotResource", |value| texts(value, "Resource"))?;
        let conditions = statement.get("Condition").map(read_conditions).transpose()?.unwrap_or_default();
        let sid = statement.get("Sid").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { sid, effect, principals, actions, resources, conditions })
    }
}

fn one_of<T>(
    statement: &Map<String, Value>,
    key: &'static str,
    negation: &'static str,
    read: impl Fn(&Value) -> Result<T, DocumentError>,
) -> Result<Option<Listed<T>>, DocumentError> {
    match (statement.get(key), statement.get(negation)) {
        (Some(_), Some(_)) => Err(DocumentError::OneOf(key)),
        (Some(value), None) => Ok(Some(Listed { negated: false, items: read(value)? })),
        (None, Some(value)) => Ok(Some(Listed { negated: true, items: read(value)? })),
        (None, None) => Ok(None),
    }
}

fn read_principals(value: &Value) -> Result<Principals, DocumentError> {
    let kinds = match value {
        Value::String(everyone) if everyone == "*" => {
            return Ok(Principals { everyone: true, ..Principals::default() });
        }
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        _ => return Err(DocumentError::Principal),
    };
    let mut principals = Principals::default();
    for (kind, names) in kinds {
        let names = texts(names, "Principal")?;
        match kind.as_str() {
            "AWS" => principals.aws = names,
            "Service" => principals.services = names,
            "Federated" => principals.federated = names,
            "CanonicalUser" => {}
            _ => return Err(DocumentError::Principal),
        }
    }
    principals.everyone = principals.aws.iter().any(|name| name == "*");
    Ok(principals)
}

/// The texts of a text or a list of texts. A number, as YAML makes of an account id, counts as its digits.
pub(super) fn texts(value: &Value, key: &'static str) -> Result<Vec<String>, DocumentError> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(boolean) => Some(boolean.to_string()),
        _ => None,
    };
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    items.iter().map(text).collect::<Option<_>>().ok_or(DocumentError::Texts(key))
}

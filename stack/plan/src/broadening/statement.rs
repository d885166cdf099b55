//! Statements of policies, with the place where each stands.

use serde_json::{Map, Value};

use super::limit::{Limit, limits};
use super::principal::principals;
use super::reader::{Guards, Reader, text_of};
use super::term::{Term, Token};
use crate::policy::Effect;

/// What stands before the ARN of a managed policy of which the contents are not known, in place of an action.
pub(super) const MANAGED_POLICY: &str = "managed policy ";

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) logical_id: String,
    pub(super) path: String,
}

impl Place {
    pub(super) fn new(logical_id: &str, path: impl Into<String>) -> Self {
        Self { logical_id: logical_id.to_owned(), path: path.into() }
    }

    pub(super) fn below(&self, step: &str) -> Self {
        Self { logical_id: self.logical_id.clone(), path: format!("{}{step}", self.path) }
    }
}

/// A term, and the conditions under which it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) term: Term,
    pub(super) when: Guards,
}

/// What a key of a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extent {
    /// These.
    These(Vec<Item>),
    /// All but these. With none, everything: a key that the statement does not have.
    AllBut(Vec<Item>),
}

impl Extent {
    pub(super) fn one(term: Term) -> Self {
        Self::These(vec![Item { term, when: Guards::new() }])
    }

    pub(super) fn everything() -> Self {
        Self::AllBut(Vec::new())
    }
}

/// A statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) actions: Extent,
    pub(super) resources: Extent,
    pub(super) principals: Extent,
    pub(super) limits: Vec<Limit>,
    pub(super) when: Guards,
    pub(super) place: Place,
    /// True for what holds though nobody wrote it down.
    pub(super) is_implied: bool,
    /// True for one that cannot be read.
    pub(super) is_opaque: bool,
}

impl Statement {
    /// An allowance of whatever is not restricted afterwards.
    pub(super) fn allow(place: Place, when: &Guards) -> Self {
        Self {
            effect: Effect::Allow,
            actions: Extent::everything(),
            resources: Extent::everything(),
            principals: Extent::everything(),
            limits: Vec::new(),
            when: when.clone(),
            place,
            is_implied: false,
            is_opaque: false,
        }
    }

    /// Something that cannot be read: it is what its equal is, and within what allows everything.
    fn opaque(key: &str, place: Place, when: &Guards) -> Self {
        let itself = || Extent::one(Term::opaque(key, "what cannot be read"));
        Self {
            actions: itself(),
            resources: itself(),
            principals: itself(),
            is_opaque: true,
            ..Self::allow(place, when)
        }
    }

    /// What a managed policy allows. A few of AWS's are known.
    pub(super) fn attached(policy: &Term, place: &Place, when: &Guards) -> Self {
        let name = policy.shown();
        let name = name.strip_prefix("arn:aws:iam::aws:policy/").unwrap_or_default();
        let actions: &[&str] = match name {
            "AdministratorAccess" => &["*"],
            "AmazonS3FullAccess" => &["s3:*", "s3-object-lambda:*"],
            "service-role/AWSLambdaBasicExecutionRole" => {
                &["logs:createloggroup", "logs:createlogstream", "logs:putlogevents"]
            }
            _ => {
                return Self {
                    actions: Extent::one(policy.map(|spelling| {
                        let mut tokens = super::term::tokens_of(MANAGED_POLICY);
                        tokens.extend_from_slice(spelling);
                        tokens
                    })),
                    resources: Extent::one(Term::literal("*")),
                    ..Self::allow(place.clone(), when)
                };
            }
        };
        let actions = actions.iter().map(|action| Item { term: Term::literal(action), when: Guards::new() });
        Self {
            actions: Extent::These(actions.collect()),
            resources: Extent::one(Term::literal("*")),
            ..Self::allow(place.clone(), when)
        }
    }
}

/// Statements of a document: an object, JSON in a text, or a function that gives one of them.
pub(super) fn statements(reader: &Reader<'_>, document: &Value, place: &Place, when: &Guards) -> Vec<Statement> {
    let mut found = Vec::new();
    for (document, when) in reader.branches(document, when) {
        let text = document.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let document = text.as_ref().or_else(|| document.get("Fn::ToJsonString")).unwrap_or(document);
        let Some(listed) = document.get("Statement") else {
            let key = format!("document {}", reader.key(document, 0));
            found.push(Statement::opaque(&key, place.clone(), &when));
            continue;
        };
        let single = !listed.is_array();
        let items =
            if single { std::slice::from_ref(listed) } else { listed.as_array().map_or(&[][..], Vec::as_slice) };
        for (index, item) in items.iter().enumerate() {
            let step = if single { ".Statement".to_owned() } else { format!(".Statement[{index}]") };
            let place = place.below(&step);
            for (statement, when) in reader.branches(item, &when) {
                let read = statement.as_object().and_then(|statement| read(reader, statement, &place, &when));
                found.push(read.unwrap_or_else(|| {
                    let key = format!("statement {}", reader.key(statement, 0));
                    Statement::opaque(&key, place.clone(), &when)
                }));
            }
        }
    }
    found
}

/// One statement; nothing for one that cannot be read.
pub(super) fn read(
    reader: &Reader<'_>,
    statement: &Map<String, Value>,
    place: &Place,
    when: &Guards,
) -> Option<Statement> {
    let effect = match statement.get("Effect").and_then(Value::as_str)? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return None,
    };
    let terms = |value: &Value| {
        let items = reader.branches(value, &Guards::new()).into_iter();
        Some(items.map(|(value, when)| Item { term: reader.term(value), when }).collect())
    };
    let actions = |value: &Value| {
        let items: Vec<Item> = terms(value)?;
        Some(items.into_iter().map(|item| Item { term: action(&item.term), when: item.when }).collect())
    };
    let read_principals = |value: &Value| principals(reader, value, &Guards::new());
    Some(Statement {
        effect,
        actions: extent(statement, "Action", "NotAction", actions)?,
        resources: extent(statement, "Resource", "NotResource", terms)?,
        principals: extent(statement, "Principal", "NotPrincipal", read_principals)?,
        limits: statement.get("Condition").map(|block| limits(reader, block)).unwrap_or_default(),
        when: when.clone(),
        place: place.clone(),
        is_implied: false,
        is_opaque: false,
    })
}

fn extent(
    statement: &Map<String, Value>,
    key: &str,
    negation: &str,
    read: impl Fn(&Value) -> Option<Vec<Item>>,
) -> Option<Extent> {
    match (statement.get(key), statement.get(negation)) {
        (Some(_), Some(_)) => None,
        (Some(value), None) => Some(Extent::These(read(value)?)),
        (None, Some(value)) => Some(Extent::AllBut(read(value)?)),
        (None, None) => Some(Extent::everything()),
    }
}

/// An action, whose case means nothing; `*:*` is `*`.
pub(super) fn action(written: &Term) -> Term {
    let lower = |token: &Token| match token {
        Token::Exactly(character) => Token::Exactly(character.to_ascii_lowercase()),
        other => other.clone(),
    };
    let action = written.map(|spelling| {
        let tokens: Vec<Token> = spelling.iter().map(lower).collect();
        if tokens == [Token::Any, Token::Exactly(':'), Token::Any] { vec![Token::Any] } else { tokens }
    });
    action.labeled(written.shown())
}

/// The text of a value, when all of it stands in the template.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    (!value.is_object() && !value.is_array() && !value.is_null()).then(|| text_of(value))
}

//! Conditions of statements, and which of them are within others.

use serde_json::Value;
use time::OffsetDateTime;

use super::reader::{Guards, Reader};
use super::statement::Item;
use super::term::Term;
use crate::policy::instant;

/// A condition of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Limit {
    /// One that is understood.
    Is(Comparison),
    /// One that is not: it holds whenever its equal does.
    Opaque(String),
}

/// An operator, a key and values, of which one must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    /// `ForAllValues`, `ForAnyValue` or nothing.
    quantifier: String,
    /// Operator in lower case, without quantifier and `IfExists`.
    operator: String,
    if_exists: bool,
    /// Key in lower case.
    pub(super) key: String,
    pub(super) values: Vec<Item>,
}

/// Reads a `Condition`.
pub(super) fn limits(reader: &Reader<'_>, block: &Value) -> Vec<Limit> {
    let opaque = |value: &Value| Limit::Opaque(reader.key(value, 0));
    let Some(operators) = block.as_object().filter(|fields| !fields.keys().any(|key| is_function(key))) else {
        return vec![opaque(block)];
    };
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object().filter(|fields| !fields.keys().any(|key| is_function(key))) else {
            found.push(Limit::Opaque(format!("{operator} {}", reader.key(keys, 0))));
            continue;
        };
        found.extend(keys.iter().map(|(key, values)| Limit::Is(comparison(reader, operator, key, values))));
    }
    found
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

fn comparison(reader: &Reader<'_>, operator: &str, key: &str, values: &Value) -> Comparison {
    let (quantifier, name) = operator.split_once(':').unwrap_or(("", operator));
    let name = name.to_ascii_lowercase();
    let (name, if_exists) = name.strip_suffix("ifexists").map_or((name.as_str(), false), |name| (name, true));
    let values = reader.branches(values, &Guards::new()).into_iter();
    Comparison {
        quantifier: quantifier.to_ascii_lowercase(),
        operator: match name {
            "arnequals" => "arnlike",
            "arnnotequals" => "arnnotlike",
            other => other,
        }
        .to_owned(),
        if_exists,
        key: key.to_ascii_lowercase(),
        values: values.map(|(value, when)| Item { term: reader.term(value), when }).collect(),
    }
}

impl Limit {
    /// A condition that a resource states in a property of its own.
    pub(super) fn of_property(operator: &str, key: &str, value: Term) -> Self {
        Self::Is(Comparison {
            quantifier: String::new(),
            operator: operator.to_owned(),
            if_exists: false,
            key: key.to_owned(),
            values: vec![Item { term: value, when: Guards::new() }],
        })
    }

    /// The key that the condition is about.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Is(comparison) => Some(&comparison.key),
            Self::Opaque(_) => None,
        }
    }

    /// True when this holds whenever `stricter` does. `when` are the conditions of the template that are known to hold.
    pub(super) fn holds_with(&self, stricter: &Self, when: &Guards) -> bool {
        match (self, stricter) {
            (Self::Opaque(one), Self::Opaque(other)) => one == other,
            (Self::Is(looser), Self::Is(stricter)) => looser.holds_with(stricter, when),
            _ => false,
        }
    }

    /// True when it leaves out nothing that has the key (`"*"`).
    pub(super) fn is_void(&self) -> bool {
        match self {
            Self::Is(comparison) => {
                comparison.is_negated()
                    || (comparison.operator.ends_with("like")
                        && comparison.values.iter().any(|item| item.term.is_everything()))
            }
            Self::Opaque(_) => false,
        }
    }
}

impl Comparison {
    fn is_negated(&self) -> bool {
        self.operator.contains("not")
    }

    fn holds_with(&self, stricter: &Self, when: &Guards) -> bool {
        if self.key != stricter.key || self.quantifier != stricter.quantifier {
            return false;
        }
        if stricter.if_exists && !self.if_exists {
            return false;
        }
        if self.is_negated() || stricter.is_negated() {
            // What is left out here is left out there.
            let positive = (self.operator.replace("not", ""), stricter.operator.replace("not", ""));
            return self.is_negated()
                && stricter.is_negated()
                && self.values.iter().all(|value| {
                    stricter.values.iter().any(|other| {
                        other.when.is_subset(when) && fits(&positive.1, &positive.0, &other.term, &value.term)
                    })
                });
        }
        stricter.values.iter().all(|value| {
            let when: Guards = when.union(&value.when).cloned().collect();
            self.values.iter().any(|other| {
                other.when.is_subset(&when) && fits(&self.operator, &stricter.operator, &other.term, &value.term)
            })
        })
    }
}

/// Whether all that fits the stricter value fits the looser one.
fn fits(looser: &str, stricter: &str, one: &Term, other: &Term) -> bool {
    let same = one.is_spelled_as(other);
    let texts = || Some((one.text()?, other.text()?));
    match (looser, stricter) {
        ("stringlike", "stringlike") | ("stringlike" | "arnlike", "arnlike") => one.covers(other),
        // What an equality names has no wildcards.
        ("stringlike", "stringequals") => one.covers(&literally(other)),
        ("stringequals", "stringlike" | "arnlike") | ("arnlike", "stringequals") => same && !other.has_wildcard(),
        ("stringequalsignorecase", "stringequals" | "stringequalsignorecase") => {
            same || texts().is_some_and(|(one, other)| one.to_lowercase() == other.to_lowercase())
        }
        ("bool" | "null", _) if looser == stricter => {
            same || texts().is_some_and(|(one, other)| one.eq_ignore_ascii_case(&other))
        }
        ("ipaddress", "ipaddress") => {
            same || texts().is_some_and(|(one, other)| super::network::contains(&one, &other))
        }
        _ if looser.starts_with("numeric") && stricter.starts_with("numeric") => {
            let number = |text: String| text.trim().parse::<f64>().ok();
            let pair = texts().and_then(|(one, other)| Some((number(one)?, number(other)?)));
            (same && looser == stricter) || pair.is_some_and(|(one, other)| is_within(looser, stricter, &one, &other))
        }
        _ if looser.starts_with("date") && stricter.starts_with("date") => {
            let pair: Option<(OffsetDateTime, OffsetDateTime)> =
                texts().and_then(|(one, other)| Some((instant(&one)?, instant(&other)?)));
            (same && looser == stricter) || pair.is_some_and(|(one, other)| is_within(looser, stricter, &one, &other))
        }
        _ => looser == stricter && same,
    }
}

/// Whether what is (less than, equal to ...) `other` is (less than, equal to ...) `one` as well.
fn is_within<T: PartialOrd>(looser: &str, stricter: &str, one: &T, other: &T) -> bool {
    let kind = |operator: &str| operator.trim_start_matches("numeric").trim_start_matches("date").to_owned();
    match (kind(looser).as_str(), kind(stricter).as_str()) {
        ("equals", "equals") => one == other,
        ("lessthan", "lessthanequals" | "equals") => other < one,
        ("lessthan", "lessthan") | ("lessthanequals", "lessthan" | "lessthanequals" | "equals") => other <= one,
        ("greaterthan", "greaterthanequals" | "equals") => other > one,
        ("greaterthan", "greaterthan") | ("greaterthanequals", "greaterthan" | "greaterthanequals" | "equals") => {
            other >= one
        }
        _ => false,
    }
}

/// The term with its wildcards as the letters that they are to an equality.
fn literally(term: &Term) -> Term {
    use super::term::Token;
    term.map(|spelling| {
        let letter = |token: &Token| match token {
            Token::Any => Token::Exactly('*'),
            Token::One => Token::Exactly('?'),
            other => other.clone(),
        };
        spelling.iter().map(letter).collect()
    })
}

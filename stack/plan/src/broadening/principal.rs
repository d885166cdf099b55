//! Principals as terms, so that who contains whom is a matter of wildcards.
//!
//! Everyone is `*`, an account `aws:123456789012:*`, a role in it `aws:123456789012:role/x`, a service
//! `service:s3.amazonaws.com`.

use serde_json::Value;

use super::reader::{Guards, Reader};
use super::statement::Item;
use super::term::{Spelling, Term, Token, shown, tokens_of};

/// Reads a `Principal`; nothing when it has none of the forms.
pub(super) fn principals(reader: &Reader<'_>, value: &Value, when: &Guards) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    for (value, when) in reader.branches(value, when) {
        match value {
            Value::String(everyone) if everyone == "*" => items.push(Item { term: Term::literal("*"), when }),
            Value::Object(kinds) => {
                for (kind, names) in kinds {
                    for (name, when) in reader.branches(names, &when) {
                        items.push(Item { term: principal(kind, &reader.term(name))?, when });
                    }
                }
            }
            _ => return None,
        }
    }
    Some(items)
}

fn principal(kind: &str, name: &Term) -> Option<Term> {
    match kind {
        "AWS" if name.is_everything() => Some(Term::literal("*")),
        "AWS" => Some(aws_principal(name)),
        "Service" => Some(with_prefix("service:", name)),
        "Federated" => Some(with_prefix("federated:", name)),
        "CanonicalUser" => Some(with_prefix("canonical-user:", name)),
        _ => None,
    }
}

/// An account, in either of its spellings, or an ARN.
pub(super) fn aws_principal(name: &Term) -> Term {
    let term = name.map(|spelling| {
        let account = |account: &[Token], rest: &[Token]| {
            let mut tokens = tokens_of("aws:");
            tokens.extend_from_slice(account);
            tokens.push(Token::Exactly(':'));
            tokens.extend_from_slice(rest);
            tokens
        };
        let parts: Vec<&[Token]> = spelling.splitn(6, |token| *token == Token::Exactly(':')).collect();
        match parts.as_slice() {
            [_, _, _, _, of, root] if shown(root) == "root" => account(of, &[Token::Any]),
            [_, _, _, _, of, rest] => account(of, rest),
            [id] if is_account(id) => account(id, &[Token::Any]),
            _ => with_text("aws:", spelling),
        }
    });
    // An account is shown by its id, anything else as it is written.
    if term.shown().ends_with(":*") { term } else { term.labeled(format!("aws:{}", name.shown())) }
}

/// A service or an account, as `AWS::Lambda::Permission` and the like name them.
pub(super) fn named_principal(name: &Term) -> Term {
    if name.is_everything() {
        return Term::literal("*");
    }
    let is_service = name.shown().contains(".amazonaws.com");
    if is_service { with_prefix("service:", name) } else { aws_principal(name) }
}

/// Twelve digits, or a value that is no attribute: an ARN would be one.
fn is_account(spelling: &[Token]) -> bool {
    match spelling {
        [Token::Known { key, .. }] => !key.contains('.'),
        digits => digits.len() == 12 && digits.iter().all(|token| matches!(token, Token::Exactly('0'..='9'))),
    }
}

fn with_prefix(prefix: &str, name: &Term) -> Term {
    name.map(|spelling| with_text(prefix, spelling))
}

fn with_text(prefix: &str, spelling: &[Token]) -> Spelling {
    let mut tokens = tokens_of(prefix);
    tokens.extend_from_slice(spelling);
    tokens
}

/// A principal in the words of a policy.
pub(super) fn principal_text(term: &Term) -> String {
    let text = term.shown();
    if text == "*" {
        return "everyone".to_owned();
    }
    if let Some(service) = text.strip_prefix("service:") {
        return format!("the service `{service}`");
    }
    if let Some(provider) = text.strip_prefix("federated:") {
        return format!("users of `{provider}`");
    }
    if let Some(user) = text.strip_prefix("canonical-user:") {
        return format!("the canonical user `{user}`");
    }
    let name = text.strip_prefix("aws:").unwrap_or(&text);
    match name.strip_suffix(":*") {
        Some(account) => format!("the account `{account}`"),
        None => format!("`{name}`"),
    }
}

//! Values of a template as terms: one thing in two spellings is one term.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::spelling::{Form, spelling};
use super::term::{Term, Token};
use crate::template::{Template, function_of};

/// How many characters of a key are kept as they are.
const LONG: usize = 256;

/// Conditions of the template under which something stands there, each with its outcome.
pub(super) type Guards = BTreeSet<(String, bool)>;

/// Reads the values of one template.
pub(super) struct Reader<'a> {
    pub(super) template: &'a Template,
    /// Logical ids that stand for another: those of the newer template for resources that only changed their id.
    aliases: &'a BTreeMap<String, String>,
    /// The other template: a name there may be that of a resource here, and the other way round.
    pub(super) other: Option<&'a Reader<'a>>,
    /// What each condition says, once it was asked for.
    conditions: RefCell<BTreeMap<String, String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(template: &'a Template, aliases: &'a BTreeMap<String, String>) -> Self {
        Self { template, aliases, other: None, conditions: RefCell::default() }
    }

    /// The same, knowing the other template.
    pub(super) fn beside(&self, other: &'a Self) -> Self {
        Self { other: Some(other), ..Self::new(self.template, self.aliases) }
    }

    /// The name under which a resource is compared.
    pub(super) fn alias<'b>(&'b self, id: &'b str) -> &'b str {
        self.aliases.get(id).map_or(id, String::as_str)
    }

    /// A scalar or a function as a term.
    pub(super) fn term(&self, value: &Value) -> Term {
        let spelling = |form| spelling(self.parts(value, form, 0));
        Term::new([spelling(Form::Symbolic), spelling(Form::Resolved)])
    }

    /// The values that stand at a place, lists opened, each with the conditions under which it does.
    pub(super) fn branches<'v>(&self, value: &'v Value, when: &Guards) -> Vec<(&'v Value, Guards)> {
        self.cases(value, when).into_iter().filter_map(|(value, when)| Some((value?, when))).collect()
    }

    /// The same, with the cases in which nothing stands there.
    pub(super) fn cases<'v>(&self, value: &'v Value, when: &Guards) -> Vec<(Option<&'v Value>, Guards)> {
        let mut found = Vec::new();
        self.branch(value, when, &mut found);
        found
    }

    fn branch<'v>(&self, value: &'v Value, when: &Guards, found: &mut Vec<(Option<&'v Value>, Guards)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.branch(item, when, found)),
            Value::Object(fields) => match function_of(fields) {
                Some(("Fn::If", Value::Array(arguments))) if arguments.len() == 3 => {
                    let condition = arguments[0].as_str().map(|name| self.condition(name)).unwrap_or_default();
                    for (branch, outcome) in [(&arguments[1], true), (&arguments[2], false)] {
                        // In a branch of its own negation nothing can stand.
                        if !when.contains(&(condition.clone(), !outcome)) {
                            let mut when = when.clone();
                            when.insert((condition.clone(), outcome));
                            self.branch(branch, &when, found);
                        }
                    }
                }
                Some(("Ref", Value::String(name))) if name == "AWS::NoValue" => found.push((None, when.clone())),
                _ => found.push((Some(value), when.clone())),
            },
            Value::Null => found.push((None, when.clone())),
            _ => found.push((Some(value), when.clone())),
        }
    }

    /// Conditions under which a resource exists.
    pub(super) fn guards_of(&self, id: &str) -> Guards {
        let condition = self.template.resources.get(id).and_then(|resource| resource.condition.as_deref());
        condition.map(|name| (self.condition(name), true)).into_iter().collect()
    }

    /// A condition by what it says.
    fn condition(&self, name: &str) -> String {
        if let Some(known) = self.conditions.borrow().get(name) {
            return known.clone();
        }
        // One that asks for itself, which is invalid, finds its name.
        let own_name = format!("condition {name}");
        self.conditions.borrow_mut().insert(name.to_owned(), own_name.clone());
        let said = self.template.conditions.get(name).map_or(own_name, |expression| self.key(expression, 0));
        let said = shortened(said);
        self.conditions.borrow_mut().insert(name.to_owned(), said.clone());
        said
    }

    /// A text that two values share exactly when they are known to be the same.
    pub(super) fn key(&self, value: &Value, depth: usize) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.key(item, depth)).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(fields) => match (function_of(fields), fields.get("Condition"), fields.len()) {
                (Some(("Fn::If", Value::Array(arguments))), _, _) if arguments.len() == 3 => {
                    let condition = arguments[0].as_str().map(|name| self.condition(name)).unwrap_or_default();
                    format!("if({condition},{},{})", self.key(&arguments[1], depth), self.key(&arguments[2], depth))
                }
                (Some(_), _, _) => spelling(self.parts(value, Form::Symbolic, depth))
                    .iter()
                    .map(|token| match token {
                        Token::Known { key, .. } => format!("${{{key}}}"),
                        other => super::term::shown(std::slice::from_ref(other)),
                    })
                    .collect(),
                (None, Some(Value::String(name)), 1) => self.condition(name),
                _ => {
                    let fields: BTreeMap<&String, &Value> = fields.iter().collect();
                    let fields: Vec<String> =
                        fields.into_iter().map(|(key, value)| format!("{key:?}:{}", self.key(value, depth))).collect();
                    format!("{{{}}}", fields.join(","))
                }
            },
            scalar => text_of(scalar),
        }
    }
}

/// A scalar as text: `7` and `"7"` are the same to CloudFormation.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A long key by its digest: one that holds another twice would double at each step.
pub(super) fn shortened(key: String) -> String {
    if key.len() > LONG { hex::encode(Sha256::digest(key.as_bytes())) } else { key }
}

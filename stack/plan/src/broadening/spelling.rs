//! How the functions that put texts together spell them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reader::{Reader, shortened, text_of};
use super::term::{Spelling, Token, tokens_of};
use crate::specification::Specification;
use crate::template::{Piece, attribute_parts, function_of, substitution_parts, substitution_pieces};

/// How deep functions are followed into each other.
pub(super) const DEPTH: usize = 8;

/// How many characters and parts the property may have that gives a resource its name.
const NAME_LIMIT: usize = 2048;

/// How long a text may be that is put together from variables. An ARN has 2,048 characters at most.
const TEXT_LIMIT: usize = 1 << 14;

/// Whether references are left as they are or followed to the names that they give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Symbolic,
    Resolved,
}

/// A run of text, or a value known at deployment.
#[derive(Clone)]
pub(super) enum Part {
    Text(String),
    Known { key: String, shown: String },
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Known { key, .. } => key.len(),
        }
    }
}

fn known(name: &str) -> Part {
    Part::Known { key: name.to_owned(), shown: name.to_owned() }
}

fn text(text: impl Into<String>) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

impl Reader<'_> {
    pub(super) fn parts(&self, value: &Value, form: Form, depth: usize) -> Vec<Part> {
        let Some(fields) = value.as_object() else {
            return if value.is_array() { self.opaque("a list", value, depth) } else { text(text_of(value)) };
        };
        let Some((name, arguments)) = function_of(fields) else { return self.opaque("an object", value, depth) };
        let parts = if depth > DEPTH { None } else { self.function(name, arguments, form, depth) };
        parts.unwrap_or_else(|| {
            // A condition counts by what it says, not by its name.
            let arguments = if name == "Fn::If" { self.key(value, depth + 1) } else { self.key(arguments, depth + 1) };
            vec![Part::Known { key: shortened(format!("{name}({arguments})")), shown: format!("{name} ...") }]
        })
    }

    fn opaque(&self, shown: &str, value: &Value, depth: usize) -> Vec<Part> {
        vec![Part::Known { key: shortened(self.key(value, depth + 1)), shown: shown.to_owned() }]
    }

    /// Functions that put texts together; nothing for others.
    fn function(&self, name: &str, arguments: &Value, form: Form, depth: usize) -> Option<Vec<Part>> {
        let depth = depth + 1;
        match name {
            "Ref" => Some(self.reference(arguments.as_str()?, form, depth)),
            "Fn::GetAtt" => {
                let (id, attribute) = attribute_parts(arguments)?;
                Some(self.attribute(id, attribute.as_str()?, form, depth))
            }
            "Fn::Sub" => {
                let (template, variables) = substitution_parts(arguments)?;
                // Once for each variable, however often the text has it.
                let variables: BTreeMap<&String, Vec<Part>> = variables
                    .into_iter()
                    .flatten()
                    .map(|(name, variable)| (name, self.parts(variable, form, depth)))
                    .collect();
                let (mut parts, mut length) = (Vec::new(), 0);
                for piece in substitution_pieces(template) {
                    let more = match piece {
                        Piece::Text(piece) => text(piece),
                        Piece::Name(name) => match (variables.get(&name.to_owned()), name.split_once('.')) {
                            (Some(variable), _) => variable.clone(),
                            (None, Some((id, attribute))) => self.attribute(id, attribute, form, depth),
                            (None, None) => self.reference(name, form, depth),
                        },
                    };
                    length += more.iter().map(Part::len).sum::<usize>();
                    if length > TEXT_LIMIT {
                        return None;
                    }
                    parts.extend(more);
                }
                Some(parts)
            }
            "Fn::Join" => {
                let [Value::String(delimiter), Value::Array(items)] = arguments.as_array()?.as_slice() else {
                    return None;
                };
                let mut parts = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    // An item may be left out, and with it a delimiter.
                    if item.get("Fn::If").is_some() || item.get("Ref").is_some_and(|name| name == "AWS::NoValue") {
                        return None;
                    }
                    if index > 0 {
                        parts.extend(text(delimiter));
                    }
                    parts.extend(self.parts(item, form, depth));
                }
                Some(parts)
            }
            "Fn::Select" => {
                let [index, Value::Array(items)] = arguments.as_array()?.as_slice() else { return None };
                Some(self.parts(items.get(text_of(index).parse::<usize>().ok()?)?, form, depth))
            }
            "Fn::FindInMap" => {
                let [Value::String(map), Value::String(first), Value::String(second)] =
                    arguments.as_array()?.as_slice()
                else {
                    return None;
                };
                Some(self.parts(self.template.mappings.get(map)?.get(first)?.get(second)?, form, depth))
            }
            _ => None,
        }
    }

    fn reference(&self, name: &str, form: Form, depth: usize) -> Vec<Part> {
        match name {
            // Templates are written for one partition, most of them for this.
            "AWS::Partition" => return text("aws"),
            "AWS::URLSuffix" => return text("amazonaws.com"),
            _ => {}
        }
        if let Some(parameter) = self.template.parameters.get(name) {
            // Another default may be another value.
            let default = parameter.default.as_ref().map(text_of).unwrap_or_default();
            return vec![Part::Known { key: format!("{name}={default}"), shown: name.to_owned() }];
        }
        let Some(resource) = self.template.resources.get(name) else { return vec![known(name)] };
        let alias = || vec![known(self.alias(name))];
        if form == Form::Symbolic || depth > DEPTH {
            return alias();
        }
        let kind = Specification::embedded().resource_type(&resource.resource_type);
        match kind.map(|kind| kind.ref_identifier()).as_deref() {
            Some([property]) => match resource.properties.get(property).filter(|value| is_short(value)) {
                Some(value) => self.parts(value, Form::Symbolic, depth),
                None if property.ends_with("Arn") => self.arn(name, depth).unwrap_or_else(alias),
                None => alias(),
            },
            _ => alias(),
        }
    }

    fn attribute(&self, id: &str, attribute: &str, form: Form, depth: usize) -> Vec<Part> {
        let plain = || vec![known(&format!("{}.{attribute}", self.alias(id)))];
        let Some(resource) = self.template.resources.get(id) else { return plain() };
        if form == Form::Symbolic || depth > DEPTH {
            return plain();
        }
        let identifier =
            Specification::embedded().resource_type(&resource.resource_type).map(|kind| kind.ref_identifier());
        let is_identifier = identifier.is_some_and(|names| names == [attribute]);
        if attribute == "Arn" || (is_identifier && attribute.ends_with("Arn")) {
            return self.arn(id, depth).unwrap_or_else(plain);
        }
        match resource.properties.get(attribute).filter(|value| is_short(value)) {
            Some(property) => self.parts(property, Form::Symbolic, depth),
            None if is_identifier => vec![known(self.alias(id))],
            None => plain(),
        }
    }

    /// ARN of a resource from the names in it.
    fn arn(&self, id: &str, depth: usize) -> Option<Vec<Part>> {
        let resource = self.template.resources.get(id)?;
        let kind = Specification::embedded().resource_type(&resource.resource_type)?;
        let identifier = kind.ref_identifier();
        let parts = substitution_pieces(kind.arn_template()?).into_iter().flat_map(|piece| match piece {
            Piece::Text(piece) => text(piece),
            Piece::Name("Partition") => text("aws"),
            Piece::Name("Region") => vec![known("AWS::Region")],
            Piece::Name("Account" | "AccountId") => vec![known("AWS::AccountId")],
            Piece::Name(name) => match resource.properties.get(name).filter(|value| is_short(value)) {
                Some(property) => self.parts(property, Form::Symbolic, depth + 1),
                None if identifier == [name] => vec![known(self.alias(id))],
                None => vec![known(&format!("{}.{name}", self.alias(id)))],
            },
        });
        Some(parts.collect())
    }
}

/// True for a value that is soon looked through: a name is, and a reference to it may stand in many places.
fn is_short(value: &Value) -> bool {
    fn spend(value: &Value, left: &mut usize) -> bool {
        let cost = 1 + value.as_str().map_or(0, str::len);
        let Some(rest) = left.checked_sub(cost) else { return false };
        *left = rest;
        match value {
            Value::Array(items) => items.iter().all(|item| spend(item, left)),
            Value::Object(fields) => fields.values().all(|field| spend(field, left)),
            _ => true,
        }
    }
    spend(value, &mut NAME_LIMIT.clone())
}

/// Texts that touch are one, so that what a policy writes with several characters is seen.
pub(super) fn spelling(parts: Vec<Part>) -> Spelling {
    let (mut tokens, mut run) = (Vec::new(), String::new());
    for part in parts {
        match part {
            Part::Text(text) => run.push_str(&text),
            Part::Known { key, shown } => {
                tokens.extend(tokens_of(&std::mem::take(&mut run)));
                tokens.push(Token::Known { key, shown });
            }
        }
    }
    tokens.extend(tokens_of(&run));
    tokens
}

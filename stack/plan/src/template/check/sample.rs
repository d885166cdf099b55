//! Texts that functions make, as far as they are known before a deployment.

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::scalar::text;
use super::walk::{Mode, Walk};
use super::{Checker, SchemaFault};
use crate::template::TemplateFault;
use crate::template::evaluate::{Piece as SubPiece, substitution_parts, substitution_pieces};
use crate::template::function::function_of;

/// Values that a piece may have of which nothing is known.
const CANDIDATES: [&str; 5] = ["", "a", "1", "A", "a1b2c3d4"];

/// A piece of a text.
#[derive(Clone, PartialEq)]
pub(super) enum Piece {
    /// Written in the template, or the same in every deployment.
    Text(String),
    /// A parameter, with the value that it has when nobody gives one.
    Parameter { name: String, default: Option<String> },
    /// What only a deployment knows.
    Unknown,
}

impl Checker<'_> {
    /// The pieces of what `Fn::Sub` and `Fn::Join` make; nothing for other functions, and for lists that are not
    /// written out.
    pub(super) fn pieces(&self, value: &Value) -> Option<Vec<Piece>> {
        let (name, arguments) = function_of(value.as_object()?)?;
        let mut pieces = Vec::new();
        match name {
            "Fn::Sub" => {
                let (text, variables) = substitution_parts(arguments)?;
                for piece in substitution_pieces(text) {
                    match piece {
                        SubPiece::Text(text) => pieces.push(Piece::Text(text.to_owned())),
                        SubPiece::Name(name) => match variables.and_then(|variables| variables.get(name)) {
                            Some(variable) => pieces.extend(self.pieces_of_part(variable)),
                            None => pieces.push(self.named_piece(name)),
                        },
                    }
                }
            }
            "Fn::Join" => {
                let [Value::String(delimiter), Value::Array(parts)] = arguments.as_array()?.as_slice() else {
                    return None;
                };
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 && !delimiter.is_empty() {
                        pieces.push(Piece::Text(delimiter.clone()));
                    }
                    pieces.extend(self.pieces_of_part(part));
                }
            }
            _ => return None,
        }
        Some(pieces)
    }

    fn pieces_of_part(&self, part: &Value) -> Vec<Piece> {
        match part {
            Value::Object(fields) => match function_of(fields) {
                Some(("Ref", Value::String(name))) => vec![self.named_piece(name)],
                Some(("Fn::Sub" | "Fn::Join", _)) => self.pieces(part).unwrap_or_else(|| vec![Piece::Unknown]),
                _ => vec![Piece::Unknown],
            },
            Value::Array(_) => vec![Piece::Unknown],
            scalar => vec![Piece::Text(text(scalar))],
        }
    }

    fn named_piece(&self, name: &str) -> Piece {
        let region = self.regions.first().copied().unwrap_or("us-east-1");
        let is_china = region.starts_with("cn-");
        let same = |text: &str| Piece::Text(text.to_owned());
        match name {
            "AWS::AccountId" => same("123456789012"),
            "AWS::Region" => same(region),
            "AWS::Partition" if is_china => same("aws-cn"),
            "AWS::Partition" => same(if region.starts_with("us-gov-") { "aws-us-gov" } else { "aws" }),
            "AWS::URLSuffix" => same(if is_china { "amazonaws.com.cn" } else { "amazonaws.com" }),
            _ => match self.parameters.get(name) {
                Some(parameter) => {
                    let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
                    let allowed = parameter.get("AllowedValues").and_then(|allowed| allowed.get(0));
                    let default = parameter.get("Default").or(allowed).map(text);
                    // A parameter of the Systems Manager is named here, and its value is another.
                    let default = default.filter(|_| !kind.starts_with("AWS::SSM::"));
                    Piece::Parameter { name: name.to_owned(), default }
                }
                None => Piece::Unknown,
            },
        }
    }
}

/// The text when parameters have their defaults, and `candidate` stands for everything else.
fn with_defaults(pieces: &[Piece], candidate: &str) -> String {
    let part = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Parameter { default: Some(default), .. } => default.clone(),
        _ => candidate.to_owned(),
    };
    pieces.iter().map(part).collect()
}

/// The text when `candidate` stands for every parameter and everything else that is not known.
fn with_candidate(pieces: &[Piece], candidate: &str) -> String {
    let part = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        _ => candidate.to_owned(),
    };
    pieces.iter().map(part).collect()
}

/// True when the text is not fine whichever of the candidates stands for what is not known.
pub(super) fn fails_always(pieces: &[Piece], candidates: &[&str], is_fine: &dyn Fn(&str) -> bool) -> bool {
    candidates
        .iter()
        .all(|candidate| !is_fine(&with_defaults(pieces, candidate)) && !is_fine(&with_candidate(pieces, candidate)))
}

/// True when no value of what is not known makes a text that `is_fine`, and the written pieces are to blame for it:
/// with other words in their place the text would be fine.
pub(super) fn is_surely_wrong(pieces: &[Piece], is_fine: &dyn Fn(&str) -> bool) -> bool {
    if !fails_always(pieces, &CANDIDATES, is_fine) {
        return false;
    }
    if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
        return true;
    }
    // Letters instead of what is written, of the same length and of one letter.
    let plain = |length: &dyn Fn(&str) -> usize| -> Vec<Piece> {
        let other = |piece: &Piece| match piece {
            Piece::Text(text) => Piece::Text("a".repeat(length(text))),
            other => other.clone(),
        };
        pieces.iter().map(other).collect()
    };
    let blameless = [plain(&|text| text.chars().count()), plain(&|_| 1)];
    blameless.iter().any(|pieces| !fails_always(pieces, &CANDIDATES, is_fine))
}

impl Walk<'_, '_> {
    /// A text of `Fn::Sub` or `Fn::Join` against what its place takes.
    pub(super) fn made_text(&self, function: &Value, keywords: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let Some(pieces) = self.checker.pieces(function) else { return };
        let schema = Value::Object(keywords.clone());
        let fault_of = |text: &str| {
            let mut inner = Found::default();
            let mode = Mode { literal: true, ..Mode::default() };
            self.value(&Value::String(text.to_owned()), &schema, at, &mode, &mut inner);
            inner.faults.into_iter().find_map(|error| match error.fault {
                TemplateFault::Schema(fault) if !fault.is_warning() => Some(fault),
                _ => None,
            })
        };
        let usual = with_defaults(&pieces, "a");
        let Some(reason) = fault_of(&usual) else { return };
        // What must begin as an ARN does cannot begin with another word.
        let is_no_arn = matches!(&*reason, SchemaFault::PatternMismatch { pattern, .. } if pattern.starts_with("^arn") || pattern.starts_with("arn"))
            && matches!(pieces.first(), Some(Piece::Text(text)) if !text.is_empty() && !text.starts_with("arn"));
        if is_no_arn || is_surely_wrong(&pieces, &|text| fault_of(text).is_none()) {
            return found.push(at, *reason);
        }
        let parameter = pieces.iter().find_map(|piece| match piece {
            Piece::Parameter { name, default: Some(_) } => Some(name.clone()),
            _ => None,
        });
        let is_known =
            pieces.iter().all(|piece| !matches!(piece, Piece::Unknown | Piece::Parameter { default: None, .. }));
        if let Some(parameter) = parameter.filter(|_| is_known) {
            found.push(at, SchemaFault::UnfitParameter { parameter, value: usual, reason });
        }
    }
}

//! The part of the Velocity Template Language that mapping templates are written in.
//!
//! References with properties, methods and indexes, `#set`, `#if`, `#elseif`, `#else`, `#foreach`, comments; `$input`,
//! `$context`, `$stageVariables` and `$util`. Macros, `#parse`, `#include` and `#evaluate` are refused, as API Gateway does.

mod evaluate;
mod expression;
mod json_path;
mod methods;
mod parse;

pub(super) use evaluate::{Input, render};
pub(super) use parse::parse;

use serde_json::Value;

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Reference(Reference),
    Set { target: Reference, value: Expression },
    If { branches: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
    ForEach { name: String, list: Expression, body: Vec<Node> },
}

/// `$name.property.method(argument)[index]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reference {
    name: String,
    steps: Vec<Step>,
    /// `$!name`: nothing instead of itself when it is not defined.
    is_quiet: bool,
    /// As it is written.
    source: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Property(String),
    Method(String, Vec<Expression>),
    Index(Expression),
}

/// What stands in conditions, arguments and assignments.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    /// Text in double quotes, in which references count.
    Interpolated(Vec<Node>),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Map(Vec<(Expression, Expression)>),
    Reference(Reference),
    Not(Box<Expression>),
    Binary(Box<Expression>, Operator, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

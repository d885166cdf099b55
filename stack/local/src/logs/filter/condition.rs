//! Conditions of structured patterns: tokens, comparisons, and how they are joined by `&&`, `||` and parentheses.

use serde_json::Value;

use super::fits;

/// Parentheses inside parentheses.
const DEPTH: usize = 32;

/// Conditions joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Condition { subject: String, test: Test },
}

/// What a condition says of its subject.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Equal(Operand),
    NotEqual(Operand),
    Less(f64),
    LessOrEqual(f64),
    Greater(f64),
    GreaterOrEqual(f64),
    IsNull,
    IsTrue,
    IsFalse,
    NotExists,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Number(f64),
    /// With stars for any characters.
    Text(String),
}

impl Expression {
    /// Reads conditions; every subject must be one that `is_subject` takes.
    pub(super) fn parse(text: &str, is_subject: &dyn Fn(&str) -> Result<(), String>) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, is_subject };
        let expression = parser.alternatives(DEPTH)?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(token) => Err(format!("`{}` is not expected at this place", token.text)),
        }
    }

    /// Whether the conditions hold; `find` gives the value of a subject.
    pub(super) fn holds<'a>(&self, find: &dyn Fn(&str) -> Option<&'a Value>) -> bool {
        match self {
            Self::And(left, right) => left.holds(find) && right.holds(find),
            Self::Or(left, right) => left.holds(find) || right.holds(find),
            Self::Condition { subject, test } => test.holds(find(subject)),
        }
    }
}

impl Test {
    fn holds(&self, found: Option<&Value>) -> bool {
        let number = || found.and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
        match self {
            Self::Equal(operand) => found.is_some_and(|value| operand.equals(value)),
            Self::NotEqual(operand) => found.is_some_and(|value| !operand.equals(value)),
            Self::Less(bound) => number().is_some_and(|number| number < *bound),
            Self::LessOrEqual(bound) => number().is_some_and(|number| number <= *bound),
            Self::Greater(bound) => number().is_some_and(|number| number > *bound),
            Self::GreaterOrEqual(bound) => number().is_some_and(|number| number >= *bound),
            Self::IsNull => found == Some(&Value::Null),
            Self::IsTrue => found == Some(&Value::Bool(true)),
            Self::IsFalse => found == Some(&Value::Bool(false)),
            Self::NotExists => found.is_none(),
        }
    }
}

impl Operand {
    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number(wanted), Value::Number(found)) => {
                found.as_f64().is_some_and(|found| found.total_cmp(wanted).is_eq())
            }
            (Self::Number(wanted), Value::String(found)) => {
                found.parse::<f64>().is_ok_and(|found| found.total_cmp(wanted).is_eq())
            }
            (Self::Text(wanted), Value::String(found)) => fits(wanted, found),
            // `4*` fits 404.
            (Self::Text(wanted), Value::Number(found)) => fits(wanted, &found.to_string()),
            _ => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    quoted: bool,
}

/// Operators, quoted texts, parentheses and words.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let operator = ["&&", "||", "!=", "<=", ">=", "=", "<", ">", "(", ")"]
            .into_iter()
            .find(|operator| rest.starts_with(operator));
        let (token, after) = if let Some(operator) = operator {
            (Token { text: operator.to_owned(), quoted: false }, &rest[operator.len()..])
        } else if first == '"' {
            let end = super::terms::closing_quote(&rest[1..]).ok_or("a quote is not closed")?;
            (Token { text: rest[1..=end].replace("\\\"", "\""), quoted: true }, &rest[end + 2..])
        } else {
            let end = word_end(rest);
            (Token { text: rest[..end].to_owned(), quoted: false }, &rest[end..])
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Where a word ends. Brackets of a selector hold anything: `$.["a b"]`.
fn word_end(text: &str) -> usize {
    let mut brackets = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            _ if brackets > 0 => {}
            _ if character.is_whitespace() || "()=<>&|!".contains(character) => return at.max(1),
            _ => {}
        }
    }
    text.len()
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    is_subject: &'a dyn Fn(&str) -> Result<(), String>,
}

impl Parser<'_> {
    fn accepts(&mut self, wanted: &str) -> bool {
        let accepted = self.tokens.get(self.at).is_some_and(|token| !token.quoted && token.text == wanted);
        self.at += usize::from(accepted);
        accepted
    }

    fn next(&mut self, missing: &str) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned().ok_or_else(|| missing.to_owned())?;
        self.at += 1;
        Ok(token)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Expression, String> {
        let mut expression = self.conjunction(depth)?;
        while self.accepts("||") {
            expression = Expression::Or(Box::new(expression), Box::new(self.conjunction(depth)?));
        }
        Ok(expression)
    }

    fn conjunction(&mut self, depth: usize) -> Result<Expression, String> {
        let mut expression = self.condition(depth)?;
        while self.accepts("&&") {
            expression = Expression::And(Box::new(expression), Box::new(self.condition(depth)?));
        }
        Ok(expression)
    }

    fn condition(&mut self, depth: usize) -> Result<Expression, String> {
        let depth = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        if self.accepts("(") {
            let inner = self.alternatives(depth)?;
            return if self.accepts(")") { Ok(inner) } else { Err("a `)` is missing".to_owned()) };
        }
        let subject = self.next("a condition is missing")?.text;
        (self.is_subject)(&subject)?;
        let operator = self.next("an operator is missing")?.text;
        let test = match operator.as_str() {
            "=" => Test::Equal(self.operand()?),
            "!=" => Test::NotEqual(self.operand()?),
            "<" => Test::Less(self.number()?),
            "<=" => Test::LessOrEqual(self.number()?),
            ">" => Test::Greater(self.number()?),
            ">=" => Test::GreaterOrEqual(self.number()?),
            "IS" => match self.next("a value is missing")?.text.to_ascii_uppercase().as_str() {
                "NULL" => Test::IsNull,
                "TRUE" => Test::IsTrue,
                "FALSE" => Test::IsFalse,
                other => return Err(format!("`IS {other}` is none of IS NULL, IS TRUE, IS FALSE")),
            },
            "NOT" if self.accepts("EXISTS") => Test::NotExists,
            other => return Err(format!("`{other}` is no operator")),
        };
        Ok(Expression::Condition { subject, test })
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let token = self.next("a value is missing")?;
        if token.text.starts_with('%') {
            return Err("the local cloud does not evaluate regular expressions".to_owned());
        }
        let number = token.text.parse().ok().filter(|number: &f64| !token.quoted && number.is_finite());
        Ok(number.map_or(Operand::Text(token.text), Operand::Number))
    }

    fn number(&mut self) -> Result<f64, String> {
        let token = self.next("a value is missing")?;
        let number = token.text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| format!("`{}` is no number", token.text))
    }
}

/// The steps of `$.a.b[0]` and `$.["a b"]`; `None` for what is no selector.
pub(super) fn selector(text: &str) -> Option<Vec<String>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = after.split_once(']')?;
            steps.push(inner.trim_matches(['"', '\'']).to_owned());
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    (!steps.is_empty() && steps.iter().all(|step| !step.is_empty())).then_some(steps)
}

/// The value at a selector.
pub(super) fn select<'a>(value: &'a Value, steps: &[String]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

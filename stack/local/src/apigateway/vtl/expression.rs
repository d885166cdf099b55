//! Expressions: what stands between the parentheses of directives and methods.

use serde_json::{Value, json};

use super::parse::{DEPTH, TemplateFault, parse, reference};
use super::{Expression, Operator};

/// A place in a template.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// References that are within arguments of others.
    pub(super) nesting: usize,
}

/// Operators by how strongly they bind, weakest first; longer ones before their beginnings.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or ", Operator::Or)],
    &[("&&", Operator::And), ("and ", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual), ("eq ", Operator::Equal), ("ne ", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
        ("le ", Operator::LessOrEqual),
        ("ge ", Operator::GreaterOrEqual),
        ("lt ", Operator::Less),
        ("gt ", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, nesting: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn fault(&self, message: &str) -> TemplateFault {
        TemplateFault { at: self.at, message: message.to_owned() }
    }

    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// A directive alone on its line leaves no empty line behind.
    pub(super) fn skip_line_end(&mut self) {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r']);
        if let Some(after) = rest.strip_prefix('\n') {
            self.at = self.text.len() - after.len();
        }
    }

    /// Passes over a text when it is next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        if is_next {
            self.advance(text.len());
        }
        is_next
    }

    pub(super) fn expect(&mut self, sign: char) -> Result<(), TemplateFault> {
        if self.rest().starts_with(sign) {
            self.advance(sign.len_utf8());
            return Ok(());
        }
        Err(self.fault(&format!("`{sign}` is missing")))
    }

    /// Expressions between commas, up to the sign that ends them.
    pub(super) fn list(&mut self, end: char, depth: usize) -> Result<Vec<Expression>, TemplateFault> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.rest().starts_with(end) {
                self.advance(end.len_utf8());
                return Ok(items);
            }
            if !items.is_empty() {
                self.expect(',')?;
            }
            items.push(self.expression(depth)?);
        }
    }

    pub(super) fn expression(&mut self, depth: usize) -> Result<Expression, TemplateFault> {
        self.level(0, depth)
    }

    fn level(&mut self, level: usize, depth: usize) -> Result<Expression, TemplateFault> {
        if depth > DEPTH {
            return Err(self.fault("the expression nests too deeply"));
        }
        let Some(operators) = LEVELS.get(level) else { return self.operand(depth + 1) };
        let mut left = self.level(level + 1, depth)?;
        loop {
            self.skip_space();
            let Some((_, operator)) = operators.iter().find(|(sign, _)| self.take(sign)) else { return Ok(left) };
            let right = self.level(level + 1, depth)?;
            left = Expression::Binary(Box::new(left), *operator, Box::new(right));
        }
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, TemplateFault> {
        self.skip_space();
        let rest = self.rest();
        match rest.chars().next() {
            Some('!') => {
                self.advance(1);
                Ok(Expression::Not(Box::new(self.operand_checked(depth)?)))
            }
            Some('(') => {
                self.advance(1);
                let inner = self.expression(depth)?;
                self.skip_space();
                self.expect(')')?;
                Ok(inner)
            }
            Some('[') => self.list_or_range(depth),
            Some('{') => self.map(depth),
            Some('\'') => Ok(Expression::Literal(Value::from(self.quoted('\'')?))),
            Some('"') => {
                let start = self.at + 1;
                let text = self.quoted('"')?;
                let nodes = parse(&text).map_err(|fault| TemplateFault { at: start + fault.at, ..fault })?;
                Ok(Expression::Interpolated(nodes))
            }
            Some('$') => match reference(self)? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.fault("a reference needs a name")),
            },
            Some(first) if first.is_ascii_digit() || first == '-' => self.number(),
            _ => {
                for (word, value) in [("true", json!(true)), ("false", json!(false)), ("null", Value::Null)] {
                    if self.take(word) {
                        return Ok(Expression::Literal(value));
                    }
                }
                if self.take("not ") {
                    return Ok(Expression::Not(Box::new(self.operand_checked(depth)?)));
                }
                Err(self.fault("an expression is missing"))
            }
        }
    }

    fn operand_checked(&mut self, depth: usize) -> Result<Expression, TemplateFault> {
        if depth > DEPTH {
            return Err(self.fault("the expression nests too deeply"));
        }
        self.operand(depth + 1)
    }

    /// Text between quotes, in which a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Result<String, TemplateFault> {
        let mut text = String::new();
        self.advance(1);
        loop {
            let rest = self.rest();
            let end = rest.find(quote).ok_or_else(|| self.fault("a text has no end"))?;
            text.push_str(&rest[..end]);
            self.advance(end + 1);
            if !self.rest().starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.advance(1);
        }
    }

    fn number(&mut self) -> Result<Expression, TemplateFault> {
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with('-'));
        length += rest[length..].bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[length..];
        // `[1..3]` is a range, `1.5` a number.
        if after.starts_with('.') && after[1..].starts_with(|next: char| next.is_ascii_digit()) {
            length += 1 + after[1..].bytes().take_while(u8::is_ascii_digit).count();
        }
        let text = &rest[..length];
        let number: Value = serde_json::from_str(text).map_err(|_| self.fault("a number is malformed"))?;
        self.advance(length);
        Ok(Expression::Literal(number))
    }

    fn list_or_range(&mut self, depth: usize) -> Result<Expression, TemplateFault> {
        self.advance(1);
        self.skip_space();
        if self.take("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression(depth)?;
        self.skip_space();
        if self.take("..") {
            let last = self.expression(depth)?;
            self.skip_space();
            self.expect(']')?;
            return Ok(Expression::Range(Box::new(first), Box::new(last)));
        }
        let mut items = vec![first];
        if self.take(",") {
            items.extend(self.list(']', depth)?);
        } else {
            self.expect(']')?;
        }
        Ok(Expression::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Expression, TemplateFault> {
        self.advance(1);
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            if self.take("}") {
                return Ok(Expression::Map(entries));
            }
            if !entries.is_empty() {
                self.expect(',')?;
            }
            let key = self.expression(depth)?;
            self.skip_space();
            self.expect(':')?;
            entries.push((key, self.expression(depth)?));
        }
    }
}

//! The rules of composite alarms: `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA(c))`.

use super::alarm::AlarmState;

/// Parentheses inside parentheses.
const DEPTH: usize = 32;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Constant(bool),
    /// Whether an alarm, by name or ARN, is in a state.
    In(AlarmState, String),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

impl Rule {
    /// Reads a rule.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let rule = parser.alternatives(DEPTH)?;
        match parser.tokens.get(parser.at) {
            None => Ok(rule),
            Some(token) => Err(format!("`{token}` is not expected at this place")),
        }
    }

    /// Whether the rule holds; `state` gives the state of an alarm.
    pub(super) fn holds(&self, state: &dyn Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::In(wanted, alarm) => state(alarm) == Some(*wanted),
            Self::Not(rule) => !rule.holds(state),
            Self::And(left, right) => left.holds(state) && right.holds(state),
            Self::Or(left, right) => left.holds(state) || right.holds(state),
        }
    }

    /// The alarms that the rule names.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::In(_, alarm) => vec![alarm],
            Self::Not(rule) => rule.names(),
            Self::And(left, right) | Self::Or(left, right) => [left.names(), right.names()].concat(),
        }
    }
}

/// Words, quoted names (with their first quote) and parentheses.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or("a quote is not closed")?;
                tokens.push(rest[..=end].to_owned());
                rest = rest[end + 2..].trim_start();
                continue;
            }
            _ => {
                rest.find(|character: char| character.is_whitespace() || "()".contains(character)).unwrap_or(rest.len())
            }
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

impl Parser {
    fn accepts(&mut self, wanted: &str) -> bool {
        let accepted = self.tokens.get(self.at).is_some_and(|token| token == wanted);
        self.at += usize::from(accepted);
        accepted
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.accepts(wanted) { Ok(()) } else { Err(format!("a `{wanted}` is missing")) }
    }

    fn alternatives(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rule = self.conjunction(depth)?;
        while self.accepts("OR") {
            rule = Rule::Or(Box::new(rule), Box::new(self.conjunction(depth)?));
        }
        Ok(rule)
    }

    fn conjunction(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rule = self.term(depth)?;
        while self.accepts("AND") {
            rule = Rule::And(Box::new(rule), Box::new(self.term(depth)?));
        }
        Ok(rule)
    }

    fn term(&mut self, depth: usize) -> Result<Rule, String> {
        let depth = depth.checked_sub(1).ok_or("it is nested too deeply")?;
        let token = self.tokens.get(self.at).cloned().ok_or("it ends early")?;
        self.at += 1;
        match token.as_str() {
            "TRUE" => Ok(Rule::Constant(true)),
            "FALSE" => Ok(Rule::Constant(false)),
            "NOT" => Ok(Rule::Not(Box::new(self.term(depth)?))),
            "(" => {
                let rule = self.alternatives(depth)?;
                self.expect(")")?;
                Ok(rule)
            }
            other => {
                let state =
                    AlarmState::parse(other).ok_or_else(|| format!("`{other}` is not expected at this place"))?;
                self.expect("(")?;
                let name = self.tokens.get(self.at).cloned().ok_or("the name of an alarm is missing")?;
                self.at += 1;
                self.expect(")")?;
                Ok(Rule::In(state, name.trim_start_matches(['"', '\'']).to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_evaluated_with_their_precedence() {
        let state = |name: &str| match name {
            "on" => Some(AlarmState::Alarm),
            "my alarm" => Some(AlarmState::Ok),
            _ => None,
        };
        for (text, expected) in [
            ("TRUE", true),
            ("ALARM(on)", true),
            ("ALARM(\"my alarm\")", false),
            ("OK('my alarm') AND NOT ALARM(off)", true),
            ("FALSE AND TRUE OR TRUE", true),
            ("FALSE AND (TRUE OR TRUE)", false),
            ("NOT (ALARM(on) OR FALSE)", false),
            ("INSUFFICIENT_DATA(unknown)", false),
        ] {
            assert_eq!(Rule::parse(text).unwrap().holds(&state), expected, "{text}");
        }
        assert_eq!(Rule::parse("ALARM(a) AND NOT OK(\"b c\")").unwrap().names(), ["a", "b c"]);
    }

    #[test]
    fn what_is_no_rule() {
        let deep = "(".repeat(1000);
        for text in ["", "ALARM", "ALARM(", "ALARM(a", "ALARM(a) ALARM(b)", "a AND b", "(TRUE", "ALARM(\"a)", &deep] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
    }
}

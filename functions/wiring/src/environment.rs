//! Configuration from environment variables: all of it is read at the start, and every fault is told at once.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

/// Reads variables and gathers what is wrong with them.
pub struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

/// Variables that are missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the function's environment is incomplete: {}", faults.join("; "))]
pub struct IncompleteEnvironment {
    /// One sentence per variable.
    pub faults: Vec<String>,
}

/// Keys that Lambda gives to a function for its role.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl<'a> Environment<'a> {
    /// Reads what `variable` returns by name. An empty variable counts as missing.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variable, faults: Vec::new() }
    }

    /// The variables of this process that are UTF-8.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(&|name| std::env::var(name).ok())
    }

    /// A variable that may be missing.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// A variable that must be there; `what` says what it is for.
    pub fn required(&mut self, name: &str, what: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.fault(format!("{name} is missing ({what})"));
            String::new()
        })
    }

    /// A comma-separated list that must have an entry; blanks around entries do not count.
    pub fn required_list(&mut self, name: &str, what: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        let entries: Vec<String> =
            text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        if entries.is_empty() {
            self.fault(format!("{name} is missing ({what})"));
        }
        entries
    }

    /// A whole number within a range.
    pub fn number<N: FromStr + PartialOrd + Display>(&mut self, name: &str, default: N, range: RangeInclusive<N>) -> N {
        match self.optional(name).map(|text| (text.parse(), text)) {
            None => default,
            Some((Ok(value), _)) if range.contains(&value) => value,
            Some((_, text)) => {
                let (least, most) = (range.start(), range.end());
                self.fault(format!("{name} is `{text}`, and must be a number from {least} to {most}"));
                default
            }
        }
    }

    /// The credentials of the function's role.
    pub fn credentials(&mut self) -> Credentials {
        const LAMBDA: &str = "Lambda sets it";
        Credentials {
            access_key: self.required("AWS_ACCESS_KEY_ID", LAMBDA),
            secret_key: self.required("AWS_SECRET_ACCESS_KEY", LAMBDA),
            session_token: self.optional("AWS_SESSION_TOKEN"),
        }
    }

    /// The region that the function runs in.
    pub fn region(&mut self) -> String {
        self.required("AWS_REGION", "Lambda sets it")
    }

    /// Keeps a value, or its error as the fault of a variable.
    pub fn check<T, E: Display>(&mut self, name: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.fault(format!("{name} {error}"))).ok()
    }

    /// Adds a sentence about a variable.
    pub fn fault(&mut self, sentence: impl Into<String>) {
        self.faults.push(sentence.into());
    }

    /// Ends the reading with what was made of the variables.
    ///
    /// # Errors
    ///
    /// [`IncompleteEnvironment`] with every fault, in the order of the reading.
    pub fn finish<T>(self, made: Option<T>) -> Result<T, IncompleteEnvironment> {
        match made {
            Some(made) if self.faults.is_empty() => Ok(made),
            _ => Err(IncompleteEnvironment { faults: self.faults }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "BUCKET" => "uploads",
            "EMPTY" => "",
            "LIST" => " a, b,,c ",
            "COMMAS" => " , ",
            "TEN" => "10",
            "WORD" => "ten",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn values_are_read() {
        let mut environment = Environment::new(&variable);
        assert_eq!(environment.required("BUCKET", "the bucket"), "uploads");
        assert_eq!(environment.optional("EMPTY"), None);
        assert_eq!(environment.required_list("LIST", "the list"), ["a", "b", "c"]);
        assert_eq!(environment.number("TEN", 3, 10_u8..=10), 10);
        assert_eq!(environment.number("ABSENT", 3, 5..=10), 3);
        assert_eq!(environment.check("BUCKET", Ok::<_, String>(5)), Some(5));
        assert_eq!(environment.finish(Some(1)), Ok(1));
    }

    #[test]
    fn every_fault_is_told_once() {
        let mut environment = Environment::new(&variable);
        environment.required("EMPTY", "the bucket");
        environment.required_list("COMMAS", "the list");
        environment.number("TEN", 3, 1..=9);
        environment.number("WORD", 3, 1..=9);
        assert_eq!(environment.check::<(), _>("BUCKET", Err("is no URL")), None);
        environment.credentials();
        environment.region();
        assert_eq!(
            environment.finish(Some(1)).unwrap_err().to_string(),
            "the function's environment is incomplete: EMPTY is missing (the bucket); COMMAS is missing (the list); \
             TEN is `10`, and must be a number from 1 to 9; WORD is `ten`, and must be a number from 1 to 9; \
             BUCKET is no URL; AWS_ACCESS_KEY_ID is missing (Lambda sets it); \
             AWS_SECRET_ACCESS_KEY is missing (Lambda sets it); AWS_REGION is missing (Lambda sets it)"
        );
    }

    #[test]
    fn credentials_do_not_show_their_secrets() {
        let keys = Credentials {
            access_key: "AKID".into(),
            secret_key: "CANARY".into(),
            session_token: Some("CANARY".into()),
        };
        assert_eq!(format!("{keys:?}"), "Credentials { access_key: \"AKID\", .. }");
    }
}

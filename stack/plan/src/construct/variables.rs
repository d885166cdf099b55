//! `environment:` and `secrets:` of builds and containers.

use serde_json::{Value, json};

use crate::deferred;
use crate::fault::{FaultKind, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::{Arn, SettingValue};

/// Variables as written: plain values, and ARNs of secrets.
#[derive(Debug, Clone)]
pub(super) struct VariablesDeclaration {
    environment: Vec<(String, Text)>,
    secrets: Vec<(String, Text)>,
}

/// Environment variables by name. Values may hold marks of values that only AWS knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    pub(crate) environment: Vec<(String, String)>,
    /// ARNs of secrets, each with an optional JSON key behind it (`arn:...:password::`).
    pub(crate) secrets: Vec<(String, String)>,
}

/// Reads `environment` and `secrets`; a name may stand in one of them only.
pub(super) fn read_variables(fields: &Fields<'_>, sink: &Sink) -> VariablesDeclaration {
    let variables = VariablesDeclaration {
        environment: fields.text_section("environment"),
        secrets: fields.text_section("secrets"),
    };
    for (name, text) in variables.environment.iter().chain(&variables.secrets) {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            let rule = "letters, digits and `_`, not beginning with a digit".to_owned();
            let kind = FaultKind::BadName { name: name.clone(), what: "environment variable".to_owned(), rule };
            sink.push(kind, &text.place);
        }
    }
    for (name, text) in &variables.secrets {
        if let Some((_, first)) = variables.environment.iter().find(|(other, _)| other == name) {
            let kind = FaultKind::NameCollision {
                what: "environment variable".to_owned(),
                name: name.clone(),
                first: first.place.key_path.clone(),
                second: text.place.key_path.clone(),
            };
            sink.push(kind, &text.place);
        }
    }
    variables
}

impl VariablesDeclaration {
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Variables {
        let environment =
            self.environment.iter().filter_map(|(name, text)| Some((name.clone(), scope.evaluate(text)?))).collect();
        let secrets =
            self.secrets.iter().filter_map(|(name, text)| Some((name.clone(), secret(text, scope)?))).collect();
        Variables { environment, secrets }
    }
}

fn secret(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let value = scope.evaluate(text)?;
    if deferred::is_clean(&value) && Arn::parse(&value).is_none_or(|arn| !arn.0.contains(":secretsmanager:")) {
        let expected = "the ARN of a secret".to_owned();
        let help = "`arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`, and `:KEY::` behind it for one key".to_owned();
        scope.sink().push(FaultKind::BadValue { value, expected, help }, &text.place);
        return None;
    }
    Some(value)
}

impl Variables {
    pub(super) fn is_empty(&self) -> bool {
        self.environment.is_empty() && self.secrets.is_empty()
    }

    /// ARNs of the secrets alone, as policies name them.
    pub(super) fn secret_arns(&self) -> Vec<&str> {
        let mut arns: Vec<&str> = self.secrets.iter().map(|(_, secret)| secret_arn(secret)).collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    }

    /// Values in a template source: `{name, value}` of each.
    pub(super) fn values(&self) -> Value {
        let list = |variables: &[(String, String)]| {
            variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>()
        };
        json!({ "environment": list(&self.environment), "secrets": list(&self.secrets) })
    }
}

/// The ARN without what follows it: seven parts, or a mark.
fn secret_arn(secret: &str) -> &str {
    if let Some(end) = deferred::end_of_mark(secret) {
        return &secret[..end];
    }
    secret.match_indices(':').nth(6).map_or(secret, |(end, _)| &secret[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_name_the_secret_without_its_key() {
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf";
        assert_eq!(secret_arn(arn), arn);
        assert_eq!(secret_arn(&format!("{arn}:password::")), arn);
        let mark = deferred::reference("DbSecret");
        assert_eq!(secret_arn(&format!("{mark}:password::")), mark);
    }
}

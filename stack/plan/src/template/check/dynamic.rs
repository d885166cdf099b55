//! Dynamic references: `{{resolve:ssm:...}}`, `{{resolve:ssm-secure:...}}`, `{{resolve:secretsmanager:...}}`.

use serde_json::Value;

use super::Checker;
use super::found::{At, Found};

const BEGINNING: &str = "{{resolve:";

/// Properties that take a secure string of the Systems Manager.
const SECURE: [(&str, &str); 11] = [
    ("AWS::DirectoryService::MicrosoftAD", "Password"),
    ("AWS::DirectoryService::SimpleAD", "Password"),
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
    ("AWS::IAM::User", "LoginProfile/Password"),
    ("AWS::KinesisFirehose::DeliveryStream", "RedshiftDestinationConfiguration/Password"),
    ("AWS::OpsWorks::App", "AppSource/Password"),
    ("AWS::OpsWorks::Stack", "CustomCookbooksSource/Password"),
    ("AWS::OpsWorks::Stack", "RdsDbInstances/*/DbPassword"),
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
    ("AWS::Redshift::Cluster", "MasterUserPassword"),
];

impl Checker<'_> {
    /// Looks at the texts of the properties of all resources, and of the values of outputs.
    pub(super) fn dynamic_references(&self, found: &mut Found) {
        let root = At::path("/Resources");
        for (id, resource) in self.resources {
            let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            if let Some(properties) = resource.get("Properties").filter(|properties| has_reference(properties)) {
                let at = root.key(id);
                texts(properties, &at.key("Properties"), "", found, &mut |text, at, way, found| {
                    let takes_secure = SECURE.contains(&(type_name, way));
                    each(text, &mut |reference| match fault_of(reference) {
                        Some(fault) => found.function(at, format!("`{{{{{reference}}}}}` {fault}")),
                        None if reference.starts_with("resolve:ssm-secure:") && !takes_secure => {
                            found.function(at, format!("{type_name} takes no secure string at `{way}`"));
                        }
                        None => {}
                    });
                });
            }
        }
        let root = At::path("/Outputs");
        for (name, output) in self.outputs {
            let Some(value) = output.get("Value") else { continue };
            let at = root.key(name);
            texts(value, &at.key("Value"), "", found, &mut |text, at, _, found| {
                each(text, &mut |reference| {
                    if !reference.starts_with("resolve:ssm:") {
                        found.function(at, "an output takes `{{resolve:ssm:...}}` and no other dynamic reference");
                    } else if let Some(fault) = fault_of(reference) {
                        found.function(at, format!("`{{{{{reference}}}}}` {fault}"));
                    }
                });
            });
        }
    }
}

/// True when a string in `value` has a dynamic reference: few resources do, and only those are worth a way to each value.
fn has_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(BEGINNING),
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(fields) => fields.values().any(has_reference),
        _ => false,
    }
}

type Visit<'v> = dyn FnMut(&str, &At<'_>, &str, &mut Found) + 'v;

/// Every string in `value`, with its place and the way to it; functions and their arguments are no steps of the way.
fn texts(value: &Value, at: &At<'_>, way: &str, found: &mut Found, visit: &mut Visit<'_>) {
    match value {
        Value::String(text) if text.contains(BEGINNING) => visit(text, at, way, found),
        Value::Array(items) => {
            let way = if way.is_empty() { "*".to_owned() } else { format!("{way}/*") };
            for (index, item) in items.iter().enumerate() {
                texts(item, &at.index(index), &way, found, visit);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                if key.starts_with("Fn::") {
                    // What a function makes stands where the function does.
                    for (index, part) in field.as_array().map_or(&[][..], Vec::as_slice).iter().enumerate() {
                        texts(part, &at.key(key).index(index), way, found, visit);
                    }
                    if !field.is_array() {
                        texts(field, &at.key(key), way, found, visit);
                    }
                } else {
                    let way = if way.is_empty() { key.clone() } else { format!("{way}/{key}") };
                    texts(field, &at.key(key), &way, found, visit);
                }
            }
        }
        _ => {}
    }
}

/// Every reference in a text, without its braces. One that a placeholder is in cannot be read yet.
fn each(text: &str, visit: &mut dyn FnMut(&str)) {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGINNING) {
        let Some((inside, behind)) = after.split_once("}}") else { return };
        if !inside.contains('$') {
            visit(&format!("resolve:{inside}"));
        }
        rest = behind;
    }
}

/// What is wrong with the form of a reference.
fn fault_of(reference: &str) -> Option<&'static str> {
    let parts: Vec<&str> = reference.split(':').collect();
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
    };
    match parts.as_slice() {
        [_, "ssm" | "ssm-secure", name] if is_name(name) => None,
        [_, "ssm" | "ssm-secure", name, version]
            if is_name(name) && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            None
        }
        // A parameter that another account shares is named by its ARN.
        [_, "ssm" | "ssm-secure", "arn", ..] => None,
        [_, "ssm" | "ssm-secure", ..] => Some("is not `ssm:name` or `ssm:name:version`, the version a whole number"),
        [_, "secretsmanager", "arn", rest @ ..] if (6..=10).contains(&rest.len()) => {
            let is_fine = rest[4] == "secret" && rest.get(6).is_none_or(|word| matches!(*word, "SecretString" | ""));
            (!is_fine).then_some("is not `secretsmanager:ARN of a secret:SecretString:key`")
        }
        [_, "secretsmanager", name, rest @ ..] if !name.is_empty() && *name != "arn" && rest.len() <= 4 => {
            let is_fine = rest.first().is_none_or(|word| matches!(*word, "SecretString" | ""));
            (!is_fine).then_some("is not `secretsmanager:name:SecretString:key:stage:version`")
        }
        [_, "secretsmanager", ..] => Some("is not `secretsmanager:name:SecretString:key:stage:version`"),
        _ => Some("is of no service: there are ssm, ssm-secure and secretsmanager"),
    }
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn references_are_read() {
        for reference in [
            "resolve:ssm:/app/key",
            "resolve:ssm:key:3",
            "resolve:ssm-secure:key:1",
            "resolve:secretsmanager:name",
            "resolve:secretsmanager:name:SecretString:password",
            "resolve:secretsmanager:name:SecretString:password:AWSCURRENT:",
            "resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf:SecretString:key",
        ] {
            assert_eq!(fault_of(reference), None, "{reference}");
        }
        for reference in [
            "resolve:ssm:",
            "resolve:ssm:key:latest",
            "resolve:ssm:a key",
            "resolve:parameter:key",
            "resolve:secretsmanager:",
            "resolve:secretsmanager:name:password",
            "resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:name",
        ] {
            assert!(fault_of(reference).is_some(), "{reference}");
        }
    }
}

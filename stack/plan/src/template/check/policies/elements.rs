//! The elements of a statement: actions that exist, forms of ARNs and principals, keys of conditions.

use serde_json::Value;

use super::{Kind, Policies};
use crate::fault::nearest;
use crate::template::check::SchemaFault;
use crate::template::check::found::{At, Found};
use crate::template::check::sample::{Piece, fails_always};
use crate::template::check::scalar::{describe, text};
use crate::template::function::function_of;

const OPERATOR: &str = "^(ForAnyValue:|ForAllValues:)?((Not)?IpAddress|Arn(Not)?(Equals|Like)|Bool|Null|BinaryEquals|\
                        Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Numeric(Not)?Equals|\
                        Numeric(Less|Greater)Than(Equals)?|String(Not)?Equals(IgnoreCase)?|String(Not)?Like)(Exists)?(IfExists)?$";
const ARN: &str = r"(?s)^(arn:(aws[A-Za-z\-]*?|\*):[^:]+:[^:]*(:([0-9]{12}|\*|aws)?:.+|)|\*)$";
/// The same for one that a function makes: an account may be an example with fewer digits.
const MADE_ARN: &str = r"(?s)^(arn:[^:]*:[^:]+:[^:]*:([0-9]*|\*|aws):.+|\*)$";
const PRINCIPAL: &str = r"^(\*|[0-9]{12}|arn:aws[a-z-]*:iam::([0-9]{12}|cloudfront):(root|user|group|role).*|arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role.*)$";

/// What a part of an ARN that is not known may be.
const PARTS_OF_ARNS: [&str; 7] = ["", "a", "123456789012", ":a", ":a:a", "aws:a:a:123456789012:a", "a:123456789012:a"];
/// Condition keys that every service knows; those with a `/` at their end are followed by the name of a tag.
const GLOBAL_KEYS: [&str; 57] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:RequestTag/",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceInstanceARN",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "aws:userid",
    "aws:username",
    "aws:SignInSessionArn",
    "aws:RequestTag",
    "aws:ResourceTag",
    "aws:PrincipalTag",
    "aws:SourcePrincipalArn",
    "aws:InvokedBy",
];

/// Services that act in somebody's name, where the first word is not the prefix of their actions.
const SERVICES: [&str; 22] = [
    "appsync",
    "autoscaling",
    "billing",
    "cloudfront",
    "codestar-notifications",
    "config-multiaccountsetup",
    "delivery.logs",
    "edgelambda",
    "ec2fleet",
    "ecs-tasks",
    "events",
    "lambda",
    "logger.cloudfront",
    "logs",
    "ops.apigateway",
    "pipes",
    "replicator.lambda",
    "scheduler",
    "spotfleet",
    "states",
    "transitgateway",
    "vpc-flow-logs",
];

impl Policies<'_, '_> {
    pub(super) fn element(&self, key: &str, value: &Value, at: &At<'_>, found: &mut Found) {
        let is_function = value.as_object().and_then(function_of).is_some();
        match key {
            "Resource" | "NotResource" if self.kind == Kind::Identity && is_function => self.made_arn(value, at, found),
            _ if is_function => {}
            "Effect" if !matches!(value.as_str(), Some("Allow" | "Deny")) => {
                let allowed = vec!["Allow".to_owned(), "Deny".to_owned()];
                found.push(at, SchemaFault::NotAllowed { value: text(value), allowed });
            }
            "Sid" => {
                let is_plain = value
                    .as_str()
                    .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                if self.kind == Kind::Identity && !is_plain {
                    found.push(
                        at,
                        SchemaFault::PatternMismatch { value: text(value), pattern: "^[A-Za-z0-9]+$".to_owned() },
                    );
                }
            }
            "Action" | "NotAction" => {
                if value.as_array().is_some_and(Vec::is_empty) {
                    found.push(at, SchemaFault::WrongCount { what: "items", found: 0, bound: "at least 1".to_owned() });
                }
                strings(value, at, found, &mut |action, at, found| self.action(action, at, found));
            }
            "Resource" | "NotResource" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    if self.kind == Kind::Identity {
                        self.made_arn(item, &at.index(index), found);
                    }
                }
                strings(value, at, found, &mut |resource, at, found| {
                    let is_fine = if self.kind == Kind::Identity {
                        self.checker.matches(ARN, resource)
                    } else {
                        resource == "*" || resource.starts_with("arn:")
                    };
                    if !is_fine && !resource.contains("{{resolve:") {
                        found.push(
                            at,
                            SchemaFault::WrongFormat { value: resource.to_owned(), format: "an ARN or `*`".to_owned() },
                        );
                    }
                });
            }
            "Principal" | "NotPrincipal" => self.principal(value, at, found),
            "Condition" => {
                let Some(operators) = value.as_object() else {
                    return found.push(
                        at,
                        SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(value) },
                    );
                };
                for (operator, keys) in operators {
                    let at = at.key(operator);
                    if !self.checker.matches(OPERATOR, operator) && !operator.starts_with("Fn::") {
                        let known = [
                            "StringEquals",
                            "StringLike",
                            "ArnLike",
                            "ArnEquals",
                            "Bool",
                            "Null",
                            "NumericLessThan",
                            "DateLessThan",
                            "IpAddress",
                        ];
                        let known = known.iter().map(|name| (*name).to_owned()).collect();
                        found.push(&at, SchemaFault::UnsupportedProperty { name: operator.clone(), known });
                    } else if !keys.is_object() {
                        found.push(
                            &at,
                            SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(keys) },
                        );
                    }
                    for (key, values) in keys.as_object().into_iter().flatten() {
                        condition_key(key, &at.key(key), found);
                        condition_values(operator, values, &at.key(key), found);
                    }
                }
            }
            _ => {}
        }
    }

    fn principal(&self, value: &Value, at: &At<'_>, found: &mut Found) {
        let Some(kinds) = value.as_object() else {
            if value != "*" {
                found.push(at, SchemaFault::NotAllowed { value: text(value), allowed: vec!["*".to_owned()] });
            }
            return;
        };
        for (kind, principals) in kinds {
            let at = at.key(kind);
            match kind.as_str() {
                "AWS" => strings(principals, &at, found, &mut |principal, at, found| {
                    if !self.checker.matches(PRINCIPAL, principal) {
                        let format = "an account, the ARN of an identity, or `*`".to_owned();
                        found.push(at, SchemaFault::WrongFormat { value: principal.to_owned(), format });
                    }
                }),
                "Service" => {
                    strings(principals, &at, found, &mut |service, at, found| self.service(service, at, found));
                }
                "Federated" | "CanonicalUser" => strings(principals, &at, found, &mut |_, _, _| {}),
                _ if kind.starts_with("Fn::") => {}
                _ => {
                    let known = ["AWS", "CanonicalUser", "Federated", "Service"];
                    let known = known.iter().map(|name| (*name).to_owned()).collect();
                    found.push(&at, SchemaFault::UnsupportedProperty { name: kind.clone(), known });
                }
            }
        }
    }

    /// An ARN that a function makes, as far as it is written.
    fn made_arn(&self, value: &Value, at: &At<'_>, found: &mut Found) {
        let Some(pieces) = self.checker.pieces(value) else { return };
        let begins_written = matches!(pieces.first(), Some(Piece::Text(text)) if !text.is_empty());
        if begins_written && fails_always(&pieces, &PARTS_OF_ARNS, &|text| self.checker.matches(MADE_ARN, text)) {
            let value =
                value.as_object().and_then(function_of).map(|(_, arguments)| text(arguments)).unwrap_or_default();
            found.push(at, SchemaFault::WrongFormat { value, format: "an ARN or `*`".to_owned() });
        }
    }

    /// The name of a service: `lambda.amazonaws.com`.
    fn service(&self, name: &str, at: &At<'_>, found: &mut Found) {
        let wrong = |found: &mut Found| {
            let format = "the name of a service (`lambda.amazonaws.com`)".to_owned();
            found.push(at, SchemaFault::WrongFormat { value: name.to_owned(), format });
        };
        if name == "*" || name.contains("{{resolve:") {
            return;
        }
        let ends = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".amazon.com", ".aws.internal", ".api.aws"];
        let Some(word) = ends.iter().find_map(|end| name.strip_suffix(end)) else { return wrong(found) };
        let specification = self.checker.specification;
        let is_known = SERVICES.contains(&word) || specification.service_prefixes().any(|prefix| prefix == word);
        if is_known || word.contains('.') {
            return;
        }
        let known: Vec<String> = [
            "lambda",
            "events",
            "states",
            "sns",
            "sqs",
            "s3",
            "cloudfront",
            "apigateway",
            "scheduler",
            "logs",
            "ecs-tasks",
            "codebuild",
            "codepipeline",
            "edgelambda",
            "rds",
            "kms",
            "dynamodb",
        ]
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
        let near = nearest(word, &known);
        if let Some(near) = near.first().filter(|near| strsim::damerau_levenshtein(near, word) == 1) {
            let allowed = vec![name.replacen(word, near, 1)];
            found.push(at, SchemaFault::NotAllowed { value: name.to_owned(), allowed });
        }
    }

    pub(super) fn action(&self, action: &str, at: &At<'_>, found: &mut Found) {
        if action == "*" || action.contains("{{resolve:") {
            return;
        }
        let specification = self.checker.specification;
        let Some((service, name)) = action.split_once(':') else {
            return found.push(at, SchemaFault::UnknownAction { action: action.to_owned(), near: Vec::new() });
        };
        let prefix = service.to_ascii_lowercase();
        let Some(known) = specification.service(&prefix) else {
            let prefixes: Vec<String> = specification.service_prefixes().map(str::to_owned).collect();
            let near = nearest(&prefix, &prefixes).into_iter().map(|near| format!("{near}:{name}")).collect();
            return found.push(at, SchemaFault::UnknownAction { action: action.to_owned(), near });
        };
        if !known.matches(name) {
            let names: Vec<String> = known.action_names().map(str::to_owned).collect();
            let near = nearest(name, &names).into_iter().map(|near| format!("{prefix}:{near}")).collect();
            found.push(at, SchemaFault::UnknownAction { action: action.to_owned(), near });
        }
    }
}

/// Values that the operator cannot compare.
fn condition_values(operator: &str, values: &Value, at: &At<'_>, found: &mut Found) {
    let operator = operator.rsplit(':').next().unwrap_or_default();
    let (format, is_fine): (&str, fn(&str) -> bool) = match operator.trim_end_matches("IfExists") {
        "Bool" | "Null" => ("`true` or `false`", |text| matches!(text.to_ascii_lowercase().as_str(), "true" | "false")),
        name if name.starts_with("Numeric") => ("a number", |text| text.parse::<f64>().is_ok()),
        "IpAddress" | "NotIpAddress" => ("an address or a block of addresses", |text| {
            let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
            address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
        }),
        _ => return,
    };
    let each: Vec<&Value> = values.as_array().map_or_else(|| vec![values], |values| values.iter().collect());
    for value in each.into_iter().filter(|value| !value.is_object() && !value.is_array()) {
        let value = text(value);
        if !is_fine(&value) && !value.contains("${") && !value.contains("{{resolve:") {
            found.push(at, SchemaFault::WrongFormat { value, format: format.to_owned() });
        }
    }
}

/// A key that every service would know, if it were spelled as it is.
fn condition_key(key: &str, at: &At<'_>, found: &mut Found) {
    let lower = key.to_ascii_lowercase();
    let is_known = |known: &&str| {
        let known = known.to_ascii_lowercase();
        known == lower || (known.ends_with('/') && lower.starts_with(&known))
    };
    if !lower.starts_with("aws:") || lower.contains('$') || GLOBAL_KEYS.iter().any(is_known) {
        return;
    }
    let known: Vec<String> = GLOBAL_KEYS.iter().map(|known| (*known).to_owned()).collect();
    let near: Vec<String> = nearest(key, &known).into_iter().map(str::to_owned).collect();
    // A key that nothing known is like may be a new one.
    if near.iter().any(|near| strsim::damerau_levenshtein(&near.to_ascii_lowercase(), &lower) <= 2) {
        found.push(at, SchemaFault::UnsupportedProperty { name: key.to_owned(), known: near });
    }
}

/// One string or a list of strings; functions among them are let pass.
fn strings(value: &Value, at: &At<'_>, found: &mut Found, each: &mut dyn FnMut(&str, &At<'_>, &mut Found)) {
    match value {
        Value::String(text) => each(text, at, found),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                match item {
                    Value::String(text) => each(text, &at.index(index), found),
                    Value::Object(fields) if function_of(fields).is_some() => {}
                    other => {
                        found.push(
                            &at.index(index),
                            SchemaFault::TypeMismatch { expected: "a string".to_owned(), found: describe(other) },
                        );
                    }
                }
            }
        }
        Value::Object(fields) if function_of(fields).is_some() => {}
        other => found.push(
            at,
            SchemaFault::TypeMismatch { expected: "a string or a list of strings".to_owned(), found: describe(other) },
        ),
    }
}

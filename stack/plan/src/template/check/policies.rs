//! IAM policy documents: structure, actions that exist, forms of ARNs and principals.

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::scalar::{describe, text};
use super::walk::Mode;
use super::{Checker, SchemaFault};
use crate::fault::nearest;
use crate::template::function::function_of;

/// Kinds of documents: what a statement must have and may have besides effect, actions and conditions.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Attached to an identity: resources, no principal.
    Identity,
    /// Attached to a resource: resources and principals.
    Resource,
    /// Who may take a role: principals, no resource.
    Trust,
    /// Of a container repository: principals, resources are understood.
    Repository,
}

/// Where documents stand: type, path, kind.
const DOCUMENTS: [(&str, &str, Kind); 16] = [
    ("AWS::ECR::Repository", "RepositoryPolicyText", Kind::Repository),
    ("AWS::IAM::Group", "Policies/*/PolicyDocument", Kind::Identity),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::Policy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", Kind::Trust),
    ("AWS::IAM::Role", "Policies/*/PolicyDocument", Kind::Identity),
    ("AWS::IAM::RolePolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::User", "Policies/*/PolicyDocument", Kind::Identity),
    ("AWS::IAM::UserPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::KMS::Key", "KeyPolicy", Kind::Resource),
    ("AWS::OpenSearchService::Domain", "AccessPolicies", Kind::Resource),
    ("AWS::S3::BucketPolicy", "PolicyDocument", Kind::Resource),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", Kind::Resource),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", Kind::Resource),
    ("AWS::SSO::PermissionSet", "InlinePolicy", Kind::Identity),
];

const OPERATOR: &str = "^(ForAnyValue:|ForAllValues:)?((Not)?IpAddress|Arn(Not)?(Equals|Like)|Bool|Null|BinaryEquals|\
                        Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Numeric(Not)?Equals|\
                        Numeric(Less|Greater)Than(Equals)?|String(Not)?Equals(IgnoreCase)?|String(Not)?Like)(Exists)?(IfExists)?$";
const ARN: &str = r"(?s)^(arn:(aws[A-Za-z\-]*?|\*):[^:]+:[^:]*(:([0-9]{12}|\*|aws)?:.+|)|\*)$";
const PRINCIPAL: &str = r"^(\*|[0-9]{12}|arn:aws[a-z-]*:iam::([0-9]{12}|cloudfront):(root|user|group|role).*|arn:aws[a-z-]*:sts::[0-9]{12}:assumed-role.*)$";

/// Checks the documents of a resource.
pub(super) fn check(
    checker: &Checker<'_>,
    type_name: &str,
    properties: &Value,
    at: &At<'_>,
    mode: &Mode,
    found: &mut Found,
) {
    for (_, path, kind) in DOCUMENTS.iter().filter(|(name, ..)| *name == type_name) {
        let steps: Vec<String> = path.split('/').map(str::to_owned).collect();
        checker.select(properties, &steps, at, &mode.under, &mut |value, at, under| {
            let check = Policies { checker, type_name, kind: *kind };
            match value {
                Value::Object(document) if function_of(document).is_none() => {
                    check.document(document, at, under, found);
                }
                Value::String(text) => {
                    if let Ok(Value::Object(document)) = serde_json::from_str(text) {
                        let mut inner = Found::default();
                        check.document(&document, at, under, &mut inner);
                        // Places inside the text are not places of the template.
                        for mut error in inner.faults {
                            error.path = at.to_string();
                            found.faults.push(error);
                        }
                    }
                }
                _ => {}
            }
        });
    }
}

struct Policies<'c, 'a> {
    checker: &'c Checker<'a>,
    type_name: &'c str,
    kind: Kind,
}

impl Policies<'_, '_> {
    fn document(
        &self,
        document: &Map<String, Value>,
        at: &At<'_>,
        under: &super::conditions::Assumptions,
        found: &mut Found,
    ) {
        for (key, value) in document {
            let at = at.key(key);
            match key.as_str() {
                "Version" => {
                    let is_known = matches!(value.as_str(), Some("2008-10-17" | "2012-10-17"));
                    if !is_known && !value.is_object() {
                        let allowed = vec!["2012-10-17".to_owned(), "2008-10-17".to_owned()];
                        found.push(&at, SchemaFault::NotAllowed { value: text(value), allowed });
                    }
                }
                "Id" | "Statement" => {}
                _ if key.starts_with("Fn::") => {}
                _ => {
                    let known = ["Id", "Statement", "Version"].iter().map(|name| (*name).to_owned()).collect();
                    found.push(&at, SchemaFault::UnknownProperty { name: key.clone(), known });
                }
            }
        }
        let Some(statements) = document.get("Statement") else {
            if !document.contains_key("Fn::Transform") {
                found.push(at, SchemaFault::MissingProperty { name: "Statement".to_owned() });
            }
            return;
        };
        let at = at.key("Statement");
        let mut ids = Vec::new();
        let is_list = statements.is_array();
        let steps = if is_list { vec!["*".to_owned()] } else { Vec::new() };
        self.checker.select(statements, &steps, &at, under, &mut |value, at, under| match value {
            Value::Object(statement) if function_of(statement).is_some() => {}
            Value::Object(statement) => {
                if let Some(Value::String(id)) = statement.get("Sid") {
                    // A bucket policy may repeat one.
                    if ids.contains(id)
                        && self.type_name != "AWS::S3::BucketPolicy"
                        && under.is_empty()
                        && self.kind != Kind::Repository
                    {
                        found.push(
                            &At::path(at.to_string().rsplit_once('/').map_or("", |(list, _)| list)),
                            SchemaFault::Repeated { by: Some("Sid".to_owned()) },
                        );
                    }
                    ids.push(id.clone());
                }
                self.statement(statement, at, found);
            }
            other => {
                found.push(at, SchemaFault::WrongType { expected: "an object".to_owned(), found: describe(other) });
            }
        });
    }

    fn statement(&self, statement: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
        let mut known = vec!["Sid", "Effect", "Action", "NotAction", "Condition"];
        let has_resources = matches!(self.kind, Kind::Identity | Kind::Resource);
        let has_principals = self.kind != Kind::Identity;
        if has_resources {
            known.extend(["Resource", "NotResource"]);
        }
        if has_principals {
            known.extend(["Principal", "NotPrincipal"]);
        }
        for (key, value) in statement {
            if !known.contains(&key.as_str()) && !key.starts_with("Fn::") {
                let known = known.iter().map(|name| (*name).to_owned()).collect();
                found.push(&at.key(key), SchemaFault::UnknownProperty { name: key.clone(), known });
                continue;
            }
            self.element(key, value, &at.key(key), found);
        }
        let mut pairs = vec![["Action", "NotAction"]];
        if has_resources {
            pairs.push(["Resource", "NotResource"]);
        }
        if has_principals {
            pairs.push(["Principal", "NotPrincipal"]);
        }
        if statement.contains_key("Fn::Transform") {
            return;
        }
        for pair in pairs {
            let there = pair.iter().filter(|name| statement.contains_key(**name)).count();
            if there != 1 {
                let names: Vec<String> = pair.iter().map(|name| (*name).to_owned()).collect();
                let fault = SchemaFault::OneOf { names, exactly_one: true };
                if there == 0 {
                    found.push(at, fault);
                } else {
                    for name in pair {
                        found.push(&at.key(name), fault.clone());
                    }
                }
            }
        }
        if !statement.contains_key("Effect") {
            found.push(at, SchemaFault::MissingProperty { name: "Effect".to_owned() });
        }
    }

    fn element(&self, key: &str, value: &Value, at: &At<'_>, found: &mut Found) {
        let is_function = value.as_object().and_then(function_of).is_some();
        match key {
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
                    found.push(at, SchemaFault::Pattern { value: text(value), pattern: "^[A-Za-z0-9]+$".to_owned() });
                }
            }
            "Action" | "NotAction" => {
                if value.as_array().is_some_and(Vec::is_empty) {
                    found.push(at, SchemaFault::Count { what: "items", found: 0, bound: "at least 1".to_owned() });
                }
                strings(value, at, found, &mut |action, at, found| self.action(action, at, found));
            }
            "Resource" | "NotResource" => {
                strings(value, at, found, &mut |resource, at, found| {
                    let is_fine = if self.kind == Kind::Identity {
                        self.checker.matches(ARN, resource)
                    } else {
                        resource == "*" || resource.starts_with("arn:")
                    };
                    if !is_fine && !resource.contains("{{resolve:") {
                        found.push(
                            at,
                            SchemaFault::Format { value: resource.to_owned(), format: "an ARN or `*`".to_owned() },
                        );
                    }
                });
            }
            "Principal" | "NotPrincipal" => self.principal(value, at, found),
            "Condition" => {
                let Some(operators) = value.as_object() else {
                    return found
                        .push(at, SchemaFault::WrongType { expected: "an object".to_owned(), found: describe(value) });
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
                        found.push(&at, SchemaFault::UnknownProperty { name: operator.clone(), known });
                    } else if !keys.is_object() {
                        found.push(
                            &at,
                            SchemaFault::WrongType { expected: "an object".to_owned(), found: describe(keys) },
                        );
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
                        found.push(at, SchemaFault::Format { value: principal.to_owned(), format });
                    }
                }),
                "Service" | "Federated" | "CanonicalUser" => strings(principals, &at, found, &mut |_, _, _| {}),
                _ => {}
            }
        }
    }

    fn action(&self, action: &str, at: &At<'_>, found: &mut Found) {
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
                            SchemaFault::WrongType { expected: "a string".to_owned(), found: describe(other) },
                        );
                    }
                }
            }
        }
        Value::Object(fields) if function_of(fields).is_some() => {}
        other => found.push(
            at,
            SchemaFault::WrongType { expected: "a string or a list of strings".to_owned(), found: describe(other) },
        ),
    }
}

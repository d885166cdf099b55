//! IAM policy documents: their structure.

mod elements;
mod targets;

use serde_json::{Map, Value};

use super::found::{At, Found};
use super::scalar::{describe, text};
use super::walk::Mode;
use super::{Checker, SchemaFault};
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

/// Checks the name of an action that stands outside of a document.
pub(super) fn action(checker: &Checker<'_>, value: &Value, at: &At<'_>, found: &mut Found) {
    if let Some(action) = value.as_str() {
        Policies { checker, type_name: "", kind: Kind::Resource }.action(action, at, found);
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
                    found.push(&at, SchemaFault::UnsupportedProperty { name: key.clone(), known });
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
                            SchemaFault::RepeatedItem { by: Some("Sid".to_owned()) },
                        );
                    }
                    ids.push(id.clone());
                }
                self.statement(statement, at, found);
            }
            other => {
                found.push(at, SchemaFault::TypeMismatch { expected: "an object".to_owned(), found: describe(other) });
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
                found.push(&at.key(key), SchemaFault::UnsupportedProperty { name: key.clone(), known });
                continue;
            }
            self.element(key, value, &at.key(key), found);
        }
        self.targets(statement, at, found);
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
                let fault = SchemaFault::OneOfProperties { names, exactly_one: true };
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
}

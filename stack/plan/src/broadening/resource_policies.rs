//! Policies of resources: who may do what to a bucket, a topic, a function.

use serde_json::{Value, json};

use super::documents::{Holder, Holding, Policies};
use super::limit::Limit;
use super::policy_places::{document_and_target, own_documents};
use super::principal::named_principal;
use super::reader::{Guards, Reader};
use super::statement::{Extent, Item, Place, Statement, action, statements};
use super::term::Term;
use crate::template::Resource;

pub(super) fn gather(reader: &Reader<'_>, policies: &mut Policies) {
    for (id, resource) in &reader.template.resources {
        let when = reader.guards_of(id);
        let kind = resource.resource_type.as_str();
        let mut add = |holder: Holder, statements: Vec<Statement>| {
            policies.entry(holder).or_default().extend(statements);
        };
        for path in own_documents(kind) {
            let place = Place::new(id, format!("Properties.{}", path.replace('/', ".")));
            let holder = Holder { holding: Holding::Resource, name: reader.alias(id).to_owned(), is_resource: true };
            match resource.properties.pointer(&format!("/{path}")) {
                Some(document) => add(holder, statements(reader, document, &place, &when)),
                None => add(holder, without_a_policy(kind, &place, &when)),
            }
        }
        if let Some((document, target)) = document_and_target(resource) {
            let place = Place::new(id, format!("Properties.{document}"));
            let policy = whole_document(&resource.properties[document]);
            for (holder, also) in targets(reader, id, resource, &target) {
                add(holder, statements(reader, &policy, &place, &when.union(&also).cloned().collect()));
            }
        } else if let Some((statement, target)) = permission(reader, id, resource, &when) {
            for (holder, also) in targets(reader, id, resource, target) {
                let when = when.union(&also).cloned().collect();
                add(holder, vec![Statement { when, ..statement.clone() }]);
            }
        }
    }
}

/// `AWS::Events::EventBusPolicy` holds one statement, not a document.
fn whole_document(policy: &Value) -> Value {
    match policy.get("Effect") {
        Some(_) => json!({ "Statement": [policy] }),
        None => policy.clone(),
    }
}

/// What would hold of a resource (by the id under which it is compared) without a policy.
pub(super) fn implied(reader: &Reader<'_>, name: &str) -> Vec<Statement> {
    let resource = reader.template.resources.iter().find(|(id, _)| reader.alias(id) == name);
    let statements =
        resource.map(|(id, resource)| without_a_policy(&resource.resource_type, &Place::new(id, ""), &Guards::new()));
    statements.unwrap_or_default()
}

/// What holds of a resource that has no policy.
fn without_a_policy(kind: &str, place: &Place, when: &Guards) -> Vec<Statement> {
    let everything = Statement { is_implied: true, ..Statement::allow(place.clone(), when) };
    match kind {
        // An endpoint lets everything through, an API is open to who passes its authorizers, a file system to who
        // reaches it.
        "AWS::EC2::VPCEndpoint" | "AWS::ApiGateway::RestApi" | "AWS::EFS::FileSystem" => vec![everything],
        // The account of the key.
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => vec![Statement {
            actions: Extent::one(Term::literal("kms:*")),
            principals: Extent::one(named_principal(&Term::opaque("AWS::AccountId", "AWS::AccountId"))),
            ..everything
        }],
        _ => Vec::new(),
    }
}

/// A permission that is no document, and the property that names what it is about.
fn permission(reader: &Reader<'_>, id: &str, resource: &Resource, when: &Guards) -> Option<(Statement, &'static str)> {
    let property = |name: &str| resource.properties.get(name).map(|value| reader.term(value));
    let (target, limits): (_, &[(&str, &str, &str)]) = match resource.resource_type.as_str() {
        "AWS::Lambda::Permission" => (
            "FunctionName",
            &[
                ("SourceArn", "arnlike", "aws:sourcearn"),
                ("SourceAccount", "stringequals", "aws:sourceaccount"),
                ("EventSourceToken", "stringequals", "lambda:eventsourcetoken"),
                ("PrincipalOrgID", "stringequals", "aws:principalorgid"),
                ("FunctionUrlAuthType", "stringequals", "lambda:functionurlauthtype"),
                ("InvokedViaFunctionUrl", "bool", "lambda:invokedviafunctionurl"),
            ],
        ),
        "AWS::Lambda::LayerVersionPermission" => {
            ("LayerVersionArn", &[("OrganizationId", "stringequals", "aws:principalorgid")])
        }
        "AWS::Events::EventBusPolicy" => ("EventBusName", &[]),
        _ => return None,
    };
    let mut statement = Statement::allow(Place::new(id, "Properties"), when);
    statement.actions = Extent::one(action(&property("Action")?));
    let principals = reader.branches(resource.properties.get("Principal")?, &Guards::new()).into_iter();
    statement.principals = Extent::These(
        principals.map(|(value, when)| Item { term: named_principal(&reader.term(value)), when }).collect(),
    );
    let stated =
        limits.iter().filter_map(|(name, operator, key)| Some(Limit::of_property(operator, key, property(name)?)));
    statement.limits = stated.collect();
    if let Some(condition) = resource.properties.get("Condition") {
        let block = json!({
            condition.get("Type").and_then(Value::as_str).unwrap_or_default():
                { condition.get("Key").and_then(Value::as_str).unwrap_or_default(): condition.get("Value") }
        });
        statement.limits.extend(super::limit::limits(reader, &block));
    }
    Some((statement, target))
}

/// What a policy is about, and under which conditions. One that names nothing is about itself.
fn targets(reader: &Reader<'_>, id: &str, resource: &Resource, property: &str) -> Vec<(Holder, Guards)> {
    let holder = |name: String, is_resource| Holder { holding: Holding::Resource, name, is_resource };
    let Some(value) = resource.properties.get(property) else {
        // The default event bus, for example.
        return vec![(holder(format!("{} {property}", resource.resource_type), false), Guards::new())];
    };
    let named = reader.branches(value, &Guards::new()).into_iter().map(|(value, when)| match reader.subject(value) {
        Some(subject) if subject != reader.alias(id) => (holder(subject, true), when),
        _ => (holder(reader.key(value, 0), false), when),
    });
    named.collect()
}

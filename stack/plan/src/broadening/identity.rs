//! Policies of roles, users and groups, and who may take a role.

use std::collections::BTreeSet;

use serde_json::Value;

use super::documents::{Holder, Holding, Policies};
use super::reader::{Guards, Reader};
use super::statement::{Place, Statement, statements};
use crate::template::{Resource, attribute_parts};

/// Keys that list whom a policy is attached to.
const ATTACHED: [&str; 6] = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];

/// Gathers, and gives the managed policies that something of the template holds.
pub(super) fn gather(reader: &Reader<'_>, policies: &mut Policies) -> BTreeSet<String> {
    let mut attached = BTreeSet::new();
    for (id, resource) in &reader.template.resources {
        let when = reader.guards_of(id);
        match resource.resource_type.as_str() {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" | "AWS::SSO::PermissionSet" => {
                let own = own_statements(reader, id, resource, &when, &mut attached);
                add(policies, holder(reader, Holding::Identity, id), own);
                if let Some(document) = resource.properties.get("AssumeRolePolicyDocument") {
                    let place = Place::new(id, "Properties.AssumeRolePolicyDocument");
                    let trust = statements(reader, document, &place, &when);
                    add(policies, holder(reader, Holding::Trust, id), trust);
                }
            }
            "AWS::IAM::Policy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::UserPolicy"
            | "AWS::IAM::GroupPolicy"
            | "AWS::IAM::ManagedPolicy" => {
                for (holder, also) in attachments(reader, resource) {
                    attached.insert(id.clone());
                    let when = when.union(&also).cloned().collect();
                    add(policies, holder, own_document(reader, id, &when));
                }
            }
            _ => {}
        }
    }
    // What a policy says, whoever holds it.
    for (id, resource) in &reader.template.resources {
        if resource.resource_type == "AWS::IAM::ManagedPolicy" {
            let document = own_document(reader, id, &reader.guards_of(id));
            add(policies, holder(reader, Holding::Contents, id), document);
        }
    }
    attached.iter().map(|id| reader.alias(id).to_owned()).collect()
}

fn add(policies: &mut Policies, holder: Holder, statements: Vec<Statement>) {
    policies.entry(holder).or_default().extend(statements);
}

fn holder(reader: &Reader<'_>, holding: Holding, id: &str) -> Holder {
    Holder { holding, name: reader.alias(id).to_owned(), is_resource: true }
}

fn own_document(reader: &Reader<'_>, id: &str, when: &Guards) -> Vec<Statement> {
    let document = reader.template.resources.get(id).and_then(|resource| resource.properties.get("PolicyDocument"));
    let place = Place::new(id, "Properties.PolicyDocument");
    document.map(|document| statements(reader, document, &place, when)).unwrap_or_default()
}

/// Whom a policy resource names, and under which conditions.
fn attachments(reader: &Reader<'_>, policy: &Resource) -> Vec<(Holder, Guards)> {
    let named = ATTACHED.iter().filter_map(|key| policy.properties.get(key));
    let named = named.flat_map(|value| reader.branches(value, &Guards::new()));
    named.map(|(value, when)| (named_holder(reader, value), when)).collect()
}

/// A role, user or group by a reference or by its name.
fn named_holder(reader: &Reader<'_>, value: &Value) -> Holder {
    let term = reader.term(value);
    let is_it = |(id, resource): &(&String, &Resource)| {
        matches!(resource.resource_type.as_str(), "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group")
            && reader
                .term(&serde_json::json!({ "Ref": id }))
                .spellings()
                .iter()
                .any(|one| term.spellings().contains(one))
    };
    match reader.template.resources.iter().find(is_it) {
        Some((id, _)) => holder(reader, Holding::Identity, id),
        None => Holder { holding: Holding::Identity, name: reader.key(value, 0), is_resource: false },
    }
}

/// Inline and attached policies of a role, a user, a group or a permission set.
fn own_statements(
    reader: &Reader<'_>,
    id: &str,
    resource: &Resource,
    when: &Guards,
    attached: &mut BTreeSet<String>,
) -> Vec<Statement> {
    let mut found = Vec::new();
    let properties = &resource.properties;
    for (policy, place, when) in listed(reader, id, properties, "Policies", when) {
        if let Some(document) = policy.get("PolicyDocument") {
            found.extend(statements(reader, document, &place.below(".PolicyDocument"), &when));
        }
    }
    if let Some(document) = properties.get("InlinePolicy") {
        found.extend(statements(reader, document, &Place::new(id, "Properties.InlinePolicy"), when));
    }
    for key in ["ManagedPolicyArns", "ManagedPolicies", "CustomerManagedPolicyReferences"] {
        for (policy, place, when) in listed(reader, id, properties, key, when) {
            if let Some(policy) = managed_policy(reader, policy) {
                let guards: Guards = when.union(&reader.guards_of(policy)).cloned().collect();
                found.extend(own_document(reader, policy, &guards));
                attached.insert(policy.to_owned());
            } else {
                let policy = policy.get("Name").unwrap_or(policy);
                found.push(Statement::attached(&reader.term(policy), &place, &when));
            }
        }
    }
    found
}

/// Items of a list property with their places.
pub(super) fn listed<'v>(
    reader: &Reader<'_>,
    id: &str,
    properties: &'v Value,
    key: &str,
    when: &Guards,
) -> Vec<(&'v Value, Place, Guards)> {
    let place = Place::new(id, format!("Properties.{key}"));
    match properties.get(key) {
        Some(Value::Array(items)) => {
            let items = items.iter().enumerate().flat_map(|(index, item)| {
                let place = place.below(&format!("[{index}]"));
                reader.branches(item, when).into_iter().map(move |(item, when)| (item, place.clone(), when))
            });
            items.collect()
        }
        Some(other) => {
            reader.branches(other, when).into_iter().map(|(item, when)| (item, place.clone(), when)).collect()
        }
        None => Vec::new(),
    }
}

/// The managed policy of the template that a value refers to.
fn managed_policy<'v>(reader: &Reader<'_>, value: &'v Value) -> Option<&'v str> {
    let id = match value.get("Ref") {
        Some(id) => id.as_str()?,
        None => attribute_parts(value.get("Fn::GetAtt")?)?.0,
    };
    let resource = reader.template.resources.get(id)?;
    (resource.resource_type == "AWS::IAM::ManagedPolicy").then_some(id)
}

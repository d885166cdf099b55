//! How answers describe things.

use serde_json::{Map, Value, json};

use super::codes::Sent;
use super::{Client, Cognito, Group, Pool, User, pool_arn};

pub(super) fn pool(account: &str, pool: &Pool) -> Value {
    let mut shown = pool.settings.clone();
    shown.insert("Id".to_owned(), json!(pool.id));
    shown.insert("Name".to_owned(), json!(pool.name));
    shown.insert("Arn".to_owned(), json!(pool_arn(account, &pool.id)));
    shown.insert("CreationDate".to_owned(), json!(pool.created));
    shown.insert("LastModifiedDate".to_owned(), json!(pool.modified));
    shown.insert("EstimatedNumberOfUsers".to_owned(), json!(pool.users.len()));
    let declared = pool.settings.get("SchemaAttributes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    shown.insert("SchemaAttributes".to_owned(), super::schema::described(declared).into());
    if let Some(domain) = &pool.domain {
        let key = if domain.contains('.') { "CustomDomain" } else { "Domain" };
        shown.insert(key.to_owned(), json!(domain));
    }
    shown.into()
}

pub(super) fn client(pool_id: &str, client: &Client) -> Value {
    let mut shown: Map<String, Value> = client.settings.clone();
    shown.insert("UserPoolId".to_owned(), json!(pool_id));
    shown.insert("ClientId".to_owned(), json!(client.id));
    shown.insert("CreationDate".to_owned(), json!(client.created));
    shown.insert("LastModifiedDate".to_owned(), json!(client.modified));
    if let Some(secret) = &client.secret {
        shown.insert("ClientSecret".to_owned(), json!(secret));
    }
    shown.into()
}

pub(super) fn group(pool_id: &str, group: &Group) -> Value {
    let mut shown = json!({
        "GroupName": group.name,
        "UserPoolId": pool_id,
        "CreationDate": group.created,
        "LastModifiedDate": group.modified,
    });
    if let Some(description) = &group.description {
        shown["Description"] = json!(description);
    }
    if let Some(role) = &group.role_arn {
        shown["RoleArn"] = json!(role);
    }
    if let Some(precedence) = group.precedence {
        shown["Precedence"] = json!(precedence);
    }
    shown
}

/// A user; `attributes` is the name that the operation gives the list of attributes.
pub(super) fn user(user: &User, attributes: &str) -> Value {
    let mut shown = json!({
        "Username": user.username,
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status.as_str(),
    });
    shown[attributes] = Value::Array(Cognito::listed(&user.attributes));
    shown
}

pub(super) fn delivery(sent: &Sent) -> Value {
    json!({"Destination": sent.destination, "DeliveryMedium": sent.medium, "AttributeName": sent.attribute})
}

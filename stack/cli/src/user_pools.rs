//! The user pools that a plan makes, and their clients, by the names that the project file gives them.

use serde_json::json;
use stack_plan::Plan;

/// A user pool of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserPool {
    /// Name in the project file; the logical id of one that is written as a resource.
    pub(crate) name: String,
    /// Logical id.
    pub(crate) id: String,
    /// Its clients in the order of the template, of which the first is the pool's `client_id` in expressions.
    pub(crate) clients: Vec<Client>,
}

/// A client of a user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// Name in the project file; the logical id of one that is written as a resource.
    pub(crate) name: String,
    /// Logical id.
    pub(crate) id: String,
}

/// The user pools that the plan makes, in the order of its template. Imported ones are not the stack's.
pub(crate) fn user_pools(plan: &Plan) -> Vec<UserPool> {
    let of_type =
        |kind: &'static str| plan.template.resources.iter().filter(move |(_, resource)| resource.resource_type == kind);
    let pools = of_type("AWS::Cognito::UserPool").map(|(id, _)| {
        let clients = of_type("AWS::Cognito::UserPoolClient")
            .filter(|(_, client)| client.properties["UserPoolId"] == json!({"Ref": id}))
            .map(|(client, _)| Client { name: client_name(id, client), id: client.clone() });
        UserPool { name: pool_name(plan, id), id: id.clone(), clients: clients.collect() }
    });
    pools.collect()
}

fn pool_name(plan: &Plan, id: &str) -> String {
    let key_path = plan.origins.get(id).map(|origin| origin.key_path.as_str());
    key_path.and_then(|path| path.strip_prefix("user_pools.")).unwrap_or(id).to_owned()
}

/// `ci-tool` for `UsersUserPoolCiToolClient` of `UsersUserPool`: logical ids are made of the names.
fn client_name(pool: &str, client: &str) -> String {
    let Some(words) = client.strip_prefix(pool).and_then(|rest| rest.strip_suffix("Client")) else {
        return client.to_owned();
    };
    let mut name = String::new();
    for character in words.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_named_as_in_the_project_file() {
        assert_eq!(client_name("UsersUserPool", "UsersUserPoolCiToolClient"), "ci-tool");
        assert_eq!(client_name("UsersUserPool", "WebClient"), "WebClient");
    }
}

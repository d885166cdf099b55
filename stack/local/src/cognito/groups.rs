//! Groups of users.

use serde_json::{Map, Value, json};

use super::{Cognito, Group, Pool, User, now};
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

impl Cognito {
    /// Makes a group. `input` has the members of `CreateGroup`.
    pub(super) fn create_group(&self, pool_id: &str, input: &Value) -> Result<Group, ServiceError> {
        let name = super::required(input, "GroupName")?;
        self.change_pool(pool_id, |pool| {
            if pool.groups.contains_key(name) {
                return Err(ServiceError::bad_request("GroupExistsException", "A group with the name already exists."));
            }
            let group = Group {
                name: name.to_owned(),
                description: text(input, "Description").map(str::to_owned),
                role_arn: text(input, "RoleArn").map(str::to_owned),
                precedence: input.get("Precedence").and_then(as_integer),
                created: now(),
                modified: now(),
            };
            pool.groups.insert(name.to_owned(), group.clone());
            Ok(group)
        })
    }

    /// Changes what is named.
    pub(super) fn update_group(&self, pool_id: &str, name: &str, input: &Value) -> Result<Group, ServiceError> {
        self.change_pool(pool_id, |pool| {
            let group = pool.groups.get_mut(name).ok_or_else(no_group)?;
            if let Some(description) = text(input, "Description") {
                group.description = Some(description.to_owned());
            }
            if let Some(role) = text(input, "RoleArn") {
                group.role_arn = Some(role.to_owned());
            }
            if let Some(precedence) = input.get("Precedence").and_then(as_integer) {
                group.precedence = Some(precedence);
            }
            group.modified = now();
            Ok(group.clone())
        })
    }

    /// Removes a group; its users stay.
    pub(super) fn delete_group(&self, pool_id: &str, name: &str) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            pool.groups.remove(name).ok_or_else(no_group)?;
            for user in pool.users.values_mut() {
                user.groups.remove(name);
            }
            Ok(())
        })
    }

    /// Puts a user into a group or takes it out.
    pub(super) fn set_member(
        &self,
        pool_id: &str,
        group: &str,
        username: &str,
        member: bool,
    ) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            if !pool.groups.contains_key(group) {
                return Err(no_group());
            }
            let user = pool.user_mut(username)?;
            if member {
                user.groups.insert(group.to_owned());
            } else {
                user.groups.remove(group);
            }
            Ok(())
        })
    }
}

impl Pool {
    /// Claims of an id token about the roles of a user's groups. The role of the group with the lowest precedence is the
    /// preferred one, unless groups of the same precedence have different roles.
    pub(super) fn role_claims(&self, user: &User) -> Map<String, Value> {
        let groups = self.ordered_groups(user);
        let ranked: Vec<(i64, &str)> = groups
            .iter()
            .filter_map(|name| self.groups.get(name))
            .filter_map(|group| Some((group.precedence.unwrap_or(i64::MAX), group.role_arn.as_deref()?)))
            .collect();
        let mut claims = Map::new();
        let Some((lowest, preferred)) = ranked.first().copied() else { return claims };
        let roles: Vec<&str> = ranked.iter().map(|(_, role)| *role).collect();
        claims.insert("cognito:roles".to_owned(), json!(roles));
        if ranked.iter().all(|(precedence, role)| *precedence != lowest || *role == preferred) {
            claims.insert("cognito:preferred_role".to_owned(), json!(preferred));
        }
        claims
    }
}

pub(super) fn no_group() -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", "Group not found.")
}

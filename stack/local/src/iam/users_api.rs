//! The wire format of users, access keys and groups.

use super::api::{NAMESPACE, encode, tags, timestamp, write_tags};
use super::documents::parse_rights;
use super::roles::check_name;
use super::users::{AccessKey, Group, Holder, User, no_inline_policy};
use super::{Iam, Principal};
use crate::http_types::Response;
use crate::wire::{Form, ServiceError, XmlWriter, query_empty_response, query_response};

/// Answers what is about users and groups; nothing for other operations.
pub(super) fn answer(iam: &Iam, caller: &Principal, form: &Form) -> Result<Option<Response>, ServiceError> {
    let action = form.action();
    if let Some(answer) = keys(iam, caller, form, action)? {
        return Ok(Some(answer));
    }
    if let Some(answer) = groups(iam, form, action)? {
        return Ok(Some(answer));
    }
    for holder in [Holder::User, Holder::Group] {
        if let Some(answer) = policies(iam, form, action, holder)? {
            return Ok(Some(answer));
        }
    }
    users(iam, caller, form, action)
}

/// The user that a request names, or that asks.
fn named(caller: &Principal, form: &Form) -> Result<String, ServiceError> {
    match (form.get("UserName").filter(|name| !name.is_empty()), caller.user_name()) {
        (Some(name), _) | (None, Some(name)) => Ok(name.to_owned()),
        (None, None) => form.require("UserName").map(str::to_owned),
    }
}

fn users(iam: &Iam, caller: &Principal, form: &Form, action: &str) -> Result<Option<Response>, ServiceError> {
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    match action {
        "CreateUser" => {
            let boundary = form.get("PermissionsBoundary").map(str::to_owned);
            let path = form.get("Path").unwrap_or("/");
            let user = iam.create_user(form.require("UserName")?, path, boundary, tags(form))?;
            return result(&|xml| xml.element("User", |xml| write_user(xml, &user)));
        }
        "GetUser" if caller.is_root() && form.get("UserName").is_none() => {
            return result(&|xml| {
                xml.element("User", |xml| {
                    xml.text("Arn", &caller.arn);
                    xml.text("UserId", &caller.user_id);
                    xml.text("CreateDate", timestamp(time::OffsetDateTime::UNIX_EPOCH));
                });
            });
        }
        "GetUser" => {
            let user = iam.user(&named(caller, form)?)?;
            return result(&|xml| xml.element("User", |xml| write_user(xml, &user)));
        }
        "ListUsers" => {
            let prefix = form.get("PathPrefix").unwrap_or("/");
            let users: Vec<User> = iam
                .store
                .read(|state| state.users.values().filter(|user| user.path.starts_with(prefix)).cloned().collect());
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Users", &users, write_user);
            });
        }
        "ListUserTags" => {
            let user = iam.user(form.require("UserName")?)?;
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                write_tags(xml, &user.tags);
            });
        }
        "DeleteUser" => iam.delete_user(form.require("UserName")?, false)?,
        "TagUser" => iam.change_user(form.require("UserName")?, |user| {
            user.tags.extend(tags(form));
            Ok(())
        })?,
        "UntagUser" => iam.change_user(form.require("UserName")?, |user| {
            for key in form.list("TagKeys") {
                user.tags.remove(&key);
            }
            Ok(())
        })?,
        "PutUserPermissionsBoundary" => {
            let arn = form.require("PermissionsBoundary")?;
            iam.policy(arn)?;
            iam.change_user(form.require("UserName")?, |user| {
                user.boundary = Some(arn.to_owned());
                Ok(())
            })?;
        }
        "DeleteUserPermissionsBoundary" => iam.change_user(form.require("UserName")?, |user| {
            user.boundary = None;
            Ok(())
        })?,
        _ => return Ok(None),
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

fn keys(iam: &Iam, caller: &Principal, form: &Form, action: &str) -> Result<Option<Response>, ServiceError> {
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    match action {
        "CreateAccessKey" => {
            let name = named(caller, form)?;
            let (id, key) = iam.create_access_key(&name)?;
            result(&|xml| {
                xml.element("AccessKey", |xml| {
                    write_key(xml, &name, &id, &key);
                    xml.text("SecretAccessKey", &key.secret);
                });
            })
        }
        "ListAccessKeys" => {
            let name = named(caller, form)?;
            let user = iam.user(&name)?;
            result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("AccessKeyMetadata", &user.keys, |xml, (id, key)| write_key(xml, &name, id, key));
            })
        }
        "UpdateAccessKey" => {
            let active = match form.require("Status")? {
                "Active" => true,
                "Inactive" => false,
                other => {
                    return Err(ServiceError::bad_request(
                        "ValidationError",
                        format!(
                            "1 validation error detected: Value '{other}' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]"
                        ),
                    ));
                }
            };
            iam.change_access_key(&named(caller, form)?, form.require("AccessKeyId")?, Some(active))?;
            Ok(Some(query_empty_response(NAMESPACE, action)))
        }
        "DeleteAccessKey" => {
            iam.change_access_key(&named(caller, form)?, form.require("AccessKeyId")?, None)?;
            Ok(Some(query_empty_response(NAMESPACE, action)))
        }
        _ => Ok(None),
    }
}

fn groups(iam: &Iam, form: &Form, action: &str) -> Result<Option<Response>, ServiceError> {
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    match action {
        "CreateGroup" => {
            let group = iam.create_group(form.require("GroupName")?, form.get("Path").unwrap_or("/"))?;
            return result(&|xml| xml.element("Group", |xml| write_group(xml, &group)));
        }
        "GetGroup" => {
            let name = form.require("GroupName")?;
            iam.store.read(|state| state.held(Holder::Group, name).map(drop))?;
            let (group, users) = iam.store.read(|state| {
                let users = state.users.values().filter(|user| user.groups.iter().any(|own| own == name));
                (state.groups.get(name).cloned(), users.cloned().collect::<Vec<_>>())
            });
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                if let Some(group) = &group {
                    xml.element("Group", |xml| write_group(xml, group));
                }
                xml.list("Users", &users, write_user);
            });
        }
        "ListGroups" | "ListGroupsForUser" => {
            let of_user = match action {
                "ListGroups" => None,
                _ => Some(iam.user(form.require("UserName")?)?.groups),
            };
            let groups: Vec<Group> = iam.store.read(|state| {
                let all = state.groups.values();
                all.filter(|group| of_user.as_ref().is_none_or(|of_user| of_user.contains(&group.name)))
                    .cloned()
                    .collect()
            });
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("Groups", &groups, write_group);
            });
        }
        "DeleteGroup" => iam.delete_group(form.require("GroupName")?, false)?,
        "AddUserToGroup" => iam.set_member(form.require("GroupName")?, form.require("UserName")?, true)?,
        "RemoveUserFromGroup" => iam.set_member(form.require("GroupName")?, form.require("UserName")?, false)?,
        _ => return Ok(None),
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

/// Inline and attached policies of a user or group.
fn policies(iam: &Iam, form: &Form, action: &str, holder: Holder) -> Result<Option<Response>, ServiceError> {
    let word = holder.word();
    let is = |verb: &str, noun: &str| action == format!("{verb}{word}{noun}");
    let name_field = format!("{word}Name");
    let name = || form.require(&name_field);
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    let held = || iam.store.read(|state| state.held(holder, name()?).cloned());
    if is("Put", "Policy") {
        let policy = form.require("PolicyName")?;
        check_name("policyName", policy, 128)?;
        iam.put_inline(holder, name()?, policy, Some(parse_rights(form.require("PolicyDocument")?)?))?;
    } else if is("Get", "Policy") {
        let policy = form.require("PolicyName")?;
        let held = held()?;
        let document = held.policies.get(policy).ok_or_else(|| no_inline_policy(holder, policy))?;
        let name = name()?;
        return result(&|xml| {
            xml.text(&name_field, name);
            xml.text("PolicyName", policy);
            xml.text("PolicyDocument", encode(document));
        });
    } else if is("Delete", "Policy") {
        iam.put_inline(holder, name()?, form.require("PolicyName")?, None)?;
    } else if is("List", "Policies") {
        let held = held()?;
        return result(&|xml| {
            xml.text("IsTruncated", "false");
            xml.list("PolicyNames", held.policies.keys(), |xml, name| xml.escape(name));
        });
    } else if is("Attach", "Policy") {
        iam.attach(holder, name()?, form.require("PolicyArn")?)?;
    } else if is("Detach", "Policy") {
        iam.detach(holder, name()?, form.require("PolicyArn")?)?;
    } else if action == format!("ListAttached{word}Policies") {
        let held = held()?;
        return result(&|xml| {
            xml.text("IsTruncated", "false");
            xml.list("AttachedPolicies", &held.attached, |xml, arn| {
                xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default());
                xml.text("PolicyArn", arn);
            });
        });
    } else {
        return Ok(None);
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

fn write_user(xml: &mut XmlWriter, user: &User) {
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", &user.id);
    xml.text("Arn", &user.arn);
    xml.text("CreateDate", timestamp(user.created));
    if let Some(boundary) = &user.boundary {
        super::api::write_boundary(xml, boundary);
    }
    if !user.tags.is_empty() {
        write_tags(xml, &user.tags);
    }
}

fn write_group(xml: &mut XmlWriter, group: &Group) {
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.name);
    xml.text("GroupId", &group.id);
    xml.text("Arn", &group.arn);
    xml.text("CreateDate", timestamp(group.created));
}

fn write_key(xml: &mut XmlWriter, user: &str, id: &str, key: &AccessKey) {
    xml.text("UserName", user);
    xml.text("AccessKeyId", id);
    xml.text("Status", if key.active { "Active" } else { "Inactive" });
    xml.text("CreateDate", timestamp(key.created));
}

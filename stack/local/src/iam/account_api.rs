//! The wire format of what belongs to the account: identity providers, instance profiles, alias, password policy, linked
//! roles, and questions about policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::api::{NAMESPACE, role, tags, timestamp, write_role_fields, write_tags};
use super::roles::{NewRole, already_exists, check_name, check_path, no_entity};
use super::{Iam, Principal, Role, State, unique_id};
use crate::http_types::Response;
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::{Form, ServiceError, XmlWriter, query_empty_response, query_response};

/// A profile that hands a role to a machine. Recorded only: the local cloud has no machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `AIPA...`.
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(with = "time::serde::timestamp")]
    pub(crate) created: OffsetDateTime,
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

/// Settings of the password policy with their defaults, in the order of the answer.
const PASSWORD_POLICY: &[(&str, &str)] = &[
    ("MinimumPasswordLength", "6"),
    ("RequireSymbols", "false"),
    ("RequireNumbers", "false"),
    ("RequireUppercaseCharacters", "false"),
    ("RequireLowercaseCharacters", "false"),
    ("AllowUsersToChangePassword", "false"),
    ("MaxPasswordAge", "0"),
    ("PasswordReusePrevention", "0"),
    ("HardExpiry", "false"),
];

/// Answers what is about the account; nothing for other operations.
pub(super) fn answer(iam: &Iam, caller: &Principal, form: &Form) -> Result<Option<Response>, ServiceError> {
    let action = form.action();
    if let Some(answer) = providers(iam, form, action)? {
        return Ok(Some(answer));
    }
    if let Some(answer) = instance_profiles(iam, caller, form, action)? {
        return Ok(Some(answer));
    }
    if let Some(answer) = super::simulate::answer(iam, caller, form)? {
        return Ok(Some(answer));
    }
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    match action {
        "CreateAccountAlias" => iam.change(|state| {
            state.alias = Some(form.require("AccountAlias")?.to_owned());
            Ok(())
        })?,
        "DeleteAccountAlias" => iam.change(|state| {
            let alias = form.require("AccountAlias")?;
            if state.alias.as_deref() != Some(alias) {
                return Err(no_entity(format!("The account alias {alias} cannot be found.")));
            }
            state.alias = None;
            Ok(())
        })?,
        "ListAccountAliases" => {
            let alias = iam.store.read(|state| state.alias.clone());
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("AccountAliases", &alias, |xml, alias| xml.escape(alias));
            });
        }
        "UpdateAccountPasswordPolicy" => iam.change(|state| {
            let given = PASSWORD_POLICY
                .iter()
                .map(|(name, default)| ((*name).to_owned(), form.get(name).unwrap_or(default).to_owned()));
            state.password_policy = Some(given.collect());
            Ok(())
        })?,
        "GetAccountPasswordPolicy" => {
            let policy = iam.store.read(|state| state.password_policy.clone());
            let policy = policy.ok_or_else(|| {
                no_entity(format!("The Password Policy with domain name {DEFAULT_ACCOUNT} cannot be found."))
            })?;
            return result(&|xml| {
                xml.element("PasswordPolicy", |xml| {
                    for (name, _) in PASSWORD_POLICY {
                        let value = policy.get(*name).map_or("", String::as_str);
                        // Zero stands for "not set".
                        xml.optional(name, Some(value).filter(|value| *value != "0"));
                    }
                    let expires = policy.get("MaxPasswordAge").is_some_and(|days| days != "0");
                    xml.text("ExpirePasswords", expires.to_string());
                });
            });
        }
        "DeleteAccountPasswordPolicy" => iam.change(|state| {
            state
                .password_policy
                .take()
                .map(drop)
                .ok_or_else(|| no_entity("The account policy with name PasswordPolicy cannot be found.".to_owned()))
        })?,
        "CreateServiceLinkedRole" => {
            let role = iam.create_service_linked_role(
                form.require("AWSServiceName")?,
                form.get("CustomSuffix"),
                form.get("Description").unwrap_or_default(),
            )?;
            return result(&|xml| xml.element("Role", |xml| write_role_fields(xml, &role)));
        }
        "DeleteServiceLinkedRole" => {
            let name = role(iam, form)?.name;
            iam.delete_role(&name, true)?;
            return result(&|xml| xml.text("DeletionTaskId", format!("task/{name}/{}", uuid::Uuid::new_v4())));
        }
        "GetServiceLinkedRoleDeletionStatus" => return result(&|xml| xml.text("Status", "SUCCEEDED")),
        _ => return Ok(None),
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

fn providers(iam: &Iam, form: &Form, action: &str) -> Result<Option<Response>, ServiceError> {
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    let arn = || form.require("OpenIDConnectProviderArn");
    match action {
        "CreateOpenIDConnectProvider" => {
            let provider = iam.create_open_id_provider(
                form.require("Url")?,
                form.list("ClientIDList"),
                form.list("ThumbprintList"),
                tags(form),
            )?;
            return result(&|xml| xml.text("OpenIDConnectProviderArn", &provider.arn));
        }
        "GetOpenIDConnectProvider" => {
            let provider = iam.open_id_provider(arn()?)?;
            return result(&|xml| {
                xml.text("Url", &provider.host);
                xml.list("ClientIDList", &provider.audiences, |xml, id| xml.escape(id));
                xml.list("ThumbprintList", &provider.thumbprints, |xml, print| xml.escape(print));
                xml.text("CreateDate", timestamp(provider.created));
                write_tags(xml, &provider.tags);
            });
        }
        "ListOpenIDConnectProviders" => {
            let providers = iam.open_id_providers();
            return result(&|xml| {
                xml.list("OpenIDConnectProviderList", &providers, |xml, provider| xml.text("Arn", &provider.arn));
            });
        }
        "DeleteOpenIDConnectProvider" => iam.delete_open_id_provider(arn()?)?,
        "AddClientIDToOpenIDConnectProvider" => {
            let id = form.require("ClientID")?.to_owned();
            iam.change_open_id_provider(arn()?, |provider| {
                if !provider.audiences.contains(&id) {
                    provider.audiences.push(id);
                }
            })?;
        }
        "RemoveClientIDFromOpenIDConnectProvider" => {
            let id = form.require("ClientID")?;
            iam.change_open_id_provider(arn()?, |provider| provider.audiences.retain(|own| own != id))?;
        }
        "UpdateOpenIDConnectProviderThumbprint" => {
            let thumbprints = form.list("ThumbprintList");
            iam.change_open_id_provider(arn()?, |provider| provider.thumbprints = thumbprints)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

fn instance_profiles(
    iam: &Iam,
    caller: &Principal,
    form: &Form,
    action: &str,
) -> Result<Option<Response>, ServiceError> {
    let result = |write: &dyn Fn(&mut XmlWriter)| Ok(Some(query_response(NAMESPACE, action, write)));
    let name = || form.require("InstanceProfileName");
    match action {
        "CreateInstanceProfile" => {
            let profile = iam.create_instance_profile(name()?, form.get("Path").unwrap_or("/"), tags(form))?;
            return result(&|xml| xml.element("InstanceProfile", |xml| write_profile(xml, &profile, None)));
        }
        "GetInstanceProfile" => {
            let profile = iam.instance_profile(name()?)?;
            let role = profile.role.as_deref().and_then(|name| iam.role(name));
            return result(&|xml| xml.element("InstanceProfile", |xml| write_profile(xml, &profile, role.as_ref())));
        }
        "ListInstanceProfiles" | "ListInstanceProfilesForRole" => {
            let of_role = form.get("RoleName");
            let profiles: Vec<InstanceProfile> = iam.store.read(|state| {
                let all = state.instance_profiles.values();
                all.filter(|profile| of_role.is_none() || profile.role.as_deref() == of_role).cloned().collect()
            });
            return result(&|xml| {
                xml.text("IsTruncated", "false");
                xml.list("InstanceProfiles", &profiles, |xml, profile| {
                    let role = profile.role.as_deref().and_then(|name| iam.role(name));
                    write_profile(xml, profile, role.as_ref());
                });
            });
        }
        "AddRoleToInstanceProfile" => {
            let role = role(iam, form)?;
            iam.authorize_pass_role(caller, &role.arn, "ec2.amazonaws.com")?;
            let role = role.name;
            iam.change_instance_profile(name()?, |profile| {
                if profile.role.is_some() {
                    return Err(ServiceError::new(
                        http::StatusCode::CONFLICT,
                        "LimitExceeded",
                        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
                    ));
                }
                profile.role = Some(role);
                Ok(())
            })?;
        }
        "RemoveRoleFromInstanceProfile" => iam.change_instance_profile(name()?, |profile| {
            profile.role = None;
            Ok(())
        })?,
        "DeleteInstanceProfile" => {
            if iam.instance_profile(name()?)?.role.is_some() {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "DeleteConflict",
                    "Cannot delete entity, must remove roles from instance profile first.",
                ));
            }
            iam.delete_instance_profile(name()?)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(query_empty_response(NAMESPACE, action)))
}

fn write_profile(xml: &mut XmlWriter, profile: &InstanceProfile, role: Option<&Role>) {
    xml.text("Path", &profile.path);
    xml.text("InstanceProfileName", &profile.name);
    xml.text("InstanceProfileId", &profile.id);
    xml.text("Arn", &profile.arn);
    xml.text("CreateDate", timestamp(profile.created));
    xml.list("Roles", role, write_role_fields);
    if !profile.tags.is_empty() {
        write_tags(xml, &profile.tags);
    }
}

impl Iam {
    /// Makes an instance profile without a role.
    pub(crate) fn create_instance_profile(
        &self,
        name: &str,
        path: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<InstanceProfile, ServiceError> {
        check_name("instanceProfileName", name, 128)?;
        check_path(path)?;
        self.change(|state| {
            if state.instance_profiles.contains_key(name) {
                return Err(already_exists(format!("Instance Profile {name} already exists.")));
            }
            let profile = InstanceProfile {
                name: name.to_owned(),
                path: path.to_owned(),
                id: unique_id("AIPA"),
                arn: format!("arn:aws:iam::{DEFAULT_ACCOUNT}:instance-profile{path}{name}"),
                created: OffsetDateTime::now_utc(),
                role: None,
                tags,
            };
            state.instance_profiles.insert(name.to_owned(), profile.clone());
            Ok(profile)
        })
    }

    /// An instance profile by name.
    pub(crate) fn instance_profile(&self, name: &str) -> Result<InstanceProfile, ServiceError> {
        self.store.read(|state| state.instance_profiles.get(name).cloned()).ok_or_else(|| no_profile(name))
    }

    /// Changes an instance profile in place.
    pub(crate) fn change_instance_profile(
        &self,
        name: &str,
        change: impl FnOnce(&mut InstanceProfile) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.change(|state| change(state.instance_profiles.get_mut(name).ok_or_else(|| no_profile(name))?))
    }

    /// Removes an instance profile.
    pub(crate) fn delete_instance_profile(&self, name: &str) -> Result<(), ServiceError> {
        self.change(|state| state.instance_profiles.remove(name).map(drop).ok_or_else(|| no_profile(name)))
    }

    /// Makes the role that a service keeps for itself.
    pub(crate) fn create_service_linked_role(
        &self,
        service: &str,
        suffix: Option<&str>,
        description: &str,
    ) -> Result<Role, ServiceError> {
        let short = service.split('.').next().unwrap_or(service);
        let mut characters = short.chars();
        let word: String =
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect();
        let suffix = suffix.map_or_else(String::new, |suffix| format!("_{suffix}"));
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
        ]});
        self.create_role(NewRole {
            name: format!("AWSServiceRoleFor{word}{suffix}"),
            path: format!("/aws-service-role/{service}/"),
            description: description.to_owned(),
            max_session_duration: 3600,
            trust_policy: trust,
            policies: BTreeMap::new(),
            attached: Vec::new(),
            boundary: None,
            tags: BTreeMap::new(),
        })
    }
}

fn no_profile(name: &str) -> ServiceError {
    no_entity(format!("Instance Profile {name} cannot be found."))
}

/// Names of the roles, users and groups that a managed policy is attached to, and of those that it bounds.
pub(super) fn entities(state: &State, arn: &str) -> Value {
    let has = |attached: &[String]| attached.iter().any(|own| own == arn);
    let names = |found: Vec<&String>| json!(found);
    json!({
        "roles": names(state.roles.values().filter(|role| has(&role.attached)).map(|role| &role.name).collect()),
        "users": names(state.users.values().filter(|user| has(&user.held.attached)).map(|user| &user.name).collect()),
        "groups": names(state.groups.values().filter(|group| has(&group.held.attached)).map(|group| &group.name).collect()),
    })
}

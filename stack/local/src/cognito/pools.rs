//! Making, changing and removing pools and their domains.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Cognito, Pool, invalid, no_pool, now, schema};
use crate::persist::lock;
use crate::wire::ServiceError;

/// Members of the API that a pool keeps. Those of templates have the same names.
const SETTINGS: &[&str] = &[
    "AccountRecoverySetting",
    "AdminCreateUserConfig",
    "AliasAttributes",
    "AutoVerifiedAttributes",
    "DeletionProtection",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "EnabledMfas",
    "MfaConfiguration",
    "Policies",
    "SchemaAttributes",
    "SmsConfiguration",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings",
    "UserPoolAddOns",
    "UserPoolTags",
    "UserPoolTier",
    "UsernameAttributes",
    "UsernameConfiguration",
    "VerificationMessageTemplate",
];

/// What cannot be changed once the pool is made.
const FIXED: &[&str] = &["AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "SchemaAttributes"];

impl Cognito {
    /// Makes a pool. `input` has the members of `CreateUserPool`.
    pub(super) fn create_pool(&self, region: &str, input: &Value) -> Result<Pool, ServiceError> {
        let name = super::required(input, "PoolName")?.to_owned();
        let mut settings = Map::new();
        take_settings(&mut settings, input)?;
        fill_defaults(&mut settings);
        let random = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{region}_{}", &random[..9]);
        let pool = Pool {
            id: id.clone(),
            name,
            created: now(),
            modified: now(),
            settings,
            clients: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            domain: None,
            key: None,
            secret: format!("{random}{}", uuid::Uuid::new_v4().simple()),
            revoked: BTreeMap::new(),
        };
        self.pools.change(|pools| {
            pools.insert(id, pool.clone());
            Ok(pool)
        })
    }

    /// Changes a pool. What `input` does not name returns to its default, as on AWS.
    pub(super) fn update_pool(&self, id: &str, input: &Value) -> Result<(), ServiceError> {
        self.change_pool(id, |pool| {
            let mut settings: Map<String, Value> = pool
                .settings
                .iter()
                .filter(|(key, _)| FIXED.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let mut given = Map::new();
            take_settings(&mut given, input)?;
            given.retain(|key, _| !FIXED.contains(&key.as_str()));
            settings.extend(given);
            fill_defaults(&mut settings);
            pool.settings = settings;
            pool.modified = now();
            Ok(())
        })
    }

    /// Removes a pool with its users; one that is protected or has a domain stays.
    pub(super) fn delete_pool(&self, id: &str) -> Result<(), ServiceError> {
        self.pools.change(|pools| {
            let pool = pools.get(id).ok_or_else(|| no_pool(id))?;
            if pool.settings.get("DeletionProtection").is_some_and(|value| value == "ACTIVE") {
                return Err(invalid("The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."));
            }
            if pool.domain.is_some() {
                return Err(invalid("User pool cannot be deleted. It has a domain configured that should be deleted first."));
            }
            pools.remove(id);
            Ok(())
        })?;
        lock(&self.keys).remove(id);
        Ok(())
    }

    /// Gives a pool's sign-in pages a name.
    pub(super) fn create_domain(&self, pool_id: &str, domain: &str) -> Result<(), ServiceError> {
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !domain.split('.').all(is_label) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{domain}' at 'domain' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9](?:[a-z0-9\\-]{{0,61}}[a-z0-9])?$"
            )));
        }
        self.pools.change(|pools| {
            if pools.values().any(|pool| pool.domain.as_deref() == Some(domain)) {
                return Err(invalid("Domain already exists."));
            }
            let pool = pools.get_mut(pool_id).ok_or_else(|| no_pool(pool_id))?;
            if pool.domain.is_some() {
                return Err(invalid("User pool already has a domain configured."));
            }
            pool.domain = Some(domain.to_owned());
            Ok(())
        })
    }

    /// Takes the name away.
    pub(super) fn delete_domain(&self, pool_id: &str, domain: &str) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| {
            if pool.domain.as_deref() != Some(domain) {
                return Err(invalid("No such domain or user pool exists."));
            }
            pool.domain = None;
            Ok(())
        })
    }

    /// Id of the pool with this id or domain.
    pub(super) fn find_pool(&self, id_or_domain: &str) -> Result<String, ServiceError> {
        let is_it = |pool: &&Pool| pool.id == id_or_domain || pool.domain.as_deref() == Some(id_or_domain);
        self.pools
            .read(|pools| pools.values().find(is_it).map(|pool| pool.id.clone()))
            .ok_or_else(|| no_pool(id_or_domain))
    }
}

/// Says what a pool does about what nobody said.
fn fill_defaults(settings: &mut Map<String, Value>) {
    settings.entry("Policies").or_insert_with(|| {
        json!({"PasswordPolicy": {
            "MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
            "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
        }})
    });
    settings.entry("DeletionProtection").or_insert_with(|| json!("INACTIVE"));
    settings.entry("MfaConfiguration").or_insert_with(|| json!("OFF"));
    settings.entry("AdminCreateUserConfig").or_insert_with(|| json!({"AllowAdminCreateUserOnly": false}));
}

/// Takes over what is known and refuses what would be promised and not kept.
fn take_settings(settings: &mut Map<String, Value>, input: &Value) -> Result<(), ServiceError> {
    if let Some(triggers) = input.get("LambdaConfig").and_then(Value::as_object).filter(|triggers| !triggers.is_empty())
    {
        let names: Vec<&str> = triggers.keys().map(String::as_str).collect();
        return Err(invalid(format!(
            "the local cloud calls no functions at sign-up and sign-in: LambdaConfig with {} cannot be honored",
            names.join(", ")
        )));
    }
    if input.get("MfaConfiguration").is_some_and(|value| value == "ON") {
        return Err(invalid(
            "the local cloud has no second factor: MfaConfiguration cannot be ON (OFF and OPTIONAL can be served)",
        ));
    }
    for name in SETTINGS {
        if let Some(value) = input.get(*name) {
            settings.insert((*name).to_owned(), value.clone());
        }
    }
    // Creation and templates say `Schema`, descriptions `SchemaAttributes`.
    if let Some(schema) = input.get("Schema") {
        settings.insert("SchemaAttributes".to_owned(), schema.clone());
    }
    Ok(())
}

impl Pool {
    /// Attributes that users sign in with in place of a name.
    pub(super) fn username_attributes(&self) -> Vec<&str> {
        self.texts("UsernameAttributes")
    }

    /// The texts of a list among the settings.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.settings.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Names and addresses differ by case unless the pool says otherwise.
    pub(super) fn same_name(&self, one: &str, other: &str) -> bool {
        let sensitive = self.settings.get("UsernameConfiguration").and_then(|value| value.get("CaseSensitive"));
        match sensitive.and_then(crate::wire::properties::as_flag) {
            Some(false) => one.to_lowercase() == other.to_lowercase(),
            _ => one == other,
        }
    }

    /// Only administrators make users.
    pub(super) fn is_closed(&self) -> bool {
        let only = self.settings.get("AdminCreateUserConfig").and_then(|value| value.get("AllowAdminCreateUserOnly"));
        only.and_then(crate::wire::properties::as_flag) == Some(true)
    }

    /// Refuses attributes that the pool's schema does not have, and values that break it.
    pub(super) fn check_attributes(&self, attributes: &BTreeMap<String, String>) -> Result<(), ServiceError> {
        let declarations =
            self.settings.get("SchemaAttributes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let bare = |name: &str| name.strip_prefix("custom:").unwrap_or(name).to_owned();
        for (name, value) in attributes {
            let declared =
                declarations.iter().find(|entry| entry["Name"].as_str().is_some_and(|own| bare(own) == bare(name)));
            if !schema::is_standard(name) && (declared.is_none() || !name.starts_with("custom:")) {
                return Err(invalid(format!(
                    "Attributes did not conform to the schema: {name}: Attribute does not exist in the schema."
                )));
            }
            let limits = declared.and_then(|entry| entry.get("StringAttributeConstraints"));
            let limit =
                |name: &str| limits.and_then(|limits| limits.get(name)).and_then(crate::wire::properties::as_integer);
            let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
            if limit("MaxLength").is_some_and(|most| length > most)
                || limit("MinLength").is_some_and(|least| length < least)
            {
                return Err(invalid(format!(
                    "Attributes did not conform to the schema: {name}: String must be within its length limits"
                )));
            }
            if name == "email" && (!value.contains('@') || value.contains(char::is_whitespace)) {
                return Err(invalid("Invalid email address format."));
            }
            if name == "phone_number"
                && !(value.starts_with('+') && value.len() > 4 && value[1..].bytes().all(|byte| byte.is_ascii_digit()))
            {
                return Err(invalid("Invalid phone number format."));
            }
        }
        Ok(())
    }

    /// Refuses a new user without an attribute that the schema requires.
    pub(super) fn check_required(&self, attributes: &BTreeMap<String, String>) -> Result<(), ServiceError> {
        let schema = self.settings.get("SchemaAttributes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let required = schema
            .iter()
            .filter(|entry| entry.get("Required").and_then(crate::wire::properties::as_flag) == Some(true));
        for name in required.filter_map(|entry| entry["Name"].as_str()).filter(|name| *name != "sub") {
            if !attributes.contains_key(name) {
                return Err(invalid(format!(
                    "Attributes did not conform to the schema: {name}: The attribute is required"
                )));
            }
        }
        Ok(())
    }
}

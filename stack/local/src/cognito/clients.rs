//! Applications of a pool.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Client, Cognito, Pool, invalid, no_client, not_authorized, now, srp};
use crate::wire::ServiceError;
use crate::wire::properties::{as_flag, as_integer};

/// Members of the API that a client keeps.
const SETTINGS: &[&str] = &[
    "AccessTokenValidity",
    "AllowedOAuthFlows",
    "AllowedOAuthFlowsUserPoolClient",
    "AllowedOAuthScopes",
    "AuthSessionValidity",
    "CallbackURLs",
    "ClientName",
    "DefaultRedirectURI",
    "EnableTokenRevocation",
    "ExplicitAuthFlows",
    "IdTokenValidity",
    "LogoutURLs",
    "PreventUserExistenceErrors",
    "ReadAttributes",
    "RefreshTokenValidity",
    "SupportedIdentityProviders",
    "TokenValidityUnits",
    "WriteAttributes",
];

/// Settings that are switches, and those that are numbers: templates may give both as text.
const FLAGS: &[&str] = &["AllowedOAuthFlowsUserPoolClient", "EnableTokenRevocation"];
const NUMBERS: &[&str] = &["AccessTokenValidity", "AuthSessionValidity", "IdTokenValidity", "RefreshTokenValidity"];

impl Cognito {
    /// Makes a client. `input` has the members of `CreateUserPoolClient`.
    pub(super) fn create_client(&self, pool_id: &str, input: &Value) -> Result<Client, ServiceError> {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let secret = input.get("GenerateSecret").and_then(as_flag) == Some(true);
        let client = Client {
            id: random()[..26].to_owned(),
            secret: secret.then(|| format!("{}{}", random(), &random()[..19])),
            created: now(),
            modified: now(),
            settings: settings(input)?,
        };
        self.change_pool(pool_id, |pool| {
            pool.clients.insert(client.id.clone(), client.clone());
            Ok(client)
        })
    }

    /// Changes a client. What `input` does not name returns to its default, as on AWS.
    pub(super) fn update_client(&self, pool_id: &str, id: &str, input: &Value) -> Result<Client, ServiceError> {
        self.change_pool(pool_id, |pool| {
            let client = pool.clients.get_mut(id).ok_or_else(|| no_client(id))?;
            let name = client.settings.get("ClientName").cloned();
            client.settings = settings(input)?;
            if let Some(name) = name.filter(|_| input.get("ClientName").is_none()) {
                client.settings.insert("ClientName".to_owned(), name);
            }
            client.modified = now();
            Ok(client.clone())
        })
    }

    /// Removes a client.
    pub(super) fn delete_client(&self, pool_id: &str, id: &str) -> Result<(), ServiceError> {
        self.change_pool(pool_id, |pool| pool.clients.remove(id).map(drop).ok_or_else(|| no_client(id)))
    }
}

fn settings(input: &Value) -> Result<Map<String, Value>, ServiceError> {
    let mut settings = Map::new();
    for name in SETTINGS {
        let Some(value) = input.get(*name) else { continue };
        let value = if FLAGS.contains(name) {
            as_flag(value).map(Value::from)
        } else if NUMBERS.contains(name) {
            as_integer(value).map(Value::from)
        } else {
            Some(value.clone())
        };
        settings
            .insert((*name).to_owned(), value.ok_or_else(|| invalid(format!("{name} has a value of the wrong type")))?);
    }
    let foreign = settings.get("SupportedIdentityProviders").and_then(Value::as_array).into_iter().flatten();
    if let Some(foreign) = foreign.filter_map(Value::as_str).find(|name| *name != "COGNITO") {
        return Err(invalid(format!(
            "the local cloud has no identity provider `{foreign}`: users sign in with COGNITO only"
        )));
    }
    let flows = settings.get("AllowedOAuthFlows").and_then(Value::as_array).into_iter().flatten();
    if let Some(flow) = flows.filter_map(Value::as_str).find(|flow| *flow != "code") {
        return Err(invalid(format!("the local cloud serves the OAuth flow `code` only, not `{flow}`")));
    }
    settings.entry("RefreshTokenValidity").or_insert_with(|| json!(30));
    settings.entry("EnableTokenRevocation").or_insert_with(|| json!(true));
    Ok(settings)
}

impl Client {
    /// Whether users may sign in to it in this way.
    pub(super) fn allows_flow(&self, flow: &str) -> bool {
        let flows: Vec<&str> = self
            .settings
            .get("ExplicitAuthFlows")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if flows.is_empty() {
            return matches!(flow, "USER_SRP_AUTH" | "REFRESH_TOKEN_AUTH" | "CUSTOM_AUTH");
        }
        let word = match flow {
            "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => "ADMIN_USER_PASSWORD_AUTH",
            "REFRESH_TOKEN" => "REFRESH_TOKEN_AUTH",
            other => other,
        };
        let legacy = match word {
            "ADMIN_USER_PASSWORD_AUTH" => "ADMIN_NO_SRP_AUTH",
            "USER_PASSWORD_AUTH" => "USER_PASSWORD_AUTH",
            _ => "",
        };
        flows.iter().any(|flow| flow.strip_prefix("ALLOW_") == Some(word) || (!legacy.is_empty() && *flow == legacy))
    }

    /// True when answers must not tell whether a user exists.
    pub(super) fn hides_users(&self) -> bool {
        self.settings.get("PreventUserExistenceErrors").is_some_and(|value| value == "ENABLED")
    }

    /// Checks `SECRET_HASH`, which a client with a secret must send.
    pub(super) fn check_secret_hash(&self, username: &str, given: Option<&str>) -> Result<(), ServiceError> {
        let Some(secret) = &self.secret else {
            return match given {
                None => Ok(()),
                Some(_) => Err(not_authorized(format!(
                    "Client {} is not configured for secret but secret was received",
                    self.id
                ))),
            };
        };
        let Some(given) = given else {
            return Err(not_authorized(format!(
                "Client {} is configured with secret but SECRET_HASH was not received",
                self.id
            )));
        };
        let expected = srp::mac(secret.as_bytes(), &[username.as_bytes(), self.id.as_bytes()]);
        if expected.map(|mac| STANDARD.encode(mac)).as_deref() == Some(given) {
            return Ok(());
        }
        Err(not_authorized(format!("Unable to verify secret hash for client {}", self.id)))
    }

    /// The texts of a list among the settings.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.settings.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl Pool {
    /// A client by id.
    pub(super) fn client(&self, id: &str) -> Result<&Client, ServiceError> {
        self.clients.get(id).ok_or_else(|| no_client(id))
    }
}

//! What users do with their own accounts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::codes::nowhere;
use super::password::{Verifier, check};
use super::show::delivery;
use super::users::attributes;
use super::{CodePurpose, Cognito, UserStatus, invalid, not_authorized, now, required};
use crate::cloud::Cloud;
use crate::wire::ServiceError;
use crate::wire::properties::text;

impl Cognito {
    /// `SignUp`.
    pub(super) fn sign_up(&self, cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "Username")?);
        let password = required(input, "Password")?;
        let pool_id = self.pool_of_client(client_id)?;
        let (user, verifies) = self.change_pool(&pool_id, |pool| {
            pool.client(client_id)?.check_secret_hash(name, text(input, "SecretHash"))?;
            if pool.is_closed() {
                return Err(not_authorized("SignUp is not permitted for this user pool"));
            }
            check(&pool.settings, password)?;
            let mut user = pool.new_user(name, attributes(input, "UserAttributes"), UserStatus::Unconfirmed)?;
            user.password = Some(Verifier::new(&pool.id, &user.username, password));
            pool.users.insert(user.username.clone(), user.clone());
            Ok((user, !pool.texts("AutoVerifiedAttributes").is_empty()))
        })?;
        let sent =
            if verifies { self.send_code(cloud, &pool_id, &user.username, CodePurpose::SignUp, None)? } else { None };
        let mut answer = json!({"UserConfirmed": false, "UserSub": user.sub});
        if let Some(sent) = sent {
            answer["CodeDeliveryDetails"] = delivery(&sent);
        }
        Ok(answer)
    }

    /// `ConfirmSignUp`.
    pub(super) fn confirm_sign_up(&self, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "Username")?);
        let code = required(input, "ConfirmationCode")?;
        self.change_pool(&self.pool_of_client(client_id)?, |pool| {
            let client = pool.client(client_id)?;
            client.check_secret_hash(name, text(input, "SecretHash"))?;
            let hides = client.hides_users();
            let user = pool.user_mut(name).map_err(|error| if hides { mismatch() } else { error })?;
            if user.status != UserStatus::Unconfirmed {
                return Err(not_authorized(format!(
                    "User cannot be confirmed. Current status is {}",
                    user.status.as_str()
                )));
            }
            let code = user.redeem(CodePurpose::SignUp, code)?;
            user.prove(&code);
            user.status = UserStatus::Confirmed;
            user.modified = now();
            Ok(json!({}))
        })
    }

    /// `ResendConfirmationCode`.
    pub(super) fn resend_code(&self, cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "Username")?);
        let pool_id = self.pool_of_client(client_id)?;
        let username = self.with_pool(&pool_id, |pool| {
            pool.client(client_id)?.check_secret_hash(name, text(input, "SecretHash"))?;
            let user = pool.user(name)?;
            if user.status != UserStatus::Unconfirmed {
                return Err(invalid("User is already confirmed."));
            }
            Ok(user.username.clone())
        })?;
        let sent = self.send_code(cloud, &pool_id, &username, CodePurpose::SignUp, None)?.ok_or_else(nowhere)?;
        Ok(json!({"CodeDeliveryDetails": delivery(&sent)}))
    }

    /// `ForgotPassword`. Where the client hides who exists, an unknown name is answered as a known one.
    pub(super) fn forgot_password(&self, cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "Username")?);
        let pool_id = self.pool_of_client(client_id)?;
        let found = self.with_pool(&pool_id, |pool| {
            let client = pool.client(client_id)?;
            client.check_secret_hash(name, text(input, "SecretHash"))?;
            match pool.user(name) {
                Ok(user) if user.status == UserStatus::ForceChangePassword => {
                    Err(not_authorized("User password cannot be reset in the current state."))
                }
                Ok(user) => Ok(Some(user.username.clone())),
                Err(_) if client.hides_users() => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        let Some(username) = found else {
            return Ok(
                json!({"CodeDeliveryDetails": {"Destination": "e***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}}),
            );
        };
        let sent =
            self.send_code(cloud, &pool_id, &username, CodePurpose::ForgotPassword, None)?.ok_or_else(nowhere)?;
        Ok(json!({"CodeDeliveryDetails": delivery(&sent)}))
    }

    /// `ConfirmForgotPassword`.
    pub(super) fn confirm_forgot_password(&self, input: &Value) -> Result<Value, ServiceError> {
        let (client_id, name) = (required(input, "ClientId")?, required(input, "Username")?);
        let (code, password) = (required(input, "ConfirmationCode")?, required(input, "Password")?);
        self.change_pool(&self.pool_of_client(client_id)?, |pool| {
            let client = pool.client(client_id)?;
            client.check_secret_hash(name, text(input, "SecretHash"))?;
            let hides = client.hides_users();
            check(&pool.settings, password)?;
            let id = pool.id.clone();
            let user = pool.user_mut(name).map_err(|error| if hides { mismatch() } else { error })?;
            let code = user.redeem(CodePurpose::ForgotPassword, code)?;
            user.prove(&code);
            user.password = Some(Verifier::new(&id, &user.username, password));
            user.status = UserStatus::Confirmed;
            user.modified = now();
            Ok(json!({}))
        })
    }

    /// `ChangePassword`.
    pub(super) async fn change_password(&self, input: &Value) -> Result<Value, ServiceError> {
        let proposed = required(input, "ProposedPassword")?;
        let (pool_id, user, _) = self.user_of(required(input, "AccessToken")?).await?;
        let previous = text(input, "PreviousPassword").unwrap_or_default();
        if !user.password.as_ref().is_none_or(|kept| kept.fits(&pool_id, &user.username, previous)) {
            return Err(not_authorized("Incorrect username or password."));
        }
        self.set_password(&pool_id, &user.username, proposed, true)?;
        Ok(json!({}))
    }

    /// `UpdateUserAttributes`. A new address is no longer proven; a code goes to it. Where the pool says so, the old value
    /// stays until the code is back.
    pub(super) async fn update_attributes(&self, cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
        let (pool_id, user, _) = self.user_of(required(input, "AccessToken")?).await?;
        let asked = attributes(input, "UserAttributes");
        if let Some(fixed) = asked.keys().find(|name| name.ends_with("_verified") || *name == "sub") {
            return Err(not_authorized(format!("A client attempted to write unauthorized attribute: {fixed}")));
        }
        let to_prove = self.change_pool(&pool_id, |pool| {
            pool.check_attributes(&asked)?;
            let verified: Vec<String> = pool.texts("AutoVerifiedAttributes").into_iter().map(str::to_owned).collect();
            let settings = pool.settings.get("UserAttributeUpdateSettings");
            let first = settings.and_then(|value| value.get("AttributesRequireVerificationBeforeUpdate")).cloned();
            let waits = |name: &str| {
                first.as_ref().and_then(Value::as_array).is_some_and(|names| names.iter().any(|own| own == name))
            };
            let user = pool.user_mut(&user.username)?;
            let mut to_prove = Vec::new();
            for (name, value) in &asked {
                let changed = user.attributes.get(name) != Some(value);
                if changed && verified.contains(name) {
                    to_prove.push((name.clone(), value.clone()));
                    if waits(name) {
                        continue;
                    }
                    user.attributes.insert(format!("{name}_verified"), "false".to_owned());
                }
                user.attributes.insert(name.clone(), value.clone());
            }
            user.modified = now();
            Ok(to_prove)
        })?;
        let mut sent = Vec::new();
        for (name, value) in to_prove {
            let code =
                self.send_code(cloud, &pool_id, &user.username, CodePurpose::Attribute, Some((&name, &value)))?;
            sent.extend(code.as_ref().map(delivery));
        }
        Ok(json!({"CodeDeliveryDetailsList": sent}))
    }

    /// `GetUserAttributeVerificationCode`.
    pub(super) async fn attribute_code(&self, cloud: &Cloud, input: &Value) -> Result<Value, ServiceError> {
        let name = required(input, "AttributeName")?;
        let (pool_id, user, _) = self.user_of(required(input, "AccessToken")?).await?;
        let value = user.attributes.get(name).ok_or_else(|| invalid(format!("User does not have {name}.")))?;
        let sent = self.send_code(cloud, &pool_id, &user.username, CodePurpose::Attribute, Some((name, value)))?;
        Ok(json!({"CodeDeliveryDetails": sent.as_ref().map(delivery)}))
    }

    /// `VerifyUserAttribute`.
    pub(super) async fn verify_attribute(&self, input: &Value) -> Result<Value, ServiceError> {
        let (name, code) = (required(input, "AttributeName")?, required(input, "Code")?);
        let (pool_id, user, _) = self.user_of(required(input, "AccessToken")?).await?;
        self.change_user(&pool_id, &user.username, |user| {
            let code = user.redeem(CodePurpose::Attribute, code)?;
            if code.attribute != name {
                return Err(mismatch());
            }
            user.attributes.insert(code.attribute.clone(), code.value.clone());
            user.prove(&code);
            Ok(())
        })?;
        Ok(json!({}))
    }

    /// `DeleteUserAttributes`.
    pub(super) async fn remove_attributes(&self, input: &Value) -> Result<Value, ServiceError> {
        let (pool_id, user, _) = self.user_of(required(input, "AccessToken")?).await?;
        self.delete_attributes(&pool_id, &user.username, input)
    }

    /// Takes the attributes that an input names from a user.
    pub(super) fn delete_attributes(&self, pool_id: &str, name: &str, input: &Value) -> Result<Value, ServiceError> {
        let names: Vec<&str> = input
            .get("UserAttributeNames")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if names.contains(&"sub") {
            return Err(invalid("Cannot modify the non-mutable attribute sub"));
        }
        self.change_user(pool_id, name, |user| {
            for name in names {
                user.attributes.remove(name);
                user.attributes.remove(&format!("{name}_verified"));
            }
            Ok(())
        })?;
        Ok(json!({}))
    }

    /// Makes all tokens of a user void.
    pub(super) fn sign_out(&self, pool_id: &str, name: &str) -> Result<Value, ServiceError> {
        self.change_user(pool_id, name, |user| {
            user.signed_out = super::tokens::milliseconds();
            Ok(())
        })?;
        Ok(json!({}))
    }

    /// `RevokeToken`: the refresh token and all that was made with it.
    pub(super) fn revoke(&self, client_id: &str, secret: Option<&str>, token: &str) -> Result<Value, ServiceError> {
        let pool_id = self.pool_of_client(client_id)?;
        let refresh = match self.refresh_of(token) {
            Ok(refresh) => refresh,
            // What is void already is revoked.
            Err(error) if error.message.contains("revoked") || error.message.contains("expired") => {
                return Ok(json!({}));
            }
            Err(_) => return Err(ServiceError::bad_request("UnsupportedTokenTypeException", "Invalid token")),
        };
        self.change_pool(&pool_id, |pool| {
            if pool.client(client_id)?.secret.as_deref() != secret || refresh.client != client_id {
                return Err(not_authorized("Client credentials do not belong to the token"));
            }
            let present = now();
            pool.revoked.retain(|_, expires| *expires > present);
            pool.revoked.insert(refresh.origin.clone(), refresh.expires);
            Ok(json!({}))
        })
    }

    /// The attributes of a user, `sub` first as AWS lists it.
    pub(super) fn listed(attributes: &BTreeMap<String, String>) -> Vec<Value> {
        let sub = attributes.get_key_value("sub").into_iter();
        let others = attributes.iter().filter(|(name, _)| *name != "sub");
        sub.chain(others).map(|(name, value)| json!({"Name": name, "Value": value})).collect()
    }
}

fn mismatch() -> ServiceError {
    ServiceError::bad_request("CodeMismatchException", "Invalid verification code provided, please try again.")
}

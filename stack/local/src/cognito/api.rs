//! The wire format of Cognito user pools: JSON 1.1. What users do for themselves is not signed with keys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::users::{attributes, matches};
use super::{CodePurpose, Cognito, UserStatus, pool_arn, required, show};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response};
use crate::iam::{Access, Principal};
use crate::wire::properties::{as_flag, as_integer, text};
use crate::wire::{Protocol, ServiceError, authenticate, read_json, target_operation};

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    Protocol::Json.json_answer(answer(cloud, request).await)
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Value, ServiceError> {
    let operation = target_operation(&request);
    let service = &cloud.cognito;
    if let Some(public) = public(&operation) {
        let input: Value = read_json(request).await?;
        return public_operation(cloud, public, &input).await;
    }
    let request = authenticate(&cloud.iam, request, Protocol::Json).await?;
    let caller = Principal::of(&request);
    let region = caller.session.region.clone().unwrap_or_else(|| cloud.region.clone());
    let input: Value = read_json(request).await?;
    let pool_id = text(&input, "UserPoolId").unwrap_or_default();
    let resource = if pool_id.is_empty() { "*".to_owned() } else { pool_arn(&cloud.account, pool_id) };
    cloud.iam.authorize(&caller, &Access::new(&format!("cognito-idp:{operation}"), &resource))?;
    match operation.as_str() {
        "CreateUserPool" => {
            let pool = service.create_pool(&region, &input)?;
            Ok(json!({"UserPool": show::pool(&cloud.account, &pool)}))
        }
        "ListUserPools" => service.pools.read(|pools| {
            let pools: Vec<Value> = pools
                .values()
                .filter(|pool| pool.id.starts_with(&format!("{region}_")))
                .map(|pool| json!({"Id": pool.id, "Name": pool.name, "CreationDate": pool.created, "LastModifiedDate": pool.modified}))
                .collect();
            Ok(json!({"UserPools": pools}))
        }),
        "DescribeUserPoolDomain" => {
            let domain = required(&input, "Domain")?;
            let pool = service.find_pool(domain).ok();
            Ok(json!({"DomainDescription": pool.map_or_else(|| json!({}), |id| json!({
                "Domain": domain, "UserPoolId": id, "AWSAccountId": cloud.account, "Status": "ACTIVE",
            }))}))
        }
        _ => {
            let pool_id = required(&input, "UserPoolId")?;
            match pool_operation(cloud, &operation, pool_id, &input)? {
                Some(answer) => Ok(answer),
                None => user_operation(cloud, &operation, pool_id, &input).await,
            }
        }
    }
}

/// The name of an operation that is not signed.
fn public(operation: &str) -> Option<&'static str> {
    const PUBLIC: &[&str] = &[
        "ChangePassword",
        "ConfirmForgotPassword",
        "ConfirmSignUp",
        "DeleteUser",
        "DeleteUserAttributes",
        "ForgotPassword",
        "GetTokensFromRefreshToken",
        "GetUser",
        "GetUserAttributeVerificationCode",
        "GlobalSignOut",
        "InitiateAuth",
        "ResendConfirmationCode",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SignUp",
        "UpdateUserAttributes",
        "VerifyUserAttribute",
    ];
    PUBLIC.iter().find(|name| **name == operation).copied()
}

async fn public_operation(cloud: &Arc<Cloud>, operation: &str, input: &Value) -> Result<Value, ServiceError> {
    let service = &cloud.cognito;
    match operation {
        "ChangePassword" => service.change_password(input).await,
        "ConfirmForgotPassword" => service.confirm_forgot_password(input),
        "ConfirmSignUp" => service.confirm_sign_up(input),
        "DeleteUser" => {
            let (pool, user, _) = service.user_of(required(input, "AccessToken")?).await?;
            service.delete_user(&pool, &user.username)?;
            Ok(json!({}))
        }
        "DeleteUserAttributes" => service.remove_attributes(input).await,
        "ForgotPassword" => service.forgot_password(cloud, input),
        "GetTokensFromRefreshToken" => {
            let parameters = json!({
                "ClientId": required(input, "ClientId")?,
                "AuthFlow": "REFRESH_TOKEN_AUTH",
                "AuthParameters": {"REFRESH_TOKEN": required(input, "RefreshToken")?},
            });
            service.initiate(&parameters, None).await
        }
        "GetUser" => {
            let (_, user, _) = service.user_of(required(input, "AccessToken")?).await?;
            Ok(json!({"Username": user.username, "UserAttributes": Cognito::listed(&user.attributes)}))
        }
        "GetUserAttributeVerificationCode" => service.attribute_code(cloud, input).await,
        "GlobalSignOut" => {
            let (pool, user, _) = service.user_of(required(input, "AccessToken")?).await?;
            service.sign_out(&pool, &user.username)
        }
        "InitiateAuth" => service.initiate(input, None).await,
        "ResendConfirmationCode" => service.resend_code(cloud, input),
        "RespondToAuthChallenge" => service.respond(input).await,
        "RevokeToken" => {
            service.revoke(required(input, "ClientId")?, text(input, "ClientSecret"), required(input, "Token")?)
        }
        "SignUp" => service.sign_up(cloud, input),
        "UpdateUserAttributes" => service.update_attributes(cloud, input).await,
        "VerifyUserAttribute" => service.verify_attribute(input).await,
        other => Err(ServiceError::unknown_operation("Cognito user pools", other)),
    }
}

/// Pools, clients, domains and groups; nothing for an operation on users.
fn pool_operation(cloud: &Cloud, operation: &str, pool_id: &str, input: &Value) -> Result<Option<Value>, ServiceError> {
    let service = &cloud.cognito;
    let group_name = || required(input, "GroupName");
    let client_id = || required(input, "ClientId");
    let answer = match operation {
        "DescribeUserPool" => {
            service.with_pool(pool_id, |pool| Ok(json!({"UserPool": show::pool(&cloud.account, pool)})))?
        }
        "UpdateUserPool" => {
            service.update_pool(pool_id, input)?;
            json!({})
        }
        "DeleteUserPool" => {
            service.delete_pool(pool_id)?;
            json!({})
        }
        "GetUserPoolMfaConfig" => service.with_pool(pool_id, |pool| {
            Ok(json!({"MfaConfiguration": pool.settings.get("MfaConfiguration").cloned().unwrap_or_else(|| json!("OFF"))}))
        })?,
        "CreateUserPoolClient" => {
            json!({"UserPoolClient": show::client(pool_id, &service.create_client(pool_id, input)?)})
        }
        "DescribeUserPoolClient" => service.with_pool(pool_id, |pool| {
            Ok(json!({"UserPoolClient": show::client(pool_id, pool.client(client_id()?)?)}))
        })?,
        "UpdateUserPoolClient" => {
            json!({"UserPoolClient": show::client(pool_id, &service.update_client(pool_id, client_id()?, input)?)})
        }
        "DeleteUserPoolClient" => {
            service.delete_client(pool_id, client_id()?)?;
            json!({})
        }
        "ListUserPoolClients" => service.with_pool(pool_id, |pool| {
            let clients: Vec<Value> = pool
                .clients
                .values()
                .map(|client| json!({"ClientId": client.id, "UserPoolId": pool_id, "ClientName": client.settings.get("ClientName")}))
                .collect();
            Ok(json!({"UserPoolClients": clients}))
        })?,
        "CreateUserPoolDomain" => {
            service.create_domain(pool_id, required(input, "Domain")?)?;
            json!({})
        }
        "DeleteUserPoolDomain" => {
            service.delete_domain(pool_id, required(input, "Domain")?)?;
            json!({})
        }
        "CreateGroup" => json!({"Group": show::group(pool_id, &service.create_group(pool_id, input)?)}),
        "UpdateGroup" => json!({"Group": show::group(pool_id, &service.update_group(pool_id, group_name()?, input)?)}),
        "DeleteGroup" => {
            service.delete_group(pool_id, group_name()?)?;
            json!({})
        }
        "GetGroup" => service.with_pool(pool_id, |pool| {
            let group = pool.groups.get(group_name()?).ok_or_else(super::groups::no_group)?;
            Ok(json!({"Group": show::group(pool_id, group)}))
        })?,
        "ListGroups" => service.with_pool(pool_id, |pool| {
            Ok(json!({"Groups": pool.groups.values().map(|group| show::group(pool_id, group)).collect::<Vec<_>>()}))
        })?,
        "ListUsersInGroup" => service.with_pool(pool_id, |pool| {
            let group = group_name()?;
            pool.groups.get(group).ok_or_else(super::groups::no_group)?;
            let users = pool.users.values().filter(|user| user.groups.contains(group));
            Ok(json!({"Users": users.map(|user| show::user(user, "Attributes")).collect::<Vec<_>>()}))
        })?,
        "ListUsers" => list_users(service, pool_id, input)?,
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

/// Greatest number of users in one answer.
const PAGE: usize = 60;

fn list_users(service: &Cognito, pool_id: &str, input: &Value) -> Result<Value, ServiceError> {
    let filter = text(input, "Filter").unwrap_or_default();
    let limit = input.get("Limit").and_then(as_integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.filter(|limit| (1..=PAGE).contains(limit)).unwrap_or(PAGE);
    let after = text(input, "PaginationToken");
    service.with_pool(pool_id, |pool| {
        let mut users = Vec::new();
        for user in pool.users.values().filter(|user| after.is_none_or(|after| user.username.as_str() > after)) {
            if matches(filter, user)? {
                users.push(user);
            }
        }
        let more = users.len() > limit;
        users.truncate(limit);
        let mut answer = json!({"Users": users.iter().map(|user| show::user(user, "Attributes")).collect::<Vec<_>>()});
        if let Some(last) = users.last().filter(|_| more) {
            answer["PaginationToken"] = json!(last.username);
        }
        Ok(answer)
    })
}

/// What administrators do with users.
async fn user_operation(
    cloud: &Arc<Cloud>,
    operation: &str,
    pool_id: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let service = &cloud.cognito;
    match operation {
        "AdminInitiateAuth" => return service.initiate(input, Some(pool_id)).await,
        "AdminRespondToAuthChallenge" => return service.respond(input).await,
        _ => {}
    }
    let known = operation.starts_with("Admin");
    let name = if known { required(input, "Username")? } else { "" };
    let enable = |enabled: bool| {
        service.change_user(pool_id, name, |user| {
            user.enabled = enabled;
            Ok(())
        })
    };
    match operation {
        "AdminCreateUser" => {
            let given = text(input, "TemporaryPassword");
            let action = text(input, "MessageAction");
            let (user, password) = match action {
                Some("RESEND") => service.renew_invitation(pool_id, name, given)?,
                _ => service.admin_create_user(pool_id, name, attributes(input, "UserAttributes"), given)?,
            };
            if action != Some("SUPPRESS") {
                let media = input["DesiredDeliveryMediums"].as_array().into_iter().flatten();
                let media: Vec<&str> = media.filter_map(Value::as_str).collect();
                service.invite(cloud, pool_id, &user, &media, &password);
            }
            return Ok(json!({"User": show::user(&user, "Attributes")}));
        }
        "AdminGetUser" => {
            return service.with_pool(pool_id, |pool| Ok(show::user(pool.user(name)?, "UserAttributes")));
        }
        "AdminListGroupsForUser" => {
            return service.with_pool(pool_id, |pool| {
                let groups = pool.ordered_groups(pool.user(name)?);
                let groups = groups.iter().filter_map(|name| pool.groups.get(name));
                Ok(json!({"Groups": groups.map(|group| show::group(pool_id, group)).collect::<Vec<_>>()}))
            });
        }
        "AdminSetUserPassword" => {
            let permanent = input.get("Permanent").and_then(as_flag) == Some(true);
            service.set_password(pool_id, name, required(input, "Password")?, permanent)?;
        }
        "AdminConfirmSignUp" => service.change_user(pool_id, name, |user| {
            if user.status != UserStatus::Unconfirmed {
                return Err(super::not_authorized(format!(
                    "User cannot be confirmed. Current status is {}",
                    user.status.as_str()
                )));
            }
            user.status = UserStatus::Confirmed;
            user.codes.remove(&CodePurpose::SignUp);
            Ok(())
        })?,
        "AdminUpdateUserAttributes" => {
            service.set_attributes(pool_id, name, &attributes(input, "UserAttributes"))?;
        }
        "AdminDeleteUserAttributes" => return service.delete_attributes(pool_id, name, input),
        "AdminDeleteUser" => service.delete_user(pool_id, name)?,
        "AdminDisableUser" => enable(false)?,
        "AdminEnableUser" => enable(true)?,
        "AdminUserGlobalSignOut" => return service.sign_out(pool_id, name),
        "AdminResetUserPassword" => {
            let username = service.with_pool(pool_id, |pool| Ok(pool.user(name)?.username.clone()))?;
            service.send_code(cloud, pool_id, &username, CodePurpose::ForgotPassword, None)?;
            service.change_user(pool_id, name, |user| {
                user.status = UserStatus::ResetRequired;
                Ok(())
            })?;
        }
        "AdminAddUserToGroup" => service.set_member(pool_id, required(input, "GroupName")?, name, true)?,
        "AdminRemoveUserFromGroup" => service.set_member(pool_id, required(input, "GroupName")?, name, false)?,
        other => return Err(ServiceError::unknown_operation("Cognito user pools", other)),
    }
    Ok(json!({}))
}

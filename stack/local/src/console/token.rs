//! Tokens of users, for `stack token`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::http_types::Request;
use crate::wire::{ServiceError, read_body};

/// Greatest request, in bytes: it holds four names.
const LIMIT: usize = 16 * 1024;

/// Whose token is wanted.
#[derive(Debug, Deserialize)]
struct Wanted {
    stack: String,
    /// Logical ids in the stack.
    pool: String,
    client: String,
    user: String,
}

/// Tokens of a user of a stack's pool; who is not there is made.
pub(super) async fn issue(cloud: &Arc<Cloud>, request: Request) -> Result<Value, ServiceError> {
    super::require_console(&request, "only `stack token` asks for tokens here; sign in with a Cognito client")?;
    let body = read_body(request, LIMIT).await?;
    let wanted: Wanted = serde_json::from_slice(&body)
        .map_err(|error| ServiceError::bad_request("SerializationException", error.to_string()))?;
    let Wanted { stack, pool, client, user } = &wanted;
    let physical_id = |logical_id: &str, kind: &str| {
        cloud.cloudformation.declarations().physical_id(stack, logical_id, kind).ok_or_else(|| {
            let message = format!("stack `{stack}` has no `{logical_id}` ({kind}) here; is it deployed?");
            ServiceError::not_found("ResourceNotFoundException", message)
        })
    };
    let pool_id = physical_id(pool, "AWS::Cognito::UserPool")?;
    let client_id = physical_id(client, "AWS::Cognito::UserPoolClient")?;
    let tokens = cloud.cognito.direct_tokens(&pool_id, &client_id, user).await?;
    Ok(json!({
        "user": tokens.user,
        "created": tokens.created,
        "access_token": tokens.access,
        "id_token": tokens.id,
        "expires_in": tokens.life,
    }))
}

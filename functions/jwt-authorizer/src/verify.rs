//! What a token must be to be accepted.

use serde_json::{Map, Value};

use crate::keys::Keys;
use crate::refusal::Refusal;
use crate::settings::{Settings, TokenUse};
use crate::token::Token;

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Id of the user in the pool (`sub`).
    pub subject: String,
    /// Name of the user; empty when the token has none.
    pub username: String,
    /// What the token may be used for, separated by blanks; empty when the token does not say.
    pub scope: String,
}

/// Verifies a token at a time (seconds since 1970).
///
/// # Errors
///
/// [`Refusal`] for everything that is not a token of the pool, for one of the clients, of the right kind, valid now.
pub async fn verify(text: &str, settings: &Settings, keys: &Keys, now: u64) -> Result<Identity, Refusal> {
    let token = Token::parse(text)?;
    let key = keys.key(&token.key_id).await?;
    if !key.verifies(&token) {
        return Err(Refusal::Signature);
    }
    check_claims(&token.claims()?, settings, now)
}

/// Judges claims whose signature is verified.
///
/// # Errors
///
/// [`Refusal::Claim`], [`Refusal::Expired`], [`Refusal::TooEarly`].
pub fn check_claims(claims: &Map<String, Value>, settings: &Settings, now: u64) -> Result<Identity, Refusal> {
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(Refusal::Claim(name));
    if text("iss")? != settings.issuer {
        return Err(Refusal::Claim("iss"));
    }
    let (token_use, client) = match settings.token_use {
        TokenUse::Access => ("access", "client_id"),
        TokenUse::Id => ("id", "aud"),
    };
    if text("token_use")? != token_use {
        return Err(Refusal::Claim("token_use"));
    }
    let named = text(client)?;
    if !settings.clients.iter().any(|accepted| accepted == named) {
        return Err(Refusal::Claim(client));
    }
    let second = |name: &'static str, value: &Value| value.as_u64().ok_or(Refusal::Claim(name));
    if second("exp", claims.get("exp").unwrap_or(&Value::Null))? <= now {
        return Err(Refusal::Expired);
    }
    if let Some(start) = claims.get("nbf")
        && second("nbf", start)? > now
    {
        return Err(Refusal::TooEarly);
    }
    let subject = text("sub")?;
    if subject.is_empty() {
        return Err(Refusal::Claim("sub"));
    }
    let username = if settings.token_use == TokenUse::Access { "username" } else { "cognito:username" };
    let or_empty = |name: &'static str| if claims.contains_key(name) { text(name) } else { Ok("") };
    Ok(Identity {
        subject: subject.to_owned(),
        username: or_empty(username)?.to_owned(),
        scope: or_empty("scope")?.to_owned(),
    })
}

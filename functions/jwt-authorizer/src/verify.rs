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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_900_000_000;

    fn settings(token_use: &str) -> Settings {
        let variable = |name: &str| match name {
            "USER_POOL_ID" => Some("us-east-1_AbCd".to_owned()),
            "CLIENT_ID" => Some("one,two".to_owned()),
            "TOKEN_USE" => Some(token_use.to_owned()),
            _ => None,
        };
        Settings::read(&variable).unwrap()
    }

    fn judge(token_use: &str, changes: Value) -> Result<Identity, Refusal> {
        let mut claims = json!({
            "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd", "token_use": token_use, "sub": "s", "exp": NOW + 1
        });
        let claims = claims.as_object_mut().unwrap();
        if let Value::Object(changes) = changes {
            claims.extend(changes);
        }
        check_claims(claims, &settings(token_use), NOW)
    }

    fn access(changes: Value) -> Result<Identity, Refusal> {
        let mut claims = json!({ "client_id": "two", "username": "alice", "scope": "a b" });
        if let Value::Object(changes) = changes {
            claims.as_object_mut().unwrap().extend(changes);
        }
        judge("access", claims)
    }

    #[test]
    fn a_token_is_valid_from_nbf_until_just_before_exp() {
        let alice = Identity { subject: "s".into(), username: "alice".into(), scope: "a b".into() };
        assert_eq!(access(json!({ "nbf": NOW })), Ok(alice));
        assert_eq!(access(json!({ "nbf": NOW + 1 })), Err(Refusal::TooEarly));
        assert_eq!(access(json!({ "nbf": null })), Err(Refusal::Claim("nbf")));
        assert_eq!(access(json!({ "exp": NOW })), Err(Refusal::Expired));
        assert_eq!(access(json!({ "exp": 1.9e9 })), Err(Refusal::Claim("exp")));
    }

    #[test]
    fn an_id_token_names_its_client_and_user_elsewhere() {
        let id = |changes| judge("id", changes);
        let alice = Identity { subject: "s".into(), username: "alice".into(), scope: String::new() };
        assert_eq!(id(json!({ "aud": "one", "cognito:username": "alice", "username": "bob" })), Ok(alice));
        assert_eq!(id(json!({ "client_id": "one" })), Err(Refusal::Claim("aud")));
        assert_eq!(id(json!({ "aud": ["one"] })), Err(Refusal::Claim("aud")));
        assert_eq!(id(json!({ "aud": "three" })), Err(Refusal::Claim("aud")));
        assert_eq!(id(json!({ "aud": "one", "token_use": "access" })), Err(Refusal::Claim("token_use")));
    }

    #[test]
    fn names_are_texts_where_they_are_there() {
        let machine = Identity { subject: "s".into(), username: String::new(), scope: String::new() };
        assert_eq!(judge("access", json!({ "client_id": "one" })), Ok(machine));
        assert_eq!(access(json!({ "username": 5 })), Err(Refusal::Claim("username")));
        assert_eq!(access(json!({ "scope": ["a"] })), Err(Refusal::Claim("scope")));
        assert_eq!(access(json!({ "sub": "" })), Err(Refusal::Claim("sub")));
        assert_eq!(access(json!({ "sub": 5 })), Err(Refusal::Claim("sub")));
    }
}

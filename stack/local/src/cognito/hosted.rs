//! The sign-in pages of a pool and the endpoints of OAuth 2.0 and `OpenID` Connect beside them.
//!
//! Everything lies below `/_stack/cognito/<pool id or domain>/`; keys and discovery also where AWS has them, below
//! `/<pool id>/.well-known/`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::page::{Page, sign_in_page};
use super::tokens::{self, Tokens};
use super::{Client, Cognito, now};
use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::persist::lock;
use crate::wire::{Form, ServiceError, percent_encode, read_form};

/// What the addresses of the pages begin with.
pub(crate) const PREFIX: &str = "/_stack/cognito/";

/// Seconds that an authorization code is good for.
const CODE_LIFE: i64 = 300;

/// Scopes of a client that names none.
const DEFAULT_SCOPE: &str = "openid";

/// What an authorization code stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pool: String,
    client: String,
    username: String,
    redirect: String,
    scope: String,
    nonce: Option<String>,
    /// Hash that the verifier must have, where the client began with one.
    challenge: Option<String>,
    expires: i64,
}

/// Whether a path is one of keys or discovery: `/<pool id>/.well-known/...`.
pub(crate) fn is_well_known(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let is_pool = parts.next().is_some_and(|id| id.contains('_') && id.contains('-'));
    is_pool && parts.next() == Some(".well-known") && matches!(parts.next(), Some("jwks.json" | "openid-configuration"))
}

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    let mut response = answer(cloud, request).await.unwrap_or_else(|error| {
        respond(
            error.status,
            "application/json",
            json!({"error": error.code, "error_description": error.message}).to_string(),
        )
    });
    let headers = response.headers_mut();
    // Pages of any origin may read keys and trade codes; nothing here depends on a cookie.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let service = &cloud.cognito;
    let path = request.uri().path().to_owned();
    if *request.method() == Method::OPTIONS {
        return Ok(respond(StatusCode::NO_CONTENT, "text/plain", ""));
    }
    let below = path.strip_prefix(PREFIX).or_else(|| path.strip_prefix('/')).unwrap_or(&path);
    let (name, place) = below.split_once('/').unwrap_or((below, ""));
    let pool_id = service.find_pool(name).map_err(|error| ServiceError { status: StatusCode::NOT_FOUND, ..error })?;
    let is_get = *request.method() == Method::GET;
    match place {
        ".well-known/jwks.json" if is_get => Ok(json_response(&service.key_set(&pool_id).await?)),
        ".well-known/openid-configuration" if is_get => Ok(json_response(&discovery(cloud, &pool_id))),
        "oauth2/authorize" | "login" if is_get => {
            let form = Form::parse(request.uri().query().unwrap_or_default())?;
            let asked = Asked::read(service, &pool_id, &form)?;
            Ok(sign_in_page(StatusCode::OK, &asked.page(service, &pool_id, None)))
        }
        "login" => {
            let form = read_form(request).await?;
            let asked = Asked::read(service, &pool_id, &form)?;
            Ok(sign_in(service, &pool_id, &asked, &form))
        }
        "oauth2/token" if !is_get => {
            let credentials = basic(&request);
            let form = read_form(request).await?;
            let tokens = trade(service, &pool_id, &form, credentials).await?;
            let mut response = json_response(&token_answer(&tokens));
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        "oauth2/userInfo" => {
            let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let header = header.unwrap_or_default();
            let token = header.strip_prefix("Bearer ").unwrap_or(header).to_owned();
            user_info(service, &token).await
        }
        "oauth2/revoke" if !is_get => {
            let credentials = basic(&request);
            let form = read_form(request).await?;
            let (client, secret) = credentials.unwrap_or_else(|| (field(&form, "client_id"), None));
            service.revoke(&client, secret.as_deref(), &field(&form, "token")).map_err(oauth("invalid_request"))?;
            Ok(respond(StatusCode::OK, "application/json", ""))
        }
        "logout" if is_get => {
            let form = Form::parse(request.uri().query().unwrap_or_default())?;
            log_out(service, &pool_id, &form)
        }
        _ => Err(ServiceError::not_found("not_found", format!("the sign-in pages have nothing at `{path}`"))),
    }
}

/// The discovery document. The issuer is the one that tokens have; all addresses are of this process.
fn discovery(cloud: &Cloud, pool_id: &str) -> Value {
    let base = format!("{}{PREFIX}{pool_id}", cloud.url);
    json!({
        "issuer": tokens::issuer(pool_id),
        "jwks_uri": format!("{}/{pool_id}/.well-known/jwks.json", cloud.url),
        "authorization_endpoint": format!("{base}/oauth2/authorize"),
        "token_endpoint": format!("{base}/oauth2/token"),
        "userinfo_endpoint": format!("{base}/oauth2/userInfo"),
        "revocation_endpoint": format!("{base}/oauth2/revoke"),
        "end_session_endpoint": format!("{base}/logout"),
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    })
}

/// What an application asks for with the address that it sends a user to.
struct Asked {
    client: Client,
    redirect: String,
    scope: String,
    /// Everything that the page has to send along.
    fields: Vec<(&'static str, String)>,
}

impl Asked {
    fn read(service: &Cognito, pool_id: &str, form: &Form) -> Result<Self, ServiceError> {
        let wrong = |message: String| ServiceError::bad_request("invalid_request", message);
        let client_id = field(form, "client_id");
        let client = service
            .with_pool(pool_id, |pool| pool.client(&client_id).cloned())
            .map_err(|error| wrong(error.message))?;
        let callbacks = client.texts("CallbackURLs");
        let redirect = match (form.get("redirect_uri"), callbacks.as_slice()) {
            (Some(given), callbacks) if callbacks.contains(&given) => given.to_owned(),
            (None, [only]) => (*only).to_owned(),
            (given, _) => {
                return Err(ServiceError::bad_request(
                    "redirect_mismatch",
                    format!("`{}` is none of the client's callback addresses", given.unwrap_or_default()),
                ));
            }
        };
        if form.get("response_type").is_some_and(|kind| kind != "code") {
            return Err(wrong("response_type is `code`".to_owned()));
        }
        let allowed = client.texts("AllowedOAuthScopes");
        let scope = form.get("scope").map_or_else(|| allowed.join(" "), str::to_owned);
        let scope = if scope.is_empty() { DEFAULT_SCOPE.to_owned() } else { scope };
        if let Some(foreign) = scope.split(' ').find(|scope| !allowed.is_empty() && !allowed.contains(scope)) {
            return Err(ServiceError::bad_request(
                "invalid_scope",
                format!("`{foreign}` is none of the client's scopes"),
            ));
        }
        if form.get("code_challenge").is_some() && form.get("code_challenge_method") != Some("S256") {
            return Err(wrong("code_challenge_method is `S256`".to_owned()));
        }
        let names = ["state", "nonce", "code_challenge", "code_challenge_method"];
        let mut fields = vec![
            ("client_id", client_id),
            ("response_type", "code".to_owned()),
            ("redirect_uri", redirect.clone()),
            ("scope", scope.clone()),
        ];
        fields.extend(names.iter().filter_map(|name| Some((*name, form.get(name)?.to_owned()))));
        Ok(Self { client, redirect, scope, fields })
    }

    fn page(&self, service: &Cognito, pool_id: &str, fault: Option<String>) -> Page {
        let by_address = service.with_pool(pool_id, |pool| Ok(pool.username_attributes().contains(&"email")));
        Page {
            action: format!("{PREFIX}{pool_id}/login"),
            application: self
                .client
                .settings
                .get("ClientName")
                .and_then(Value::as_str)
                .unwrap_or("the application")
                .to_owned(),
            by_address: by_address.unwrap_or(false),
            new_password: false,
            username: String::new(),
            fields: self.fields.clone(),
            fault,
        }
    }
}

/// Checks name and password, and leads back to the application with a code.
fn sign_in(service: &Cognito, pool_id: &str, asked: &Asked, form: &Form) -> Response {
    let (username, password) = (field(form, "username"), field(form, "password"));
    let again = |fault: String, new_password: bool| {
        let page = Page { username: username.clone(), new_password, ..asked.page(service, pool_id, Some(fault)) };
        sign_in_page(StatusCode::UNAUTHORIZED, &page)
    };
    let hash = asked.client.secret.as_ref().and_then(|secret| {
        let mac = super::srp::mac(secret.as_bytes(), &[username.as_bytes(), asked.client.id.as_bytes()])?;
        Some(STANDARD.encode(mac))
    });
    let user = match service.check_password(pool_id, &asked.client.id, &username, &password, hash.as_deref()) {
        Ok(user) => user,
        Err(error) => return again(error.message, false),
    };
    if user.status == super::UserStatus::ForceChangePassword {
        let Some(new) = form.get("new_password").filter(|new| !new.is_empty()) else {
            return again("Choose a new password: the present one was given by an administrator.".to_owned(), true);
        };
        if let Err(error) = service.set_password(pool_id, &user.username, new, true) {
            return again(error.message, true);
        }
    }
    let code = uuid::Uuid::new_v4().to_string();
    let present = now();
    let grant = Grant {
        pool: pool_id.to_owned(),
        client: asked.client.id.clone(),
        username: user.username,
        redirect: asked.redirect.clone(),
        scope: asked.scope.clone(),
        nonce: form.get("nonce").map(str::to_owned),
        challenge: form.get("code_challenge").map(str::to_owned),
        expires: present + CODE_LIFE,
    };
    {
        let mut grants = lock(&service.grants);
        grants.retain(|_, grant| grant.expires > present);
        grants.insert(code.clone(), grant);
    }
    let joint = if asked.redirect.contains('?') { '&' } else { '?' };
    let state = form.get("state").map_or_else(String::new, |state| format!("&state={}", percent_encode(state, "")));
    redirect(&format!("{}{joint}code={code}{state}", asked.redirect))
}

fn redirect(location: &str) -> Response {
    let mut response = respond(StatusCode::FOUND, "text/plain", "");
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => respond(StatusCode::BAD_REQUEST, "text/plain", "the address to return to is no address\n"),
    }
}

/// `oauth2/token`: tokens for an authorization code or a refresh token.
async fn trade(
    service: &Cognito,
    pool_id: &str,
    form: &Form,
    credentials: Option<(String, Option<String>)>,
) -> Result<Tokens, ServiceError> {
    let given = || (field(form, "client_id"), form.get("client_secret").map(str::to_owned));
    let (client_id, secret) = credentials.unwrap_or_else(given);
    let known = service.with_pool(pool_id, |pool| Ok(pool.client(&client_id)?.secret.clone()));
    if known.map_err(oauth("invalid_client"))? != secret {
        return Err(ServiceError::bad_request("invalid_client", "the client's id and secret do not belong together"));
    }
    let bad = |message: &str| ServiceError::bad_request("invalid_grant", message);
    match form.get("grant_type") {
        Some("authorization_code") => {
            let grant = lock(&service.grants).remove(form.get("code").unwrap_or_default());
            let grant = grant.ok_or_else(|| bad("the code is unknown or was used"))?;
            if grant.expires <= now() || grant.pool != pool_id || grant.client != client_id {
                return Err(bad("the code is not good any more, or not for this client"));
            }
            if form.get("redirect_uri").is_some_and(|given| given != grant.redirect) {
                return Err(bad("redirect_uri is not the one that the code was sent to"));
            }
            if let Some(challenge) = &grant.challenge {
                let verifier = form.get("code_verifier").unwrap_or_default();
                if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != *challenge {
                    return Err(bad("code_verifier does not fit the code_challenge"));
                }
            }
            let asked = tokens::Grant { scope: &grant.scope, nonce: grant.nonce.as_deref(), refreshed: None };
            service.issue(pool_id, &client_id, &grant.username, asked).await.map_err(oauth("invalid_grant"))
        }
        Some("refresh_token") => {
            let refresh = service.refresh_of(form.get("refresh_token").unwrap_or_default());
            let refresh = refresh.map_err(oauth("invalid_grant"))?;
            if refresh.client != client_id {
                return Err(bad("the token is not one of this client"));
            }
            let asked = tokens::Grant { scope: &refresh.scope, nonce: None, refreshed: Some(&refresh) };
            service.issue(pool_id, &client_id, &refresh.username, asked).await.map_err(oauth("invalid_grant"))
        }
        _ => Err(ServiceError::bad_request(
            "unsupported_grant_type",
            "grant_type is `authorization_code` or `refresh_token`",
        )),
    }
}

fn token_answer(tokens: &Tokens) -> Value {
    let mut answer = json!({"access_token": tokens.access, "token_type": "Bearer", "expires_in": tokens.life});
    if let Some(id) = &tokens.id {
        answer["id_token"] = json!(id);
    }
    if let Some(refresh) = &tokens.refresh {
        answer["refresh_token"] = json!(refresh);
    }
    answer
}

async fn user_info(service: &Cognito, token: &str) -> Result<Response, ServiceError> {
    let unauthorized =
        |error: ServiceError| ServiceError::new(StatusCode::UNAUTHORIZED, "invalid_token", error.message);
    let (_, user, claims) = service.user_of(token).await.map_err(unauthorized)?;
    let mut info = user.claims(claims.text("scope").unwrap_or_default());
    info.insert("sub".to_owned(), json!(user.sub));
    info.insert("username".to_owned(), json!(user.username));
    Ok(json_response(&info.into()))
}

/// No session is kept, so logging out only leads back.
fn log_out(service: &Cognito, pool_id: &str, form: &Form) -> Result<Response, ServiceError> {
    let client_id = field(form, "client_id");
    let client =
        service.with_pool(pool_id, |pool| pool.client(&client_id).cloned()).map_err(oauth("invalid_request"))?;
    let target = form.get("logout_uri").filter(|target| client.texts("LogoutURLs").contains(target));
    target.map(redirect).ok_or_else(|| {
        ServiceError::bad_request("invalid_request", "logout_uri is none of the client's sign-out addresses")
    })
}

/// The client's id and secret from an `Authorization: Basic` header.
fn basic(request: &Request) -> Option<(String, Option<String>)> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), Some(secret.to_owned())))
}

fn field(form: &Form, name: &str) -> String {
    form.get(name).unwrap_or_default().to_owned()
}

/// An error of the service under the name that OAuth has for it.
fn oauth(code: &'static str) -> impl Fn(ServiceError) -> ServiceError {
    move |error| ServiceError::bad_request(code, error.message)
}

fn json_response(value: &Value) -> Response {
    respond(StatusCode::OK, "application/json", value.to_string())
}

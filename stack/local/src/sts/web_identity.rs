//! Entering a role with the token of an identity provider.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use time::OffsetDateTime;

use super::assume::{session_life, session_policies};
use super::token::{Claims, verify};
use super::{NAMESPACE, denied, write_keys};
use crate::cloud::Cloud;
use crate::http_types::Response;
use crate::iam::{OpenIdProvider, Session, check_name};
use crate::wire::{Form, ServiceError, query_response};

/// How long a provider may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Greatest document of a provider in bytes.
const DOCUMENT_LIMIT: usize = 256 * 1024;

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

pub(super) async fn assume_role_with_web_identity(cloud: &Cloud, form: &Form) -> Result<Response, ServiceError> {
    let role_arn = form.require("RoleArn")?;
    let name = form.require("RoleSessionName")?;
    check_name("roleSessionName", name, 64)?;
    let claims = Claims::read(form.require("WebIdentityToken")?).ok_or_else(|| {
        invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    })?;
    let issuer = claims.text("iss").ok_or_else(|| invalid("Missing a required claim: iss"))?.to_owned();
    let subject = claims.text("sub").ok_or_else(|| invalid("Missing a required claim: sub"))?.to_owned();
    let expires = claims.number("exp").ok_or_else(|| invalid("Missing a required claim: exp"))?;
    let provider = cloud
        .iam
        .open_id_provider_of(&issuer)
        .ok_or_else(|| invalid(format!("No OpenIDConnect provider found in your account for {issuer}")))?;
    let audience = audience(&claims, &provider)?;
    if !verify(&claims, &fetch_keys(&issuer).await?) {
        return Err(invalid("Couldn't verify the signature of the token with the keys of its provider"));
    }
    if expires <= OffsetDateTime::now_utc().unix_timestamp() {
        return Err(ServiceError::bad_request(
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration date/time of the token",
        ));
    }

    let refused = || denied(format!("Not authorized to perform {ACTION}"));
    let role = cloud.iam.role_by_arn(role_arn).ok_or_else(refused)?;
    let context = context(&provider, &claims, &audience, name);
    if !cloud.iam.trusts_provider(&role, &provider.arn, ACTION, &context) {
        tracing::warn!(role = role.name, provider = provider.arn, %subject, %audience, "the trust policy does not let the token in");
        return Err(refused());
    }
    let life = session_life(form, &role, false)?;
    let (policies, packed) = session_policies(cloud, form)?;
    let mut principal = cloud.iam.session_principal(&role.arn, name);
    principal.session = Arc::new(Session { policies, federation: context.into_iter().collect(), ..Session::default() });
    let keys = cloud.iam.issue(principal.clone(), life);
    Ok(query_response(NAMESPACE, "AssumeRoleWithWebIdentity", |xml| {
        write_keys(xml, &keys);
        xml.text("SubjectFromWebIdentityToken", &subject);
        xml.element("AssumedRoleUser", |xml| {
            xml.text("Arn", &principal.arn);
            xml.text("AssumedRoleId", &principal.user_id);
        });
        xml.optional("PackedPolicySize", packed.map(|percent| percent.to_string()));
        xml.text("Provider", &provider.arn);
        xml.text("Audience", &audience);
    }))
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidIdentityToken", message)
}

/// The audience of the token, which must be one that the provider was made for.
fn audience(claims: &Claims, provider: &OpenIdProvider) -> Result<String, ServiceError> {
    let named: Vec<&str> = match &claims.payload["aud"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    };
    // Where a token has an authorized party, that is the one it was made for.
    let named = claims.text("azp").map_or(named, |party| vec![party]);
    let known = named.into_iter().find(|name| provider.audiences.iter().any(|audience| audience == name));
    known.map(str::to_owned).ok_or_else(|| invalid("Incorrect token audience"))
}

/// Condition keys: the provider's address before each claim.
fn context(provider: &OpenIdProvider, claims: &Claims, audience: &str, session: &str) -> Vec<(String, String)> {
    let host = &provider.host;
    let mut context = vec![("sts:rolesessionname".to_owned(), session.to_owned())];
    for (claim, value) in claims.payload.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            context.push((format!("{host}:{claim}").to_ascii_lowercase(), text.to_owned()));
        }
    }
    let key = format!("{host}:aud").to_ascii_lowercase();
    context.retain(|(name, _)| *name != key);
    context.push((key, audience.to_owned()));
    context
}

/// The provider's keys, found through its discovery document.
async fn fetch_keys(issuer: &str) -> Result<Value, ServiceError> {
    let issuer = issuer.trim_end_matches('/');
    let address = if issuer.contains("://") { issuer.to_owned() } else { format!("https://{issuer}") };
    let unreachable = |why: String| {
        ServiceError::bad_request("IDPCommunicationError", format!("cannot read the keys of {address}: {why}"))
    };
    let discovery = fetch(&format!("{address}/.well-known/openid-configuration")).await.map_err(unreachable)?;
    let location = discovery["jwks_uri"].as_str().ok_or_else(|| unreachable("there is no jwks_uri".to_owned()))?;
    fetch(location).await.map_err(unreachable)
}

async fn fetch(url: &str) -> Result<Value, String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("`{url}`: {error}"))?;
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| format!("no root certificates: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let answered = async {
        let response = client.get(uri).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("{url} answers {}", response.status()));
        }
        let body =
            Limited::new(response.into_body(), DOCUMENT_LIMIT).collect().await.map_err(|error| error.to_string())?;
        serde_json::from_slice(&body.to_bytes()).map_err(|error| format!("{url}: {error}"))
    };
    tokio::time::timeout(ANSWER_LIMIT, answered).await.unwrap_or_else(|_| Err(format!("{url} does not answer")))
}

//! Health, the console page, and the data that the page reads.
//!
//! The router refuses other hosts and origins before a request comes here. A write must also carry a header that a page of
//! another origin cannot send without asking, and it is never answered.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::cloud::Cloud;
use crate::http_types::{Request, Response, respond};
use crate::wire::{Form, ServiceError};

mod data;
mod graph;
mod health;
mod mailbox;
mod object;
mod page;
mod queues;
mod sites;
mod tables;
mod token;

/// Header of every write that the page and `stack` send.
const CONSOLE_HEADER: &str = "x-stack-console";

/// Answers one request.
pub(crate) async fn handle(cloud: &Arc<Cloud>, request: Request) -> Response {
    answer(cloud, request).await.unwrap_or_else(|error| {
        let mut response = respond(error.status, "text/plain; charset=utf-8", format!("{}\n", error.message));
        seal(response.headers_mut());
        response
    })
}

async fn answer(cloud: &Arc<Cloud>, request: Request) -> Result<Response, ServiceError> {
    let query = Form::parse(request.uri().query().unwrap_or_default())?;
    let path = request.uri().path().to_owned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path.as_str() {
        "/" | "/_stack" | "/_stack/" if reads => Ok(page::index()),
        "/_stack/access.json" if reads => Ok(json(&cloud.iam.access_report())),
        "/_stack/health" if reads => Ok(health::health(cloud)),
        "/_stack/mailbox" if reads => Ok(mailbox::page(cloud)),
        "/_stack/mailbox.json" if reads => Ok(json(&mailbox::list(cloud))),
        "/_stack/api/graph" if reads => graph::graph(cloud, &query).await.map(|value| json(&value)),
        "/_stack/api/items" if reads => tables::items(cloud, &query).await.map(|value| json(&value)),
        "/_stack/api/overview" if reads => data::overview(cloud).await.map(|value| json(&value)),
        "/_stack/api/requests" if reads => {
            let after = query.get("after").and_then(|after| after.parse().ok()).unwrap_or_default();
            Ok(json(&cloud.requests.show(cloud, after)))
        }
        "/_stack/api/tables" if reads => tables::tables(cloud).await.map(|value| json(&value)),
        "/_stack/api/objects" if reads => data::objects(cloud, &query).map(|value| json(&value)),
        "/_stack/api/object" if reads => object::get(cloud, &query).await,
        "/_stack/api/object" if *request.method() == Method::PUT => object::put(cloud, &query, request).await,
        "/_stack/api/token" if *request.method() == Method::POST => {
            token::issue(cloud, request).await.map(|value| json(&value))
        }
        "/_stack/api/logs" if reads => data::logs(cloud, &query).map(|value| json(&value)),
        _ => path
            .strip_prefix("/_stack/console/")
            .filter(|_| reads)
            .and_then(page::file)
            .ok_or_else(|| ServiceError::not_found("NotFound", format!("the console has nothing at `{path}`"))),
    }
}

/// Refuses writes that a page of another origin could have sent through the user's browser.
fn require_console(request: &Request, refusal: &str) -> Result<(), ServiceError> {
    if request.headers().contains_key(CONSOLE_HEADER) {
        return Ok(());
    }
    Err(ServiceError::new(StatusCode::FORBIDDEN, "AccessDenied", refusal))
}

fn json(value: &serde_json::Value) -> Response {
    let mut response = respond(StatusCode::OK, "application/json", value.to_string());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    seal(response.headers_mut());
    response
}

/// Keeps pages of other origins from embedding the answer, and browsers from guessing its type.
fn seal(headers: &mut HeaderMap) {
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

//! What unit tests of services stand on: a cloud without a listener, a stack's context, requests past the router.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloudformation::provider::{Live, ResourceContext};
use crate::http_types::{Request, Response, full};
use crate::settings::{Settings, Storage};

pub(crate) const REGION: &str = "eu-central-1";

/// A cloud in memory.
pub(crate) fn cloud() -> Arc<Cloud> {
    let settings = Settings { storage: Storage::Memory, ..Settings::default() };
    Arc::new(Cloud::open(&settings, "http://127.0.0.1:4566".to_owned()).unwrap())
}

/// The context of a stack `s` that brings the tag `stack:project`.
pub(crate) fn context(cloud: &Arc<Cloud>) -> ResourceContext {
    ResourceContext {
        cloud: Arc::clone(cloud),
        account: cloud.account.clone(),
        region: REGION.to_owned(),
        stack_name: "s".to_owned(),
        logical_id: "Thing".to_owned(),
        tags: BTreeMap::from([("stack:project".to_owned(), "p".to_owned())]),
    }
}

/// A request that is signed for `service` in [`REGION`] as far as services look.
pub(crate) fn request(service: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut builder = http::Request::builder().method(method).uri(path).header(
        "authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential=test/20261128/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        ),
    );
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(full(body.to_owned())).unwrap()
}

/// Status and body of an answer.
pub(crate) async fn read(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The text of the first element of this name.
pub(crate) fn element<'a>(body: &'a str, name: &str) -> &'a str {
    let start = body.find(&format!("<{name}>")).map_or(body.len(), |at| at + name.len() + 2);
    body[start..].split('<').next().unwrap_or_default()
}

/// What differs between the declared properties and those that were read: names of members, deep ones by their first.
pub(crate) fn drifted(declared: &Value, live: &Live) -> Vec<String> {
    let Live::Properties(live) = live else { return vec![format!("{live:?}")] };
    let declared = declared.as_object().unwrap();
    declared.iter().filter(|(name, value)| live.get(*name) != Some(*value)).map(|(name, _)| name.clone()).collect()
}

/// A role that trusts a service and may do what the statement allows.
pub(crate) async fn role(cloud: &Arc<Cloud>, name: &str, service: &str, statement: Value) -> String {
    let properties = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}],
    });
    let made = crate::iam::resources::create_role(&context(cloud), &properties).await.unwrap();
    made.attributes["Arn"].as_str().unwrap().to_owned()
}

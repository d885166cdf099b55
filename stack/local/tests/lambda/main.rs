//! Functions in the local cloud, by the AWS SDK and real processes. The functions are scripts, so that a test needs no
//! compiler; a machine without `/usr/bin/python3` skips them.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

mod limits;
mod processes;
mod runtimes;
mod urls;
mod versions;

use std::io::{Cursor, Write as _};
use std::path::Path;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, LogType, Runtime};
use stack_local::{LocalCloud, Settings};

const ROLE: &str = "arn:aws:iam::000000000000:role/tester";

/// A runtime in a few lines: `handle(event, id)` of the script answers, `Failed(payload)` reports an error.
const RUNTIME: &str = r#"#!/usr/bin/python3
import json, os, subprocess, sys, time, urllib.request
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
class Failed(Exception): pass
def post(path, value):
    request = urllib.request.Request(API + path, data=json.dumps(value).encode(), method="POST")
    urllib.request.urlopen(request).read()
def run(handle):
    while True:
        with urllib.request.urlopen(API + "invocation/next") as answer:
            id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
        try:
            post(f"invocation/{id}/response", handle(event, answer.headers))
        except Failed as failure:
            post(f"invocation/{id}/error", {"errorType": "Failed", "errorMessage": str(failure)})
"#;

async fn cloud() -> (LocalCloud, Client) {
    let settings = Settings { address: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
    let cloud = LocalCloud::start(settings).await.unwrap();
    let client = client(&cloud, "test", "test");
    (cloud, client)
}

fn client(cloud: &LocalCloud, access_key: &str, secret_key: &str) -> Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(cloud.url())
        .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// Makes the role of the functions, with one statement.
async fn let_functions(cloud: &LocalCloud, action: &str, resource: &str) {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
        .region(aws_sdk_iam::config::Region::new("us-east-1"))
        .endpoint_url(cloud.url())
        .credentials_provider(aws_sdk_iam::config::Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let iam = aws_sdk_iam::Client::from_conf(config);
    let name = ROLE.rsplit('/').next().unwrap();
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": resource}
    ]});
    let put = iam.put_role_policy().role_name(name).policy_name("allowed").policy_document(policy.to_string());
    put.send().await.unwrap();
}

fn python_is_missing() -> bool {
    let missing = !Path::new("/usr/bin/python3").exists();
    if missing {
        eprintln!("skipped: there is no /usr/bin/python3");
    }
    missing
}

fn zip(name: &str, text: &str) -> Blob {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    Blob::new(writer.finish().unwrap().into_inner())
}

fn script(text: &str) -> Blob {
    zip("bootstrap", &format!("{RUNTIME}{text}\n"))
}

async fn create(client: &Client, name: &str, code: Blob) {
    create_with(client, name, code, 10).await;
}

async fn create_with(client: &Client, name: &str, code: Blob, timeout: i32) {
    client
        .create_function()
        .function_name(name)
        .role(ROLE)
        .runtime(Runtime::from("provided.al2023"))
        .handler("bootstrap")
        .timeout(timeout)
        .environment(Environment::builder().variables("OWN", "value").build())
        .code(FunctionCode::builder().zip_file(code).build())
        .send()
        .await
        .unwrap();
}

struct Answer {
    payload: serde_json::Value,
    failed: bool,
    log: String,
}

async fn invoke(client: &Client, name: &str, payload: &str) -> Answer {
    use base64::Engine as _;
    let output =
        client.invoke().function_name(name).log_type(LogType::Tail).payload(Blob::new(payload)).send().await.unwrap();
    let log = base64::engine::general_purpose::STANDARD.decode(output.log_result().unwrap_or_default()).unwrap();
    Answer {
        payload: serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap(),
        failed: output.function_error().is_some(),
        log: String::from_utf8(log).unwrap(),
    }
}

/// Whether a process runs that has `marker` among its arguments.
fn runs(marker: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|argument| argument == marker.as_bytes())
    })
}

/// The headers of a request without a body that the administrator signs for Lambda.
fn signed_headers(method: &str, path: &str, host: &str) -> Vec<(String, String)> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::{Digest as _, Sha256};
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let hash = |text: &str| hex::encode(Sha256::digest(text));
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = time::OffsetDateTime::now_utc().format(format).unwrap();
    let date = &time[..8];
    let canonical = format!("{method}\n{path}\n\nhost:{host}\nx-amz-date:{time}\n\nhost;x-amz-date\n{}", hash(""));
    let scope = format!("{date}/us-east-1/lambda/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(&canonical));
    let key = ["us-east-1", "lambda", "aws4_request"].iter().fold(mac(b"AWS4test", date), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &text));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}");
    vec![("x-amz-date".to_owned(), time), ("authorization".to_owned(), authorization)]
}

//! SNS by plain HTTP: an endpoint confirms, gets a message, and checks its signature against the certificate served.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::Pkcs1v15Sign;
use rsa::pkcs8::DecodePublicKey as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stack_local::{LocalCloud, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Sends a request and returns status line and body.
async fn send(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

async fn get(url: &str) -> String {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (status, body) =
        send(address, &format!("GET /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")).await;
    assert!(status.contains("200"), "{status} {body}");
    body
}

fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A signed Query request; returns status line and body.
async fn call(cloud: &LocalCloud, fields: &[(&str, &str)]) -> (String, String) {
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let body = body.join("&");
    let address = cloud.address().to_string();
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = time::OffsetDateTime::now_utc().format(format).unwrap();
    let date = &time[..8];
    let hash = |text: &str| hex::encode(Sha256::digest(text));
    let canonical = format!("POST\n/\n\nhost:{address}\nx-amz-date:{time}\n\nhost;x-amz-date\n{}", hash(&body));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{date}/us-east-1/sns/aws4_request\n{}", hash(&canonical));
    let key = ["us-east-1", "sns", "aws4_request"].iter().fold(mac(b"AWS4test", date), |key, part| mac(&key, part));
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-date: {time}\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=test/{date}/us-east-1/sns/aws4_request, SignedHeaders=host;x-amz-date, Signature={}\r\n\r\n{body}",
        body.len(),
        hex::encode(mac(&key, &text))
    );
    send(&address, &request).await
}

async fn ok(cloud: &LocalCloud, fields: &[(&str, &str)]) -> String {
    let (status, body) = call(cloud, fields).await;
    assert!(status.contains("200"), "{status} {body}");
    body
}

/// An endpoint that answers the first `failures` requests with 500 and passes on the bodies of the others.
async fn endpoint(mut failures: usize) -> (String, mpsc::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/told", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let (head, body) = loop {
                let mut chunk = [0; 4096];
                let length = stream.read(&mut chunk).await.unwrap();
                bytes.extend_from_slice(&chunk[..length]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_ascii_lowercase();
                let expected: usize =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
                if body.len() >= expected {
                    break (head, body.to_owned());
                }
            };
            let status = if failures > 0 { "500 Broken" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            if failures == 0 {
                sender.send((head, body)).await.unwrap();
            }
            failures = failures.saturating_sub(1);
        }
    });
    (url, receiver)
}

/// Checks a message as a subscriber does: the named fields in order, the certificate from where the message says.
async fn check_signature(message: &Value, names: &[&str]) {
    let text: String =
        names.iter().filter_map(|name| Some(format!("{name}\n{}\n", message.get(*name)?.as_str()?))).collect();
    let pem = get(message["SigningCertURL"].as_str().unwrap()).await;
    let encoded: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    let key = public_key(&der);
    let signature = base64::engine::general_purpose::STANDARD.decode(message["Signature"].as_str().unwrap()).unwrap();
    let (prefix, digest): (&[u8], Vec<u8>) = match message["SignatureVersion"].as_str() {
        Some("2") => (
            b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Sha256::digest(&text).to_vec(),
        ),
        _ => (b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14", sha1::Sha1::digest(&text).to_vec()),
    };
    let scheme = || Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: prefix.into() };
    key.verify(scheme(), &digest, &signature).unwrap();
    let other = vec![0; digest.len()];
    assert!(key.verify(scheme(), &other, &signature).is_err());
}

/// The public key of a certificate: the `SubjectPublicKeyInfo` that names RSA.
fn public_key(certificate: &[u8]) -> rsa::RsaPublicKey {
    (0..certificate.len())
        .filter(|at| certificate[*at] == 0x30)
        .find_map(|at| {
            let length = 4 + usize::from(u16::from_be_bytes([*certificate.get(at + 2)?, *certificate.get(at + 3)?]));
            rsa::RsaPublicKey::from_public_key_der(certificate.get(at..at + length)?).ok()
        })
        .expect("the certificate holds an RSA key")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_confirms_and_gets_signed_messages() {
    let settings = Settings { address: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
    let cloud = LocalCloud::start(settings).await.unwrap();
    ok(&cloud, &[("Action", "CreateTopic"), ("Name", "ready")]).await;
    let topic = "arn:aws:sns:us-east-1:000000000000:ready";
    let (url, mut messages) = endpoint(1).await;
    let answer =
        ok(&cloud, &[("Action", "Subscribe"), ("TopicArn", topic), ("Protocol", "http"), ("Endpoint", &url)]).await;
    assert!(answer.contains("<SubscriptionArn>pending confirmation</SubscriptionArn>"), "{answer}");

    let (head, body) = messages.recv().await.unwrap();
    assert!(head.contains("x-amz-sns-message-type: subscriptionconfirmation"), "{head}");
    let confirmation: Value = serde_json::from_str(&body).unwrap();
    check_signature(&confirmation, &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
        .await;
    get(confirmation["SubscribeURL"].as_str().unwrap()).await;

    for version in ["1", "2"] {
        let attribute = [("AttributeName", "SignatureVersion"), ("AttributeValue", version)];
        ok(&cloud, &[&[("Action", "SetTopicAttributes"), ("TopicArn", topic)], &attribute[..]].concat()).await;
        let message = "{\"key\": \"a b+c\"}\nsecond line";
        ok(&cloud, &[("Action", "Publish"), ("TopicArn", topic), ("Subject", "done"), ("Message", message)]).await;
        let (head, body) = messages.recv().await.unwrap();
        assert!(head.contains("x-amz-sns-message-type: notification"), "{head}");
        let notification: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(notification["Message"], message);
        assert_eq!(notification["SignatureVersion"], version);
        check_signature(&notification, &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]).await;
    }

    let subscriptions = ok(&cloud, &[("Action", "ListSubscriptionsByTopic"), ("TopicArn", topic)]).await;
    let arn = subscriptions.split("<SubscriptionArn>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    for (name, value) in [("RawMessageDelivery", "true"), ("FilterPolicy", r#"{"kind": ["thumbnail"]}"#)] {
        ok(
            &cloud,
            &[
                ("Action", "SetSubscriptionAttributes"),
                ("SubscriptionArn", &arn),
                ("AttributeName", name),
                ("AttributeValue", value),
            ],
        )
        .await;
    }
    let kinds = BTreeMap::from([("photo", "not wanted"), ("thumbnail", "wanted")]);
    for (kind, message) in kinds {
        let attribute = [
            ("MessageAttributes.entry.1.Name", "kind"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", kind),
        ];
        ok(&cloud, &[&[("Action", "Publish"), ("TopicArn", topic), ("Message", message)], &attribute[..]].concat())
            .await;
    }
    assert_eq!(messages.recv().await.unwrap().1, "wanted", "the filter kept the other one back");
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_links_of_messages_need_no_signature() {
    let settings = Settings { address: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
    let cloud = LocalCloud::start(settings).await.unwrap();
    ok(&cloud, &[("Action", "CreateTopic"), ("Name", "kept")]).await;
    let topic = "arn:aws:sns:us-east-1:000000000000:kept";
    let address = cloud.address().to_string();
    // The last of two actions must not slip through under the first.
    let path = format!("/?Action=Unsubscribe&Action=DeleteTopic&TopicArn={topic}");
    let (status, body) =
        send(&address, &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")).await;
    assert!(status.contains("403") && body.contains("MissingAuthenticationToken"), "{status} {body}");
    ok(&cloud, &[("Action", "GetTopicAttributes"), ("TopicArn", topic)]).await;
    let (status, body) = call(
        &cloud,
        &[("Action", "Subscribe"), ("TopicArn", topic), ("Protocol", "sms"), ("Endpoint", "+15555550100")],
    )
    .await;
    assert!(status.contains("400") && body.contains("does not deliver to `sms`"), "{status} {body}");
    cloud.stop().await;
}

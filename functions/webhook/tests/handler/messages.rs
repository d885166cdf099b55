//! What SNS sends, and what others send in its name.

use std::time::Duration;

use function_testing::Reply;
use rsa::RsaPrivateKey;
use serde_json::{Value, json};

use crate::world::{World, certificate, key, merged, refusal, self_signed, sign};

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn notifications_of_both_signature_versions_are_logged() {
    let world = World::new().await;
    for changes in [
        json!({}),
        json!({ "SignatureVersion": "1" }),
        json!({ "Subject": "Amazon S3 Notification", "Message": "plain \u{2603}\ntext" }),
    ] {
        let answer = world.post(&world.notification(changes)).await;
        assert_eq!((answer.status_code, answer.body.as_str()), (200, r#"{"status":"received","message_id":"0b1c"}"#));
    }
    // One certificate, fetched once.
    assert_eq!(world.server.requests(), ["/certificate.pem"]);
    let facts = world.facts.all();
    let first = json!({
        "level": "INFO", "code": "notification", "message": "a notification arrived",
        "object": {
            "topic": "arn:aws:sns:us-east-1:000000000000:assets", "message_id": "0b1c",
            "timestamp": "2026-11-21T02:46:05.123Z", "subject": null, "message": { "key": "a.jpg" }
        }
    });
    assert_eq!(facts[0], first);
    assert_eq!(facts[2]["object"]["message"], "plain \u{2603}\ntext");
    assert_eq!(facts[2]["object"]["subject"], "Amazon S3 Notification");
}

#[tokio::test]
async fn a_subscription_is_confirmed_where_the_configuration_says() {
    let world = World::new().await;
    let answer = world.post(&world.confirmation(json!({}))).await;
    assert_eq!((answer.status_code, answer.body.as_str()), (200, r#"{"status":"confirmed","message_id":"0b1c"}"#));
    let confirmation =
        "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:assets&Token=2336412f37CANARY";
    assert_eq!(world.server.requests(), ["/certificate.pem", confirmation]);
    assert_eq!(world.facts.codes(), ["subscription-confirmed"]);
    assert!(!format!("{:?}", world.facts.all()).contains("CANARY"));

    world.server.reply(Reply::Body(403, Vec::new()));
    assert_eq!(world.refusal(&world.confirmation(json!({}))).await, refused(502, "confirmation-failed"));
    for token in ["", "a&TopicArn=b", "a b", &"x".repeat(1025)] {
        let confirmation = world.confirmation(json!({ "Token": token }));
        assert_eq!(world.refusal(&confirmation).await, refused(400, "token-refused"));
    }
    assert_eq!(world.server.requests().len(), 3);
}

#[tokio::test]
async fn the_end_of_a_subscription_is_told() {
    let world = World::new().await;
    let answer = world.post(&world.confirmation(json!({ "Type": "UnsubscribeConfirmation" }))).await;
    assert_eq!(answer.status_code, 200);
    assert_eq!(world.facts.codes(), ["subscription-ended"]);
    assert_eq!(world.server.requests(), ["/certificate.pem"]);
}

#[tokio::test]
async fn a_field_changed_after_the_signing_is_found() {
    let world = World::new().await;
    let wrong = refused(403, "signature-wrong");
    for (field, value) in [
        ("Message", "other"),
        ("MessageId", "other"),
        ("Subject", "added"),
        ("Timestamp", "2026-11-21T02:46:05.124Z"),
        ("Signature", "AQID"),
        ("Signature", "not base64!"),
        ("SignatureVersion", "1"),
    ] {
        let message = merged(world.notification(json!({})), json!({ (field): value }));
        assert_eq!(world.refusal(&message).await, wrong, "{field}");
    }
    for (field, value) in [("Token", "other"), ("SubscribeURL", "other"), ("Type", "UnsubscribeConfirmation")] {
        let message = merged(world.confirmation(json!({})), json!({ (field): value }));
        assert_eq!(world.refusal(&message).await, wrong, "{field}");
    }
    // A notification whose signed text is that of another kind.
    let message = merged(world.confirmation(json!({})), json!({ "Type": "Notification" }));
    assert_eq!(world.refusal(&message).await, wrong);
    assert!(!world.facts.codes().iter().any(|code| code == "notification"));
}

#[tokio::test]
async fn other_topics_times_and_versions_are_refused_before_anything_is_fetched() {
    let world = World::new().await;
    let code = async |changes: Value| world.refusal(&world.notification(changes)).await;
    let topic = json!({ "TopicArn": "arn:aws:sns:us-east-1:000000000000:other" });
    assert_eq!(code(topic).await, refused(403, "topic-refused"));
    assert_eq!(code(json!({ "Timestamp": "2026-11-21T01:46:04Z" })).await, refused(403, "message-expired"));
    assert_eq!(code(json!({ "Timestamp": "2026-11-21T02:51:06Z" })).await, refused(403, "message-from-the-future"));
    assert_eq!(code(json!({ "Timestamp": "now" })).await, refused(400, "timestamp-malformed"));
    assert_eq!(code(json!({ "SignatureVersion": "3" })).await, refused(400, "signature-version-refused"));
    assert_eq!(code(json!({ "Type": "Surprise" })).await, refused(400, "body-invalid"));
    assert_eq!(code(json!({ "MessageId": null })).await, refused(400, "body-invalid"));
    let incomplete = world.confirmation(json!({ "Token": null }));
    assert_eq!(world.refusal(&incomplete).await, refused(400, "message-incomplete"));
    let elsewhere = json!({ "SigningCertURL": "https://evil.example/SimpleNotificationService-01.pem" });
    assert_eq!(code(elsewhere).await, refused(403, "certificate-refused"));
    assert_eq!(world.server.requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_message_cannot_be_sent_again_later() {
    let world = World::new().await;
    let message = world.notification(json!({}));
    assert_eq!(world.post(&message).await.status_code, 200);
    world.clock.advance(3600);
    assert_eq!(world.post(&message).await.status_code, 200);
    world.clock.advance(1);
    assert_eq!(world.refusal(&message).await, refused(403, "message-expired"));
}

#[tokio::test]
async fn requests_that_are_no_message_are_refused() {
    let world = World::new().await;
    let headers = json!({});
    let answer = world.send("GET", headers.clone(), "").await;
    assert_eq!(refusal(&answer), refused(405, "method-not-allowed"));
    assert_eq!(answer.headers["allow"], "POST");
    for (body, code) in [("", "body-missing"), ("x", "body-not-json"), ("[]", "body-invalid"), ("{}", "body-invalid")] {
        assert_eq!(refusal(&world.send("POST", headers.clone(), body).await), refused(400, code));
    }
    let answer = world.send("POST", json!({ "X-Amz-Sns-RawDelivery": "true" }), "hello").await;
    assert_eq!(refusal(&answer), refused(400, "raw-message"));
    let large = format!("{{}}{}", " ".repeat(2 << 20));
    assert_eq!(refusal(&world.send("POST", headers, &large).await), refused(413, "body-too-large"));
}

#[tokio::test]
async fn certificates_that_prove_nothing_are_refused() {
    let other = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let elliptic = rcgen::KeyPair::generate().unwrap();
    for (name, served, signing, code) in [
        ("past", certificate(key(), 2020, 2025), key(), "certificate-refused"),
        ("future", certificate(key(), 2027, 2030), key(), "certificate-refused"),
        (
            "garbage",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            key(),
            "certificate-refused",
        ),
        ("another key", certificate(&other, 2020, 2030), key(), "signature-wrong"),
        ("elliptic", self_signed(&elliptic, 2020, 2030), key(), "signature-wrong"),
    ] {
        let world = World::new().await;
        world.server.reply(Reply::Body(200, served));
        let message = sign(world.notification(json!({})), signing);
        assert_eq!(world.refusal(&message).await, refused(403, code), "{name}");
    }
}

#[tokio::test]
async fn sns_is_asked_to_come_again_while_certificates_cannot_be_fetched() {
    let world = World::new().await;
    for reply in [
        Reply::Refuse,
        Reply::Body(500, Vec::new()),
        Reply::Cut(vec![b' '; 100]),
        Reply::Body(200, vec![b' '; 20_000]),
        Reply::Redirect(format!("{}/elsewhere.pem", world.server.url())),
        Reply::Slow(Duration::from_mins(1), Vec::new()),
    ] {
        world.server.reply(reply);
        let answer = world.post(&world.notification(json!({}))).await;
        assert_eq!(refusal(&answer), refused(503, "certificate-unavailable"));
        assert_eq!(answer.headers["retry-after"], "6");
    }
    world.server.reply(Reply::Body(200, certificate(key(), 2020, 2030)));
    assert_eq!(world.post(&world.notification(json!({}))).await.status_code, 200);
    assert_eq!(world.server.requests().len(), 7);
}

#[tokio::test]
async fn a_thousand_invented_certificates_cause_ten_fetches() {
    let world = World::new().await;
    assert_eq!(world.post(&world.notification(json!({}))).await.status_code, 200);
    world.server.reply(Reply::Body(404, Vec::new()));
    for number in 0..1000 {
        let url = format!("{}/{number}.pem", world.server.url());
        let message = merged(world.notification(json!({})), json!({ "SigningCertURL": url }));
        assert_eq!(world.refusal(&message).await, refused(503, "certificate-unavailable"));
    }
    assert_eq!(world.server.requests().len(), 10);
    // The true one is still at hand.
    assert_eq!(world.post(&world.notification(json!({}))).await.status_code, 200);
}

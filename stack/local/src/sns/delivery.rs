//! Bringing messages to subscribers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;

use super::message::{Publication, Stamp, confirmation};
use super::retry::delays;
use super::signer::Signer;
use super::{Sns, Subscription, Topic};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::http_client::HttpClient;
use crate::sqs::Outgoing;
use crate::wire::ServiceError;

/// Waits before the second attempt and later ones, where no delivery policy says others.
pub(super) const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// How long an endpoint may take to answer, as on AWS.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// Why an attempt failed.
enum Failure {
    /// Worth another attempt.
    Passing(String),
    /// The endpoint does not want it.
    Lasting(String),
}

impl Sns {
    /// The signer, made on first use.
    pub(super) async fn signer(&self) -> Result<&Signer, ServiceError> {
        let make = || async {
            match tokio::task::spawn_blocking(Signer::generate).await {
                Ok(Ok(signer)) => Ok(signer),
                Ok(Err(error)) => Err(ServiceError::internal(format!("no signing key: {error}"))),
                Err(error) => Err(ServiceError::internal(format!("no signing key: {error}"))),
            }
        };
        self.signer.get_or_try_init(make).await
    }
}

/// Delivers a message in the background.
pub(super) fn deliver(cloud: &Arc<Cloud>, topic: &Topic, subscription: Subscription, publication: &Arc<Publication>) {
    let (cloud, topic, publication) = (Arc::clone(cloud), topic.clone(), Arc::clone(publication));
    tokio::spawn(async move {
        let Ok(_permit) = Arc::clone(&cloud.sns.deliveries).acquire_owned().await else { return };
        let delivered = match subscription.protocol.as_str() {
            "http" | "https" => notify(&cloud, &topic, &subscription, &publication).await,
            "email" | "email-json" => mail(&cloud, &topic, &subscription, &publication).await,
            "lambda" => call(&cloud, &topic, &subscription, &publication).await,
            "sqs" => enqueue(&cloud, &topic, &subscription, &publication).await,
            other => Err(format!("the local cloud does not deliver to `{other}` endpoints")),
        };
        if let Err(why) = delivered {
            report(&cloud, &topic.name, &subscription, &format!("message {} was not delivered: {why}", publication.id));
            if let Err(why) = bury(&cloud, &topic, &subscription, &publication).await {
                report(&cloud, &topic.name, &subscription, &format!("message {} is lost: {why}", publication.id));
            }
        }
    });
}

/// Sends what could not be delivered to the dead-letter queue of the subscription, where it has one.
async fn bury(
    cloud: &Arc<Cloud>,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let policy = subscription.attributes.get("RedrivePolicy");
    let policy: Option<serde_json::Value> = policy.and_then(|policy| serde_json::from_str(policy).ok());
    let Some(policy) = policy else { return Ok(()) };
    let Some(queue) = policy["deadLetterTargetArn"].as_str() else { return Ok(()) };
    let body = if subscription.is_raw() {
        publication.text(&subscription.protocol).to_owned()
    } else {
        envelope(cloud, topic, subscription, publication).await?.to_string()
    };
    let sender = Sender { service: "sns.amazonaws.com", source_arn: &topic.arn };
    let delivery = Delivery { body: &body, subject: None };
    cloud.deliver(sender, queue, delivery).await.map_err(|error| error.message)
}

/// Puts the message into the local mailbox.
async fn mail(
    cloud: &Cloud,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let envelope = match subscription.protocol.as_str() {
        "email-json" => Some(envelope(cloud, topic, subscription, publication).await?),
        _ => None,
    };
    let stamp = Stamp { version: signature_version(topic), url: &cloud.url };
    cloud.sns.mailbox.deliver(topic, subscription, publication, envelope.as_ref(), &stamp);
    Ok(())
}

/// Asks an HTTP endpoint in the background, or an address by e-mail, to confirm. Other endpoints need not.
pub(super) fn ask_to_confirm(cloud: &Arc<Cloud>, topic: &Topic, subscription: Subscription) {
    if subscription.protocol.starts_with("email") {
        let stamp = Stamp { version: signature_version(topic), url: &cloud.url };
        return cloud.sns.mailbox.ask_to_confirm(topic, &subscription, &stamp);
    }
    if !subscription.protocol.starts_with("http") {
        return;
    }
    let (cloud, topic) = (Arc::clone(cloud), topic.clone());
    tokio::spawn(async move {
        let asked = async {
            let signer = cloud.sns.signer().await.map_err(|error| error.message)?;
            let version = signature_version(&topic);
            let stamp = Stamp { version, url: &cloud.url };
            let mut failure = None;
            let message = confirmation(&subscription, &stamp, |text| sign(signer, version, text, &mut failure));
            if let Some(failure) = failure {
                return Err(failure);
            }
            let id = message["MessageId"].as_str().unwrap_or_default().to_owned();
            let headers = [
                ("x-amz-sns-message-type", "SubscriptionConfirmation"),
                ("x-amz-sns-message-id", &id),
                ("x-amz-sns-topic-arn", &topic.arn),
            ];
            post(&cloud, &subscription.endpoint, &headers, message.to_string(), &delays(&topic, &subscription)).await
        };
        if let Err(why) = asked.await {
            report(&cloud, &topic.name, &subscription, &format!("the endpoint could not be asked to confirm: {why}"));
        }
    });
}

fn signature_version(topic: &Topic) -> &str {
    topic.attributes.get("SignatureVersion").map_or("1", String::as_str)
}

fn sign(signer: &Signer, version: &str, text: &str, failure: &mut Option<String>) -> String {
    signer.sign(version, text).unwrap_or_else(|error| {
        *failure = Some(format!("cannot sign: {error}"));
        String::new()
    })
}

async fn envelope(
    cloud: &Cloud,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<serde_json::Value, String> {
    let signer = cloud.sns.signer().await.map_err(|error| error.message)?;
    let version = signature_version(topic);
    let mut failure = None;
    let stamp = Stamp { version, url: &cloud.url };
    let envelope =
        publication.notification(topic, subscription, &stamp, |text| sign(signer, version, text, &mut failure));
    failure.map_or(Ok(envelope), Err)
}

async fn notify(
    cloud: &Cloud,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let mut headers = vec![
        ("x-amz-sns-message-type", "Notification"),
        ("x-amz-sns-message-id", publication.id.as_str()),
        ("x-amz-sns-topic-arn", &topic.arn),
        ("x-amz-sns-subscription-arn", &subscription.arn),
    ];
    let body = if subscription.is_raw() {
        headers.push(("x-amz-sns-rawdelivery", "true"));
        publication.text(&subscription.protocol).to_owned()
    } else {
        envelope(cloud, topic, subscription, publication).await?.to_string()
    };
    post(cloud, &subscription.endpoint, &headers, body, &delays(topic, subscription)).await
}

async fn call(
    cloud: &Arc<Cloud>,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let envelope = envelope(cloud, topic, subscription, publication).await?;
    let event = publication.event(&envelope, subscription).to_string();
    let sender = Sender { service: "sns.amazonaws.com", source_arn: &topic.arn };
    let delivery = Delivery { body: &event, subject: None };
    cloud.deliver(sender, &subscription.endpoint, delivery).await.map_err(|error| error.message)
}

/// Puts the message into a queue: the envelope, or the raw message with its attributes.
async fn enqueue(
    cloud: &Cloud,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let queue = &subscription.endpoint;
    if !cloud.sqs.allows_send(queue, "sns.amazonaws.com", &topic.arn, &cloud.account) {
        return Err(format!(
            "the policy of the queue does not let sns.amazonaws.com send to it for {}: allow it sqs:SendMessage",
            topic.arn
        ));
    }
    let outgoing = if subscription.is_raw() {
        Outgoing {
            body: publication.text("sqs").to_owned(),
            attributes: publication.queue_attributes(),
            ..Outgoing::default()
        }
    } else {
        let body = envelope(cloud, topic, subscription, publication).await?.to_string();
        Outgoing { body, ..Outgoing::default() }
    };
    cloud.sqs.put(queue, outgoing).map(drop).map_err(|error| error.message)
}

/// Posts until the endpoint takes it, it says that it never will, or the attempts are used up.
async fn post(
    cloud: &Cloud,
    endpoint: &str,
    headers: &[(&str, &str)],
    body: String,
    delays: &[Duration],
) -> Result<(), String> {
    let client = cloud.sns.client.get()?;
    let body = Bytes::from(body);
    let attempts = delays.len() + 1;
    let mut delays = delays.iter();
    loop {
        let why = match attempt(&client, endpoint, headers, body.clone()).await {
            Ok(()) => return Ok(()),
            Err(Failure::Lasting(why)) => return Err(why),
            Err(Failure::Passing(why)) => why,
        };
        match delays.next() {
            Some(delay) => tokio::time::sleep(*delay).await,
            None => return Err(format!("{why}, {attempts} attempts")),
        }
    }
}

async fn attempt(client: &HttpClient, endpoint: &str, headers: &[(&str, &str)], body: Bytes) -> Result<(), Failure> {
    let mut request = http::Request::post(endpoint)
        .header("content-type", "text/plain; charset=UTF-8")
        .header("user-agent", "Amazon Simple Notification Service Agent");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).map_err(|error| Failure::Lasting(error.to_string()))?;
    match tokio::time::timeout(ANSWER_LIMIT, client.request(request)).await {
        Err(_) => Err(Failure::Passing(format!("`{endpoint}` did not answer in {} s", ANSWER_LIMIT.as_secs()))),
        Ok(Err(error)) => Err(Failure::Passing(format!("`{endpoint}`: {error}"))),
        Ok(Ok(response)) => match response.status() {
            status if status.is_success() => Ok(()),
            status if status.is_client_error() && status != http::StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::Lasting(format!("`{endpoint}` answered {status}")))
            }
            status => Err(Failure::Passing(format!("`{endpoint}` answered {status}"))),
        },
    }
}

/// Leaves a line in the log group where SNS writes the status of failed deliveries.
fn report(cloud: &Cloud, topic: &str, subscription: &Subscription, line: &str) {
    let group = format!("sns/{}/{}/{topic}/Failure", cloud.region, cloud.account);
    tracing::warn!(topic, endpoint = subscription.endpoint, line, "SNS");
    cloud.logs.append(&group, "deliveries", vec![(crate::logs::now(), format!("{}: {line}", subscription.arn))]);
}

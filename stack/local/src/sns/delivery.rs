//! Bringing messages to subscribers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::message::{Publication, Stamp, confirmation};
use super::signer::Signer;
use super::{Sns, Subscription, Topic};
use crate::cloud::Cloud;
use crate::sqs::Outgoing;
use crate::wire::ServiceError;

/// Waits before the second attempt and later ones.
pub(super) const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// How long an endpoint may take to answer, as on AWS.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// Client for HTTP endpoints, encrypted or not.
pub(super) type HttpClient = Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>;

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

    fn client(&self) -> Result<HttpClient, String> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("no root certificates: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)).clone())
    }
}

/// Delivers a message in the background.
pub(super) fn deliver(cloud: &Arc<Cloud>, topic: &Topic, subscription: Subscription, publication: &Arc<Publication>) {
    let (cloud, topic, publication) = (Arc::clone(cloud), topic.clone(), Arc::clone(publication));
    tokio::spawn(async move {
        let Ok(_permit) = Arc::clone(&cloud.sns.deliveries).acquire_owned().await else { return };
        let delivered = match subscription.protocol.as_str() {
            "http" | "https" => notify(&cloud, &topic, &subscription, &publication).await,
            "lambda" => call(&cloud, &topic, &subscription, &publication).await,
            "sqs" => enqueue(&cloud, &topic, &subscription, &publication).await,
            other => Err(format!("the local cloud does not deliver to `{other}` endpoints")),
        };
        if let Err(why) = delivered {
            report(&cloud, &topic.name, &subscription, &format!("message {} was not delivered: {why}", publication.id));
        }
    });
}

/// Asks an HTTP endpoint in the background to confirm.
pub(super) fn ask_to_confirm(cloud: &Arc<Cloud>, topic: &Topic, subscription: Subscription) {
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
            post(&cloud, &subscription.endpoint, &headers, message.to_string()).await
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
    post(cloud, &subscription.endpoint, &headers, body).await
}

async fn call(
    cloud: &Arc<Cloud>,
    topic: &Topic,
    subscription: &Subscription,
    publication: &Publication,
) -> Result<(), String> {
    let function = &subscription.endpoint;
    if !cloud.lambda.allows_invoke(function, "sns.amazonaws.com", &topic.arn, &cloud.account) {
        return Err(format!(
            "the resource policy of the function does not let sns.amazonaws.com invoke it for {}: add a Lambda permission",
            topic.arn
        ));
    }
    let envelope = envelope(cloud, topic, subscription, publication).await?;
    let event = publication.event(&envelope, subscription).to_string();
    cloud.lambda.invoke_event(cloud, function, event.into()).await.map_err(|error| error.message)
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
async fn post(cloud: &Cloud, endpoint: &str, headers: &[(&str, &str)], body: String) -> Result<(), String> {
    let client = cloud.sns.client()?;
    let body = Bytes::from(body);
    let mut delays = RETRY_DELAYS.iter();
    loop {
        let why = match attempt(&client, endpoint, headers, body.clone()).await {
            Ok(()) => return Ok(()),
            Err(Failure::Lasting(why)) => return Err(why),
            Err(Failure::Passing(why)) => why,
        };
        match delays.next() {
            Some(delay) => tokio::time::sleep(*delay).await,
            None => return Err(format!("{why}, {} attempts", RETRY_DELAYS.len() + 1)),
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

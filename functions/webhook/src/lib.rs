//! Lambda function: an HTTPS endpoint that subscribes to an SNS topic and believes only what SNS signed.
//!
//! A message is taken when it is of the one topic, of the last hour, and carries the signature of a key whose certificate
//! SNS itself serves. Then a subscription is confirmed, or a notification logged. Everything else is refused. Where
//! something is fetched from follows from the configuration; a message can name a certificate of SNS, and nothing else.

mod certificate;
mod message;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use fetch::{Address, Client};
use http_events::{Answer, EventError, Problem, Request, parse_request};
use serde_json::{Value, json};
use wiring::{Clock, Log};

pub use certificate::Certificates;
pub use message::{Kind, Message};
pub use settings::{Service, Settings};

/// How long the confirmation of a subscription may take.
const CONFIRMATION_TIME_OUT: Duration = Duration::from_secs(10);

/// Most bytes of SNS's answer to a confirmation.
const LARGEST_ANSWER: usize = 64 << 10;

/// Longest token of a subscription.
const LONGEST_TOKEN: usize = 1024;

/// What the handler works with.
pub struct Dependencies {
    settings: Settings,
    certificates: Certificates,
    client: Client,
    clock: Arc<dyn Clock>,
    log: Arc<dyn Log>,
}

impl Dependencies {
    /// Dependencies that follow from the settings.
    #[must_use]
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, log: Arc<dyn Log>) -> Self {
        let certificates = Certificates::new(settings.service.clone(), Arc::clone(&clock));
        let client = Client::new(CONFIRMATION_TIME_OUT, LARGEST_ANSWER);
        Self { settings, certificates, client, clock, log }
    }
}

/// Answers one request.
///
/// # Errors
///
/// [`EventError`] when the payload is no HTTP request.
pub async fn handle(payload: Value, dependencies: &Dependencies) -> Result<Answer, EventError> {
    let request = parse_request(payload)?;
    let result = receive(&request, dependencies).await;
    if let Err(problem) = &result {
        dependencies.log.error(problem.code, json!({ "path": request.path }), &problem.message);
    }
    Ok(result.unwrap_or_else(Answer::from))
}

async fn receive(request: &Request, dependencies: &Dependencies) -> Result<Answer, Problem> {
    let Dependencies { settings, certificates, clock, log, .. } = dependencies;
    if request.method != "POST" {
        return Err(Problem::method_not_allowed(&request.method, "POST"));
    }
    let message = Message::read(request)?;
    if message.topic_arn != settings.topic {
        return Err(Problem::new(403, "topic-refused", "`TopicArn` is not the topic that this endpoint is for"));
    }
    message.check_age(settings.window, clock.now())?;
    certificates.verify(&message).await?;

    let about = json!({ "topic": message.topic_arn, "message_id": message.message_id });
    let status = match message.kind {
        Kind::Notification => {
            log.info("notification", told(&message), "a notification arrived");
            "received"
        }
        Kind::SubscriptionConfirmation => {
            confirm(&message, dependencies).await?;
            log.info("subscription-confirmed", about, "the subscription is confirmed");
            "confirmed"
        }
        Kind::UnsubscribeConfirmation => {
            log.error("subscription-ended", about, "the endpoint was unsubscribed, and gets no more messages");
            "received"
        }
    };
    Ok(Answer::json(200, &json!({ "status": status, "message_id": message.message_id })))
}

/// A notification for the log; what was published as JSON where it is JSON.
fn told(message: &Message) -> Value {
    json!({
        "topic": message.topic_arn,
        "message_id": message.message_id,
        "timestamp": message.timestamp,
        "subject": message.subject,
        "message": serde_json::from_str(&message.text).unwrap_or_else(|_| json!(message.text)),
    })
}

/// Confirms a subscription of the configured topic, at the configured service: `SubscribeURL` is not visited.
async fn confirm(message: &Message, dependencies: &Dependencies) -> Result<(), Problem> {
    let Settings { service, topic, .. } = &dependencies.settings;
    let is_token = |token: &&str| {
        (1..=LONGEST_TOKEN).contains(&token.len()) && token.chars().all(|letter| letter.is_ascii_alphanumeric())
    };
    let token =
        message.token.as_deref().filter(is_token).ok_or_else(|| {
            Problem::new(400, "token-refused", "`Token` is not made of at most 1,024 letters and digits")
        })?;
    let url = format!("{}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}", service.origin());
    let failed = |reason: String| Problem::new(502, "confirmation-failed", format!("SNS did not confirm: {reason}"));
    let address = Address::parse(&url).map_err(|error| failed(error.to_string()))?;
    dependencies.client.get(&address).await.map_err(|error| failed(error.to_string()))?;
    Ok(())
}

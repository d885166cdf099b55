//! Bringing events to the targets of rules: in the background, tried again for a while, then to the dead-letter queue.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;

use super::input::payload;
use super::{Event, Events, HOPS, Rule, iso_seconds};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::pattern;
use crate::sqs::Outgoing;
use crate::wire::ServiceError;
use crate::wire::properties::{as_integer, text};

/// In whose name `EventBridge` acts.
const SERVICE: &str = "events.amazonaws.com";

/// Attempts after the first one, and seconds that an event is kept, where a target says nothing.
const DEFAULT_RETRIES: i64 = 185;
const DEFAULT_AGE: i64 = 86_400;

/// Wait before the second attempt; it doubles up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Gives an event to the rules of a bus that want it. Returns at once.
pub(super) fn dispatch(events: &Events, cloud: &Arc<Cloud>, bus: &str, event: &Event) {
    let rules: Vec<Rule> = events.store.read(|state| {
        let rules = state.rules.get(bus).into_iter().flat_map(|rules| rules.values());
        rules.filter(|rule| rule.enabled && wants(rule, event)).cloned().collect()
    });
    for rule in rules {
        send(cloud, &rule, event);
    }
}

/// Sends the event of a rule whose time has come.
pub(super) fn go_off(cloud: &Arc<Cloud>, rule: &Rule, time: OffsetDateTime) {
    send(cloud, rule, &rule.scheduled_event(&cloud.region, time));
}

fn wants(rule: &Rule, event: &Event) -> bool {
    let pattern: Option<Value> = rule.pattern.as_deref().and_then(|pattern| serde_json::from_str(pattern).ok());
    pattern.as_ref().and_then(Value::as_object).is_some_and(|pattern| pattern::matches(pattern, &event.fields))
}

fn send(cloud: &Arc<Cloud>, rule: &Rule, event: &Event) {
    for target in &rule.targets {
        tokio::spawn(bring(Arc::clone(cloud), rule.clone(), target.clone(), event.clone()));
    }
}

async fn bring(cloud: Arc<Cloud>, rule: Rule, target: Value, event: Event) {
    let rule_arn = rule.arn(&cloud.region);
    let arn = text(&target, "Arn").unwrap_or_default();
    let body = payload(&target, &rule, &rule_arn, &event.fields, &iso_seconds(OffsetDateTime::now_utc()));
    let policy = target.get("RetryPolicy");
    let setting =
        |name: &str, default| policy.and_then(|policy| policy.get(name)).and_then(as_integer).unwrap_or(default);
    let retries = setting("MaximumRetryAttempts", DEFAULT_RETRIES);
    let end = tokio::time::Instant::now()
        + Duration::from_secs(setting("MaximumEventAgeInSeconds", DEFAULT_AGE).unsigned_abs());
    let (mut attempts, mut pause) = (0, FIRST_PAUSE);
    let (error, exhausted) = loop {
        let Err(error) = attempt(&cloud, &rule_arn, &target, &body, &event).await else { return };
        if !error.status.is_server_error() && error.status != StatusCode::TOO_MANY_REQUESTS {
            break (error, None);
        }
        if attempts >= retries {
            break (error, Some("MaximumRetryAttempts"));
        }
        if tokio::time::Instant::now() + pause > end {
            break (error, Some("MaximumEventAgeInSeconds"));
        }
        tokio::time::sleep(pause).await;
        attempts += 1;
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    tracing::warn!(rule = rule.name, target = arn, code = error.code, message = error.message, "an event was given up");
    let queue = target.get("DeadLetterConfig").and_then(|config| text(config, "Arn"));
    let Some(queue) = queue else { return };
    let sender = Sender { service: SERVICE, source_arn: &rule_arn };
    let whole = Value::Object(event.fields).to_string();
    tracing::debug!(attempts, exhausted, "to the dead-letter queue");
    if let Err(error) = cloud.deliver(sender, queue, Delivery { body: &whole, subject: None }).await {
        tracing::error!(queue, code = error.code, message = error.message, "a dead letter of EventBridge is lost");
    }
}

async fn attempt(
    cloud: &Arc<Cloud>,
    rule_arn: &str,
    target: &Value,
    body: &str,
    event: &Event,
) -> Result<(), ServiceError> {
    let arn = text(target, "Arn").unwrap_or_default();
    let sender = Sender { service: SERVICE, source_arn: rule_arn };
    let group = target.get("SqsParameters").and_then(|parameters| text(parameters, "MessageGroupId"));
    match arn.split(':').nth(2) {
        // What a bus gives to another one stays the event that it is.
        Some("events") => {
            let bus = cloud.events.existing_bus(arn)?;
            if event.hops >= HOPS {
                return Err(ServiceError::bad_request(
                    "TooManyHops",
                    format!("the event went over {HOPS} buses already"),
                ));
            }
            let mut next = event.clone();
            next.hops += 1;
            dispatch(&cloud.events, cloud, &bus, &next);
            Ok(())
        }
        Some("logs") => cloud.logs.deliver(arn, SERVICE, rule_arn, body),
        Some("sqs") if group.is_some() && cloud.lets_in(sender, arn) => {
            let deduplication = event.fields.get("id").and_then(Value::as_str).map(str::to_owned);
            let group = group.map(str::to_owned);
            let outgoing = Outgoing { body: body.to_owned(), group, deduplication, ..Outgoing::default() };
            cloud.sqs.put(arn, outgoing).map(drop)
        }
        _ => cloud.deliver(sender, arn, Delivery { body, subject: None }).await,
    }
}

//! Starting the target of a schedule, in the name of its role.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::schedules::Scheduled;
use super::{field, schedule_arn};
use crate::cloud::Cloud;
use crate::delivery::{Delivery, Sender};
use crate::iam::{Access, Principal};
use crate::sqs::Outgoing;
use crate::wire::ServiceError;
use crate::wire::properties::as_integer;

/// Wait before the second attempt; it doubles up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Starts the target in the background.
pub(super) fn start(cloud: &Arc<Cloud>, schedule: Scheduled) {
    if schedule.ends_itself()
        && let Err(error) = cloud.scheduler.delete(&schedule.group, &schedule.name)
    {
        tracing::warn!(schedule = schedule.name, error = error.message, "a schedule that is over could not be removed");
    }
    tokio::spawn(run(Arc::clone(cloud), schedule));
}

async fn run(cloud: Arc<Cloud>, schedule: Scheduled) {
    let target = &schedule.settings["Target"];
    let policy = &target["RetryPolicy"];
    let retries = policy.get("MaximumRetryAttempts").and_then(as_integer).unwrap_or(185);
    let age = policy.get("MaximumEventAgeInSeconds").and_then(as_integer).unwrap_or(86_400);
    let end = tokio::time::Instant::now() + Duration::from_secs(age.unsigned_abs());
    let (mut attempts, mut pause) = (0, FIRST_PAUSE);
    let error = loop {
        let Err(error) = attempt(&cloud, &schedule, target).await else { return };
        let passing = error.status.is_server_error() || error.status == StatusCode::TOO_MANY_REQUESTS;
        if !passing || attempts >= retries || tokio::time::Instant::now() + pause > end {
            break error;
        }
        tokio::time::sleep(pause).await;
        attempts += 1;
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    tracing::warn!(
        schedule = schedule.name,
        code = error.code,
        message = error.message,
        "a schedule could not start its target"
    );
    let Some(queue) = target.get("DeadLetterConfig").and_then(|config| field(config, "Arn")) else { return };
    let body = field(target, "Input").unwrap_or("{}").to_owned();
    let principal = principal(&cloud, target);
    let buried = cloud
        .iam
        .authorize(&principal, &Access::new("sqs:SendMessage", queue))
        .and_then(|()| cloud.sqs.put(queue, Outgoing { body, ..Outgoing::default() }));
    if let Err(error) = buried {
        tracing::error!(queue, code = error.code, message = error.message, "a dead letter of a schedule is lost");
    }
}

/// A session of the target's role.
fn principal(cloud: &Cloud, target: &Value) -> Principal {
    cloud.iam.session_principal(field(target, "RoleArn").unwrap_or_default(), "scheduler")
}

async fn attempt(cloud: &Arc<Cloud>, schedule: &Scheduled, target: &Value) -> Result<(), ServiceError> {
    let arn = field(target, "Arn").unwrap_or_default();
    let input = field(target, "Input")
        .unwrap_or("{}")
        .replace("<aws.scheduler.schedule-arn>", &schedule_arn(&cloud.region, &schedule.group, &schedule.name));
    let service = arn.split(':').nth(2).unwrap_or_default();
    let action = match service {
        "events" => "events:PutEvents",
        "lambda" => "lambda:InvokeFunction",
        "sns" => "sns:Publish",
        _ => "sqs:SendMessage",
    };
    cloud.iam.authorize(&principal(cloud, target), &Access::new(action, arn))?;
    match service {
        "events" => {
            let parameters = &target["EventBridgeParameters"];
            let source_arn = schedule_arn(&cloud.region, &schedule.group, &schedule.name);
            let sender = Sender { service: field(parameters, "Source").unwrap_or_default(), source_arn: &source_arn };
            let delivery = Delivery { body: &input, subject: field(parameters, "DetailType") };
            cloud.events.put_on_bus(cloud, sender, arn, delivery)
        }
        "lambda" => cloud.lambda.invoke_event(cloud, arn, input.into()).await,
        "sns" => cloud.sns.publish(cloud, arn, None, &input).await.map(drop),
        _ => {
            let group = target.get("SqsParameters").and_then(|parameters| field(parameters, "MessageGroupId"));
            let outgoing = Outgoing { body: input, group: group.map(str::to_owned), ..Outgoing::default() };
            cloud.sqs.put(arn, outgoing).map(drop)
        }
    }
}

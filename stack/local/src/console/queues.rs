//! Queues with what waits in them, and where their dead letters go.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::sqs::queue_name;

/// All queues, by name.
pub(super) fn queues(cloud: &Cloud) -> Vec<Value> {
    let queues = cloud.sqs.queues();
    let redrive: Vec<(String, Value)> = queues
        .iter()
        .filter_map(|queue| {
            let policy: Value = serde_json::from_str(queue.attributes.get("RedrivePolicy")?).ok()?;
            Some((queue.name.clone(), policy))
        })
        .collect();
    let target = |policy: &Value| policy["deadLetterTargetArn"].as_str().map(queue_name).map(str::to_owned);
    queues
        .iter()
        .map(|queue| {
            let (visible, in_flight, delayed) = cloud.sqs.counts(&queue.name);
            let policy = redrive.iter().find(|(name, _)| *name == queue.name).map(|(_, policy)| policy);
            // CloudFormation writes the number as a text.
            let most = policy.map(|policy| &policy["maxReceiveCount"]);
            let most = most.and_then(|most| most.as_u64().or_else(|| most.as_str()?.parse().ok()));
            let sources = redrive.iter().filter(|(_, policy)| target(policy).as_ref() == Some(&queue.name));
            json!({
                "name": queue.name,
                "visible": visible,
                "inFlight": in_flight,
                "delayed": delayed,
                "deadLetters": policy.and_then(target),
                "maxReceiveCount": most,
                "deadLettersOf": sources.map(|(name, _)| name).collect::<Vec<_>>(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cloud, read, request};

    #[tokio::test]
    async fn dead_letters_are_told_at_both_ends() {
        let cloud = cloud();
        let policy = r#"{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:failed", "maxReceiveCount": "3"}"#;
        let url = "http://127.0.0.1:4566/000000000000/failed";
        for (operation, input) in [
            ("CreateQueue", json!({"QueueName": "failed"})),
            ("CreateQueue", json!({"QueueName": "jobs", "Attributes": {"RedrivePolicy": policy}})),
            ("SendMessage", json!({"QueueUrl": url, "MessageBody": "now"})),
            ("SendMessage", json!({"QueueUrl": url, "MessageBody": "later", "DelaySeconds": 900})),
            ("SendMessage", json!({"QueueUrl": url, "MessageBody": "now, too"})),
            ("ReceiveMessage", json!({"QueueUrl": url, "MaxNumberOfMessages": 1})),
        ] {
            let target = format!("AmazonSQS.{operation}");
            let request = request("sqs", "POST", "/", &[("x-amz-target", &target)], &input.to_string());
            let (status, body) = read(crate::sqs::api::handle(&cloud, request).await).await;
            assert_eq!(status, 200, "{body}");
        }
        assert_eq!(
            json!(queues(&cloud)),
            json!([
                {"name": "failed", "visible": 1, "inFlight": 1, "delayed": 1, "deadLetters": null,
                 "maxReceiveCount": null, "deadLettersOf": ["jobs"]},
                {"name": "jobs", "visible": 0, "inFlight": 0, "delayed": 0, "deadLetters": "failed",
                 "maxReceiveCount": 3, "deadLettersOf": []},
            ])
        );
    }
}

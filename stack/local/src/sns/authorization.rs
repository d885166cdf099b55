//! Whether a caller may do what a request asks for.

use serde_json::Value;

use super::Sns;
use super::topics::default_policy;
use crate::cloud::Cloud;
use crate::iam::{Access, Principal};
use crate::settings::DEFAULT_ACCOUNT;
use crate::wire::{Form, ServiceError};

/// Lets a signed request pass, or refuses it as IAM does. The topic's policy is asked, too.
pub(super) fn authorize(cloud: &Cloud, principal: &Principal, form: &Form) -> Result<(), ServiceError> {
    let operation = form.action();
    let action = match operation {
        "PublishBatch" => "sns:Publish".to_owned(),
        other => format!("sns:{other}"),
    };
    let topic = match operation {
        "ListTopics" | "ListSubscriptions" => "*".to_owned(),
        "CreateTopic" => {
            format!("arn:aws:sns:{}:{DEFAULT_ACCOUNT}:{}", cloud.region, form.get("Name").unwrap_or_default())
        }
        _ => topic_of(form),
    };
    let policy = cloud.sns.policy_of(&topic);
    let context: Vec<(&str, &str)> = [("sns:protocol", form.get("Protocol")), ("sns:endpoint", form.get("Endpoint"))]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let access = Access { action: &action, resource: &topic, context: &context, resource_policy: policy.as_ref() };
    cloud.iam.authorize(principal, &access)
}

/// The topic that a request is about; a subscription's ARN begins with that of its topic.
fn topic_of(form: &Form) -> String {
    let given = ["TopicArn", "TargetArn", "ResourceArn"].into_iter().find_map(|name| form.get(name));
    let subscription = || form.get("SubscriptionArn").map(|arn| arn.rsplit_once(':').map_or(arn, |(topic, _)| topic));
    given.or_else(subscription).unwrap_or("*").to_owned()
}

impl Sns {
    /// The policy of a topic: its own, or the one that every topic begins with.
    fn policy_of(&self, arn: &str) -> Option<Value> {
        let topic = self.topic(arn).ok()?;
        let own = topic.attributes.get("Policy").and_then(|policy| serde_json::from_str(policy).ok());
        Some(own.unwrap_or_else(|| default_policy(arn)))
    }

    /// Adds a statement to the policy of a topic, as `AddPermission` words it.
    pub(super) fn add_permission(&self, arn: &str, label: &str, form: &Form) -> Result<(), ServiceError> {
        let mut policy = self.policy_of(arn).ok_or_else(super::topics::no_topic)?;
        let accounts: Vec<String> =
            form.list("AWSAccountId").iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
        let actions: Vec<String> = form.list("ActionName").iter().map(|name| format!("SNS:{name}")).collect();
        let statement = serde_json::json!({
            "Sid": label, "Effect": "Allow", "Principal": {"AWS": accounts}, "Action": actions, "Resource": arn,
        });
        let statements = policy["Statement"].as_array_mut().ok_or_else(|| super::topics::invalid("Policy"))?;
        if statements.iter().any(|statement| statement["Sid"] == label) {
            return Err(super::topics::invalid("Statement already exists"));
        }
        statements.push(statement);
        self.set_topic_attribute(arn, "Policy", &policy.to_string())
    }

    /// Takes a statement out of the policy of a topic.
    pub(super) fn remove_permission(&self, arn: &str, label: &str) -> Result<(), ServiceError> {
        let mut policy = self.policy_of(arn).ok_or_else(super::topics::no_topic)?;
        if let Some(statements) = policy["Statement"].as_array_mut() {
            statements.retain(|statement| statement["Sid"] != label);
        }
        self.set_topic_attribute(arn, "Policy", &policy.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(field: &str) -> Form {
        Form::parse(field).unwrap()
    }

    #[test]
    fn the_topic_of_a_request() {
        let topic = "arn:aws:sns:us-east-1:000000000000:t";
        assert_eq!(topic_of(&form(&format!("TopicArn={topic}"))), topic);
        assert_eq!(topic_of(&form(&format!("SubscriptionArn={topic}:id"))), topic);
        assert_eq!(topic_of(&form("")), "*");
    }
}

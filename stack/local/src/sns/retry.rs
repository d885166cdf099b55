//! When a delivery over HTTP is tried again.

use std::time::Duration;

use serde_json::Value;

use super::delivery::RETRY_DELAYS;
use super::{Subscription, Topic};

/// Most retries and longest delay of a policy, as on AWS.
const RETRIES: u64 = 100;
const LONGEST_SECONDS: u64 = 3600;

/// The waits before the second attempt and later ones: those of the subscription's policy, of the topic's, or our own.
pub(super) fn delays(topic: &Topic, subscription: &Subscription) -> Vec<Duration> {
    let parsed = |text: Option<&String>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let own = parsed(subscription.attributes.get("DeliveryPolicy"))
        .and_then(|policy| policy.get("healthyRetryPolicy").cloned());
    let of_topic = || {
        let policy = parsed(topic.attributes.get("DeliveryPolicy"))?;
        policy.pointer("/http/defaultHealthyRetryPolicy").cloned()
    };
    own.or_else(of_topic).filter(Value::is_object).map_or_else(|| RETRY_DELAYS.to_vec(), |policy| of_policy(&policy))
}

/// The delays of a `healthyRetryPolicy`: first without one, then the least one, then growing, then the greatest one.
fn of_policy(policy: &Value) -> Vec<Duration> {
    let number = |name: &str, default: u64| policy[name].as_u64().unwrap_or(default);
    let least = number("minDelayTarget", 20).clamp(1, LONGEST_SECONDS);
    let greatest = number("maxDelayTarget", 20).clamp(least, LONGEST_SECONDS);
    let retries = number("numRetries", 3).min(RETRIES);
    let immediate = number("numNoDelayRetries", 0);
    let at_least = number("numMinDelayRetries", 0);
    let at_greatest = number("numMaxDelayRetries", 0);
    let growing = retries.saturating_sub(immediate + at_least + at_greatest);
    let step = |index: u64| match policy["backoffFunction"].as_str() {
        Some("exponential" | "geometric") => least.saturating_mul(1 << index.min(12)).min(greatest),
        _ if growing > 1 => least + (greatest - least) * index / (growing - 1),
        _ => least,
    };
    let seconds = std::iter::repeat_n(0, usize::try_from(immediate).unwrap_or(0))
        .chain(std::iter::repeat_n(least, usize::try_from(at_least).unwrap_or(0)))
        .chain((0..growing).map(step))
        .chain(std::iter::repeat_n(greatest, usize::try_from(at_greatest).unwrap_or(0)));
    seconds.take(usize::try_from(retries).unwrap_or(0)).map(Duration::from_secs).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seconds(policy: &Value) -> Vec<u64> {
        of_policy(policy).iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn the_phases_of_a_policy_follow_each_other() {
        let policy = json!({
            "numRetries": 8, "numNoDelayRetries": 1, "minDelayTarget": 2, "numMinDelayRetries": 2, "maxDelayTarget": 10,
            "numMaxDelayRetries": 2, "backoffFunction": "linear",
        });
        assert_eq!(seconds(&policy), [0, 2, 2, 2, 6, 10, 10, 10]);
        assert_eq!(
            seconds(
                &json!({"numRetries": 4, "minDelayTarget": 1, "maxDelayTarget": 5, "backoffFunction": "exponential"})
            ),
            [1, 2, 4, 5]
        );
        assert_eq!(seconds(&json!({})), [20, 20, 20]);
        assert_eq!(seconds(&json!({"numRetries": 0})), Vec::<u64>::new());
    }
}

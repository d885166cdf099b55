//! What Lambda authorizers of both kinds of API have in common: the policy that they answer with, and its cache.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use stack_plan::policy::{Caller, Decision, Document, Request, decide};

use super::call::SOURCE_IP;
use crate::persist::lock;
use crate::settings::DEFAULT_ACCOUNT;

/// Answers kept at most; the cache starts anew then.
const CACHE_LIMIT: usize = 10_000;

/// Answers of authorizers, by whatever they are kept for.
#[derive(Debug, Default)]
pub(crate) struct AuthorizerCache {
    answers: Mutex<HashMap<String, (Instant, Arc<Value>)>>,
}

impl AuthorizerCache {
    /// An answer that is still good.
    pub(crate) fn get(&self, key: &str, now: Instant) -> Option<Arc<Value>> {
        let answers = lock(&self.answers);
        answers.get(key).filter(|(until, _)| *until > now).map(|(_, answer)| Arc::clone(answer))
    }

    /// Keeps an answer for a while.
    pub(crate) fn put(&self, key: String, answer: Arc<Value>, life: Duration, now: Instant) {
        let mut answers = lock(&self.answers);
        if answers.len() >= CACHE_LIMIT {
            answers.retain(|_, (until, _)| *until > now);
            if answers.len() >= CACHE_LIMIT {
                answers.clear();
            }
        }
        answers.insert(key, (now + life, answer));
    }

    /// Forgets what is kept under keys that begin so.
    pub(crate) fn forget(&self, prefix: &str) {
        lock(&self.answers).retain(|key, _| !key.starts_with(prefix));
    }
}

/// What an authorizer's policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Let it pass.
    Allowed,
    /// Nothing allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
    /// The answer is none.
    Malformed,
}

/// Judges the answer `{principalId, policyDocument}` of an authorizer for the method with this ARN.
pub(crate) fn judge(answer: &Value, method_arn: &str) -> Verdict {
    let has_principal = answer["principalId"].as_str().is_some_and(|principal| !principal.is_empty());
    let Some(document) = Document::parse(&answer["policyDocument"]).ok().filter(|_| has_principal) else {
        return Verdict::Malformed;
    };
    let context = BTreeMap::from([
        ("aws:sourceip".to_owned(), vec![SOURCE_IP.to_owned()]),
        ("aws:securetransport".to_owned(), vec!["true".to_owned()]),
    ]);
    let request = Request {
        caller: Caller::Identity { arn: "", account: DEFAULT_ACCOUNT },
        action: "execute-api:Invoke",
        resource: method_arn,
        context: &context,
    };
    match decide(&[document], None, &request) {
        Decision::Allowed(_) => Verdict::Allowed,
        Decision::Denied(_) => Verdict::Denied,
        Decision::NotAllowed => Verdict::NotAllowed,
    }
}

/// The context of a policy answer as functions get it: `principalId` and what the authorizer added, every value as text.
/// `None` when a value is an object or a list, which API Gateway does not take.
pub(crate) fn context(answer: &Value) -> Option<Map<String, Value>> {
    let mut context = Map::from_iter([("principalId".to_owned(), answer["principalId"].clone())]);
    for (name, value) in answer["context"].as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => json!(text),
            Value::Number(number) => json!(number.to_string()),
            Value::Bool(flag) => json!(flag.to_string()),
            Value::Null => Value::Null,
            Value::Array(_) | Value::Object(_) => return None,
        };
        context.insert(name.clone(), text);
    }
    Some(context)
}

/// Whether a failed authorizer said `Unauthorized`, which means 401.
pub(crate) fn says_unauthorized(payload: &[u8]) -> bool {
    serde_json::from_slice::<Value>(payload).is_ok_and(|error| error["errorMessage"] == "Unauthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/1";

    fn answer(effect: &str, resource: &str) -> Value {
        let statement = json!([{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}]);
        json!({"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": statement}})
    }

    #[test]
    fn a_policy_is_judged_for_the_method() {
        for (answer, expected) in [
            (answer("Allow", "arn:aws:execute-api:*:*:abc/prod/GET/*"), Verdict::Allowed),
            (answer("Allow", "arn:aws:execute-api:*:*:abc/prod/POST/*"), Verdict::NotAllowed),
            (answer("Deny", "*"), Verdict::Denied),
            (json!({"policyDocument": answer("Allow", "*")["policyDocument"]}), Verdict::Malformed),
            (json!({"principalId": "p"}), Verdict::Malformed),
            (json!("no"), Verdict::Malformed),
        ] {
            assert_eq!(judge(&answer, ARN), expected, "{answer}");
        }
    }

    #[test]
    fn a_context_is_text() {
        let answer = json!({"principalId": "p", "context": {"n": 1, "b": true, "s": "x", "z": null}});
        let expected = json!({"principalId": "p", "n": "1", "b": "true", "s": "x", "z": null});
        assert_eq!(context(&answer).map(Value::Object), Some(expected));
        assert_eq!(context(&json!({"principalId": "p", "context": {"list": []}})), None);
    }

    #[test]
    fn an_answer_is_kept_for_its_life() {
        let cache = AuthorizerCache::default();
        let now = Instant::now();
        cache.put("a/1".to_owned(), Arc::new(json!(1)), Duration::from_secs(5), now);
        assert!(cache.get("a/1", now + Duration::from_secs(4)).is_some());
        assert!(cache.get("a/1", now + Duration::from_secs(5)).is_none());
        cache.forget("a/");
        assert!(cache.get("a/1", now).is_none());
    }

    #[test]
    fn unauthorized_is_told_from_other_failures() {
        assert!(says_unauthorized(br#"{"errorMessage": "Unauthorized"}"#));
        assert!(!says_unauthorized(br#"{"errorMessage": "boom"}"#));
        assert!(!says_unauthorized(b"Unauthorized"));
    }
}

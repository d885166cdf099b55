//! What was asked for and what was answered, counted for `stack access`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::rights::{Layer, Verdict};
use crate::persist::lock;

/// Combinations that are counted one by one. Beyond them the resource is not told apart, so that memory stays bounded
/// whatever keys a function asks for.
const COMBINATIONS: usize = 4096;

/// Stands for all resources beyond [`COMBINATIONS`].
const OTHERS: &str = "*";

/// How often something was allowed and denied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) allowed: u64,
    pub(super) denied: u64,
    /// True when the last decision was a denial for want of a statement in the identity's own policies: what can be added.
    pub(super) lacks_statement: bool,
}

/// `(ARN of the role or user, action, resource)`.
type Key = (String, String, String);

/// All decisions since the start.
#[derive(Debug, Default)]
pub(super) struct Record(Mutex<BTreeMap<Key, Counts>>);

impl Record {
    /// Counts a decision.
    pub(super) fn count(&self, identity: &str, action: &str, resource: &str, verdict: Verdict) {
        let mut record = lock(&self.0);
        let mut key = (identity.to_owned(), action.to_owned(), resource.to_owned());
        if record.len() >= COMBINATIONS && !record.contains_key(&key) {
            OTHERS.clone_into(&mut key.2);
            // Actions and roles are few; should even they be too many, the rest is not counted.
            if record.len() >= 2 * COMBINATIONS && !record.contains_key(&key) {
                return;
            }
        }
        let counts = record.entry(key).or_default();
        match verdict {
            Verdict::Allowed => counts.allowed += 1,
            Verdict::Denied(_) | Verdict::NotAllowed(_) => counts.denied += 1,
        }
        counts.lacks_statement = verdict == Verdict::NotAllowed(Layer::Identity);
    }

    /// Everything of one role or user: `(action, resource)` with counts, in their order.
    pub(super) fn of(&self, identity: &str) -> Vec<(String, String, Counts)> {
        lock(&self.0)
            .iter()
            .filter(|((who, ..), _)| who == identity)
            .map(|((_, action, resource), counts)| (action.clone(), resource.clone(), *counts))
            .collect()
    }

    /// ARNs of the roles and users that asked for something.
    pub(super) fn identities(&self) -> Vec<String> {
        let mut identities: Vec<String> = lock(&self.0).keys().map(|(identity, ..)| identity.clone()).collect();
        identities.dedup();
        identities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_by_not_telling_resources_apart() {
        let record = Record::default();
        for key in 0..3 * COMBINATIONS {
            record.count("role", "s3:GetObject", &format!("arn:aws:s3:::b/{key}"), Verdict::Allowed);
        }
        record.count("role", "s3:GetObject", "arn:aws:s3:::b/0", Verdict::NotAllowed(Layer::Identity));
        let counted = record.of("role");
        assert_eq!(counted.len(), COMBINATIONS + 1);
        let others = counted.iter().find(|(_, resource, _)| resource == OTHERS).unwrap();
        assert_eq!(others.2.allowed, 2 * COMBINATIONS as u64);
        let first = counted.iter().find(|(_, resource, _)| resource == "arn:aws:s3:::b/0").unwrap();
        assert_eq!(first.2, Counts { allowed: 1, denied: 1, lacks_statement: true });
        assert_eq!(record.identities(), ["role"]);
    }

    #[test]
    fn a_statement_lacks_until_the_action_is_allowed() {
        let record = Record::default();
        let lacks = |verdict| {
            record.count("role", "s3:GetObject", "arn:aws:s3:::b/x", verdict);
            record.of("role")[0].2.lacks_statement
        };
        assert!(lacks(Verdict::NotAllowed(Layer::Identity)));
        assert!(!lacks(Verdict::Allowed));
        assert!(!lacks(Verdict::Denied(Layer::Identity)), "no statement outweighs a denial");
        assert!(!lacks(Verdict::NotAllowed(Layer::Boundary)));
    }
}

//! `import:` of a bucket: one that exists already and belongs to somebody else. It is never changed but for our entries in
//! its notification configuration, which the deployer merges.

use super::{Bucket, EventRule};
use crate::construct::Kind;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::hash;
use crate::plan::{Action, Notification, NotificationTarget};

/// Keys that an imported bucket may have beside `import`.
pub(super) const KEYS_OF_IMPORTED: [&str; 2] = ["events", "contents"];

/// Reports the keys that would change what belongs to somebody else.
pub(super) fn check_keys(keys: &[(String, Place)], sink: &Sink) {
    for (key, place) in keys.iter().filter(|(key, _)| !KEYS_OF_IMPORTED.contains(&key.as_str())) {
        let kind = FaultKind::BadValue {
            value: key.clone(),
            expected: "a key of an imported bucket".to_owned(),
            help: "what exists already is referred to and never changed: `import`, `events` and `contents`".to_owned(),
        };
        sink.push(kind, place);
    }
}

/// Our entries in the notification configuration of a foreign bucket.
pub(super) fn merge_notifications(bucket: &Bucket, bucket_name: &str, links: &Links<'_>) -> Action {
    let id_prefix = format!("{}/{}/", links.naming.stack_name, bucket.name);
    let entries = bucket.events.iter().map(|event| notification(event, &id_prefix, links)).collect();
    Action::MergeNotifications { bucket_name: bucket_name.to_owned(), id_prefix, entries }
}

fn notification(event: &EventRule, id_prefix: &str, links: &Links<'_>) -> Notification {
    let events = vec![format!("s3:{}", event.event.0)];
    let prefix = event.prefix.clone().unwrap_or_default();
    let suffix = event.suffix.clone().unwrap_or_default();
    let target_arn = links.attribute(event.target.kind, &event.target.name, "arn");
    let target = match event.target.kind {
        Kind::Function => NotificationTarget::Function,
        Kind::Queue => NotificationTarget::Queue,
        _ => NotificationTarget::Topic,
    };
    // What it is, not where it stands: the same entry keeps its id when others come and go.
    let id = hash(&[&events.concat(), &prefix, &suffix, &target_arn].map(|part| format!("{part}\n")).concat(), 12);
    Notification { id: format!("{id_prefix}{id}"), events, prefix, suffix, target, target_arn }
}

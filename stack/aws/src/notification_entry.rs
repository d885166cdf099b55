//! One entry of a notification configuration, in a form that can be compared.

use aws_sdk_s3::types::{Event, NotificationConfiguration, NotificationConfigurationFilter};
use stack_plan::plan::{Notification, NotificationTarget};

/// An entry, whichever list it stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// The list that it stands in.
    list: &'static str,
    arn: String,
    /// Sorted: their order means nothing.
    events: Vec<String>,
    prefix: String,
    suffix: String,
}

impl From<&Notification> for Entry {
    fn from(notification: &Notification) -> Self {
        let list = match notification.target {
            NotificationTarget::Function => FUNCTION,
            NotificationTarget::Queue => QUEUE,
            NotificationTarget::Topic => TOPIC,
        };
        let mut events = notification.events.clone();
        events.sort();
        Self {
            id: notification.id.clone(),
            list,
            arn: notification.target_arn.clone(),
            events,
            prefix: notification.prefix.clone(),
            suffix: notification.suffix.clone(),
        }
    }
}

const FUNCTION: &str = "function";
const QUEUE: &str = "queue";
const TOPIC: &str = "topic";

/// The entries of all three lists.
pub(crate) fn entries_of(configuration: &NotificationConfiguration) -> Vec<Entry> {
    let topics = configuration.topic_configurations().iter();
    let topics = topics.map(|it| entry(TOPIC, it.id(), it.topic_arn(), it.events(), it.filter()));
    let queues = configuration.queue_configurations().iter();
    let queues = queues.map(|it| entry(QUEUE, it.id(), it.queue_arn(), it.events(), it.filter()));
    let functions = configuration.lambda_function_configurations().iter();
    let functions = functions.map(|it| entry(FUNCTION, it.id(), it.lambda_function_arn(), it.events(), it.filter()));
    topics.chain(queues).chain(functions).collect()
}

fn entry(
    list: &'static str,
    id: Option<&str>,
    arn: &str,
    events: &[Event],
    filter: Option<&NotificationConfigurationFilter>,
) -> Entry {
    let rule = |name: &str| {
        let rules = filter
            .and_then(|filter| filter.key())
            .map(aws_sdk_s3::types::S3KeyFilter::filter_rules)
            .unwrap_or_default();
        // S3 writes the names with a capital where others write them without.
        let named = |rule: &&aws_sdk_s3::types::FilterRule| {
            rule.name().is_some_and(|other| other.as_str().eq_ignore_ascii_case(name))
        };
        rules.iter().find(named).and_then(|rule| rule.value()).unwrap_or_default().to_owned()
    };
    let mut events: Vec<String> = events.iter().map(|event| event.as_str().to_owned()).collect();
    events.sort();
    Entry {
        id: id.unwrap_or_default().to_owned(),
        list,
        arn: arn.to_owned(),
        events,
        prefix: rule("prefix"),
        suffix: rule("suffix"),
    }
}

/// True when an object could meet both entries with one event, which S3 refuses.
pub(crate) fn overlaps(one: &Entry, other: &Entry) -> bool {
    let shares_event = one.events.iter().any(|a| other.events.iter().any(|b| covers(a, b) || covers(b, a)));
    let (one_prefix, other_prefix) = (one.prefix.as_str(), other.prefix.as_str());
    let (one_suffix, other_suffix) = (one.suffix.as_str(), other.suffix.as_str());
    shares_event
        && (one_prefix.starts_with(other_prefix) || other_prefix.starts_with(one_prefix))
        && (one_suffix.ends_with(other_suffix) || other_suffix.ends_with(one_suffix))
}

/// True when the first event type is the second, or a `*` that holds it.
fn covers(wide: &str, event: &str) -> bool {
    wide == event || wide.strip_suffix('*').is_some_and(|start| event.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(event: &str, prefix: &str, suffix: &str) -> Entry {
        Entry {
            id: String::new(),
            list: TOPIC,
            arn: String::new(),
            events: vec![event.to_owned()],
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        }
    }

    #[test]
    fn entries_overlap_when_one_event_of_one_object_meets_both() {
        let ours = entry("s3:ObjectCreated:*", "in/", ".jpg");
        assert!(overlaps(&ours, &entry("s3:ObjectCreated:Put", "", "")));
        assert!(overlaps(&entry("s3:ObjectCreated:Put", "in/a", "g"), &ours));
        assert!(!overlaps(&ours, &entry("s3:ObjectRemoved:*", "", "")));
        assert!(!overlaps(&ours, &entry("s3:ObjectCreated:*", "out/", "")));
        assert!(!overlaps(&ours, &entry("s3:ObjectCreated:*", "in/", ".png")));
    }
}

//! Notification configurations: what may be configured, and what an event matches.

use s3s::dto::{Event, NotificationConfiguration, NotificationConfigurationFilter};
use s3s::{S3Error, S3Result};

use crate::cloud::Cloud;
use crate::delivery::Sender;
use crate::s3::errors::{custom, invalid_argument};

/// Events that are sent.
const SENT: [&str; 11] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
];

/// Events of AWS that may be configured, and that nothing in the local cloud causes.
const NEVER_CAUSED: [&str; 7] = [
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectRestore:",
    "s3:Replication:",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectTagging:",
    "s3:ObjectAcl:Put",
];

/// Where a notification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination<'a> {
    Function(&'a str),
    Queue(&'a str),
    Topic(&'a str),
}

impl<'a> Destination<'a> {
    pub(super) fn arn(self) -> &'a str {
        match self {
            Self::Function(arn) | Self::Queue(arn) | Self::Topic(arn) => arn,
        }
    }
}

/// One entry of a configuration, whatever its destination.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) destination: Destination<'a>,
    events: &'a [Event],
    prefix: &'a str,
    suffix: &'a str,
}

impl Entry<'_> {
    /// Whether an event (`ObjectCreated:Put`) on a key is told.
    pub(super) fn matches(&self, event: &str, key: &str) -> bool {
        key.starts_with(self.prefix)
            && key.ends_with(self.suffix)
            && self.events.iter().any(|pattern| names_event(pattern.as_ref(), event))
    }

    fn overlaps(&self, other: &Self) -> bool {
        let events = self.events.iter().any(|left| {
            other.events.iter().any(|right| {
                let (left, right) = (left.as_ref(), right.as_ref());
                left == right || names_event(left, short(right)) || names_event(right, short(left))
            })
        });
        let prefixes = self.prefix.starts_with(other.prefix) || other.prefix.starts_with(self.prefix);
        let suffixes = self.suffix.ends_with(other.suffix) || other.suffix.ends_with(self.suffix);
        events && prefixes && suffixes
    }
}

/// `ObjectCreated:Put` of `s3:ObjectCreated:Put`.
fn short(event: &str) -> &str {
    event.strip_prefix("s3:").unwrap_or(event)
}

fn names_event(pattern: &str, event: &str) -> bool {
    let pattern = short(pattern);
    pattern == event || pattern.strip_suffix('*').is_some_and(|start| event.starts_with(start))
}

/// The entries of a configuration.
pub(super) fn entries(configuration: &NotificationConfiguration) -> Vec<Entry<'_>> {
    let functions = configuration.lambda_function_configurations.iter().flatten().map(|entry| Entry {
        id: entry.id.as_deref(),
        destination: Destination::Function(&entry.lambda_function_arn),
        events: &entry.events,
        prefix: rule(entry.filter.as_ref(), "prefix"),
        suffix: rule(entry.filter.as_ref(), "suffix"),
    });
    let topics = configuration.topic_configurations.iter().flatten().map(|entry| Entry {
        id: entry.id.as_deref(),
        destination: Destination::Topic(&entry.topic_arn),
        events: &entry.events,
        prefix: rule(entry.filter.as_ref(), "prefix"),
        suffix: rule(entry.filter.as_ref(), "suffix"),
    });
    let queues = configuration.queue_configurations.iter().flatten().map(|entry| Entry {
        id: entry.id.as_deref(),
        destination: Destination::Queue(&entry.queue_arn),
        events: &entry.events,
        prefix: rule(entry.filter.as_ref(), "prefix"),
        suffix: rule(entry.filter.as_ref(), "suffix"),
    });
    functions.chain(topics).chain(queues).collect()
}

fn rule<'a>(filter: Option<&'a NotificationConfigurationFilter>, name: &str) -> &'a str {
    rules(filter).find(|(rule, _)| rule.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

fn rules(filter: Option<&NotificationConfigurationFilter>) -> impl Iterator<Item = (&str, &str)> {
    filter
        .and_then(|filter| filter.key.as_ref())
        .and_then(|key| key.filter_rules.as_ref())
        .into_iter()
        .flatten()
        .map(|rule| (rule.name.as_ref().map_or("", |name| name.as_str()), rule.value.as_deref().unwrap_or_default()))
}

/// The configuration with an id for every entry that has none.
pub(in crate::s3) fn with_ids(mut configuration: NotificationConfiguration) -> NotificationConfiguration {
    let fresh = |id: &mut Option<String>| {
        if id.as_deref().unwrap_or_default().is_empty() {
            *id = Some(uuid::Uuid::new_v4().to_string());
        }
    };
    configuration.lambda_function_configurations.iter_mut().flatten().for_each(|entry| fresh(&mut entry.id));
    configuration.queue_configurations.iter_mut().flatten().for_each(|entry| fresh(&mut entry.id));
    configuration.topic_configurations.iter_mut().flatten().for_each(|entry| fresh(&mut entry.id));
    configuration
}

/// Refuses what S3 refuses: unknown events and filters, overlapping entries, destinations that do not let the bucket in.
pub(in crate::s3) fn validate(
    cloud: &Cloud,
    bucket: &str,
    configuration: &NotificationConfiguration,
    skip_destinations: bool,
) -> S3Result<()> {
    check_filters(configuration)?;
    let entries = entries(configuration);
    for entry in &entries {
        check_events(entry)?;
        check_arn(entry.destination)?;
    }
    for (index, entry) in entries.iter().enumerate() {
        if entries[..index].iter().any(|earlier| entry.overlaps(earlier)) {
            return Err(invalid_argument(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
            ));
        }
    }
    if skip_destinations {
        return Ok(());
    }
    let source_arn = format!("arn:aws:s3:::{bucket}");
    for entry in &entries {
        let sender = Sender { service: "s3.amazonaws.com", source_arn: &source_arn };
        // A FIFO queue wants a group, which S3 does not give.
        if crate::sqs::is_fifo(entry.destination.arn()) || !cloud.lets_in(sender, entry.destination.arn()) {
            tracing::info!(bucket, destination = entry.destination.arn(), "a destination does not let the bucket in");
            return Err(unvalidated());
        }
    }
    Ok(())
}

fn unvalidated() -> S3Error {
    invalid_argument("Unable to validate the following destination configurations")
}

fn check_filters(configuration: &NotificationConfiguration) -> S3Result<()> {
    let functions = configuration.lambda_function_configurations.iter().flatten().map(|entry| entry.filter.as_ref());
    let topics = configuration.topic_configurations.iter().flatten().map(|entry| entry.filter.as_ref());
    let queues = configuration.queue_configurations.iter().flatten().map(|entry| entry.filter.as_ref());
    for filter in functions.chain(topics).chain(queues) {
        let names: Vec<String> = rules(filter).map(|(name, _)| name.to_ascii_lowercase()).collect();
        if names.iter().any(|name| name != "prefix" && name != "suffix") {
            return Err(invalid_argument("filter rule name must be either prefix or suffix"));
        }
        for name in ["prefix", "suffix"] {
            if names.iter().filter(|given| *given == name).count() > 1 {
                return Err(invalid_argument(format!("Cannot specify more than one {name} rule in a filter.")));
            }
        }
    }
    Ok(())
}

fn check_events(entry: &Entry<'_>) -> S3Result<()> {
    for event in entry.events {
        let event = event.as_ref();
        let known = SENT.contains(&event) || NEVER_CAUSED.iter().any(|start| event.starts_with(start));
        if !known {
            return Err(custom(
                http::StatusCode::BAD_REQUEST,
                "InvalidArgument",
                format!("The event '{event}' is not supported for notifications"),
            ));
        }
    }
    if entry.events.is_empty() {
        return Err(S3Error::with_message(
            s3s::S3ErrorCode::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    Ok(())
}

fn check_arn(destination: Destination<'_>) -> S3Result<()> {
    let (arn, start) = match destination {
        Destination::Function(arn) => (arn, "arn:aws:lambda:"),
        Destination::Queue(arn) => (arn, "arn:aws:sqs:"),
        Destination::Topic(arn) => (arn, "arn:aws:sns:"),
    };
    if arn.starts_with(start) { Ok(()) } else { Err(invalid_argument("The ARN could not be parsed")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(events: &'a [Event], prefix: &'a str, suffix: &'a str) -> Entry<'a> {
        Entry { id: None, destination: Destination::Function("f"), events, prefix, suffix }
    }

    fn events(names: &[&str]) -> Vec<Event> {
        names.iter().map(|name| Event::from((*name).to_owned())).collect()
    }

    #[test]
    fn an_event_matches_by_pattern_prefix_and_suffix() {
        let created = events(&["s3:ObjectCreated:*"]);
        let entry = entry(&created, "in/", ".jpg");
        assert!(entry.matches("ObjectCreated:Put", "in/a.jpg"));
        assert!(entry.matches("ObjectCreated:CompleteMultipartUpload", "in/.jpg"));
        assert!(!entry.matches("ObjectRemoved:Delete", "in/a.jpg"));
        assert!(!entry.matches("ObjectCreated:Put", "in/a.png"));
        assert!(!entry.matches("ObjectCreated:Put", "out/a.jpg"));
    }

    #[test]
    fn overlaps_need_events_prefixes_and_suffixes_alike() {
        let (put, created, removed) = (
            events(&["s3:ObjectCreated:Put"]),
            events(&["s3:ObjectCreated:*"]),
            events(&["s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"]),
        );
        for (left, right, overlap) in [
            (entry(&put, "", ""), entry(&created, "a/", ".jpg"), true),
            (entry(&put, "", ""), entry(&removed, "", ""), false),
            (entry(&removed, "", ""), entry(&created, "", ""), true),
            (entry(&put, "a/", ""), entry(&put, "b/", ""), false),
            (entry(&put, "a/", ".jpg"), entry(&put, "a/b", ".png"), false),
            (entry(&put, "a/", "jpg"), entry(&put, "a/b", ".jpg"), true),
        ] {
            assert_eq!(left.overlaps(&right), overlap, "{left:?} {right:?}");
            assert_eq!(right.overlaps(&left), overlap, "{left:?} {right:?}");
        }
    }
}

//! Lifecycle rules: what expires, by a clock that is given.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use s3s::dto::{BucketLifecycleConfiguration, LifecycleRule, LifecycleRuleFilter, Tag};
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::notification::{Happening, RequestIds, notify};
use super::store::{Bucket, Change, Kind, Moment, Record, State, Version};
use crate::cloud::Cloud;
use crate::persist::lock;

/// How often rules are looked at.
const INTERVAL: Duration = Duration::from_hours(1);

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The task that looks at rules, which exists only while a bucket has some.
#[derive(Debug, Default)]
pub(in crate::s3) struct Sweeper {
    running: Mutex<bool>,
    /// Told when a bucket has got rules while the task waits.
    changed: Arc<Notify>,
}

impl Sweeper {
    /// Starts the task where a bucket has rules and none runs; one that runs looks at the rules now.
    pub(in crate::s3) fn start(&self, cloud: &Arc<Cloud>) {
        let mut running = lock(&self.running);
        if *running {
            self.changed.notify_one();
            return;
        }
        if !cloud.s3.store.read(has_rules) {
            return;
        }
        *running = true;
        // The task must not keep a cloud alive that is dropped.
        tokio::spawn(run(Arc::downgrade(cloud), Arc::clone(&self.changed)));
    }
}

fn has_rules(state: &State) -> bool {
    state.buckets.values().any(|bucket| bucket.configuration.contains_key(&Kind::Lifecycle))
}

async fn run(cloud: Weak<Cloud>, changed: Arc<Notify>) {
    loop {
        {
            let Some(cloud) = cloud.upgrade() else { return };
            {
                let mut running = lock(&cloud.s3.sweeper.running);
                if !cloud.s3.store.read(has_rules) {
                    *running = false;
                    return;
                }
            }
            let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
            sweep(&cloud, i64::try_from(now).unwrap_or(i64::MAX)).await;
        }
        // Rules that are new are looked at now, all of them once in the interval.
        let _ = tokio::time::timeout(INTERVAL, changed.notified()).await;
    }
}

/// Removes everything that has expired at `now`, in milliseconds since 1970.
pub(in crate::s3) async fn sweep(cloud: &Arc<Cloud>, now: i64) {
    let swept = cloud.s3.store.change(Vec::new(), |state, moment| {
        let mut expired = Vec::new();
        for (name, bucket) in &state.buckets {
            let Some(configuration) = bucket.configured::<BucketLifecycleConfiguration>(Kind::Lifecycle) else {
                continue;
            };
            expire(name, bucket, &configuration, now, moment, &mut expired);
        }
        let (records, happenings): (Vec<Record>, Vec<Option<Happening>>) = expired.into_iter().unzip();
        Ok::<_, super::store::StoreError>(Change { records, answer: happenings })
    });
    let happenings = match swept.await {
        Ok(happenings) => happenings,
        Err(error) => {
            tracing::error!(%error, "expired objects could not be removed");
            return;
        }
    };
    happenings.iter().flatten().for_each(|happening| notify(cloud, happening));
}

/// A record that removes something, and what is told of it.
type Expired = (Record, Option<Happening>);

fn expire(
    name: &str,
    bucket: &Bucket,
    configuration: &BucketLifecycleConfiguration,
    now: i64,
    moment: Moment,
    expired: &mut Vec<Expired>,
) {
    let rules = || configuration.rules.iter().filter(|rule| rule.status.as_str() == "Enabled");
    for (key, versions) in &bucket.objects {
        let mut gone: Vec<&str> = Vec::new();
        for rule in rules() {
            for version in noncurrent_expired(rule, key, versions, now) {
                if !gone.contains(&version.id.as_str()) {
                    gone.push(&version.id);
                    expired.push(removed(name, key, version, "LifecycleExpiration:Delete", moment));
                }
            }
        }
        let left = versions.iter().filter(|version| !gone.contains(&version.id.as_str())).count();
        let Some(current) = versions.last().filter(|version| !gone.contains(&version.id.as_str())) else { continue };
        if rules().any(|rule| current_expired(rule, key, current, left, now)) {
            expired.push(if current.delete_marker || bucket.versioning().is_none() {
                removed(name, key, current, "LifecycleExpiration:Delete", moment)
            } else {
                marked(name, key, bucket.versioning() == Some(true), moment)
            });
        }
    }
    for (id, upload) in &bucket.uploads {
        let days = |rule: &LifecycleRule| rule.abort_incomplete_multipart_upload.as_ref()?.days_after_initiation;
        let fits = |rule: &LifecycleRule| {
            prefix_fits(rule, &upload.key) && days(rule).is_some_and(|days| has_passed(upload.initiated, days, now))
        };
        if rules().any(fits) {
            expired.push((Record::UploadAborted { bucket: name.to_owned(), upload: id.clone() }, None));
        }
    }
}

/// Whether `days` have passed since a time, counted as S3 does: until the next midnight after them.
fn has_passed(since: i64, days: i32, now: i64) -> bool {
    let end = since + i64::from(days) * DAY;
    now >= end.div_euclid(DAY) * DAY + if end % DAY == 0 { 0 } else { DAY }
}

fn current_expired(rule: &LifecycleRule, key: &str, version: &Version, versions: usize, now: i64) -> bool {
    let Some(expiration) = &rule.expiration else { return false };
    if version.delete_marker {
        // A marker that hides nothing goes when a rule says so, or when it has expired itself.
        let asked = expiration.expired_object_delete_marker == Some(true) || expiration.days.is_some();
        return versions == 1 && asked && prefix_fits(rule, key);
    }
    if !fits(rule, key, version) {
        return false;
    }
    let by_days = expiration.days.is_some_and(|days| has_passed(version.modified, days, now));
    let date = expiration.date.clone().map(OffsetDateTime::from);
    by_days || date.is_some_and(|date| i128::from(now) * 1_000_000 >= date.unix_timestamp_nanos())
}

/// The versions that were replaced long enough ago, without the newest of them that are to be kept.
fn noncurrent_expired<'a>(rule: &LifecycleRule, key: &str, versions: &'a [Version], now: i64) -> Vec<&'a Version> {
    let Some(expiration) = &rule.noncurrent_version_expiration else { return Vec::new() };
    let Some(days) = expiration.noncurrent_days else { return Vec::new() };
    let keep = expiration.newer_noncurrent_versions.and_then(|keep| usize::try_from(keep).ok()).unwrap_or(0);
    // A version is replaced when the next one is made.
    let replaced = versions.iter().zip(versions.iter().skip(1)).rev().skip(keep);
    replaced
        .filter(|(version, next)| fits(rule, key, version) && has_passed(next.modified, days, now))
        .map(|(version, _)| version)
        .collect()
}

/// The prefix of a rule, in whichever form it is given.
fn prefix_fits(rule: &LifecycleRule, key: &str) -> bool {
    let of_filter = rule.filter.as_ref().and_then(|filter: &LifecycleRuleFilter| {
        filter.prefix.as_deref().or_else(|| filter.and.as_ref().and_then(|and| and.prefix.as_deref()))
    });
    key.starts_with(rule.prefix.as_deref().or(of_filter).unwrap_or_default())
}

/// Whether a rule is about a version: by prefix, tags and size.
fn fits(rule: &LifecycleRule, key: &str, version: &Version) -> bool {
    let Some(filter) = &rule.filter else { return prefix_fits(rule, key) };
    let and = filter.and.as_ref();
    let tagged = |tag: &Tag| {
        let (Some(name), Some(value)) = (&tag.key, &tag.value) else { return false };
        version.tags.get(name) == Some(value)
    };
    let size = i64::try_from(version.size()).unwrap_or(i64::MAX);
    let greater = filter.object_size_greater_than.or_else(|| and.and_then(|and| and.object_size_greater_than));
    let less = filter.object_size_less_than.or_else(|| and.and_then(|and| and.object_size_less_than));
    prefix_fits(rule, key)
        && filter.tag.iter().all(tagged)
        && and.and_then(|and| and.tags.as_ref()).into_iter().flatten().all(tagged)
        && greater.is_none_or(|least| size > least)
        && less.is_none_or(|most| size < most)
}

fn told(name: &str, key: &str, event: &'static str, version_id: Option<String>, moment: Moment) -> Happening {
    Happening {
        name: event,
        bucket: name.to_owned(),
        key: key.to_owned(),
        size: None,
        etag: None,
        version_id,
        moment,
        access_key: None,
        ids: RequestIds::fresh(),
    }
}

fn removed(name: &str, key: &str, version: &Version, event: &'static str, moment: Moment) -> Expired {
    let record = Record::VersionDeleted { bucket: name.to_owned(), key: key.to_owned(), id: version.id.clone() };
    let version_id = (version.id != "null").then(|| version.id.clone());
    (record, Some(told(name, key, event, version_id, moment)))
}

fn marked(name: &str, key: &str, enabled: bool, moment: Moment) -> Expired {
    let id = if enabled { super::operations::fresh_version_id(moment) } else { "null".to_owned() };
    let marker = Version {
        id: id.clone(),
        modified: moment.milliseconds(),
        delete_marker: true,
        etag: String::new(),
        segments: Vec::new(),
        parts: Vec::new(),
        headers: super::store::Headers::default(),
        checksum: None,
        tags: std::collections::BTreeMap::new(),
    };
    let record = Record::Put { bucket: name.to_owned(), key: key.to_owned(), version: marker, upload: None };
    (record, Some(told(name, key, "LifecycleExpiration:DeleteMarkerCreated", Some(id), moment)))
}

#[cfg(test)]
mod tests;

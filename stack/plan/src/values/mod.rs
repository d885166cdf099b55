//! Values of settings: their text and their domain.

mod alarm;
mod api;
mod aws;
mod bucket;
mod build;
mod database;
mod iam;
mod loopback;
mod media;
mod network;
mod number;
mod operation;
mod schedule;
mod secret;
mod table;
mod text;
mod url;

pub(crate) use alarm::{
    Comparison, FilterPattern, LogGroupName, MetricName, MetricValue, MissingData, Number, Period, Periods, Statistic,
};
pub(crate) use api::{
    ApiMethod, ApiOrigin, AuthorizerCache, Burst, CertificateArn, Endpoint, HostedZone, METHODS, MediaType, MinimumTls,
    Quota, Rate, RefreshLifetime, StageName, TokenLifetime,
};
pub(crate) use aws::{Arn, HeaderValue, ImportedTopic, KmsKey};
pub(crate) use bucket::{
    BucketEvent, CorsMethod, CorsOrigin, HeaderName, ImportedBucket, PublicAccess, StorageClass, WebsiteKey,
};
pub(crate) use build::{
    Branch, BuildSize, BuildTimeout, HealthPath, Image, ImageCount, ImageTag, Port, ScalingMetric, ScalingValue,
    SourceProvider, SourceRepository, TagPattern, TaskCount, TaskCpu, TaskMemory,
};
pub(crate) use database::{DatabaseName, DatabaseUser, Engine, InstanceClass};
pub(crate) use iam::{
    GithubPattern, GithubRepository, GithubSubject, OidcProvider, RoleDescription, RoleName, ServiceName, Session,
};
pub(crate) use loopback::is_on_loopback;
pub(crate) use media::{AudioBitrate, Bitrate, Pixels, Quality};
pub(crate) use network::{EndpointService, Nat, NetworkBlock, is_resource_id};
pub(crate) use number::{
    BackupDays, BatchSize, BatchWindow, CapacityUnits, LongPolling, MaxConcurrency, MaxReceives, MessageDelay,
    MessageRetention, MessageSize, Parallelization, RecordAge, RecordRetries, ReservedConcurrency, SecretLength,
    StorageSize, VisibilityTimeout, Zones,
};
pub(crate) use operation::{MonitoringTime, RollbackAlarm, ServiceRole, TopicArn};
pub(crate) use schedule::{
    DeliveryAge, DeliveryRetries, FlexibleWindow, Moment, RuleSchedule, SchedulerSchedule, TimeZone,
};
pub(crate) use secret::ExcludedCharacters;
pub(crate) use table::{AttributeName, KeyType, StartingPosition, StreamView, is_index_name};
pub(crate) use text::{Description, EventBus, InputPath};
pub(crate) use url::{InvokeMode, UrlAuth, UrlMethod, UrlOrigin};

use crate::plan::{Architecture, Removal};

/// A setting's value that is written as a scalar.
pub(crate) trait SettingValue: Sized {
    /// What the text must be, with an article (`a memory size from 128 to 10240, in MB`).
    const EXPECTED: &'static str;
    /// How to mend a wrong one, where the expectation does not say it.
    const HELP: &'static str = "";
    /// Reads the text; nothing when it is outside the domain.
    fn parse(text: &str) -> Option<Self>;
}

impl SettingValue for bool {
    const EXPECTED: &'static str = "`true` or `false`";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl SettingValue for Removal {
    const EXPECTED: &'static str = "`destroy` or `retain`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "destroy" => Some(Self::Destroy),
            "retain" => Some(Self::Retain),
            _ => None,
        }
    }
}

impl SettingValue for Architecture {
    const EXPECTED: &'static str = "`x86_64` or `arm64`";
    fn parse(text: &str) -> Option<Self> {
        [Self::X86_64, Self::Arm64].into_iter().find(|architecture| architecture.as_str() == text)
    }
}

fn parse_whole(text: &str, min: u32, max: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (min..=max).contains(number))
}

/// Memory of a function in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory(pub(crate) u32);

impl SettingValue for Memory {
    const EXPECTED: &'static str = "a memory size from 128 to 10240, in MB";
    const HELP: &'static str = "write the number alone: `memory: 1024`";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 128, 10_240).map(Self)
    }
}

/// Size of a function's `/tmp` in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TemporaryStorage(pub(crate) u32);

impl SettingValue for TemporaryStorage {
    const EXPECTED: &'static str = "a size from 512 to 10240, in MB";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 512, 10_240).map(Self)
    }
}

/// Retries of an asynchronous invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retries(pub(crate) u32);

impl SettingValue for Retries {
    const EXPECTED: &'static str = "a number of retries from 0 to 2";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 0, 2).map(Self)
    }
}

/// Seconds that a function may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) u32);

impl SettingValue for Timeout {
    const EXPECTED: &'static str = "a timeout from 1s to 15m";
    const HELP: &'static str = "write a whole number with a unit: `30s`, `5m`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| (1..=900).contains(seconds)).map(Self)
    }
}

/// Greatest age of an asynchronous event in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventAge(pub(crate) u32);

impl SettingValue for EventAge {
    const EXPECTED: &'static str = "an age from 60s to 6h";
    const HELP: &'static str = "write a whole number with a unit: `60s`, `30m`, `6h`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| (60..=21_600).contains(seconds)).map(Self)
    }
}

/// Seconds for which a browser may keep the answer to a CORS preflight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MaxAge(pub(crate) u32);

impl SettingValue for MaxAge {
    const EXPECTED: &'static str = "a duration from 0s to 24h";
    const HELP: &'static str = "write a whole number with a unit: `3000s`, `50m`, `1h`";
    fn parse(text: &str) -> Option<Self> {
        parse_seconds(text).filter(|seconds| *seconds <= 86_400).map(Self)
    }
}

/// Days for which a log group keeps its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention(pub(crate) u32);

impl SettingValue for Retention {
    const EXPECTED: &'static str = "a retention that CloudWatch Logs offers";
    const HELP: &'static str = "one of 1d 3d 5d 7d 14d 30d 60d 90d 120d 150d 180d 365d 400d 545d 731d 1096d 1827d 2192d 2557d 2922d 3288d 3653d";
    fn parse(text: &str) -> Option<Self> {
        const OFFERED: [u32; 22] =
            [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
        parse_days(text).filter(|days| OFFERED.contains(days)).map(Self)
    }
}

/// A number of days, from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) u32);

impl SettingValue for Days {
    const EXPECTED: &'static str = "a number of days from 1d to 36500d";
    const HELP: &'static str = "write a whole number with its unit: `30d`";
    fn parse(text: &str) -> Option<Self> {
        parse_days(text).filter(|days| (1..=36_500).contains(days)).map(Self)
    }
}

/// How many versions of an object stay that are no longer current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionCount(pub(crate) u32);

impl SettingValue for VersionCount {
    const EXPECTED: &'static str = "a number of versions from 1 to 100";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 100).map(Self)
    }
}

/// A region name by its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region(pub(crate) String);

impl SettingValue for Region {
    const EXPECTED: &'static str = "a region name";
    const HELP: &'static str = "for example `us-east-1` or `eu-central-1`";
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let (number, words) = parts.split_last()?;
        let (first, rest) = words.split_first()?;
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_region = first.len() == 2
            && is_word(first)
            && !rest.is_empty()
            && rest.len() <= 3
            && rest.iter().all(is_word)
            && number.len() == 1
            && number.bytes().all(|byte| byte.is_ascii_digit());
        is_region.then(|| Self(text.to_owned()))
    }
}

/// An account id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account(pub(crate) String);

impl SettingValue for Account {
    const EXPECTED: &'static str = "an account id of twelve digits";
    fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }
}

/// A Cargo package or feature name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CargoName(pub(crate) String);

impl SettingValue for CargoName {
    const EXPECTED: &'static str = "a name of a Cargo package or feature";
    const HELP: &'static str = "letters, digits, `-` and `_`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (begins_well && text.len() <= 64 && text.bytes().all(character)).then(|| Self(text.to_owned()))
    }
}

/// A directory below the project file, `/` between its parts and no `./` before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectPath(pub(crate) String);

impl SettingValue for ProjectPath {
    const EXPECTED: &'static str = "a path below the project's directory";
    const HELP: &'static str = "write it relative to the project file, with `/` and without `..`: `./site`";
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.starts_with('/') || text.contains(['\\', '\0', ':']) {
            return None;
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return None;
        }
        Some(Self(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }))
    }
}

/// `30s`, `5m`, `6h`, `2d`, or a number of seconds.
pub(crate) fn parse_seconds(text: &str) -> Option<u32> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], 60),
        (at, 'h') => (&text[..at], 3_600),
        (at, 'd') => (&text[..at], 86_400),
        _ => (text, 1),
    };
    whole(number)?.checked_mul(unit)
}

/// `30d`, or a number of days.
fn parse_days(text: &str) -> Option<u32> {
    whole(text.strip_suffix('d').unwrap_or(text))
}

fn whole(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_bounds() {
        assert_eq!(Timeout::parse("30s"), Some(Timeout(30)));
        assert_eq!(Timeout::parse("15m"), Some(Timeout(900)));
        assert_eq!(Timeout::parse("45"), Some(Timeout(45)));
        for wrong in ["", "s", "0s", "16m", "1.5m", "-1s", "+1s", "30 s", "5000000000h", "٣s"] {
            assert_eq!(Timeout::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Retention::parse("30d"), Some(Retention(30)));
        assert_eq!(Retention::parse("31d"), None);
    }

    #[test]
    fn regions_have_their_form() {
        for right in ["us-east-1", "ap-southeast-7", "us-gov-west-1", "us-isob-east-1"] {
            assert!(Region::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "us", "us-east", "US-EAST-1", "us-east-12", "us-east-1a", "useast1", "us--1"] {
            assert!(Region::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn paths_stay_below_the_project() {
        assert_eq!(ProjectPath::parse("./site//a/"), Some(ProjectPath("site/a".to_owned())));
        assert_eq!(ProjectPath::parse("."), Some(ProjectPath(".".to_owned())));
        for wrong in ["", "/etc", "../x", "a/../../b", "C:/x", "a\\b"] {
            assert_eq!(ProjectPath::parse(wrong), None, "{wrong}");
        }
    }
}

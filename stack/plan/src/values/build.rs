//! Values of image repositories, builds and container services.

use super::{SettingValue, parse_seconds, parse_whole};

/// A number of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImageCount(pub(crate) u32);

impl SettingValue for ImageCount {
    const EXPECTED: &'static str = "a number of images from 1 to 10000";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 10_000).map(Self)
    }
}

/// A tag of an image with `*` for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagPattern(pub(crate) String);

impl SettingValue for TagPattern {
    const EXPECTED: &'static str = "a tag of images";
    const HELP: &'static str = "letters, digits, `.`, `_`, `-`, and at most two `*`: `latest`, `dev-*`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b"._*-".contains(&byte);
        let is_pattern = (1..=128).contains(&text.len()) && text.bytes().all(character);
        (is_pattern && text.matches('*').count() <= 2).then(|| Self(text.to_owned()))
    }
}

/// A tag of an image, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageTag(pub(crate) String);

impl SettingValue for ImageTag {
    const EXPECTED: &'static str = "a tag of an image";
    const HELP: &'static str = "letters, digits, `.`, `_` and `-`: `v1.2`; or a digest: `sha256:...`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_tag = text.len() <= 128 && text.bytes().all(character) && !text.starts_with(['.', '-']);
        (is_tag || is_digest(text)).then(|| Self(text.to_owned()))
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digest| {
        digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
    })
}

impl ImageTag {
    /// What follows the repository's name in the name of an image.
    pub(crate) fn suffix(&self) -> String {
        if is_digest(&self.0) { format!("@{}", self.0) } else { format!(":{}", self.0) }
    }
}

/// A repository of source code at its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceRepository(pub(crate) String);

impl SettingValue for SourceRepository {
    const EXPECTED: &'static str = "a repository";
    const HELP: &'static str = "`owner/name`";
    fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        (text.len() <= 255 && text.contains('/') && text.split('/').all(is_part)).then(|| Self(text.to_owned()))
    }
}

/// The name of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch(pub(crate) String);

impl SettingValue for Branch {
    const EXPECTED: &'static str = "a branch";
    fn parse(text: &str) -> Option<Self> {
        let is_branch = !text.is_empty()
            && text.len() <= 255
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b":?*\\^~[".contains(&byte));
        is_branch.then(|| Self(text.to_owned()))
    }
}

/// A host of source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceProvider(pub(crate) &'static str);

impl SettingValue for SourceProvider {
    const EXPECTED: &'static str = "a host of source code";
    const HELP: &'static str = "one of `GitHub`, `GitLab`, `Bitbucket`, `AzureDevOps`";
    fn parse(text: &str) -> Option<Self> {
        ["GitHub", "GitLab", "Bitbucket", "AzureDevOps"].into_iter().find(|word| *word == text).map(Self)
    }
}

/// How large the machine of a build is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildSize(pub(crate) &'static str);

impl SettingValue for BuildSize {
    const EXPECTED: &'static str = "the size of a build machine";
    const HELP: &'static str = "one of `small`, `medium`, `large`, `xlarge`";
    fn parse(text: &str) -> Option<Self> {
        const SIZES: [(&str, &str); 4] = [
            ("small", "BUILD_GENERAL1_SMALL"),
            ("medium", "BUILD_GENERAL1_MEDIUM"),
            ("large", "BUILD_GENERAL1_LARGE"),
            ("xlarge", "BUILD_GENERAL1_XLARGE"),
        ];
        SIZES.iter().find(|(word, _)| *word == text).map(|(_, size)| Self(size))
    }
}

/// Minutes that a build may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BuildTimeout(pub(crate) u32);

impl SettingValue for BuildTimeout {
    const EXPECTED: &'static str = "a timeout from 5m to 36h, in whole minutes";
    fn parse(text: &str) -> Option<Self> {
        let seconds = parse_seconds(text)?;
        ((300..=129_600).contains(&seconds) && seconds % 60 == 0).then_some(Self(seconds / 60))
    }
}

/// An image of a container by its whole name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image(pub(crate) String);

impl SettingValue for Image {
    const EXPECTED: &'static str = "the name of an image";
    const HELP: &'static str = "`registry/name:tag`: `public.ecr.aws/docker/library/httpd:2.4`";
    fn parse(text: &str) -> Option<Self> {
        let character = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
        let is_image = (1..=512).contains(&text.len())
            && text.bytes().all(character)
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        is_image.then(|| Self(text.to_owned()))
    }
}

/// CPU of a task on Fargate, 1024 being one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskCpu(pub(crate) u32);

impl SettingValue for TaskCpu {
    const EXPECTED: &'static str = "CPU units of a task";
    const HELP: &'static str = "one of 256, 512, 1024, 2048, 4096, 8192, 16384; 1024 is one CPU";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|cpu| [256, 512, 1024, 2048, 4096, 8192, 16_384].contains(cpu)).map(Self)
    }
}

impl TaskCpu {
    /// Memory sizes that go with it: least, greatest and step, in MB.
    pub(crate) fn memory(self) -> (u32, u32, u32) {
        match self.0 {
            256 => (512, 2_048, 512),
            512 => (1_024, 4_096, 1_024),
            1024 => (2_048, 8_192, 1_024),
            2048 => (4_096, 16_384, 1_024),
            4096 => (8_192, 30_720, 1_024),
            8192 => (16_384, 61_440, 4_096),
            _ => (32_768, 122_880, 8_192),
        }
    }
}

/// Memory of a task on Fargate in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskMemory(pub(crate) u32);

impl SettingValue for TaskMemory {
    const EXPECTED: &'static str = "a memory size from 512 to 122880, in MB";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 512, 122_880).filter(|memory| memory % 512 == 0).map(Self)
    }
}

/// A port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port(pub(crate) u32);

impl SettingValue for Port {
    const EXPECTED: &'static str = "a port from 1 to 65535";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 65_535).map(Self)
    }
}

/// A path that tells whether a container is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealthPath(pub(crate) String);

impl SettingValue for HealthPath {
    const EXPECTED: &'static str = "a path";
    const HELP: &'static str = "it begins with `/` and answers 200: `/health`";
    fn parse(text: &str) -> Option<Self> {
        let is_path = text.starts_with('/') && text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_path.then(|| Self(text.to_owned()))
    }
}

/// A number of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskCount(pub(crate) u32);

impl SettingValue for TaskCount {
    const EXPECTED: &'static str = "a number of tasks from 1 to 1000";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 1000).map(Self)
    }
}

/// What the number of tasks follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScalingMetric(pub(crate) &'static str);

impl SettingValue for ScalingMetric {
    const EXPECTED: &'static str = "what the number of tasks follows";
    const HELP: &'static str = "one of `cpu`, `memory`, `requests`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "cpu" => Some(Self("AVERAGE_CPU")),
            "memory" => Some(Self("AVERAGE_MEMORY")),
            "requests" => Some(Self("REQUEST_COUNT_PER_TARGET")),
            _ => None,
        }
    }
}

/// The value that a scaling metric is kept at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScalingValue(pub(crate) u32);

impl SettingValue for ScalingValue {
    const EXPECTED: &'static str = "a whole number from 1 to 100000";
    fn parse(text: &str) -> Option<Self> {
        parse_whole(text, 1, 100_000).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_digests_name_images() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(ImageTag::parse("v1.2").unwrap().suffix(), ":v1.2");
        assert_eq!(ImageTag::parse(&digest).unwrap().suffix(), format!("@{digest}"));
        for wrong in ["a b", "-a", "sha256:x", "a:b", "a/b"] {
            assert_eq!(ImageTag::parse(wrong), None, "{wrong}");
        }
        assert!(ImageTag::parse("").is_some());
    }

    #[test]
    fn sizes_are_those_of_fargate() {
        assert_eq!(TaskCpu::parse("1024").unwrap().memory(), (2048, 8192, 1024));
        assert_eq!(TaskCpu::parse("300"), None);
        assert_eq!(TaskMemory::parse("1000"), None);
        assert_eq!(BuildTimeout::parse("1h"), Some(BuildTimeout(60)));
        assert_eq!(BuildTimeout::parse("301s"), None);
    }
}

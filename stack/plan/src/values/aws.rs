//! Values that name things of AWS: ARNs, keys, headers.

use super::SettingValue;
use crate::naming::Naming;

/// An ARN by its form: `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arn(pub(crate) String);

impl SettingValue for Arn {
    const EXPECTED: &'static str = "an ARN";
    const HELP: &'static str = "`arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`";
    fn parse(text: &str) -> Option<Self> {
        is_arn(text, |_| true, |resource| !resource.is_empty()).then(|| Self(text.to_owned()))
    }
}

/// True for an ARN whose service and resource are as they should be.
pub(super) fn is_arn(text: &str, service: impl Fn(&str) -> bool, resource: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service_of, region, account, resource_of] = parts.as_slice() else { return false };
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    *arn == "arn"
        && partition.starts_with("aws")
        && [partition, service_of, region, account].into_iter().all(|word| is_word(word))
        && !service_of.is_empty()
        && service(service_of)
        && resource(resource_of)
        && resource_of.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A KMS key by its id or its ARN. An alias is none: a policy cannot name a key by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KmsKey(pub(crate) String);

impl SettingValue for KmsKey {
    const EXPECTED: &'static str = "a KMS key";
    const HELP: &'static str = "the id or the ARN of the key: policies cannot name a key by an alias";
    fn parse(text: &str) -> Option<Self> {
        let is_id = |id: &str| {
            !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_key_arn =
            is_arn(text, |service| service == "kms", |resource| resource.strip_prefix("key/").is_some_and(is_id));
        (is_id(text) || is_key_arn).then(|| Self(text.to_owned()))
    }
}

impl KmsKey {
    /// Its ARN, in this account and region unless it is one.
    pub(crate) fn arn(&self, naming: &Naming) -> String {
        if self.0.starts_with("arn:") { self.0.clone() } else { naming.arn("kms", &format!("key/{}", self.0)) }
    }
}

/// The ARN of an SNS topic that exists already, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedTopic(pub(crate) Option<String>);

impl SettingValue for ImportedTopic {
    const EXPECTED: &'static str = "the ARN of a topic";
    const HELP: &'static str = "`arn:aws:sns:REGION:ACCOUNT:NAME`; an empty value makes a topic of the project's own";
    fn parse(text: &str) -> Option<Self> {
        super::TopicArn::parse(text).map(|topic| Self(topic.0))
    }
}

/// A value of an HTTP header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderValue(pub(crate) String);

impl SettingValue for HeaderValue {
    const EXPECTED: &'static str = "a header value";
    const HELP: &'static str = "visible ASCII characters: `cache_control: \"public, max-age=300\"`";
    fn parse(text: &str) -> Option<Self> {
        let is_value = !text.is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        is_value.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_have_six_parts() {
        for right in ["arn:aws:s3:::b", "arn:aws-cn:sns:cn-north-1:111122223333:t", "arn:aws:iam::1:role/a:b"] {
            assert!(Arn::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "arn:aws:s3:::", "arn:aws:s3::b", "arn:x:s3:::b", "arn:aws::::b", "arn:aws:s3:::a b"] {
            assert!(Arn::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn keys_are_never_aliases() {
        for right in ["1234abcd-12ab", "mrk-1234", "arn:aws:kms:us-east-1:111122223333:key/1234"] {
            assert!(KmsKey::parse(right).is_some(), "{right}");
        }
        for wrong in ["", "alias/aws/s3", "arn:aws:kms:us-east-1:111122223333:alias/x", "arn:aws:sns:::key/1"] {
            assert!(KmsKey::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_import_is_none() {
        assert_eq!(ImportedTopic::parse(""), Some(ImportedTopic(None)));
        assert_eq!(ImportedTopic::parse("arn:aws:sns:us-east-1:1:t:s"), None);
        assert!(ImportedTopic::parse("arn:aws:sns:us-east-1:111122223333:t").is_some());
    }
}

//! Values of networks.

use std::net::Ipv4Addr;

use super::SettingValue;

/// A block of IPv4 addresses for a network: `/16` to `/24`, so that sixteen subnets fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetworkBlock {
    first: Ipv4Addr,
    prefix: u32,
}

/// How much longer the prefix of a subnet is.
const SUBNET_BITS: u32 = 4;

impl NetworkBlock {
    /// `10.0.0.0/16`.
    pub(crate) const DEFAULT: Self = Self { first: Ipv4Addr::new(10, 0, 0, 0), prefix: 16 };

    /// One of its sixteen equal parts.
    pub(crate) fn subnet(self, index: u32) -> String {
        let prefix = self.prefix + SUBNET_BITS;
        let first = u32::from(self.first) + (index << (u32::BITS - prefix));
        format!("{}/{prefix}", Ipv4Addr::from(first))
    }
}

impl std::fmt::Display for NetworkBlock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.first, self.prefix)
    }
}

impl SettingValue for NetworkBlock {
    const EXPECTED: &'static str = "a block of IPv4 addresses from /16 to /24";
    const HELP: &'static str = "first address and prefix: `10.0.0.0/16`, `192.168.4.0/22`";
    fn parse(text: &str) -> Option<Self> {
        let (first, prefix) = text.split_once('/')?;
        let first: Ipv4Addr = first.parse().ok()?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| (16..=24).contains(prefix))?;
        let block = Self { first, prefix };
        let is_first = u32::from(first).trailing_zeros() >= u32::BITS - prefix;
        (is_first && block.to_string() == text).then_some(block)
    }
}

/// Ways out of a network's private subnets, for what has no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nat {
    /// None.
    None,
    /// One gateway, which all zones use.
    One,
    /// One gateway in each zone.
    PerZone,
}

impl SettingValue for Nat {
    const EXPECTED: &'static str = "a way out of a network";
    const HELP: &'static str = "`none`, `one` (a gateway that all zones use) or `per-zone`";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "one" => Some(Self::One),
            "per-zone" => Some(Self::PerZone),
            _ => None,
        }
    }
}

/// A service of AWS as endpoints name it: `s3`, `secretsmanager`, `ecr.api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointService(pub(crate) String);

impl SettingValue for EndpointService {
    const EXPECTED: &'static str = "a service that has an endpoint";
    const HELP: &'static str =
        "what follows `com.amazonaws.REGION.`: `s3`, `dynamodb`, `secretsmanager`, `sns`, `sqs`, `ecr.api` ...";
    fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_lowercase())
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        (text.len() <= 64 && text.split('.').all(is_part)).then(|| Self(text.to_owned()))
    }
}

/// True for an id such as `subnet-0123abcd`, `kind` being what stands before the `-`.
pub(crate) fn is_resource_id(kind: &str, text: &str) -> bool {
    let digits = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_begin_at_their_first_address_and_hold_sixteen_subnets() {
        let block = NetworkBlock::parse("10.1.0.0/16").unwrap();
        assert_eq!((block.subnet(0), block.subnet(9)), ("10.1.0.0/20".to_owned(), "10.1.144.0/20".to_owned()));
        assert_eq!(NetworkBlock::parse("192.168.4.0/24").unwrap().subnet(15), "192.168.4.240/28");
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.0/15",
            "10.0.0.0/25",
            "10.0.0.1/16",
            "10.0.1.0/16",
            "10.0.0.0/016",
            "::/16",
            "a/16",
        ] {
            assert_eq!(NetworkBlock::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_have_their_form() {
        assert!(is_resource_id("vpc", "vpc-0123abcd") && is_resource_id("subnet", "subnet-0123456789abcdef0"));
        for wrong in ["", "vpc-", "vpc-0123ABCD", "vpc-0123abc", "subnet-0123abcd", "vpc0123abcd"] {
            assert!(!is_resource_id("vpc", wrong), "{wrong}");
        }
    }
}

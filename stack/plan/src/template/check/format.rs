//! Strings that stand for something: dates, addresses, ids and ARNs.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::found::{At, Found};
use super::{Checker, SchemaFault};

/// Formats by name: what the string should be, and how it looks.
const FORMATS: [(&str, &str, &str); 17] = [
    (
        "AWS::ACM::Certificate.Arn",
        "the ARN of a certificate",
        r"^arn:aws[a-zA-Z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$",
    ),
    ("AWS::EC2::Image.Id", "the id of an image", r"^ami-([0-9a-z]{8}|[0-9a-z]{17})$"),
    ("AWS::EC2::SecurityGroup.Id", "the id of a security group", r"^sg-([a-fA-F0-9]{8}|[a-fA-F0-9]{17})$"),
    ("AWS::EC2::SecurityGroup.Name", "the name of a security group", r"^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+$"),
    ("AWS::EC2::Subnet.Id", "the id of a subnet", r"^subnet-([0-9A-Fa-f]{8}|[0-9A-Fa-f]{17})$"),
    ("AWS::EC2::VPC.Id", "the id of a VPC", r"^vpc-([0-9A-Fa-f]{8}|[0-9A-Fa-f]{17})$"),
    ("AWS::IAM::Role.Arn", "the ARN of a role", r"^arn:aws[a-zA-Z-]*:iam::[0-9]{12}:role/.+$"),
    ("AWS::KMS::Alias.AliasName", "the name of a key alias", r"^alias/[a-zA-Z0-9:/_-]+$"),
    ("AWS::KMS::Key.Arn", "the ARN of a key", r"^arn:aws[a-zA-Z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$"),
    (
        "AWS::KMS::Key.Id",
        "the id of a key",
        r"^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$",
    ),
    (
        "AWS::Lambda::Function.Arn",
        "the ARN of a function",
        r"^arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:.+$",
    ),
    ("AWS::Logs::LogGroup.Name", "the name of a log group", r"^[.\-_/#A-Za-z0-9]{1,512}$"),
    ("AWS::S3::Bucket.Name", "the name of a bucket", r"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$"),
    ("AWS::SNS::Topic.Arn", "the ARN of a topic", r"^arn:aws[a-zA-Z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$"),
    (
        "date-time",
        "a date and time",
        r"^[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
    ),
    ("date", "a date", r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
    ("email", "an e-mail address", "@"),
];

/// Checks the format of a string; a format that is not known says nothing.
pub(super) fn check(checker: &Checker<'_>, format: &str, value: &Value, at: &At<'_>, found: &mut Found) {
    let Some(text) = value.as_str() else { return };
    let (words, is_fine) = match format {
        "ipv4" => ("an IPv4 address", text.parse::<Ipv4Addr>().is_ok()),
        "ipv6" => ("an IPv6 address", text.parse::<Ipv6Addr>().is_ok()),
        "ipv4-network" => ("an IPv4 network", is_network(text, 32, |address| address.parse::<Ipv4Addr>().is_ok())),
        "ipv6-network" => ("an IPv6 network", is_network(text, 128, |address| address.parse::<Ipv6Addr>().is_ok())),
        // An empty name stands for none, as templates of long ago have it.
        "AWS::S3::Bucket.Name" if text.is_empty() => return,
        "AWS::S3::Bucket.Name" if ["..", ".-", "-."].iter().any(|pair| text.contains(pair)) => {
            ("the name of a bucket", false)
        }
        _ => {
            let Some((_, words, pattern)) = FORMATS.iter().find(|(name, ..)| *name == format) else { return };
            (*words, checker.matches(pattern, text))
        }
    };
    if !is_fine {
        found.push(at, SchemaFault::WrongFormat { value: text.to_owned(), format: words.to_owned() });
    }
}

fn is_network(text: &str, bits: u8, is_address: impl Fn(&str) -> bool) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    is_address(address) && (length.is_empty() || length.parse::<u8>().is_ok_and(|length| length <= bits))
}

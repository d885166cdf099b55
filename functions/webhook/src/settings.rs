//! The function's configuration: which topic, and where SNS is.

use std::time::Duration;

use fetch::Address;
use wiring::{Environment, IncompleteEnvironment};

/// What the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The one topic whose messages are taken (`TOPIC_ARN`).
    pub topic: String,
    /// Where SNS is, and with it the certificates of its keys.
    pub service: Service,
    /// How old a message may be (`MESSAGE_WINDOW` in seconds, default 3,600).
    pub window: Duration,
}

/// Where SNS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// `https://sns.REGION.amazonaws.com`, in the region of the topic.
    Aws {
        /// That origin.
        origin: String,
    },
    /// A cloud on this machine (`AWS_ENDPOINT_URL_SNS` or `AWS_ENDPOINT_URL` with plain http).
    Local {
        /// Its origin.
        origin: String,
    },
}

impl Settings {
    /// Reads the variables that `variable` returns by name.
    ///
    /// # Errors
    ///
    /// [`IncompleteEnvironment`] with every variable that is missing or wrong.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, IncompleteEnvironment> {
        let mut environment = Environment::new(variable);
        let topic = environment.required("TOPIC_ARN", "the SNS topic whose messages are taken");
        let aws = origin(&topic);
        if aws.is_none() && !topic.is_empty() {
            environment.fault(format!(
                "TOPIC_ARN is `{topic}`, and must look like `arn:aws:sns:eu-central-1:123456789012:name`"
            ));
        }
        let window = Duration::from_secs(environment.number("MESSAGE_WINDOW", 3600, 60..=86_400));
        let endpoint = ["AWS_ENDPOINT_URL_SNS", "AWS_ENDPOINT_URL"]
            .iter()
            .find_map(|name| environment.optional(name).map(|url| (name, url)))
            .and_then(|(name, url)| environment.check(name, Address::parse(&url)));
        // A private endpoint of AWS changes neither who signs nor where the certificates are.
        let local = endpoint.filter(Address::is_plain).map(|endpoint| Service::Local { origin: endpoint.origin() });
        let service = aws.map(|origin| local.unwrap_or(Service::Aws { origin }));
        environment.finish(service.map(|service| Self { topic, service, window }))
    }
}

impl Service {
    /// Scheme and host.
    #[must_use]
    pub fn origin(&self) -> &str {
        match self {
            Self::Aws { origin } | Self::Local { origin } => origin,
        }
    }

    /// The address of a certificate, if SNS can have it there.
    #[must_use]
    pub fn certificate(&self, url: &str) -> Option<Address> {
        let name = url.strip_prefix(self.origin())?;
        let is_named_so = match self {
            Self::Aws { .. } => name
                .strip_prefix("/SimpleNotificationService-")
                .and_then(|name| name.strip_suffix(".pem"))
                .is_some_and(|id| (1..=64).contains(&id.len()) && id.chars().all(|digit| digit.is_ascii_hexdigit())),
            Self::Local { .. } => name.starts_with('/'),
        };
        Address::parse(url).ok().filter(|_| is_named_so)
    }
}

/// SNS in the region of a topic. `None` when the text is no ARN of a topic.
fn origin(topic: &str) -> Option<String> {
    let [_, partition, "sns", region, account, name] = topic.split(':').collect::<Vec<_>>()[..] else { return None };
    let of_region = |other: char| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '-';
    let of_name = |other: char| other.is_ascii_alphanumeric() || matches!(other, '-' | '_' | '.');
    let plausible = topic.starts_with("arn:")
        && !region.is_empty()
        && region.chars().all(of_region)
        && account.len() == 12
        && account.chars().all(|digit| digit.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(of_name);
    let domain = match partition {
        "aws" | "aws-us-gov" => "amazonaws.com",
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        _ => return None,
    };
    plausible.then(|| format!("https://sns.{region}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:ap-south-1:123456789012:assets";

    fn read(variables: &[(&str, &str)]) -> Result<Settings, IncompleteEnvironment> {
        Settings::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn sns_is_in_the_region_of_the_topic() {
        let settings = read(&[("TOPIC_ARN", TOPIC)]).unwrap();
        assert_eq!(settings.service, Service::Aws { origin: "https://sns.ap-south-1.amazonaws.com".into() });
        assert_eq!(settings.window, Duration::from_hours(1));
        let china =
            read(&[("TOPIC_ARN", "arn:aws-cn:sns:cn-north-1:123456789012:a"), ("MESSAGE_WINDOW", "60")]).unwrap();
        assert_eq!(china.service.origin(), "https://sns.cn-north-1.amazonaws.com.cn");
        assert_eq!(china.window, Duration::from_mins(1));
    }

    #[test]
    fn only_this_machine_replaces_aws() {
        let with = |name, url| read(&[("TOPIC_ARN", TOPIC), (name, url)]);
        let local = Service::Local { origin: "http://127.0.0.1:4566".into() };
        assert_eq!(with("AWS_ENDPOINT_URL", "http://127.0.0.1:4566").unwrap().service, local);
        assert_eq!(with("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:4566/").unwrap().service, local);
        let aws = "https://sns.ap-south-1.amazonaws.com";
        assert_eq!(with("AWS_ENDPOINT_URL", "https://vpce-1.example.com").unwrap().service.origin(), aws);
        assert!(with("AWS_ENDPOINT_URL", "http://example.com").is_err());
    }

    #[test]
    fn certificates_come_from_sns_alone() {
        let aws = Service::Aws { origin: "https://sns.us-east-1.amazonaws.com".into() };
        let good = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
        assert_eq!(aws.certificate(good).unwrap().to_string(), good);
        for bad in [
            "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-01.pem",
            "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-01.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
            "https://SNS.us-east-1.amazonaws.com/SimpleNotificationService-01.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0/../x.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem?a",
            "https://sns.us-east-1.amazonaws.com/?Action=Publish",
            "https://evil.example/SimpleNotificationService-01.pem",
            "",
        ] {
            assert_eq!(aws.certificate(bad), None, "{bad}");
        }
        let long = format!("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{}.pem", "a".repeat(65));
        assert_eq!(aws.certificate(&long), None);
        let local = Service::Local { origin: "http://127.0.0.1:4566".into() };
        assert!(local.certificate("http://127.0.0.1:4566/_stack/sns/certificate.pem").is_some());
        for bad in
            ["http://127.0.0.1:45660/x.pem", "http://127.0.0.1:4566@evil.example/", "http://127.0.0.1:4567/x", good]
        {
            assert_eq!(local.certificate(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        assert_eq!(
            read(&[]).unwrap_err().to_string(),
            "the function's environment is incomplete: TOPIC_ARN is missing (the SNS topic whose messages are taken)"
        );
        assert_eq!(
            read(&[("TOPIC_ARN", "assets"), ("MESSAGE_WINDOW", "59"), ("AWS_ENDPOINT_URL", "x")])
                .unwrap_err()
                .to_string(),
            "the function's environment is incomplete: \
             TOPIC_ARN is `assets`, and must look like `arn:aws:sns:eu-central-1:123456789012:name`; \
             MESSAGE_WINDOW is `59`, and must be a number from 60 to 86400; AWS_ENDPOINT_URL is `x`, and must be a URL"
        );
        for topic in [
            "arn:aws:sns:us-east-1:123456789012:",
            "arn:aws:sns:us-east-1:123456789012:a:b",
            "arn:aws:sns::123456789012:a",
            "arn:aws:sns:us-east-1.evil.example/:123456789012:a",
            "arn:aws:sqs:us-east-1:123456789012:a",
            "arn:aws:sns:us-east-1:12345678901:a",
            "arn:aws:sns:us-east-1:12345678901x:a",
            "arn:aws:sns:us-east-1:123456789012:a&b",
            "arn:x:sns:us-east-1:123456789012:a",
            "urn:aws:sns:us-east-1:123456789012:a",
        ] {
            assert!(read(&[("TOPIC_ARN", topic)]).is_err(), "{topic}");
        }
    }
}

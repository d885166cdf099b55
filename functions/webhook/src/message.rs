//! Messages as SNS posts them, and the text that their signature covers.

use std::time::Duration;

use http_events::{Problem, Request};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Largest body in bytes: a message has at most 256 KiB, and JSON may write a byte as six.
const LARGEST_BODY: usize = 2 << 20;

/// How far the clock of SNS may be ahead of ours.
const AHEAD: Duration = Duration::from_mins(5);

/// The envelope of a message. Nothing in it is to be believed before the signature is verified.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// What it is.
    #[serde(rename = "Type")]
    pub kind: Kind,
    /// Id that a message keeps when it is delivered again.
    pub message_id: String,
    /// The topic.
    pub topic_arn: String,
    /// What was published.
    #[serde(rename = "Message")]
    pub text: String,
    /// Subject, where one was published.
    pub subject: Option<String>,
    /// When it was published, RFC 3339.
    pub timestamp: String,
    /// `1`: SHA-1; `2`: SHA-256.
    pub signature_version: String,
    /// RSA signature in base64.
    pub signature: String,
    /// Where the certificate of the key is.
    #[serde(rename = "SigningCertURL")]
    pub certificate: String,
    /// Proves that the endpoint was asked.
    pub token: Option<String>,
    /// What to visit to subscribe.
    #[serde(rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
}

/// Kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// Something was published.
    Notification,
    /// The endpoint is to be subscribed.
    SubscriptionConfirmation,
    /// The endpoint was unsubscribed.
    UnsubscribeConfirmation,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

impl Message {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `raw-message`, those of [`Request::json`].
    pub fn read(request: &Request) -> Result<Self, Problem> {
        if request.header("x-amz-sns-rawdelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true")) {
            let message = "a raw message has no signature: turn RawMessageDelivery off for this subscription";
            return Err(Problem::new(400, "raw-message", message));
        }
        request.json(LARGEST_BODY)
    }

    /// The text that is signed: names and values, each on a line. `None` when a confirmation lacks what it is about.
    #[must_use]
    pub fn signed_text(&self) -> Option<String> {
        let start = [("Message", self.text.as_str()), ("MessageId", &self.message_id)];
        let middle = match self.kind {
            Kind::Notification => self.subject.as_deref().map(|subject| ("Subject", subject)),
            _ => Some(("SubscribeURL", self.subscribe_url.as_deref()?)),
        };
        let token = match self.kind {
            Kind::Notification => None,
            _ => Some(("Token", self.token.as_deref()?)),
        };
        let fields = start
            .into_iter()
            .chain(middle)
            .chain([("Timestamp", self.timestamp.as_str())])
            .chain(token)
            .chain([("TopicArn", self.topic_arn.as_str()), ("Type", self.kind.name())]);
        Some(fields.flat_map(|(name, value)| [name, "\n", value, "\n"]).collect())
    }

    /// Whether it was published within the window before now, so that an old message cannot be sent again.
    ///
    /// # Errors
    ///
    /// A [`Problem`]: `timestamp-malformed`, `message-expired`, `message-from-the-future`.
    pub fn check_age(&self, window: Duration, now: Duration) -> Result<(), Problem> {
        let published = OffsetDateTime::parse(&self.timestamp, &Rfc3339)
            .map_err(|_| Problem::new(400, "timestamp-malformed", "`Timestamp` is no time of RFC 3339"))?;
        let now = OffsetDateTime::UNIX_EPOCH + now;
        if published < now - window {
            let message = format!("the message is older than {} s", window.as_secs());
            return Err(Problem::new(403, "message-expired", message));
        }
        if published > now + AHEAD {
            return Err(Problem::new(
                403,
                "message-from-the-future",
                "the message is more than 300 s ahead of the clock",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: Kind) -> Message {
        Message {
            kind,
            message_id: "id".into(),
            topic_arn: "arn".into(),
            text: "a\nb".into(),
            subject: None,
            timestamp: "2026-01-01T00:00:00.500Z".into(),
            signature_version: "2".into(),
            signature: String::new(),
            certificate: String::new(),
            token: Some("t".into()),
            subscribe_url: Some("https://s".into()),
        }
    }

    #[test]
    fn each_kind_has_its_signed_fields() {
        let mut notification = message(Kind::Notification);
        assert_eq!(
            notification.signed_text().unwrap(),
            "Message\na\nb\nMessageId\nid\nTimestamp\n2026-01-01T00:00:00.500Z\nTopicArn\narn\nType\nNotification\n"
        );
        notification.subject = Some("s".into());
        assert_eq!(
            notification.signed_text().unwrap(),
            "Message\na\nb\nMessageId\nid\nSubject\ns\nTimestamp\n2026-01-01T00:00:00.500Z\nTopicArn\narn\nType\nNotification\n"
        );
        let mut confirmation = message(Kind::SubscriptionConfirmation);
        assert_eq!(
            confirmation.signed_text().unwrap(),
            "Message\na\nb\nMessageId\nid\nSubscribeURL\nhttps://s\nTimestamp\n2026-01-01T00:00:00.500Z\nToken\nt\n\
             TopicArn\narn\nType\nSubscriptionConfirmation\n"
        );
        confirmation.token = None;
        assert_eq!(confirmation.signed_text(), None);
        let mut confirmation = message(Kind::UnsubscribeConfirmation);
        assert!(confirmation.signed_text().unwrap().ends_with("Type\nUnsubscribeConfirmation\n"));
        confirmation.subscribe_url = None;
        assert_eq!(confirmation.signed_text(), None);
    }

    #[test]
    fn only_the_window_is_believed() {
        // 2026-01-01T00:00:00Z.
        let published = Duration::from_hours(490_896);
        let code = |seconds: i64| {
            let now = Duration::from_secs(published.as_secs().saturating_add_signed(seconds));
            message(Kind::Notification).check_age(Duration::from_mins(10), now).map_err(|problem| problem.code)
        };
        assert_eq!(code(0), Ok(()));
        assert_eq!(code(600), Ok(()));
        assert_eq!(code(601), Err("message-expired"));
        assert_eq!(code(-299), Ok(()));
        assert_eq!(code(-300), Err("message-from-the-future"));
        let mut malformed = message(Kind::Notification);
        malformed.timestamp = "yesterday".into();
        assert_eq!(malformed.check_age(AHEAD, published).unwrap_err().code, "timestamp-malformed");
    }
}

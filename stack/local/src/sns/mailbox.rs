//! The local mailbox: where e-mail of subscriptions and of user pools lands, because nothing leaves this machine.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::message::{Publication, Stamp, confirmation_url};
use super::{Subscription, Topic};
use crate::persist::lock;

/// Mails that are kept; the oldest go first.
const MAILS: usize = 500;

/// Who e-mail comes from.
const SENDER: &str = "no-reply@sns.amazonaws.com";

/// What an e-mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// ARN of the topic whose subscriber got it.
    Topic(String),
    /// Id of the user pool whose user got it.
    UserPool(String),
}

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// Grows with every mail.
    pub(crate) id: u64,
    pub(crate) to: String,
    /// Sender, with a display name where it has one.
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    pub(crate) origin: Origin,
    /// What confirms the subscription; absent in messages.
    pub(crate) confirm_url: Option<String>,
    /// What ends the subscription; absent in requests to confirm.
    pub(crate) unsubscribe_url: Option<String>,
}

/// All mails, oldest first.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    mails: Mutex<(u64, VecDeque<Mail>)>,
}

impl Mailbox {
    fn put(&self, mut mail: Mail) {
        let mut kept = lock(&self.mails);
        kept.0 += 1;
        mail.id = kept.0;
        kept.1.push_back(mail);
        while kept.1.len() > MAILS {
            kept.1.pop_front();
        }
    }

    /// The mails, newest first.
    pub(super) fn mails(&self) -> Vec<Mail> {
        lock(&self.mails).1.iter().rev().cloned().collect()
    }

    /// Brings an e-mail that has nothing to confirm or to end.
    pub(super) fn post(&self, origin: Origin, to: &str, from: &str, subject: String, body: String) {
        self.put(Mail {
            id: 0,
            to: to.to_owned(),
            from: from.to_owned(),
            subject,
            body,
            time: now(),
            origin,
            confirm_url: None,
            unsubscribe_url: None,
        });
    }

    /// Asks an address to confirm.
    pub(super) fn ask_to_confirm(&self, topic: &Topic, subscription: &Subscription, stamp: &Stamp<'_>) {
        let url = confirmation_url(subscription, stamp);
        let body = format!(
            "You have chosen to subscribe to the topic:\n{}\n\nTo confirm this subscription, visit the link below. If this was in error, no action is necessary.\n{url}\n",
            topic.arn
        );
        self.put(Mail {
            confirm_url: Some(url),
            ..mail(topic, subscription, "AWS Notification - Subscription Confirmation", body)
        });
    }

    /// Brings a message; `envelope` is its JSON form, for addresses that want that.
    pub(super) fn deliver(
        &self,
        topic: &Topic,
        subscription: &Subscription,
        publication: &Publication,
        envelope: Option<&Value>,
        stamp: &Stamp<'_>,
    ) {
        let url = stamp.unsubscribe_url(&subscription.arn);
        let body = match envelope {
            Some(envelope) => envelope.to_string(),
            None => format!(
                "{}\n\n--\nIf you wish to stop receiving notifications from this topic, please visit the link below to unsubscribe:\n{url}\n",
                publication.text(&subscription.protocol)
            ),
        };
        let subject = publication.subject.as_deref().unwrap_or("AWS Notification Message");
        self.put(Mail { unsubscribe_url: Some(url), ..mail(topic, subscription, subject, body) });
    }
}

fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn mail(topic: &Topic, subscription: &Subscription, subject: &str, body: String) -> Mail {
    let display = topic.attributes.get("DisplayName").filter(|name| !name.is_empty());
    Mail {
        id: 0,
        to: subscription.endpoint.clone(),
        from: format!("{} <{SENDER}>", display.map_or("AWS Notifications", String::as_str)),
        subject: subject.to_owned(),
        body,
        time: now(),
        origin: Origin::Topic(topic.arn.clone()),
        confirm_url: None,
        unsubscribe_url: None,
    }
}

impl Mail {
    /// As `/_stack/mailbox.json` shows it.
    pub(crate) fn show(&self) -> Value {
        let (topic, pool) = match &self.origin {
            Origin::Topic(arn) => (Some(arn), None),
            Origin::UserPool(id) => (None, Some(id)),
        };
        json!({
            "id": self.id,
            "to": self.to,
            "from": self.from,
            "subject": self.subject,
            "body": self.body,
            "time": self.time,
            "topic": topic,
            "userPool": pool,
            "confirmUrl": self.confirm_url,
            "unsubscribeUrl": self.unsubscribe_url,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_newest_mails_are_kept() {
        let topic = Topic { arn: "arn:aws:sns:us-east-1:000000000000:t".to_owned(), ..Topic::default() };
        let subscription = Subscription {
            arn: format!("{}:id", topic.arn),
            topic_arn: topic.arn.clone(),
            protocol: "email".to_owned(),
            endpoint: "a@example.com".to_owned(),
            confirmed: false,
            token: "secret".to_owned(),
            attributes: BTreeMap::new(),
        };
        let mailbox = Mailbox::default();
        let stamp = Stamp { version: "1", url: "http://127.0.0.1:4566" };
        mailbox.ask_to_confirm(&topic, &subscription, &stamp);
        let asked = mailbox.mails().remove(0);
        assert!(asked.confirm_url.unwrap().contains("Token=secret"));
        for number in 0..MAILS {
            let publication = Publication::new(Some(&number.to_string()), "body");
            mailbox.deliver(&topic, &subscription, &publication, None, &stamp);
        }
        let mails = mailbox.mails();
        assert_eq!((mails.len(), mails[0].subject.as_str()), (MAILS, "499"));
        assert!(mails.iter().all(|mail| mail.confirm_url.is_none()));
    }
}

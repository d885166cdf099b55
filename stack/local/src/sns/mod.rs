//! SNS: topics, subscriptions and what is delivered to them.
//!
//! `topics` and `subscriptions` keep state, `message` is what subscribers get, `signer` signs it, `delivery` brings it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore};

use crate::cloud::Cloud;
use crate::error::LocalError;
use crate::http_client::LazyClient;
use crate::iam::resource_policy::{Caller, allows};
use crate::persist::Store;
use crate::wire::ServiceError;

pub(crate) mod api;
mod authorization;
mod delivery;
mod filter;
pub(crate) mod live;
mod mailbox;
mod message;
pub(crate) mod resources;
mod retry;
mod signer;
mod subscriptions;
mod topics;

pub(crate) use mailbox::{Mail, Origin};
use message::Publication;

/// Deliveries that run at the same time; more wait.
const DELIVERIES: usize = 64;

/// A topic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// As set: `DisplayName`, `Policy`, `SignatureVersion` ...
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) arn: String,
    pub(crate) topic_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) confirmed: bool,
    /// What the endpoint must send back to confirm.
    pub(crate) token: String,
    /// As set: `FilterPolicy`, `FilterPolicyScope`, `RawMessageDelivery` ...
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    topics: BTreeMap<String, Topic>,
    subscriptions: BTreeMap<String, Subscription>,
}

/// State of the service.
pub(crate) struct Sns {
    store: Store<State>,
    /// Made when it is first needed: generating a key takes longer than starting.
    signer: OnceCell<signer::Signer>,
    client: LazyClient,
    deliveries: Arc<Semaphore>,
    mailbox: mailbox::Mailbox,
}

impl Sns {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self {
            store: Store::open(data_directory, "sns")?,
            signer: OnceCell::new(),
            client: LazyClient::default(),
            deliveries: Arc::new(Semaphore::new(DELIVERIES)),
            mailbox: mailbox::Mailbox::default(),
        })
    }

    /// Publishes and returns the message id.
    fn publish_message(
        &self,
        cloud: &Arc<Cloud>,
        topic_arn: &str,
        publication: Publication,
    ) -> Result<String, ServiceError> {
        publication.check()?;
        let topic = self.topic(topic_arn)?;
        let publication = Arc::new(publication);
        for subscription in self.subscriptions_of(topic_arn) {
            if subscription.confirmed && filter::accepts(&subscription, &publication) {
                delivery::deliver(cloud, &topic, subscription, &publication);
            }
        }
        Ok(publication.id.clone())
    }
}

/// What other services ask of SNS. Clients come through [`api`].
impl Sns {
    /// Publishes to a topic and returns the message id. Deliveries happen in the background.
    #[expect(clippy::unused_async, reason = "callers await deliveries to any service alike")]
    pub(crate) async fn publish(
        &self,
        cloud: &Arc<Cloud>,
        topic_arn: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<String, ServiceError> {
        self.publish_now(cloud, topic_arn, subject, message)
    }

    /// The same for those who cannot wait.
    pub(crate) fn publish_now(
        &self,
        cloud: &Arc<Cloud>,
        topic_arn: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<String, ServiceError> {
        self.publish_message(cloud, topic_arn, Publication::new(subject, message))
    }

    /// Whether there is a topic with this ARN.
    pub(crate) fn has_topic(&self, arn: &str) -> bool {
        self.topic(arn).is_ok()
    }

    /// Puts an e-mail of another service into the mailbox.
    pub(crate) fn post_mail(&self, origin: Origin, to: &str, from: &str, subject: String, body: String) {
        self.mailbox.post(origin, to, from, subject, body);
    }

    /// The e-mail that subscribers and users got, newest first.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mailbox.mails()
    }

    /// Whether the topic's policy lets a service principal (`s3.amazonaws.com`) publish for `source_arn`.
    pub(crate) fn allows_publish(
        &self,
        topic_arn: &str,
        service: &str,
        source_arn: &str,
        source_account: &str,
    ) -> bool {
        let policy = self.store.read(|state| state.topics.get(topic_arn)?.attributes.get("Policy").cloned());
        // The policy that a topic has by itself lets in what acts in the name of its owner, as alarms do.
        if policy.is_none() && service == "cloudwatch.amazonaws.com" {
            return self.topic(topic_arn).is_ok();
        }
        let policy: Option<Value> = policy.and_then(|policy| serde_json::from_str(&policy).ok());
        let caller = Caller::Service { name: service, source_arn, source_account };
        policy.is_some_and(|policy| allows(&policy, caller, "sns:Publish", topic_arn))
    }
}

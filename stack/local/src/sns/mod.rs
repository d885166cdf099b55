//! SNS: topics and subscriptions.

use std::path::Path;

use crate::error::LocalError;

pub(crate) mod api;

/// State of the service.
#[derive(Debug, Default)]
pub(crate) struct Sns {}

impl Sns {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(_data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self::default())
    }
}

/// What other services ask of SNS. Clients come through [`api`].
impl Sns {
    /// Publishes to a topic and returns the message id. Deliveries happen in the background.
    pub(crate) async fn publish(
        &self,
        _cloud: &std::sync::Arc<crate::cloud::Cloud>,
        topic_arn: &str,
        _subject: Option<&str>,
        _message: &str,
    ) -> Result<String, crate::wire::ServiceError> {
        Err(crate::wire::ServiceError::not_found("NotFound", format!("Topic does not exist: {topic_arn}")))
    }

    /// Whether the topic's policy lets a service principal (`s3.amazonaws.com`) publish for `source_arn`.
    pub(crate) fn allows_publish(
        &self,
        _topic_arn: &str,
        _principal: &str,
        _source_arn: &str,
        _source_account: &str,
    ) -> bool {
        false
    }
}

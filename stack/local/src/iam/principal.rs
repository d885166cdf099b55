//! Who signed a request.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::http_types::Request;
use crate::settings::DEFAULT_ACCOUNT;

/// Who signed a request. The router puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// `arn:aws:iam::000000000000:root`, `arn:aws:iam::000000000000:user/<name>` or
    /// `arn:aws:sts::000000000000:assumed-role/<role>/<session>`.
    pub(crate) arn: String,
    /// Twelve digits for the account, `AIDA...` for a user, `<role id>:<session>` for a session.
    pub(crate) user_id: String,
    /// ARN of the role whose session this is; `None` for users and the local administrator.
    pub(crate) role_arn: Option<String>,
    /// What its keys and this request add to it.
    pub(crate) session: Arc<Session>,
}

/// What keys and a request say beyond a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// Policies that the session was narrowed to; `None` where it has all rights of its role.
    pub(crate) policies: Option<Vec<Value>>,
    /// Tags given when the role was assumed.
    pub(crate) tags: BTreeMap<String, String>,
    /// Of these tags, the ones that roles assumed from this session get too.
    pub(crate) transitive: Vec<String>,
    /// `RoleSessionName` chosen by the one who assumed it first, kept along a chain.
    pub(crate) source_identity: Option<String>,
    /// Condition keys of an identity provider (`<host>:sub`), for a session of a web identity.
    pub(crate) federation: BTreeMap<String, String>,
    /// Region that the request was signed for.
    pub(crate) region: Option<String>,
    /// Address that the request came from.
    pub(crate) source_ip: Option<IpAddr>,
}

impl Principal {
    /// The local administrator.
    pub(crate) fn root() -> Self {
        Self::new(format!("arn:aws:iam::{DEFAULT_ACCOUNT}:root"), DEFAULT_ACCOUNT.to_owned(), None)
    }

    /// Who asks. A request whose signature names nobody does not come as far as a service; one without a principal was made within
    /// this process, and asks as the administrator.
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(Self::root)
    }

    /// A principal about whose session nothing more is known.
    pub(crate) fn new(arn: String, user_id: String, role_arn: Option<String>) -> Self {
        Self { arn, user_id, role_arn, session: Arc::default() }
    }

    /// The same, asking for something in a region from an address.
    pub(crate) fn asking(mut self, region: &str, source_ip: Option<IpAddr>) -> Self {
        let session = Arc::make_mut(&mut self.session);
        session.region = Some(region.to_owned());
        session.source_ip = source_ip;
        self
    }

    /// True for the local administrator, whom no policy of IAM limits.
    pub(crate) fn is_root(&self) -> bool {
        self.role_arn.is_none() && self.user_name().is_none()
    }

    /// Name of the user that it is.
    pub(crate) fn user_name(&self) -> Option<&str> {
        let (_, path) = self.arn.split_once(":user/")?;
        Some(path.rsplit('/').next().unwrap_or(path))
    }

    /// ARN of the role or user whose policies decide.
    pub(crate) fn identity_arn(&self) -> &str {
        self.role_arn.as_deref().unwrap_or(&self.arn)
    }
}

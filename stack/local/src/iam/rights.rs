//! What the policies of a principal say, read once and kept until IAM changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use stack_plan::policy::{Decision, Document, Request, decide};

use super::{Iam, Principal, State, managed};
use crate::persist::lock;

/// Principals whose policies are kept as read.
const KEPT: usize = 1024;

/// The policies that decide about a role or user.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// Inline and attached policies, those of a user's groups included.
    pub(super) identity: Vec<Document>,
    /// What the identity's policies cannot exceed.
    pub(super) boundary: Option<Document>,
    /// Tags of the role or user.
    pub(super) tags: BTreeMap<String, String>,
}

/// Which policies decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Identity,
    Boundary,
    Session,
    Resource,
}

impl Layer {
    /// The words of AWS for it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        }
    }
}

/// What all policies together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// A statement denies.
    Denied(Layer),
    /// No statement of this layer allows.
    NotAllowed(Layer),
}

impl Rights {
    /// Decides within one account: a denial anywhere wins. What a resource's policy gives to the session or user itself
    /// is given; what it gives to the role, or the role's own policies give, a boundary and a session policy still limit.
    pub(super) fn judge(
        &self,
        session_policies: Option<&[Document]>,
        resource_policy: Option<&Document>,
        request: &Request<'_>,
        as_session: &Request<'_>,
    ) -> Verdict {
        let boundary = self.boundary.as_ref().map(std::slice::from_ref);
        let limits = [(Layer::Boundary, boundary), (Layer::Session, session_policies)];
        let own = decide(&self.identity, None, request);
        if let Decision::Denied(_) = own {
            return Verdict::Denied(Layer::Identity);
        }
        for (layer, documents) in limits {
            if documents.is_some_and(|documents| matches!(decide(documents, None, request), Decision::Denied(_))) {
                return Verdict::Denied(layer);
            }
        }
        let [named, named_session] = [request, as_session].map(|request| decide(&[], resource_policy, request));
        if matches!(named, Decision::Denied(_)) || matches!(named_session, Decision::Denied(_)) {
            return Verdict::Denied(Layer::Resource);
        }
        if named_session.is_allowed() {
            return Verdict::Allowed;
        }
        if !own.is_allowed() && !named.is_allowed() {
            return Verdict::NotAllowed(Layer::Identity);
        }
        for (layer, documents) in limits {
            if documents.is_some_and(|documents| !decide(documents, None, request).is_allowed()) {
                return Verdict::NotAllowed(layer);
            }
        }
        Verdict::Allowed
    }
}

impl Iam {
    /// The rights of a principal. Nobody limits the local administrator; a role or user that is not here has none.
    pub(super) fn rights(&self, principal: &Principal) -> Arc<Rights> {
        let arn = principal.identity_arn();
        // Locked until the policies are read, so that a change in between cannot leave old ones behind.
        let mut known = lock(&self.rights);
        if let Some(rights) = known.get(arn) {
            return Arc::clone(rights);
        }
        let rights = Arc::new(self.store.read(|state| rights_of(state, principal)));
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(arn.to_owned(), Arc::clone(&rights));
        rights
    }
}

fn rights_of(state: &State, principal: &Principal) -> Rights {
    if principal.is_root() {
        let everything = serde_json::json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        return Rights { identity: read([&everything]), ..Rights::default() };
    }
    let document = |arn: &str| managed_document(state, arn);
    if let Some(role_arn) = &principal.role_arn {
        let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let Some(role) = state.roles.get(name).filter(|role| role.arn == *role_arn) else { return Rights::default() };
        let attached: Vec<Value> = role.attached.iter().filter_map(|arn| document(arn)).collect();
        return Rights {
            identity: read(role.policies.values().chain(&attached)),
            boundary: role.boundary.as_deref().map(|arn| boundary(document(arn))),
            tags: role.tags.clone(),
        };
    }
    let Some(user) = principal.user_name().and_then(|name| state.users.get(name)) else { return Rights::default() };
    let groups = user.groups.iter().filter_map(|name| state.groups.get(name)).map(|group| &group.held);
    let holders: Vec<_> = std::iter::once(&user.held).chain(groups).collect();
    let attached: Vec<Value> = holders.iter().flat_map(|held| &held.attached).filter_map(|arn| document(arn)).collect();
    Rights {
        identity: read(holders.iter().flat_map(|held| held.policies.values()).chain(&attached)),
        boundary: user.boundary.as_deref().map(|arn| boundary(document(arn))),
        tags: user.tags.clone(),
    }
}

/// A boundary that is gone or cannot be read leaves nothing within it.
fn boundary(document: Option<Value>) -> Document {
    document.and_then(|document| Document::parse(&document).ok()).unwrap_or_default()
}

/// Reads documents. One that cannot be understood allows nothing.
pub(super) fn read<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Vec<Document> {
    documents
        .into_iter()
        .filter_map(|document| match Document::parse(document) {
            Ok(document) => Some(document),
            Err(error) => {
                tracing::warn!(%error, %document, "a policy cannot be understood, so it allows nothing");
                None
            }
        })
        .collect()
}

/// The document of a managed policy, of this account or of AWS.
pub(super) fn managed_document(state: &State, arn: &str) -> Option<Value> {
    state.policies.get(arn).map(|policy| policy.document.clone()).or_else(|| managed::document(arn))
}

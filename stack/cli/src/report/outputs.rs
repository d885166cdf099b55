//! The outputs of a stack in a report.

use std::collections::BTreeMap;

use stack_aws::Outcome;

use super::Report;

impl Report {
    /// The same report with outputs that answer, where it tells of a stack in a local cloud at this endpoint: the address of
    /// a distribution is what AWS would say, and nothing serves it here. Without an endpoint nothing changes.
    #[must_use]
    pub(crate) fn answering(mut self, endpoint_url: Option<&str>) -> Self {
        if let (Some(outputs), Some(url)) = (self.outputs_mut(), endpoint_url) {
            for value in outputs.values_mut() {
                *value = stack_local::answering(value, url.trim_end_matches('/'));
            }
        }
        self
    }

    /// The outputs of a stack that is as the plan says.
    pub(crate) fn outputs(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Self::Outputs { outputs, .. } => Some(outputs),
            Self::Stack { outcome, .. } => match outcome.as_ref() {
                Outcome::Deployed { outputs, .. }
                | Outcome::NoChanges { outputs, .. }
                | Outcome::Settled { outputs, .. } => Some(outputs),
                _ => None,
            },
            _ => None,
        }
    }

    fn outputs_mut(&mut self) -> Option<&mut BTreeMap<String, String>> {
        match self {
            Self::Outputs { outputs, .. } => Some(outputs),
            Self::Status { state, .. } => state.stack.as_mut().map(|stack| &mut stack.outputs),
            Self::Stack { outcome, .. } => match outcome.as_mut() {
                Outcome::Deployed { outputs, .. }
                | Outcome::NoChanges { outputs, .. }
                | Outcome::Settled { outputs, .. } => Some(outputs),
                _ => None,
            },
            _ => None,
        }
    }
}

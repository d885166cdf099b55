//! Names of everything in one environment: logical ids and physical names.

use crate::construct::Kind;
use crate::names::{self, STACK_NAME, logical_id, physical};
use crate::settings::Settings;

/// Names of one environment.
pub(crate) struct Naming {
    pub(crate) stack_name: String,
    /// `<stack>-<suffix>` before every name.
    base: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) partition: &'static str,
    pub(crate) service_domain: &'static str,
}

impl Naming {
    pub(crate) fn new(project: &str, settings: &Settings) -> Self {
        let base = names::join(&[project, &settings.environment.suffix]);
        Self {
            stack_name: physical(&base, "", STACK_NAME),
            base,
            region: settings.region.clone(),
            account: settings.account.clone(),
            partition: settings.partition(),
            service_domain: settings.service_domain(),
        }
    }

    /// Logical id of a construct's main resource: `process-image` gives `ProcessImageFunction`.
    pub(crate) fn id(kind: Kind, name: &str) -> String {
        logical_id(name, kind.id_ending())
    }

    /// Template parameter with the key of a function's code.
    pub(crate) fn code_key_id(function: &str) -> String {
        logical_id(function, "CodeKey")
    }

    /// `<stack>-<suffix>-<name>` within `max` characters.
    pub(crate) fn physical(&self, name: &str, max: usize) -> String {
        physical(&names::join(&[&self.base, name]), "", max)
    }

    /// The same with the region at its end, for names that the whole account shares.
    pub(crate) fn of_account(&self, name: &str, max: usize) -> String {
        physical(&names::join(&[&self.base, name]), &self.region, max)
    }

    /// The same with account and region at its end, for names that the whole world shares.
    pub(crate) fn of_world(&self, name: &str, max: usize) -> String {
        let tail = names::join(&[&self.account, &self.region]);
        physical(&names::join(&[&self.base, name]), &tail, max)
    }

    /// `arn:<partition>:<service>:<region>:<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

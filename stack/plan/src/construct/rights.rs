//! `access:` and `policies:`, which function, service, role and build have alike: what may be done in their name.

use serde_json::Value;

use super::access::{Access, Verb, read_access};
use super::reference::Declared;
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::project::{Fields, Text};
use crate::role::Role;
use crate::scope::Scope;

/// Both as they are written.
#[derive(Debug, Clone)]
pub(crate) struct RightsDeclaration {
    access: Vec<(Verb, Text)>,
    policies: Vec<Text>,
}

/// Both, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Links to other constructs.
    pub(crate) access: Vec<Access>,
    /// Policy sources of the project, by name.
    policies: Vec<(String, Place)>,
}

impl RightsDeclaration {
    pub(crate) fn read(fields: &Fields<'_>, sink: &Sink) -> Self {
        Self { access: read_access(fields, sink), policies: fields.texts("policies") }
    }

    pub(crate) fn resolve(&self, scope: &Scope<'_>, declared: &Declared) -> Rights {
        let links = self.access.iter().filter_map(|(verb, text)| Access::resolve(*verb, text, scope, declared));
        let policies = self.policies.iter().filter_map(|text| Some((policy_name(text, scope)?, text.place.clone())));
        Rights { access: links.collect(), policies: policies.collect() }
    }
}

impl Rights {
    /// Adds them to the policies of a role. The project's own sources see the role's owner as `target`.
    pub(crate) fn grant(&self, role: &mut Role<'_>, owner: &Value, links: &Links<'_>) {
        role.grant_access(&self.access, links);
        role.add_policies(&self.policies, owner, links);
    }
}

fn policy_name(text: &Text, scope: &Scope<'_>) -> Option<String> {
    let name = scope.literal(text)?;
    if crate::names::is_kebab(&name) && name.len() <= 64 {
        return Some(name);
    }
    let rule = "lower-case words of letters and digits joined by `-`, at most 64: the file is `policies/NAME.json.hbs`"
        .to_owned();
    scope.sink().push(FaultKind::BadName { name, what: "policy name".to_owned(), rule }, &text.place);
    None
}

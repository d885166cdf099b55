//! `domains:`, and the names under them that other constructs answer to.

mod certificate;
mod hostname;

pub(crate) use certificate::{Alias, Certificates, EDGE_REGION, Reach};
pub(crate) use hostname::{Hostname, read_hostname};

use hostname::is_left_out;

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared};
use crate::fault::{Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{CertificateArn, HostedZone};

/// A domain as written.
#[derive(Debug, Clone)]
pub(crate) struct DomainDeclaration {
    place: Place,
    name: Option<Text>,
    zone: Option<Text>,
    wildcard: Option<Text>,
    certificates: Vec<Text>,
}

/// A domain with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// The domain's own name; nothing when it evaluates to nothing.
    pub(crate) host: Option<Hostname>,
    /// True when its name has a fault, so that nobody knows what lies under it.
    pub(crate) is_faulty: bool,
    /// Id of the hosted zone.
    pub(crate) zone: Option<String>,
    /// True when the file gives one, faulty or not.
    pub(crate) declares_zone: bool,
    /// True when certificates cover every name one level below.
    pub(crate) wildcard: bool,
    /// Certificates that exist already.
    pub(crate) certificates: Vec<CertificateArn>,
}

impl Declaration for DomainDeclaration {
    type Resolved = Domain;

    /// None: the name is a parameter already, and `domain` stays free to be that parameter's name.
    const ATTRIBUTES: &'static [&'static str] = &[];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let declaration = Self {
            place: named.place.clone(),
            name: fields.required("name", "the domain: `name: \"{{domain}}\"`"),
            zone: fields.text("zone"),
            wildcard: fields.text("wildcard"),
            certificates: fields.texts("certificates"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, _: &str, _: &Naming, _: &Scope<'_>) -> Value {
        json!({})
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> Domain {
        // What evaluates to nothing is left out, as the domain itself is.
        let given = |text: &&Text| scope.literal(text).is_some_and(|value| !value.is_empty());
        let host = read_hostname(self.name.as_ref(), scope);
        let left_out = |text: &Text| scope.literal(text).is_some_and(|value| is_left_out(text, &value));
        Domain {
            name: name.to_owned(),
            place: self.place.clone(),
            is_faulty: host.is_none() && !self.name.as_ref().is_some_and(left_out),
            host,
            zone: self.zone.as_ref().filter(given).and_then(|text| scope.value::<HostedZone>(text)).map(|zone| zone.0),
            declares_zone: self.zone.as_ref().as_ref().is_some_and(given),
            wildcard: scope.value_or(self.wildcard.as_ref(), false),
            certificates: self.certificates.iter().filter(given).filter_map(|text| scope.value(text)).collect(),
        }
    }
}

impl Construct for Domain {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn values(&self, links: &Links<'_>) -> Value {
        Certificates::new(links).values(self, &links.naming.region)
    }
}

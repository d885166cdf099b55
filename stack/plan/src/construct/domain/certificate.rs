//! Certificates of a domain: which names each must have, where it must be, and how others refer to it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Domain, Hostname};
use crate::deferred;
use crate::fault::FaultKind;
use crate::links::Links;
use crate::names::{hash, logical_id};

/// The region whose certificates CloudFront takes, and with it everything that stands at the edge.
pub(crate) const EDGE_REGION: &str = "us-east-1";

/// Where a name is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// In the region of the stack.
    Region,
    /// At the locations of CloudFront.
    Edge,
}

/// A name in DNS that leads to an endpoint of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    /// Logical ids of the records for IPv4 and IPv6.
    ids: [String; 2],
    zone: String,
    name: String,
    target: String,
    target_zone: String,
}

impl Alias {
    /// Values of `alias.yaml.hbs`.
    pub(crate) fn values(&self) -> Value {
        let [ipv4, ipv6] = &self.ids;
        json!({
            "records": [{ "id": ipv4, "type": "A" }, { "id": ipv6, "type": "AAAA" }],
            "zone": self.zone,
            "name": self.name,
            "target": self.target,
            "target_zone": self.target_zone,
        })
    }
}

/// What all constructs ask of the domains of a project.
pub(crate) struct Certificates<'a> {
    links: &'a Links<'a>,
}

impl<'a> Certificates<'a> {
    pub(crate) fn new(links: &'a Links<'a>) -> Self {
        Self { links }
    }

    /// The domain that a name lies under: of two that contain each other the longer.
    fn domain_of(&self, host: &Hostname) -> Option<&'a Domain> {
        let domains = self.links.constructs.domains.iter();
        domains
            .filter_map(|domain| Some((domain.host.as_ref()?, domain)))
            .filter(|(own, _)| host.is_under(&own.name))
            .max_by_key(|(own, _)| own.name.len())
            .map(|(_, domain)| domain)
    }

    /// ARN of the certificate for a name, literal or to be known; a fault and an empty text when there can be none.
    pub(crate) fn arn(&self, host: &Hostname, reach: Reach) -> String {
        self.check_unique(host);
        let Some(domain) = self.domain_of(host) else {
            if self.links.constructs.domains.iter().any(|domain| domain.is_faulty) {
                return String::new();
            }
            let kind = FaultKind::BadValue {
                value: host.name.clone(),
                expected: "under a domain of the project".to_owned(),
                help: "declare the domain: `domains: { site: { name: \"{{domain}}\", zone: \"{{zone}}\" } }`"
                    .to_owned(),
            };
            self.links.sink.push(kind, &host.place);
            return String::new();
        };
        let region = self.region(reach);
        if let Some(existing) = domain.certificates.iter().find(|certificate| certificate.region == region) {
            return existing.arn.clone();
        }
        if !domain.declares_zone {
            let help = format!(
                "the hosted zone in which a certificate is validated: `zone: Z0123456789`; or `certificates` with the ARN of one in {region}"
            );
            self.links.sink.push(FaultKind::MissingKey { key: "zone".to_owned(), help }, &domain.place);
        }
        let id = certificate_id(domain);
        deferred::reference(&if region == self.links.naming.region { id } else { edge_parameter(domain) })
    }

    /// Reports a name to which another construct answers already.
    fn check_unique(&self, host: &Hostname) {
        let hosts = self.links.constructs.hosts();
        let first = hosts.iter().find(|(other, _)| other.name == host.name);
        if let Some((first, _)) = first.filter(|(first, _)| first.place != host.place) {
            let kind = FaultKind::NameCollision {
                what: "domain name".to_owned(),
                name: host.name.clone(),
                first: first.place.key_path.clone(),
                second: host.place.key_path.clone(),
            };
            self.links.sink.push(kind, &host.place);
        }
    }

    /// Records for a name; nothing when the zone of its domain is not the project's.
    pub(crate) fn alias(&self, owner: &str, host: &Hostname, target: String, target_zone: String) -> Option<Alias> {
        let zone = self.domain_of(host)?.zone.clone()?;
        let hash = hash(&host.name, 8);
        Some(Alias {
            ids: ["A", "Aaaa"].map(|record| format!("{owner}{record}Record{hash}")),
            zone,
            name: host.name.clone(),
            target,
            target_zone,
        })
    }

    /// Values of `domain.yaml.hbs` in one region; null when it has no certificate there.
    pub(crate) fn values(&self, domain: &Domain, region: &str) -> Value {
        let has_one = domain.certificates.iter().any(|certificate| certificate.region == region);
        let (Some(own), Some(zone), false) = (&domain.host, &domain.zone, has_one) else { return Value::Null };
        let mut names = self.names(domain, region);
        if names.is_empty() {
            return Value::Null;
        }
        if domain.wildcard {
            names.retain(|name| !is_covered(name, &own.name));
            names.extend([own.name.clone(), format!("*.{}", own.name)]);
        }
        // The domain itself comes first where it is one of them: it is what a list of certificates shows.
        let first = names.get(&own.name).or_else(|| names.first()).cloned().unwrap_or_default();
        let others: Vec<&String> = names.iter().filter(|name| **name != first).collect();
        let is_edge = region != self.links.naming.region;
        json!({
            "id": certificate_id(domain),
            "name": first,
            "others": others,
            "names": names,
            "zone": zone,
            "output": is_edge.then(|| edge_parameter(domain)),
        })
    }

    /// Domains with a certificate in another region, each with the parameter of the main template that receives its ARN.
    pub(crate) fn at_the_edge(&self) -> Vec<(&'a Domain, String)> {
        if self.links.naming.region == EDGE_REGION {
            return Vec::new();
        }
        let domains = self.links.constructs.domains.iter();
        domains
            .filter(|domain| !self.values(domain, EDGE_REGION).is_null())
            .map(|domain| (domain, edge_parameter(domain)))
            .collect()
    }

    /// Names under a domain that are answered by a certificate of a region, sorted.
    fn names(&self, domain: &Domain, region: &str) -> BTreeSet<String> {
        let hosts = self.links.constructs.hosts().into_iter();
        hosts
            .filter(|(_, reach)| self.region(*reach) == region)
            .filter(|(host, _)| self.domain_of(host).is_some_and(|own| own.name == domain.name))
            .map(|(host, _)| host.name.clone())
            .collect()
    }

    fn region(&self, reach: Reach) -> &str {
        match reach {
            Reach::Region => &self.links.naming.region,
            Reach::Edge => EDGE_REGION,
        }
    }
}

/// True for the domain itself and for a name that `*.domain` stands for.
fn is_covered(name: &str, domain: &str) -> bool {
    let before = name.strip_suffix(domain).and_then(|before| before.strip_suffix('.'));
    name == domain || before.is_some_and(|label| !label.contains('.'))
}

fn certificate_id(domain: &Domain) -> String {
    logical_id(&domain.name, "Certificate")
}

/// Parameter of the main template, and output of the companion, with the ARN of a certificate at the edge.
fn edge_parameter(domain: &Domain) -> String {
    logical_id(&domain.name, "EdgeCertificateArn")
}

impl crate::construct::Constructs {
    /// Every name that a construct answers to, and where.
    fn hosts(&self) -> Vec<(&Hostname, Reach)> {
        let regional = self.http_apis.iter().filter_map(|api| Some((api.domain.as_ref()?, Reach::Region)));
        let edge = self.distributions.iter().flat_map(|distribution| &distribution.domains);
        let rest = self.rest_apis.iter().filter_map(|api| Some((api.domain.as_ref()?, api.reach())));
        regional.chain(rest).chain(edge.map(|host| (host, Reach::Edge))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::is_covered;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(is_covered("example.com", "example.com"));
        assert!(is_covered("a.example.com", "example.com"));
        assert!(!is_covered("a.b.example.com", "example.com"));
        assert!(!is_covered("aexample.com", "example.com"));
    }
}

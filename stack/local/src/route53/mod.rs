//! Route 53: hosted zones and their record sets. Nobody asks for them over DNS; `TestDNSAnswer` and the certificates of
//! [`crate::acm`] read them.
//!
//! `batch` changes record sets with AWS's checks, `foreign` has the zones that are kept elsewhere, `names` has what is the same name, `api` and `xml` are the wire format.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::LocalError;
use crate::persist::Store;
use crate::wire::ServiceError;

pub(crate) mod api;
mod batch;
mod foreign;
mod names;
pub(crate) mod resources;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use batch::{Action, Change};
pub(crate) use names::absolute;

/// Name servers that every zone is delegated to: names of AWS's form under a domain that is never delegated.
const NAME_SERVERS: [&str; 4] =
    ["ns-0.awsdns-00.invalid", "ns-512.awsdns-00.invalid", "ns-1024.awsdns-00.invalid", "ns-1536.awsdns-00.invalid"];

/// A record set, in the form of the template: `Name` (absolute, lower case), `Type`, `TTL`, `ResourceRecords`,
/// `AliasTarget`, `SetIdentifier`, `Weight` ...
pub(crate) type RecordSet = Map<String, Value>;

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Zone {
    /// `Z...`.
    pub(crate) id: String,
    /// Absolute: with its dot at the end.
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) caller_reference: String,
    /// Networks that see the zone; empty for a public one.
    pub(crate) networks: Vec<(String, String)>,
    pub(crate) tags: BTreeMap<String, String>,
    /// True for a zone that the account keeps elsewhere and that holds what stacks put into it.
    #[serde(default)]
    pub(crate) is_foreign: bool,
    /// By name (labels from the right), type and set identifier, the order in which AWS lists them.
    pub(crate) record_sets: BTreeMap<String, RecordSet>,
}

impl Zone {
    fn new(name: &str, caller_reference: &str) -> Self {
        let id = format!("Z{}", &uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase()[..20]);
        let mut zone = Self {
            id,
            name: absolute(name),
            comment: String::new(),
            caller_reference: caller_reference.to_owned(),
            networks: Vec::new(),
            tags: BTreeMap::new(),
            is_foreign: false,
            record_sets: BTreeMap::new(),
        };
        let servers: Vec<String> = NAME_SERVERS.iter().map(|server| format!("{server}.")).collect();
        let authority = format!("{} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", servers[0]);
        zone.put(&json!({"Name": zone.name, "Type": "NS", "TTL": "172800", "ResourceRecords": servers}));
        zone.put(&json!({"Name": zone.name, "Type": "SOA", "TTL": "900", "ResourceRecords": [authority]}));
        zone
    }

    fn put(&mut self, record_set: &Value) {
        if let Some(record_set) = record_set.as_object() {
            self.record_sets.insert(names::key(record_set), record_set.clone());
        }
    }

    /// True when the zone has nothing but what it was made with.
    fn is_bare(&self) -> bool {
        self.record_sets
            .values()
            .all(|one| names::text(one, "Name") == self.name && ["NS", "SOA"].contains(&names::text(one, "Type")))
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    zones: BTreeMap<String, Zone>,
    /// When each change was submitted, in milliseconds since 1970.
    changes: BTreeMap<String, i64>,
}

/// State of the service.
pub(crate) struct Route53 {
    store: Store<State>,
}

impl Route53 {
    /// Opens the service; state is read from and kept in `data_directory` where one is given.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { store: Store::open(data_directory, "route53")? })
    }

    /// Makes a zone.
    fn create_zone(
        &self,
        name: &str,
        caller_reference: &str,
        settle: impl FnOnce(&mut Zone),
    ) -> Result<Zone, ServiceError> {
        if !names::is_domain(name) {
            return Err(ServiceError::bad_request(
                "InvalidDomainName",
                format!("The domain name `{name}` is not valid"),
            ));
        }
        self.store.change(|state| {
            if state.zones.values().any(|zone| zone.caller_reference == caller_reference) {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "HostedZoneAlreadyExists",
                    format!(
                        "A hosted zone has already been created with the specified caller reference: {caller_reference}"
                    ),
                ));
            }
            let mut zone = Zone::new(name, caller_reference);
            settle(&mut zone);
            state.zones.insert(zone.id.clone(), zone.clone());
            Ok(zone)
        })
    }

    /// Removes a zone that has nothing but its own records.
    fn delete_zone(&self, id: &str) -> Result<(), ServiceError> {
        self.store.change(|state| {
            let zone = state.zones.get(id).ok_or_else(|| no_zone(id))?;
            if !zone.is_bare() {
                return Err(ServiceError::bad_request(
                    "HostedZoneNotEmpty",
                    "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
                ));
            }
            state.zones.remove(id);
            Ok(())
        })
    }

    fn change_zone(&self, id: &str, change: impl FnOnce(&mut Zone)) -> Result<Zone, ServiceError> {
        self.store.change(|state| {
            let zone = state.zones.get_mut(id).ok_or_else(|| no_zone(id))?;
            change(zone);
            Ok(zone.clone())
        })
    }

    fn zones(&self) -> Vec<Zone> {
        self.store.read(|state| state.zones.values().cloned().collect())
    }
}

/// What other services ask of Route 53. Clients come through [`api`].
impl Route53 {
    /// A zone by id, with or without `/hostedzone/` before it.
    ///
    /// # Errors
    /// `NoSuchHostedZone`.
    pub(crate) fn zone(&self, id: &str) -> Result<Zone, ServiceError> {
        let id = id.strip_prefix("/hostedzone/").unwrap_or(id);
        self.store.read(|state| state.zones.get(id).cloned()).ok_or_else(|| no_zone(id))
    }

    /// Changes record sets of a zone, all or none, and gives the id of the change, which is in sync at once.
    ///
    /// # Errors
    /// `NoSuchHostedZone`, or `InvalidChangeBatch` with everything that is wrong.
    pub(crate) fn change_record_sets(&self, zone: &str, changes: &[Change]) -> Result<String, ServiceError> {
        let zone = zone.strip_prefix("/hostedzone/").unwrap_or(zone);
        self.store.change(|state| {
            let found = state.zones.get_mut(zone).ok_or_else(|| no_zone(zone))?;
            batch::apply(found, changes)?;
            let id = format!("C{}", &uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase()[..20]);
            state.changes.insert(id.clone(), crate::records::now());
            Ok(id)
        })
    }

    /// The first record set of a name and a type in any public zone; the name may be under a wildcard.
    pub(crate) fn answer(&self, name: &str, record_type: &str) -> Option<RecordSet> {
        let name = absolute(name);
        self.store.read(|state| {
            let mut zones: Vec<&Zone> =
                state.zones.values().filter(|zone| names::is_within(&name, &zone.name)).collect();
            zones.sort_by_key(|zone| std::cmp::Reverse(zone.name.len()));
            zones.into_iter().find_map(|zone| batch::find(zone, &name, record_type).cloned())
        })
    }

    /// Whether a zone that is kept here has the name or one above it.
    pub(crate) fn has_zone_of(&self, name: &str) -> bool {
        let name = absolute(name);
        self.store
            .read(|state| state.zones.values().any(|zone| !zone.is_foreign && names::is_within(&name, &zone.name)))
    }

    /// `(ARN, tags)` of all zones.
    pub(crate) fn tagged(&self) -> Vec<(String, BTreeMap<String, String>)> {
        self.zones().into_iter().map(|zone| (format!("arn:aws:route53:::hostedzone/{}", zone.id), zone.tags)).collect()
    }
}

fn no_zone(id: &str) -> ServiceError {
    ServiceError::not_found("NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

//! Zones that the account owns elsewhere: a template names one by id or name, and the local cloud, which does not have it, keeps
//! the records that stacks put into it.

use super::names::{absolute, is_domain};
use super::{Route53, Zone};
use crate::wire::ServiceError;

/// What `GetHostedZone` and `list-hosted-zones` say of such a zone.
const COMMENT: &str = "kept elsewhere: the local cloud made it when a stack first put a record into it";

/// Whether a text has the form of the id of a zone.
fn is_zone_id(id: &str) -> bool {
    let well_formed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=32).contains(&id.len()) && id.starts_with('Z') && id.bytes().all(well_formed)
}

/// The greatest domain that a record can be in: the last two labels of its name, or all that it has.
fn domain_of(record: &str) -> String {
    let labels: Vec<&str> = record.trim_end_matches('.').rsplitn(3, '.').take(2).collect();
    absolute(&labels.into_iter().rev().collect::<Vec<_>>().join("."))
}

impl Route53 {
    /// The zone of an id; one that is not here is made, wide enough for `record`.
    ///
    /// # Errors
    /// `NoSuchHostedZone` where the text is not the id of any zone.
    pub(crate) fn open_zone(&self, id: &str, record: &str) -> Result<Zone, ServiceError> {
        let id = id.strip_prefix("/hostedzone/").unwrap_or(id);
        self.store.change(|state| {
            if let Some(zone) = state.zones.get(id) {
                return Ok(zone.clone());
            }
            let domain = domain_of(record);
            if !is_zone_id(id) || !is_domain(&domain) {
                return Err(super::no_zone(id));
            }
            let zone = foreign(&domain, Some(id));
            state.zones.insert(zone.id.clone(), zone.clone());
            Ok(zone)
        })
    }

    /// The public zone of a name; one that is not here is made.
    ///
    /// # Errors
    /// `InvalidDomainName`, and `InvalidInput` where several zones have the name.
    pub(crate) fn open_zone_named(&self, name: &str) -> Result<Zone, ServiceError> {
        let name = absolute(name);
        self.store.change(|state| {
            let mut found = state.zones.values().filter(|zone| zone.name == name);
            match (found.next(), found.next()) {
                (Some(zone), None) => return Ok(zone.clone()),
                (Some(_), Some(_)) => {
                    let message = format!("Found multiple hosted zones with domain name {name}");
                    return Err(ServiceError::bad_request("InvalidInput", message));
                }
                (None, _) => {}
            }
            if !is_domain(&name) {
                let message = format!("The domain name `{name}` is not valid");
                return Err(ServiceError::bad_request("InvalidDomainName", message));
            }
            let zone = foreign(&name, None);
            state.zones.insert(zone.id.clone(), zone.clone());
            Ok(zone)
        })
    }

    /// Forgets a zone that is kept elsewhere once no stack has a record in it.
    pub(crate) fn close_zone(&self, id: &str) -> Result<(), ServiceError> {
        let id = id.strip_prefix("/hostedzone/").unwrap_or(id);
        self.store.change(|state| {
            if state.zones.get(id).is_some_and(|zone| zone.is_foreign && zone.is_bare()) {
                state.zones.remove(id);
            }
            Ok(())
        })
    }
}

fn foreign(name: &str, id: Option<&str>) -> Zone {
    let mut zone = Zone::new(name, &uuid::Uuid::new_v4().to_string());
    COMMENT.clone_into(&mut zone.comment);
    zone.is_foreign = true;
    if let Some(id) = id {
        id.clone_into(&mut zone.id);
    }
    zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_as_wide_as_its_records_may_need() {
        assert_eq!(domain_of("assets.example.com"), "example.com.");
        assert_eq!(domain_of("a.b.example.com."), "example.com.");
        assert_eq!(domain_of("example.com"), "example.com.");
        assert_eq!(domain_of("localhost"), "localhost.");
        assert!(
            is_zone_id("Z0123456789ABCDEFGHIJ")
                && !is_zone_id("zone")
                && !is_zone_id("Z")
                && !is_zone_id("example.com")
        );
    }
}

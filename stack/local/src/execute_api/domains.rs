//! Custom domain names and what they are mapped to. HTTP and REST APIs share them, as on AWS.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::LocalError;
use crate::persist::Store;
use crate::wire::ServiceError;

/// Zone of every regional domain name here; nothing asks it.
pub(crate) const REGIONAL_ZONE: &str = "Z1UJRXOUMOOFQ8";

/// Zone of CloudFront, where the names of edge-optimized domains lie.
pub(crate) const EDGE_ZONE: &str = "Z2FDTNDATAQYW2";

/// A custom domain name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) region: String,
    /// `d-` and ten characters: the first label of the name that DNS shall point to.
    pub(crate) id: String,
    /// `REGIONAL` or `EDGE`.
    pub(crate) endpoint_type: String,
    pub(crate) certificate_arn: Option<String>,
    pub(crate) security_policy: String,
    pub(crate) ip_address_type: String,
    pub(crate) endpoint_access_mode: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// By id.
    pub(crate) mappings: BTreeMap<String, Mapping>,
}

/// What a part of a domain's paths leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) id: String,
    /// Path without slashes around it; empty for all paths that no other mapping takes.
    pub(crate) key: String,
    pub(crate) api_id: String,
    /// Empty when callers of a REST API name the stage in the path.
    pub(crate) stage: String,
}

impl Domain {
    /// The name that DNS shall point to.
    pub(crate) fn target(&self) -> String {
        if self.endpoint_type == "EDGE" {
            return format!("{}.cloudfront.net", self.id.replace("d-", "d"));
        }
        format!("{}.execute-api.{}.amazonaws.com", self.id, self.region)
    }

    /// Zone of that name.
    pub(crate) fn zone(&self) -> &'static str {
        if self.endpoint_type == "EDGE" { EDGE_ZONE } else { REGIONAL_ZONE }
    }

    /// ARN of the domain name.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:apigateway:{}::/domainnames/{}", self.region, self.name)
    }

    /// The mapping of a path: the one with the longest key. With it, the part of the path that is the key.
    pub(crate) fn mapping(&self, path: &str) -> Option<(&Mapping, String)> {
        let path = path.trim_start_matches('/');
        let covers = |mapping: &&Mapping| {
            mapping.key.is_empty()
                || path.strip_prefix(mapping.key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mapping = self.mappings.values().filter(covers).max_by_key(|mapping| mapping.key.len())?;
        let prefix = if mapping.key.is_empty() { String::new() } else { format!("/{}", mapping.key) };
        Some((mapping, prefix))
    }
}

/// All custom domain names.
pub(crate) struct Domains {
    state: Store<BTreeMap<String, Domain>>,
}

impl Domains {
    /// Opens the store.
    pub(crate) fn open(data_directory: Option<&Path>) -> Result<Self, LocalError> {
        Ok(Self { state: Store::open(data_directory, "apigateway-domains")? })
    }

    /// A domain by name.
    pub(crate) fn get(&self, name: &str) -> Option<Domain> {
        self.state.read(|domains| domains.get(name).cloned())
    }

    /// Whether there is such a domain.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.state.read(|domains| domains.contains_key(name))
    }

    /// All domains, by name.
    pub(crate) fn all(&self) -> Vec<Domain> {
        self.state.read(|domains| domains.values().cloned().collect())
    }

    /// Adds a domain.
    pub(crate) fn create(&self, domain: Domain) -> Result<Domain, ServiceError> {
        let is_name = domain.name.contains('.')
            && domain
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*".contains(&byte));
        if !is_name {
            return Err(bad_request(format!("Invalid domain name identifier specified: {}", domain.name)));
        }
        self.state.change(|domains| {
            if domains.contains_key(&domain.name) {
                return Err(ServiceError::bad_request(
                    "BadRequestException",
                    "The domain name you provided already exists.",
                ));
            }
            domains.insert(domain.name.clone(), domain.clone());
            Ok(domain)
        })
    }

    /// Changes a domain.
    pub(crate) fn change<R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Domain) -> Result<R, ServiceError>,
    ) -> Result<R, ServiceError> {
        self.state.change(|domains| change(domains.get_mut(name).ok_or_else(no_domain)?))
    }

    /// Removes a domain and its mappings.
    pub(crate) fn delete(&self, name: &str) -> Result<(), ServiceError> {
        self.state.change(|domains| domains.remove(name).map(drop).ok_or_else(no_domain))
    }

    /// Adds a mapping, or changes the one with this id.
    pub(crate) fn put_mapping(&self, domain: &str, mapping: Mapping) -> Result<Mapping, ServiceError> {
        self.change(domain, |domain| {
            let taken = |other: &Mapping| other.key == mapping.key && other.id != mapping.id;
            if domain.mappings.values().any(taken) {
                return Err(ServiceError::new(
                    http::StatusCode::CONFLICT,
                    "ConflictException",
                    "Base path already exists for this domain name",
                ));
            }
            domain.mappings.insert(mapping.id.clone(), mapping.clone());
            Ok(mapping)
        })
    }

    /// Removes a mapping.
    pub(crate) fn delete_mapping(&self, domain: &str, id: &str) -> Result<(), ServiceError> {
        self.change(domain, |domain| domain.mappings.remove(id).map(drop).ok_or_else(no_mapping))
    }

    /// The domain that maps an API, where one does.
    pub(crate) fn of_api(&self, api_id: &str) -> Option<String> {
        let maps = |domain: &&Domain| domain.mappings.values().any(|mapping| mapping.api_id == api_id);
        self.state.read(|domains| domains.values().find(maps).map(|domain| domain.name.clone()))
    }
}

fn bad_request(message: String) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}

/// There is no such domain.
pub(crate) fn no_domain() -> ServiceError {
    ServiceError::not_found("NotFoundException", "Invalid domain name identifier specified")
}

/// There is no such mapping.
pub(crate) fn no_mapping() -> ServiceError {
    ServiceError::not_found("NotFoundException", "Invalid API mapping identifier specified")
}

/// A fresh domain of a name, to be filled in.
pub(crate) fn fresh(name: &str, region: &str) -> Domain {
    Domain {
        name: name.to_ascii_lowercase(),
        region: region.to_owned(),
        id: format!("d-{}", super::fresh_id()),
        endpoint_type: "REGIONAL".to_owned(),
        certificate_arn: None,
        security_policy: "TLS_1_2".to_owned(),
        ip_address_type: "ipv4".to_owned(),
        endpoint_access_mode: None,
        tags: BTreeMap::new(),
        mappings: BTreeMap::new(),
    }
}

/// Tags as a map of texts.
pub(crate) fn tags_of(members: &Value) -> BTreeMap<String, String> {
    let tags = members["tags"].as_object().into_iter().flatten();
    tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_key_takes_a_path() {
        let mut domain = fresh("Api.example.com", "us-east-1");
        for (id, key) in [("1", ""), ("2", "v1"), ("3", "v1/pets")] {
            let mapping =
                Mapping { id: id.to_owned(), key: key.to_owned(), api_id: id.to_owned(), stage: String::new() };
            domain.mappings.insert(id.to_owned(), mapping);
        }
        let chosen = |path| domain.mapping(path).map(|(mapping, prefix)| (mapping.id.as_str(), prefix));
        for (path, id, prefix) in [
            ("/", "1", ""),
            ("/v10", "1", ""),
            ("/v1", "2", "/v1"),
            ("/v1/x", "2", "/v1"),
            ("/v1/pets/7", "3", "/v1/pets"),
        ] {
            assert_eq!(chosen(path), Some((id, prefix.to_owned())), "{path}");
        }
        domain.mappings.remove("1");
        assert_eq!(domain.mapping("/other"), None);
        assert_eq!(domain.name, "api.example.com");
    }

    #[test]
    fn a_key_is_taken_once() {
        let domains = Domains::open(None).unwrap();
        domains.create(fresh("a.example.com", "us-east-1")).unwrap();
        assert!(domains.create(fresh("a.example.com", "us-east-1")).is_err());
        assert!(domains.create(fresh("nodot", "us-east-1")).is_err());
        let mapping =
            |id: &str| Mapping { id: id.to_owned(), key: String::new(), api_id: "x".to_owned(), stage: String::new() };
        domains.put_mapping("a.example.com", mapping("1")).unwrap();
        domains.put_mapping("a.example.com", mapping("1")).unwrap();
        assert_eq!(domains.put_mapping("a.example.com", mapping("2")).unwrap_err().code, "ConflictException");
        assert_eq!(domains.of_api("x").as_deref(), Some("a.example.com"));
        domains.delete_mapping("a.example.com", "1").unwrap();
        assert_eq!(domains.delete_mapping("a.example.com", "1").unwrap_err().code, "NotFoundException");
    }
}

//! Fields of EC2's forms as properties of templates.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::wire::Form;
use crate::wire::properties::as_integer;

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// The tags of `TagSpecification.N`, whatever type of resource they name: an operation makes one.
pub(super) fn tag_specifications(form: &Form) -> Tags {
    form.flat_structures("TagSpecification").iter().flat_map(|specification| tags(specification, "Tag")).collect()
}

/// The list `name.N.Key`, `name.N.Value`.
pub(super) fn tags(form: &Form, name: &str) -> Tags {
    let pairs = form.flat_structures(name);
    pairs
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect()
}

/// The text fields of a form that are properties of the same name.
pub(super) fn properties(form: &Form, texts: &[&str], flags: &[&str], lists: &[(&str, &str)]) -> Value {
    let mut properties = Map::new();
    for name in texts {
        if let Some(text) = form.get(name) {
            properties.insert((*name).to_owned(), json!(text));
        }
    }
    for name in flags {
        if let Some(flag) = form.flag(name) {
            properties.insert((*name).to_owned(), json!(flag));
        }
    }
    for (field, property) in lists {
        let list = form.flat_list(field);
        if !list.is_empty() {
            properties.insert((*property).to_owned(), json!(list));
        }
    }
    Value::Object(properties)
}

/// The rules of `IpPermissions.N`: one per peer.
pub(super) fn permissions(form: &Form, group: &str, egress: bool) -> Vec<Value> {
    let mut rules = Vec::new();
    let mut permissions = form.flat_structures("IpPermissions");
    if permissions.is_empty() && form.get("IpProtocol").is_some() {
        // The old form: one permission in fields of the request itself.
        let cidr = form.get("CidrIp").map(|cidr| json!({"CidrIp": cidr}));
        let source = form.get("SourceSecurityGroupId").or_else(|| form.get("SourceSecurityGroupName"));
        let peer = cidr.or_else(|| source.map(|group| peer_group(group, egress)));
        rules.extend(peer.map(|peer| rule(form, group, peer)));
        permissions.clear();
    }
    for permission in &permissions {
        let described = |list: &str, field: &str, property: &str| -> Vec<Value> {
            let entries = permission.flat_structures(list);
            entries
                .iter()
                .filter_map(|entry| Some(with_description(entry, json!({property: entry.get(field)?}))))
                .collect()
        };
        let mut peers = described("IpRanges", "CidrIp", "CidrIp");
        peers.extend(described("Ipv6Ranges", "CidrIpv6", "CidrIpv6"));
        let (group_property, list_property) = peer_properties(egress);
        for list in ["Groups", "UserIdGroupPairs"] {
            peers.extend(described(list, "GroupId", group_property));
        }
        peers.extend(described("PrefixListIds", "PrefixListId", list_property));
        rules.extend(peers.into_iter().map(|peer| rule(permission, group, peer)));
    }
    rules
}

/// What a peer of the one direction is called by templates.
pub(super) fn peer_properties(egress: bool) -> (&'static str, &'static str) {
    if egress {
        ("DestinationSecurityGroupId", "DestinationPrefixListId")
    } else {
        ("SourceSecurityGroupId", "SourcePrefixListId")
    }
}

fn peer_group(group: &str, egress: bool) -> Value {
    json!({peer_properties(egress).0: group})
}

fn with_description(entry: &Form, mut peer: Value) -> Value {
    if let Some(description) = entry.get("Description") {
        peer["Description"] = json!(description);
    }
    peer
}

fn rule(permission: &Form, group: &str, mut peer: Value) -> Value {
    peer["GroupId"] = json!(group);
    peer["IpProtocol"] = json!(permission.get("IpProtocol").unwrap_or("-1"));
    for name in ["FromPort", "ToPort"] {
        if let Some(port) = permission.get(name).and_then(|port| as_integer(&json!(port))) {
            peer[name] = json!(port);
        }
    }
    peer
}

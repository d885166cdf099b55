//! Security groups: who reaches what at which ports.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::identity::listed;
use super::reader::{Guards, Reader};
use super::statement::Place;
use super::term::Term;
use super::{Broadening, Sides};
use crate::template::Resource;

/// Keys that say with whom a rule is about.
const PEERS: [&str; 7] = [
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
    "SourceSecurityGroupName",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    In,
    Out,
}

/// A rule of a security group.
#[derive(Debug, Clone)]
struct Rule {
    protocol: Term,
    /// First and last port, nothing for all of them.
    ports: Option<(Term, Term)>,
    peer: Term,
    when: Guards,
    place: Place,
    /// True for what holds though nobody wrote it down.
    is_implied: bool,
}

/// Rules by group and direction.
type Rules = BTreeMap<(String, Direction), Vec<Rule>>;

pub(super) fn broadening(sides: &Sides<'_>) -> Vec<Broadening> {
    let [old, new] = [rules(sides.old), rules(sides.new)];
    let nothing = Vec::new();
    let mut found = Vec::new();
    for ((group, direction), rules) in &new {
        let before = old.get(&(group.clone(), *direction)).unwrap_or(&nothing);
        // What a group lets out by itself comes with the group, and again with the last rule of its own that goes.
        let had_rules = sides.old.template.resources.get(group).is_some_and(has_outward_rules);
        for rule in rules.iter().filter(|rule| had_rules || !rule.is_implied) {
            if !before.iter().any(|other| other.covers(rule)) {
                found.push(Broadening::wider(&rule.place, rule.text(*direction)));
            }
        }
    }
    found
}

fn rules(reader: &Reader<'_>) -> Rules {
    let mut rules = Rules::new();
    for (id, resource) in &reader.template.resources {
        let when = reader.guards_of(id);
        let (key, direction) = match resource.resource_type.as_str() {
            "AWS::EC2::SecurityGroup" => {
                for (key, direction) in
                    [("SecurityGroupIngress", Direction::In), ("SecurityGroupEgress", Direction::Out)]
                {
                    let inline = rules.entry((reader.alias(id).to_owned(), direction)).or_default();
                    for (rule, place, when) in listed(reader, id, &resource.properties, key, &when) {
                        inline.extend(self::rule(reader, rule, &when, place));
                    }
                }
                continue;
            }
            "AWS::EC2::SecurityGroupIngress" => ("Properties", Direction::In),
            "AWS::EC2::SecurityGroupEgress" => ("Properties", Direction::Out),
            _ => continue,
        };
        let group = group_of(reader, resource);
        rules.entry((group, direction)).or_default().extend(rule(
            reader,
            &resource.properties,
            &when,
            Place::new(id, key),
        ));
    }
    let groups = reader.template.resources.iter().filter(|(_, one)| one.resource_type == "AWS::EC2::SecurityGroup");
    for (id, resource) in groups {
        // A group without any rule for what goes out lets all of it.
        let out = rules.entry((reader.alias(id).to_owned(), Direction::Out)).or_default();
        if out.is_empty() && !has_outward_rules(resource) {
            let everything = json!({ "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" });
            let place = Place::new(id, "Properties.SecurityGroupEgress");
            let implied = rule(reader, &everything, &reader.guards_of(id), place).into_iter();
            out.extend(implied.map(|rule| Rule { is_implied: true, ..rule }));
        }
    }
    rules
}

fn has_outward_rules(group: &Resource) -> bool {
    group.properties.get("SecurityGroupEgress").is_some()
}

fn group_of(reader: &Reader<'_>, resource: &Resource) -> String {
    let group = resource.properties.get("GroupId").or_else(|| resource.properties.get("GroupName"));
    let Some(group) = group else { return String::new() };
    reader.subject(group).unwrap_or_else(|| reader.key(group, 0))
}

/// One rule for each peer that is named.
fn rule(reader: &Reader<'_>, rule: &Value, when: &Guards, place: Place) -> Vec<Rule> {
    let term = |key: &str| rule.get(key).map(|value| reader.term(value));
    let protocol = term("IpProtocol").unwrap_or_else(|| Term::literal("-1"));
    let ports = match (term("FromPort"), term("ToPort")) {
        (Some(from), Some(to)) => Some((from, to)),
        (Some(one), None) | (None, Some(one)) => Some((one.clone(), one)),
        (None, None) => None,
    };
    let is_all = ports.as_ref().is_some_and(|(from, _)| from.text().as_deref() == Some("-1"));
    let base = Rule {
        ports: ports.filter(|_| !is_all && protocol.text().as_deref() != Some("-1")),
        protocol,
        peer: Term::opaque("nobody", "nobody"),
        when: when.clone(),
        place,
        is_implied: false,
    };
    let mut found: Vec<Rule> = Vec::new();
    for key in PEERS {
        for (value, peer_when) in rule.get(key).map(|value| reader.branches(value, when)).unwrap_or_default() {
            found.push(Rule { peer: reader.term(value), when: peer_when, ..base.clone() });
        }
    }
    if found.is_empty() {
        // A rule as a whole that only the deployment knows.
        let key = reader.key(rule, 0);
        found.push(Rule { peer: Term::opaque(key, "a peer that cannot be read"), ..base });
    }
    found
}

impl Rule {
    fn covers(&self, other: &Self) -> bool {
        let is_all = self.protocol.text().as_deref() == Some("-1");
        self.when.is_subset(&other.when)
            && (is_all || protocol(&self.protocol) == protocol(&other.protocol))
            && self.covers_ports(other)
            && covers_peer(&self.peer, &other.peer)
    }

    fn covers_ports(&self, other: &Self) -> bool {
        let number = |term: &Term| term.text().and_then(|text| text.parse::<i64>().ok());
        match (&self.ports, &other.ports) {
            (None, _) => true,
            (Some((from, to)), None) => number(from) == Some(0) && number(to) == Some(65_535),
            (Some((from, to)), Some((other_from, other_to))) => {
                if from == other_from && to == other_to {
                    return true;
                }
                match (number(from), number(to), number(other_from), number(other_to)) {
                    (Some(from), Some(to), Some(other_from), Some(other_to)) => from <= other_from && other_to <= to,
                    _ => false,
                }
            }
        }
    }

    fn text(&self, direction: Direction) -> String {
        let protocol = protocol(&self.protocol);
        let what = match (&self.ports, protocol.as_str()) {
            (_, "-1") => "everything".to_owned(),
            (None, protocol) => format!("all of {protocol}"),
            (Some((from, to)), protocol) if from == to => format!("{protocol} port {}", from.shown()),
            (Some((from, to)), protocol) => format!("{protocol} ports {} to {}", from.shown(), to.shown()),
        };
        let peer = self.peer.shown();
        let peer = match peer.as_str() {
            "0.0.0.0/0" | "::/0" => format!("everywhere ({peer})"),
            _ => format!("`{peer}`"),
        };
        match direction {
            Direction::In => format!("lets {what} in from {peer}"),
            Direction::Out => format!("lets {what} out to {peer}"),
        }
    }
}

/// A protocol by its name.
fn protocol(term: &Term) -> String {
    match term.shown().to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        other => other.to_owned(),
    }
}

fn covers_peer(one: &Term, other: &Term) -> bool {
    one.is_spelled_as(other) || one.text().zip(other.text()).is_some_and(|(one, other)| contains(&one, &other))
}

/// True when every address of the other network (`10.1.0.0/16`, or an address) is one of the network's.
pub(super) fn contains(network: &str, other: &str) -> bool {
    let (Some((base, length)), Some((other, other_length))) = (parse(network), parse(other)) else { return false };
    if other_length < length {
        return false;
    }
    match (base, other) {
        (IpAddr::V4(base), IpAddr::V4(other)) => {
            let mask = u32::MAX.checked_shl(32 - length.min(32)).unwrap_or(0);
            base.to_bits() & mask == other.to_bits() & mask
        }
        (IpAddr::V6(base), IpAddr::V6(other)) => {
            let mask = u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0);
            base.to_bits() & mask == other.to_bits() & mask
        }
        _ => false,
    }
}

fn parse(network: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let address: IpAddr = address.trim().parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(longest);
    (length <= longest).then_some((address, length))
}

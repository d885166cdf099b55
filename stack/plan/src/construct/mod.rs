//! The constructs of the language: what is declared, and what it means with every default filled.
//!
//! Each has a [`Declaration`] (texts as written, for the form) and a [`Construct`] (expressions evaluated, types checked),
//! from which its template source is rendered. [`list`] is the one place that names them all.

pub(crate) mod access;
pub(crate) mod alarm;
pub(crate) mod api;
pub(crate) mod bucket;
pub(crate) mod database;
pub(crate) mod distribution;
pub(crate) mod domain;
pub(crate) mod event_rule;
mod filter;
pub(crate) mod function;
pub(crate) mod http_api;
pub(crate) mod list;
pub(crate) mod network;
pub(crate) mod pipeline;
pub(crate) mod queue;
pub(crate) mod reference;
pub(crate) mod repository;
pub(crate) mod rest_api;
pub(crate) mod rights;
mod role;
pub(crate) mod schedule;
pub(crate) mod secret;
pub(crate) mod service;
pub(crate) mod table;
pub(crate) mod tags;
mod target;
pub(crate) mod topic;
pub(crate) mod transcoder;
pub(crate) mod user_pool;
mod variables;

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::{Map, Value};

use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::plan::{Action, Contents};
use crate::project::Named;
use crate::scope::Scope;

pub(crate) use domain::Alias;
pub(crate) use list::{Constructs, Declarations, Kind};
pub(crate) use reference::{Declared, Group, Reference};

/// A construct as written.
pub(crate) trait Declaration: Sized + Clone + Debug {
    /// The same with every default filled.
    type Resolved: Construct;

    /// What expressions may ask of it, in the order in which messages list it.
    const ATTRIBUTES: &'static [&'static str];

    /// Those of [`ATTRIBUTES`](Self::ATTRIBUTES) that this one lacks, each with how to get it.
    fn absent(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// Reads its form; reports what is wrong with it.
    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self>;

    /// Evaluates its expressions, checks its values; what is faulty is reported and has a harmless value.
    fn resolve(&self, name: &str, scope: &Scope<'_>, declared: &Declared) -> Self::Resolved;

    /// Attributes of its parts, for [`attributes`](Self::attributes) to give as objects under the group's name.
    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    /// A value for each of [`ATTRIBUTES`](Self::ATTRIBUTES) that is not [`absent`](Self::absent). The scope knows
    /// parameters and the like, but no construct.
    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value;
}

/// A construct with every default filled.
pub(crate) trait Construct {
    /// Its name in the project file.
    fn name(&self) -> &str;

    /// Where it is declared.
    fn place(&self) -> &Place;

    /// What services must be allowed so that its links to other constructs work.
    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let _ = links;
        Vec::new()
    }

    /// What policy sources of links to it may ask besides its attributes.
    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Names in DNS that lead to it; each becomes records beside it.
    fn aliases(&self, links: &Links<'_>) -> Vec<Alias> {
        let _ = links;
        Vec::new()
    }

    /// False for what exists already and is only referred to: the stack has no resource for the thing itself.
    fn is_owned(&self) -> bool {
        true
    }

    /// False when its template source would give no resource, or when it has a fault that leaves nothing to render.
    fn is_rendered(&self) -> bool {
        self.is_owned()
    }

    /// Values of its template source; null when it has nothing to render.
    fn values(&self, links: &Links<'_>) -> Value;

    /// Files that become objects after the stack is deployed.
    fn contents(&self, links: &Links<'_>) -> Vec<Contents> {
        let _ = links;
        Vec::new()
    }

    /// What else is to be done around the stack.
    fn actions(&self, links: &Links<'_>) -> Vec<Action> {
        let _ = links;
        Vec::new()
    }
}

/// A service that acts in the name of one construct upon another: S3 starts a function when a bucket receives an object.
///
/// Upon a function it becomes an `AWS::Lambda::Permission`, which is rendered beside the construct that asks for it; upon
/// a topic, a queue or a bucket it becomes a statement of the resource policy that the target renders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who acts, for example `s3.amazonaws.com`.
    pub(crate) service: &'static str,
    /// The kind and the name of what is acted upon.
    pub(crate) target: (Kind, String),
    /// Logical id of the permission, when the target is a function.
    pub(crate) permission_id: String,
    /// ARN in whose name the service acts. May hold marks of values that only AWS knows, and wildcards.
    pub(crate) source_arn: String,
    /// True when the ARN has no account in it, so that the account must be named beside it.
    pub(crate) names_account: bool,
    /// True when the service does not wait for a function's answer.
    pub(crate) is_asynchronous: bool,
}

/// Reports parts of one construct, such as its authorizers, whose names would give them one logical id.
fn check_parts<'a>(what: &str, names: impl IntoIterator<Item = (&'a str, &'a Place)>, sink: &Sink) {
    let mut first_of: BTreeMap<String, &Place> = BTreeMap::new();
    for (name, place) in names {
        let id = logical_id(name, "");
        if let Some(first) = first_of.get(&id) {
            let kind = FaultKind::NameCollision {
                what: format!("logical id of {what}"),
                name: id,
                first: first.key_path.clone(),
                second: place.key_path.clone(),
            };
            sink.push(kind, place);
        } else {
            first_of.insert(id, place);
        }
    }
}

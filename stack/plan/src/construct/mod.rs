//! The constructs of the language: what is declared, and what it means with every default filled.
//!
//! Each has a [`Declaration`] (texts as written, for the form) and a [`Construct`] (expressions evaluated, types checked),
//! from which its template source is rendered. [`list`] is the one place that names them all.

pub(crate) mod access;
pub(crate) mod bucket;
pub(crate) mod database;
pub(crate) mod distribution;
pub(crate) mod function;
pub(crate) mod list;
pub(crate) mod network;
pub(crate) mod queue;
pub(crate) mod reference;
pub(crate) mod secret;
pub(crate) mod table;
pub(crate) mod topic;

use std::fmt::Debug;

use serde_json::{Map, Value};

use crate::fault::{Place, Sink};
use crate::links::Links;
use crate::naming::Naming;
use crate::project::Named;
use crate::scope::Scope;

pub(crate) use list::{Constructs, Declarations, Kind};
pub(crate) use reference::{Declared, Reference};

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

    /// A value for each of [`ATTRIBUTES`](Self::ATTRIBUTES) that is not [`absent`](Self::absent). The scope knows parameters and the like, but no construct.
    fn attributes(&self, name: &str, naming: &Naming, scope: &Scope<'_>) -> Value;
}

/// A construct with every default filled.
pub(crate) trait Construct {
    /// Its name in the project file.
    fn name(&self) -> &str;

    /// Where it is declared.
    fn place(&self) -> &Place;

    /// False for one that is only referred to, so that nothing is rendered for it.
    fn has_resources(&self) -> bool {
        true
    }

    /// What services must be allowed so that its links to other constructs work.
    fn grants(&self, links: &Links<'_>) -> Vec<Grant> {
        let _ = links;
        Vec::new()
    }

    /// What policy sources of links to it may ask besides its attributes.
    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Values of its template source.
    fn values(&self, links: &Links<'_>) -> Value;
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

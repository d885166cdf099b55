//! `import:` of a network: a VPC that is there already, named by the ids of its parts.

use crate::fault::{FaultKind, Place, Sink};
use crate::project::{Fields, Text};
use crate::scope::Scope;
use crate::values::is_resource_id;
use crate::yaml::Node;

/// Ids as written. Each may be the value of a parameter, and lists may be one text with commas.
#[derive(Debug, Clone)]
pub(super) struct ImportDeclaration {
    place: Place,
    vpc: Option<Text>,
    subnets: Vec<Text>,
    security_groups: Vec<Text>,
    route_tables: Vec<Text>,
}

/// The parts of a VPC that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Imported {
    pub(super) vpc: String,
    pub(super) subnets: Vec<String>,
    /// Groups that functions get; none: one is made in the VPC.
    pub(super) security_groups: Vec<String>,
    pub(super) route_tables: Vec<String>,
}

pub(super) fn read_import(node: &Node, place: &Place, sink: &Sink) -> Option<ImportDeclaration> {
    let fields = Fields::open(node, place, sink)?;
    let import = ImportDeclaration {
        place: place.clone(),
        vpc: fields.required("vpc", "the id of the VPC: `vpc: vpc-0123456789abcdef0`"),
        subnets: fields.texts("subnets"),
        security_groups: fields.texts("security_groups"),
        route_tables: fields.texts("route_tables"),
    };
    fields.finish();
    Some(import)
}

impl ImportDeclaration {
    /// Nothing while the ids are not known, and where the VPC's is empty: then the network is made.
    pub(super) fn resolve(&self, scope: &Scope<'_>) -> Option<Imported> {
        let vpc = ids("vpc", self.vpc.as_ref(), scope)?.into_iter().next()?;
        let subnets = ids("subnet", &self.subnets, scope);
        if subnets.as_ref().is_some_and(Vec::is_empty) {
            let help = "the subnets for functions and databases: `subnets: [subnet-..., subnet-...]`".to_owned();
            scope.sink().push(FaultKind::MissingKey { key: "subnets".to_owned(), help }, &self.place);
        }
        Some(Imported {
            vpc,
            subnets: subnets.unwrap_or_default(),
            security_groups: ids("sg", &self.security_groups, scope).unwrap_or_default(),
            route_tables: ids("rtb", &self.route_tables, scope)?,
        })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

/// Ids of one kind; nothing while a value is not known. Reports what is none.
fn ids<'a>(kind: &str, texts: impl IntoIterator<Item = &'a Text>, scope: &Scope<'_>) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    for text in texts {
        let value = scope.literal(text)?;
        for id in value.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            if is_resource_id(kind, id) {
                ids.push(id.to_owned());
                continue;
            }
            let fault = FaultKind::BadValue {
                value: id.to_owned(),
                expected: format!("an id of the form `{kind}-0123456789abcdef0`"),
                help: String::new(),
            };
            scope.sink().push(fault, &text.place);
        }
    }
    Some(ids)
}

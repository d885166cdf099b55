//! `networks:`.

mod import;
mod parts;

pub(crate) use parts::Parts;

use import::{ImportDeclaration, Imported, read_import};
use parts::group_id;

use serde_json::{Value, json};

use super::{Construct, Declaration, Declared, Kind};
use crate::fault::{FaultKind, Place, Sink};
use crate::links::Links;
use crate::names::logical_id;
use crate::naming::Naming;
use crate::project::{Fields, Named, Text};
use crate::scope::Scope;
use crate::values::{EndpointService, Nat, NetworkBlock, Zones};

/// Greatest length of the value of a tag.
const NAME_TAG: usize = 256;
/// Services whose endpoints are routes: they cost nothing.
const GATEWAYS: [&str; 2] = ["s3", "dynamodb"];

/// A network as written.
#[derive(Debug, Clone)]
pub(crate) struct NetworkDeclaration {
    place: Place,
    import: Option<ImportDeclaration>,
    block: Option<Text>,
    zones: Option<Text>,
    public: Option<Text>,
    nat: Option<Text>,
    endpoints: Option<Vec<Text>>,
    endpoints_place: Place,
}

/// A network with every default filled.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) place: Place,
    shape: Shape,
    /// True while nothing can be said of ways out, because their value has a fault.
    is_way_out_unknown: bool,
    /// Services that are reached without leaving the network.
    endpoints: Vec<EndpointService>,
}

/// Where the network comes from.
#[derive(Debug, Clone)]
enum Shape {
    Own { block: NetworkBlock, zones: u32, public: bool, nat: Nat },
    Imported(Imported),
}

impl Declaration for NetworkDeclaration {
    type Resolved = Network;

    const ATTRIBUTES: &'static [&'static str] = &["vpc_id", "subnet_ids", "security_group_id"];

    fn read(named: &Named<'_>, sink: &Sink) -> Option<Self> {
        let fields = Fields::open(named.node, &named.place, sink)?;
        let has_endpoints = named.node.get("endpoints").is_some();
        let endpoints = fields.texts("endpoints");
        let declaration = Self {
            place: named.place.clone(),
            import: fields.get("import").and_then(|(node, place)| read_import(node, &place, sink)),
            block: fields.text("cidr"),
            zones: fields.text("zones"),
            public: fields.text("public"),
            nat: fields.text("nat"),
            endpoints: has_endpoints.then_some(endpoints),
            endpoints_place: fields.place_of("endpoints"),
        };
        fields.finish();
        Some(declaration)
    }

    fn attributes(&self, name: &str, _: &Naming, scope: &Scope<'_>) -> Value {
        let parts = self.shape(scope).parts(name);
        json!({
            "vpc_id": parts.vpc,
            "subnet_ids": parts.subnets.join(","),
            "security_group_id": parts.security_groups.first(),
        })
    }

    fn resolve(&self, name: &str, scope: &Scope<'_>, _: &Declared) -> Network {
        let shape = self.shape(scope);
        let endpoints = match (&self.endpoints, &shape) {
            (Some(texts), _) => self.endpoints(texts, scope),
            (None, Shape::Own { .. }) => GATEWAYS.map(|service| EndpointService(service.to_owned())).to_vec(),
            // They may be there already, and a second one would be refused.
            (None, Shape::Imported(_)) => Vec::new(),
        };
        if let Shape::Imported(imported) = &shape
            && imported.route_tables.is_empty()
            && endpoints.iter().any(|service| GATEWAYS.contains(&service.0.as_str()))
        {
            let help = "endpoints of S3 and DynamoDB are routes: `route_tables: [rtb-...]`".to_owned();
            let place = self.import.as_ref().map_or(&self.place, ImportDeclaration::place);
            scope.sink().push(FaultKind::MissingKey { key: "route_tables".to_owned(), help }, place);
        }
        Network {
            name: name.to_owned(),
            place: self.place.clone(),
            shape,
            is_way_out_unknown: self.nat.as_ref().is_some_and(|text| scope.value::<Nat>(text).is_none()),
            endpoints,
        }
    }
}

impl NetworkDeclaration {
    fn shape(&self, scope: &Scope<'_>) -> Shape {
        if let Some(imported) = self.import.as_ref().and_then(|import| import.resolve(scope)) {
            return Shape::Imported(imported);
        }
        Shape::Own {
            block: scope.value_or(self.block.as_ref(), NetworkBlock::DEFAULT),
            zones: scope.value_or(self.zones.as_ref(), Zones(2)).0,
            public: scope.value_or(self.public.as_ref(), false),
            nat: scope.value_or(self.nat.as_ref(), Nat::None),
        }
    }

    fn endpoints(&self, texts: &[Text], scope: &Scope<'_>) -> Vec<EndpointService> {
        let mut endpoints: Vec<EndpointService> = Vec::new();
        // One that evaluates to nothing is left out.
        for text in texts.iter().filter(|text| scope.literal(text).is_some_and(|value| !value.is_empty())) {
            let Some(service) = scope.value::<EndpointService>(text) else { continue };
            if endpoints.contains(&service) {
                let kind = FaultKind::BadValue {
                    value: service.0,
                    expected: "a service that is not named yet".to_owned(),
                    help: "leave one of the two out".to_owned(),
                };
                scope.sink().push(kind, &self.endpoints_place);
                continue;
            }
            endpoints.push(service);
        }
        endpoints
    }
}

impl Shape {
    fn parts(&self, name: &str) -> Parts {
        let id = Naming::id(Kind::Network, name);
        match self {
            Self::Imported(imported) => Parts::of_import(&id, imported),
            Self::Own { zones, nat, .. } => Parts::of_own(&id, *zones, *nat),
        }
    }
}

impl Network {
    /// Ids of its parts.
    pub(crate) fn parts(&self) -> Parts {
        self.shape.parts(&self.name)
    }

    /// False when what is in the network surely cannot reach a service. Nothing is known of ways out of an imported one.
    pub(crate) fn may_reach(&self, service: &str) -> bool {
        match &self.shape {
            Shape::Imported(_) => true,
            Shape::Own { .. } if self.is_way_out_unknown => true,
            Shape::Own { nat, .. } => *nat != Nat::None || self.endpoints.iter().any(|endpoint| endpoint.0 == service),
        }
    }

    fn is_gateway(service: &EndpointService) -> bool {
        GATEWAYS.contains(&service.0.as_str())
    }

    fn makes_group(&self) -> bool {
        !matches!(&self.shape, Shape::Imported(imported) if !imported.security_groups.is_empty())
    }
}

impl Construct for Network {
    fn name(&self) -> &str {
        &self.name
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn is_rendered(&self) -> bool {
        self.makes_group() || !self.endpoints.is_empty()
    }

    fn values(&self, links: &Links<'_>) -> Value {
        let id = Naming::id(Kind::Network, &self.name);
        let parts = self.parts();
        let name = links.naming.physical(&self.name, NAME_TAG);
        let endpoint = |service: &&EndpointService| {
            json!({
                "id": format!("{id}{}Endpoint", logical_id(&service.0.replace('.', "-"), "")),
                "service": format!("com.amazonaws.{}.{}", links.naming.region, service.0),
            })
        };
        let (gateways, interfaces): (Vec<_>, Vec<_>) =
            self.endpoints.iter().partition(|service| Self::is_gateway(service));
        json!({
            "own": self.own_values(&id, &name, links.naming),
            "vpc": parts.vpc,
            "subnets": parts.subnets,
            "route_tables": parts.route_tables,
            "security_groups": parts.security_groups,
            "group_id": self.makes_group().then(|| group_id(&id)),
            "group_name": name,
            "group_description": format!("Functions of network {}: out to HTTPS, in from nowhere", self.name),
            "endpoint_group_id": format!("{id}EndpointSecurityGroup"),
            "endpoint_group_description": format!("Endpoints of network {}: in from its functions", self.name),
            "gateways": gateways.iter().map(endpoint).collect::<Vec<_>>(),
            "interfaces": interfaces.iter().map(endpoint).collect::<Vec<_>>(),
            "id": id,
        })
    }
}
